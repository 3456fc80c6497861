package settled

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"thresher/internal/lazyregexp"
	"thresher/pep"
	"thresher/pip/source"
	"thresher/venv"
)

// Trace follows what a command asks for through everything that is installed, in
// the order in which pip's resolver does while every first choice of its is what
// is installed. It returns a Doubt where something is missing, does not fit, or
// is not certain.
func Trace(question Question) (*Closure, error) {
	version, err := pep.ParseVersion(question.Pip)
	if err != nil || !knownPip(version) {
		return nil, Doubt("the resolver of pip " + question.Pip + " is not known")
	}
	w := &walk{
		Closure: &Closure{
			question: question, tags: make(map[string]bool, len(question.Tags)), projects: map[string]*project{},
			ignoresYanked: from(version, "22.0.4"),
		},
		rules: rulesOf(version), installed: map[string]*venv.Distribution{}, doubtful: map[string]string{},
		constraints: map[string][]pep.Specifiers{}, requested: map[string]int{},
		nodes: map[string]*node{}, depths: map[string]int{},
	}
	for _, tag := range question.Tags {
		w.tags[tag] = true
	}
	w.index()
	if len(question.Looking) > 0 {
		w.Lines = append(w.Lines, "Looking in indexes: "+strings.Join(question.Looking, ", "))
	}
	roots, err := w.roots()
	if err != nil {
		return nil, err
	}
	for _, root := range roots {
		if err := w.add(root, nil); err != nil {
			return nil, err
		}
	}
	for node := w.next(); node != nil; node = w.next() {
		if err := w.pin(node); err != nil {
			return nil, err
		}
	}
	return w.Closure, nil
}

// walk is one Trace in progress: the state of pip's resolver.
type walk struct {
	*Closure
	rules       pipRules
	installed   map[string]*venv.Distribution // by canonical name
	doubtful    map[string]string             // names of which more than one is installed, and the like
	constraints map[string][]pep.Specifiers
	requested   map[string]int // identifier → its place among what the user asked for
	nodes       map[string]*node
	order       []*node // as they were met
	depths      map[string]int
}

// node is one identifier of the resolver: a project, or a project with extras.
type node struct {
	id           string
	project      *project
	extras       []string
	requirements []*requirement
	path         string // of the requirement that first asked for these extras
	taken        bool

	// What its requirements say: one is explicit, they have clauses, one with "==",
	// one with "==" and no wildcard, one with an upper bound.
	explicit, clauses, equal, pinned, bounded bool
}

// requirement is one requirement as the resolver has it.
type requirement struct {
	name       string // canonical
	extras     []string
	explicit   bool // the installed distribution that a node with extras stands on
	specifiers pep.Specifiers
	text       string // as pip prints it in the way to another, with its marker
	plain      string // as pip prints it as satisfied, without
	from       string // what it comes from; "" the command line
	hashed     bool
	parent     *node
}

// id is the resolver's name for what is required.
func (r *requirement) id() string {
	if len(r.extras) == 0 {
		return r.name
	}
	return r.name + "[" + strings.Join(r.extras, ",") + "]"
}

// path is what pip calls a requirement where another comes from it.
func (r *requirement) path(text string) string {
	if r.from == "" {
		return text
	}
	return text + "->" + r.from
}

// index finds what is installed, and what of it is in doubt.
func (w *walk) index() {
	for i := range w.question.Installed {
		d := &w.question.Installed[i]
		if d.Canonical == "" {
			continue
		}
		if _, twice := w.installed[d.Canonical]; twice || d.Shadowed {
			w.doubtful[d.Canonical] = "is installed twice"
			continue
		}
		w.installed[d.Canonical] = d
		if reason := doubtAbout(d); reason != "" {
			w.doubtful[d.Canonical] = reason
		}
	}
}

// doubtAbout says why pips may read a distribution in different ways, "" where
// they do not.
func doubtAbout(d *venv.Distribution) string {
	base := filepath.Base(d.Path)
	stem, isDistInfo := strings.CutSuffix(base, ".dist-info")
	name, version, _ := strings.Cut(stem, "-")
	inName, err := pep.ParseVersion(version)
	inside, err2 := pep.ParseVersion(d.Version)
	switch {
	case d.Broken != "":
		return "has metadata that cannot be read"
	case !isDistInfo:
		return "is no wheel's"
	case d.Editable:
		return "is editable"
	case !pep.ValidName(d.Name), pep.CanonicalName(name) != d.Canonical, err != nil, err2 != nil,
		inName.Compare(inside) != 0:
		return "is named in two ways"
	case inside.String() != d.Version:
		return "has a version that is not written as usual"
	}
	return ""
}

