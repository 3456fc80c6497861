package shim

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"thresher/address"
	"thresher/evidence"
	"thresher/index/route"
	"thresher/internal/memory"
	"thresher/internal/statuses"
	"thresher/internal/words"
	"thresher/pep"
	"thresher/pip"
	"thresher/pip/option"
	"thresher/pip/source"
	"thresher/policy/rules"
	"thresher/policy/typosquat"
	"thresher/venv"
)

// asked is what a command asks for, and what policy says of it: at first with
// no network at all.
type asked struct {
	*place
	origins  map[string]string // subject of a finding → where it was said, unless on the command line
	findings []rules.Finding
	unsaid   []rules.Finding      // notes that wait for the one line they get without a terminal
	indexes  evidence.IndexMemory // which indexes names came from
	table    route.Table          // which index is asked for a name

	sorting sync.Once
	sorted  map[string][]*source.Requirement // see saying
}

// saying gives the requirements of the command, constraints included, that say
// something of a canonical name.
func (a *asked) saying(canonical string) []*source.Requirement {
	a.sorting.Do(func() {
		a.sorted = map[string][]*source.Requirement{}
		for i := range a.command.Requirements {
			r := &a.command.Requirements[i]
			a.sorted[r.Canonical] = append(a.sorted[r.Canonical], r)
		}
	})
	return a.sorted[canonical]
}

// judgeAsked judges what a command names, offline. What policy refuses for
// certain ends the run before Python starts.
func (in *invocation) judgeAsked(p *place) (*asked, *ending) {
	a := &asked{place: p, origins: map[string]string{}}
	names, err := in.places.PopularNames()
	if err != nil {
		return a, broken("prepare", err)
	}
	if typosquat.Use(names) != nil {
		return a, broken("read the popular names", &memory.DamagedError{Path: in.places.Popular()})
	}
	if a.indexes, err = evidence.ReadIndexMemory(in.places.Indexes()); err != nil {
		return a, broken("read which index names came from", err)
	}
	a.table = a.indexes.Keeping(evidence.Table(a.command, a.policy), a.policy)
	a.findings = a.judge()
	invented, err := in.judgeInvented(a)
	if err != nil {
		return a, broken("read which names have been used", err)
	}
	a.findings = append(a.findings, invented...)
	if decided := a.policy.Decide(a.findings, rules.AtTerminal); decided.Action == rules.Block {
		a.findings = decided.Findings
		return a, a.refusal()
	}
	return a, nil
}

// refusal ends a run that policy refuses, by what was found so far.
func (a *asked) refusal() *ending {
	return &ending{status: statuses.Refused, tell: func(m *messenger) {
		m.refusals(a.findings, a.origins)
		m.refusedSummary()
	}}
}

// judge asks policy about everything that the command names, offline.
func (a *asked) judge() []rules.Finding {
	var findings []rules.Finding
	for _, u := range a.command.Unreadable {
		findings = append(findings, a.policy.JudgeUnreadable(u.Place, u.Reason, u.Hint))
	}
	if cache := a.command.WheelCache; cache != "" && venv.FirstTracked([]string{cache}) != "" {
		findings = append(findings, a.policy.JudgeUnreadable(cache, messageTrackedCache,
			words.SetVariable("PIP_NO_CACHE_DIR", "1")))
	}
	python := pythonVersion(a.command.Installation.PythonVersion)
	for _, r := range a.command.Requirements {
		if r.Constraint && r.URL == "" || !r.MarkerApplies {
			continue // a constraint by name installs nothing; one by URL redirects
		}
		requested := rules.Requested{
			Name: r.Name, Canonical: r.Canonical, Specifier: r.Specifier, URL: r.URL, Path: r.Path,
			Editable: r.Editable, Constraint: r.Constraint,
			Hashes: len(r.Hashes) > 0 || urlHasHash(r.URL),
			Origin: r.Origin.Place, Typed: r.Origin.Kind == option.FromArgv, New: !a.isInstalled(r.Canonical), Python: python,
		}
		for _, f := range a.policy.JudgeRequested(requested, rules.NameEvidenceOf(r.Name)) {
			if r.Origin.Kind != option.FromArgv {
				a.origins[f.Subject] = r.Origin.Place
			}
			findings = append(findings, f)
		}
	}
	for _, name := range requestedFromIndexes(a.command) {
		findings = append(findings, a.judgeForgotten(name)...)
	}
	for _, s := range a.command.Indexes {
		findings = append(findings, a.judgeIndex(s, false)...)
	}
	for _, s := range a.command.FindLinks {
		findings = append(findings, a.judgeIndex(s, false)...)
	}
	for _, s := range a.command.TrustedHosts {
		findings = append(findings, a.judgeIndex(s, true)...)
	}
	return findings
}