// roots reads what the command asks for.
func (w *walk) roots() ([]*requirement, error) {
	var roots []*requirement
	for i, r := range w.question.Requirements {
		if reason := unusual(r); reason != "" {
			return nil, Doubt(fmt.Sprintf("%s %s", r.Text, reason))
		}
		specifiers, err := pep.ParseSpecifiers(r.Specifier)
		if err != nil || !readable(specifiers) {
			return nil, Doubt(r.Text + " is not read alike by every pip")
		}
		if r.Marker != "" {
			marker, err := pep.ParseMarker(r.Marker)
			if err != nil || !marker.Certain() {
				return nil, Doubt(r.Text + " has a marker that is not read alike by every pip")
			}
		}
		switch {
		case r.Constraint && !r.MarkerApplies:
			continue
		case r.Constraint:
			w.constraints[r.Canonical] = append(w.constraints[r.Canonical], specifiers)
			continue
		case !r.MarkerApplies:
			name := r.Name
			if w.rules.safeNames {
				name = safeName(name)
			}
			w.Lines = append(w.Lines,
				fmt.Sprintf("Ignoring %s: markers '%s' don't match your environment", name, r.Marker))
			continue
		}
		asked := pep.Requirement{Name: r.Name, Extras: r.Extras, Specifiers: specifiers}
		read := w.requirements(asked, r.From, len(r.Hashes) > 0)
		if _, known := w.requested[read[0].id()]; !known {
			w.requested[read[0].id()] = i
		}
		roots = append(roots, read...)
	}
	for _, root := range roots {
		w.project(root.name).eligible = w.question.Upgrade
	}
	if w.rules.splits {
		slices.SortStableFunc(roots, func(a, b *requirement) int { return min(len(a.extras), 1) - min(len(b.extras), 1) })
	}
	return roots, nil
}

// safeName is pkg_resources' safe_name of what can be a project's name.
func safeName(name string) string {
	return strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '-' }), "-")
}

// unusual says what a requirement has that pip does not settle by name and
// version alone, "" for nothing.
func unusual(r source.Requirement) string {
	switch {
	case !pep.ValidName(r.Name) || slices.ContainsFunc(r.Extras, func(extra string) bool { return !pep.ValidName(extra) }):
		return "is not named alike by every pip"
	case r.URL != "" || r.Path != "" || r.Editable || len(r.Locked) > 0:
		return "is no plain name"
	case len(r.Settings) > 0:
		return "has settings of its own"
	case r.Constraint && (len(r.Extras) > 0 || len(r.Hashes) > 0):
		return "is a constraint of an unusual kind"
	}
	return ""
}

// requirements makes what the resolver makes of one requirement: from pip 23.3 on
// two of one with extras and a version.
func (w *walk) requirements(asked pep.Requirement, from string, hashed bool) []*requirement {
	unmarked := asked
	unmarked.Marker = nil
	r := &requirement{
		name: pep.CanonicalName(asked.Name), specifiers: asked.Specifiers, hashed: hashed,
		text: asked.String(), plain: unmarked.String(), from: from,
	}
	for _, extra := range asked.Extras {
		r.extras = append(r.extras, pep.CanonicalName(extra))
	}
	slices.Sort(r.extras)
	r.extras = slices.Compact(r.extras)
	if !w.rules.splits || len(r.extras) == 0 || asked.Specifiers.Empty() {
		return []*requirement{r}
	}
	bare, unmarkedBare := asked, unmarked
	bare.Extras, unmarkedBare.Extras = nil, nil
	return []*requirement{{
		name: r.name, specifiers: asked.Specifiers, hashed: hashed, text: bare.String(), plain: unmarkedBare.String(),
		from: r.path(r.text),
	}, r}
}

// project gives what is known of a project, installed or not.
func (w *walk) project(name string) *project {
	known := w.projects[name]
	if known == nil {
		known = &project{constraints: w.constraints[name], eligible: w.question.Upgrade && w.question.Eager}
		w.projects[name] = known
	}
	return known
}

// add is the resolver's _add_to_criteria, with the check that what is installed
// does for the requirement.
func (w *walk) add(r *requirement, parent *node) error {
	r.parent = parent
	p := w.project(r.name)
	if p.distribution == nil {
		if err := w.meet(p, r); err != nil {
			return err
		}
	}
	if !surelyHold(r.specifiers, p.version) {
		return Doubt(fmt.Sprintf("%s %s does not fulfil %s", r.name, p.version, r.text))
	}
	id := r.id()
	known := w.nodes[id]
	if !r.explicit {
		p.wanted = append(p.wanted, r.specifiers)
		p.hashed = p.hashed || r.hashed
		// The command's own come first. What comes first of others depends on an
		// order that is followed for what is printed alone.
		if known == nil || known.requirements[0].parent != nil {
			p.least = append(p.least, r.specifiers)
		}
	}
	if known == nil {
		known = &node{id: id, project: p, extras: r.extras, path: r.path(r.text)}
		if base := w.nodes[r.name]; base != nil && base.explicit {
			known.path = p.path
		}
		for _, extra := range r.extras {
			if !slices.Contains(p.distribution.ProvidesExtra, extra) {
				return Doubt(fmt.Sprintf("%s has no extra %s", r.name, extra))
			}
		}
		w.nodes[id] = known
		w.order = append(w.order, known)
	}
	known.requirements = append(known.requirements, r)
	known.note(r)
	return nil
}

// meet is the resolver's first meeting with a project: pip looks for what is
// installed, and says that it does.
func (w *walk) meet(p *project, r *requirement) error {
	d := w.installed[r.name]
	if d == nil {
		return Doubt(r.name + " is not installed")
	}
	if reason := w.doubtful[r.name]; reason != "" {
		return Doubt(r.name + " " + reason)
	}
	version, err := pep.ParseVersion(d.Version)
	if err != nil {
		return Doubt(r.name + " has no version")
	}
	for _, set := range p.constraints {
		if !surelyHold(set, version) {
			return Doubt(fmt.Sprintf("%s %s does not fulfil a constraint", r.name, version))
		}
	}
	p.distribution, p.version = d, version
	p.path = r.path(r.plain)
	from := ""
	if r.from != "" {
		from = " (from " + r.from + ")"
	}
	w.Lines = append(w.Lines,
		fmt.Sprintf("Requirement already satisfied: %s in %s%s (%s)", r.plain, w.shown(d.Location), from, d.Version))
	if p.eligible {
		w.Pages = append(w.Pages, r.name)
	}
	return nil
}

// shown is pip's display_path.
func (w *walk) shown(path string) string {
	if !w.question.Importlib {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real // pkg_resources resolves links
		}
	}
	separator := string(filepath.Separator)
	if rest, ok := strings.CutPrefix(path, strings.TrimSuffix(w.question.Dir, separator)+separator); ok {
		return "." + separator + rest
	}
	return path
}

// pin takes what is installed for a node, and adds what that depends on.
func (w *walk) pin(n *node) error {
	n.taken = true
	from, always := n.project.path, []string{""}
	if len(n.extras) > 0 {
		if err := w.add(&requirement{name: baseOf(n), explicit: true, text: n.project.path}, n); err != nil {
			return err
		}
		if w.rules.splits {
			from = n.path
		}
		always = nil
		if !w.question.Importlib {
			always = []string{""} // pkg_resources gives what is needed without extras, too
		}
	}
	needed, err := n.project.dependencies()
	if err != nil {
		return err
	}
	for _, dependency := range needed {
		if dependency.Marker != nil {
			if !dependency.Marker.Certain() {
				return Doubt(fmt.Sprintf("%s needs %s by a marker that is not read alike by every pip", n.id, dependency.Name))
			}
			holds, err := dependency.Marker.Evaluate(w.question.Markers, append(slices.Clone(always), n.extras...)...)
			if err != nil {
				return Doubt(fmt.Sprintf("%s needs %s: %v", n.id, dependency.Name, err))
			}
			if !holds {
				continue
			}
		}
		for _, r := range w.requirements(dependency, from, false) {
			if err := w.add(r, n); err != nil {
				return err
			}
		}
	}
	return nil
}

func baseOf(n *node) string {
	name, _, _ := strings.Cut(n.id, "[")
	return name
}

// dependencies reads what an installed distribution requires. Where pips may read
// more than one thing, it is a doubt.
func (p *project) dependencies() ([]pep.Requirement, error) {
	if p.requiresRead {
		return p.requires, nil
	}
	requirements, unreadable := pep.ParseRequirements(p.distribution.Requires)
	plain := plainRequirement()
	if len(unreadable) > 0 || len(requirements) != len(p.distribution.Requires) ||
		slices.ContainsFunc(p.distribution.Requires, func(text string) bool { return !plain.MatchString(text) }) {
		return nil, Doubt(p.distribution.Name + " has requirements that are not read alike by every pip")
	}
	p.requires, p.requiresRead = requirements, true
	return requirements, nil
}

// plainRequirement is a requirement in the form that every packaging reads, its
// marker apart: names end in a letter or digit, no comma stands at an end, there is
// no address, and no "===".
var plainRequirement = lazyregexp.New(`^\s*` + plainName +
	`\s*(\[\s*(` + plainName + `\s*(,\s*` + plainName + `\s*)*)?\])?` +
	`\s*(\(\s*(` + plainClauses + `)?\)|(` + plainClauses + `)?)\s*(;|$)`)

const (
	plainName    = `[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?`
	plainClause  = `(~=|==|!=|<=|>=|<|>)\s*[A-Za-z0-9.*+!_-]+\s*`
	plainClauses = plainClause + `(,\s*` + plainClause + `)*`
)