func (a *asked) judgeIndex(s option.Setting, trustedHost bool) []rules.Finding {
	return a.policy.JudgeIndex(rules.IndexEvidence{
		URL: s.Value, TrustedHost: trustedHost, Origin: s.Origin.Place,
		FromFile: s.Origin.Kind == option.FromFile && !a.isConfigured(s.Value),
	})
}

// isConfigured says whether what a file names is what the user's own
// configuration names already.
func (a *asked) isConfigured(value string) bool {
	for _, own := range a.command.Configured {
		if address.Same(own.Value, value) {
			return true
		}
	}
	return false
}

func pythonVersion(text string) rules.Python {
	parts := strings.SplitN(text, ".", 3)
	if len(parts) < 2 {
		return rules.Python{}
	}
	major, err := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	if err != nil || err2 != nil {
		return rules.Python{}
	}
	return rules.Python{Major: major, Minor: minor}
}

// requestedNames are the names the user asked for, canonical, in order, once.
func (a *asked) requestedNames() []string { return requestedNames(a.command) }

func requestedNames(command *pip.Command) []string {
	var names []string
	seen := map[string]bool{}
	for _, r := range command.Requirements {
		if r.Constraint || !r.MarkerApplies || r.Canonical == "" || seen[r.Canonical] {
			continue
		}
		seen[r.Canonical] = true
		names = append(names, pep.CanonicalName(r.Canonical))
	}
	return names
}

// requestedFromIndexes are those of requestedNames that are looked for on an
// index, and not at an address of their own.
func requestedFromIndexes(command *pip.Command) []string {
	elsewhere := map[string]bool{}
	for _, r := range command.Requirements {
		if r.URL != "" || r.Path != "" || r.Locked != nil {
			elsewhere[r.Canonical] = true
		}
	}
	return slices.DeleteFunc(requestedNames(command), func(name string) bool { return elsewhere[name] })
}

// isRequested says whether the command asks for a canonical name.
func (a *asked) isRequested(canonical string) bool {
	return slices.ContainsFunc(a.saying(canonical), func(r *source.Requirement) bool { return !r.Constraint })
}

// written is a canonical name as the command writes it where it asks for it.
func (a *asked) written(canonical string) string {
	for _, r := range a.saying(canonical) {
		if !r.Constraint && r.Name != "" {
			return r.Name
		}
	}
	return canonical
}

// pin is how a command asks for exactly one version: at all, in a file, and with
// hashes of its files, which pip compares.
type pin struct{ asked, inFile, byHash bool }

// pinOf says how the command asks for exactly this version.
func (a *asked) pinOf(canonical, version string) pin {
	var found pin
	for _, r := range a.saying(canonical) {
		if !strings.Contains(r.Specifier, "==") {
			continue // which is most, on pages of thousands of files
		}
		specifiers, err := pep.ParseSpecifiers(r.Specifier)
		if err != nil {
			continue
		}
		pinned, ok := specifiers.Pinned()
		if !ok || pep.CompareOSV(pinned, version) != 0 {
			continue
		}
		found.asked = true
		found.inFile = found.inFile || inFile(r.Origin.Kind)
		found.byHash = found.byHash || inFile(r.Origin.Kind) && namesGoodHash(r.Hashes)
	}
	return found
}

// inFile says whether a requirement is one of those that somebody has written
// down, and not a word of the command.
func inFile(kind option.OriginKind) bool {
	return kind == option.FromFile || kind == option.FromGroup || kind == option.FromScript
}
