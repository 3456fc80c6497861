package scan

import (
	"slices"
	"strings"

	"thresher/pep"
	"thresher/venv"
)

// origins knows who requires what among the installed distributions.
type origins struct {
	in        Input
	installed map[string]*venv.Distribution
	// requires holds, for each distribution, those of its requirements that
	// apply here, its active extras included.
	requires map[string][]pep.Requirement
	parents  map[string][]string // who has a requirement of a name, sorted
	from     map[string]string   // the distribution by which one was first reached
	places   map[string]string   // of the requirements that were asked for
}

// trace follows the requirements of the installed distributions from what was
// asked for, breadth first, so that every path found is a shortest one.
func trace(in Input) *origins {
	o := &origins{
		in: in, installed: map[string]*venv.Distribution{}, requires: map[string][]pep.Requirement{},
		parents: map[string][]string{}, from: map[string]string{}, places: map[string]string{},
	}
	declared := map[string][]pep.Requirement{}
	for i := range in.Distributions {
		d := &in.Distributions[i]
		if d.Canonical == "" || d.Shadowed {
			continue
		}
		o.installed[d.Canonical] = d
		for _, text := range d.Requires {
			// One that cannot be read brings nothing that could be traced.
			if requirement, err := pep.ParseRequirement(text); err == nil {
				declared[d.Canonical] = append(declared[d.Canonical], requirement)
			}
		}
	}
	extras := map[string][]string{}
	var queue []string
	visit := func(name, from string, more []string) {
		_, known := o.from[name]
		grown := false
		for _, extra := range more {
			if extra = pep.CanonicalName(extra); !slices.Contains(extras[name], extra) {
				extras[name] = append(extras[name], extra)
				grown = true
			}
		}
		if !known {
			o.from[name] = from
		}
		if _, here := o.installed[name]; here && (!known || grown) {
			queue = append(queue, name)
		}
	}
	follow := func() {
		for len(queue) > 0 {
			name := queue[0]
			queue = queue[1:]
			o.requires[name] = nil
			for _, requirement := range declared[name] {
				if o.applies(requirement, extras[name]) {
					o.requires[name] = append(o.requires[name], requirement)
					visit(pep.CanonicalName(requirement.Name), name, requirement.Extras)
				}
			}
		}
	}
	for _, asked := range in.Requirements {
		if asked.MarkerApplies && !asked.Constraint && asked.Canonical != "" {
			if _, known := o.places[asked.Canonical]; !known {
				o.places[asked.Canonical] = asked.Origin.Place
			}
			visit(asked.Canonical, "", asked.Extras)
		}
	}
	follow()
	// Next what pip recorded as asked for in earlier runs, then whatever no
	// other distribution requires, then what is left of circles.
	names := make([]string, 0, len(o.installed))
	for name := range o.installed {
		names = append(names, name)
	}
	slices.Sort(names)
	required := map[string]bool{}
	for _, requirements := range declared {
		for _, requirement := range requirements {
			if o.applies(requirement, nil) {
				required[pep.CanonicalName(requirement.Name)] = true
			}
		}
	}
	for _, root := range []func(string) bool{
		func(name string) bool { return o.installed[name].Requested },
		func(name string) bool { return !required[name] },
		func(string) bool { return true },
	} {
		for _, name := range names {
			if _, reached := o.from[name]; !reached && root(name) {
				visit(name, "", nil)
				follow()
			}
		}
	}
	for _, name := range names {
		for _, requirement := range o.requires[name] {
			child := pep.CanonicalName(requirement.Name)
			if parents := o.parents[child]; !slices.Contains(parents, name) {
				o.parents[child] = append(parents, name)
			}
		}
	}
	return o
}

// applies tells whether a requirement counts here, with these extras of the
// distribution that declares it. A marker that cannot be evaluated counts.
func (o *origins) applies(requirement pep.Requirement, extras []string) bool {
	if requirement.Marker == nil {
		return true
	}
	if o.in.Markers != nil {
		holds, err := requirement.Marker.Evaluate(o.in.Markers, extras...)
		return err != nil || holds
	}
	named := requirement.Marker.Extras()
	return len(named) == 0 || slices.ContainsFunc(named, func(extra string) bool {
		return slices.Contains(extras, pep.CanonicalName(extra))
	})
}

// path gives the way from what was asked for to a distribution, and where the
// first of it was asked for.
func (o *origins) path(canonical string) (path []string, place string) {
	for name := canonical; name != "" && len(path) <= len(o.installed); {
		path = append(path, name)
		from, known := o.from[name]
		if !known {
			return nil, ""
		}
		if from == "" {
			place = o.places[name]
		}
		name = from
	}
	slices.Reverse(path)
	return path, place
}

// holds tells what keeps the fixed versions from being installed: nothing
// where one of them, or another that the index offers and that is not
// affected, is free; else what holds back the one that is held by the fewest.
func (o *origins) holds(d *venv.Distribution, fixes []string, affected func(version string) bool) []Hold {
	if len(fixes) == 0 {
		return nil
	}
	candidates := fixes
	if offered, known := o.in.Offered[d.Canonical]; known {
		candidates = nil
		for _, release := range o.in.Held {
			if release.Canonical == d.Canonical { // there, but kept off the pages
				offered = append(slices.Clip(offered), release.Version)
			}
		}
		for _, version := range offered {
			if pep.CompareOSV(version, d.Version) > 0 && !affected(version) {
				candidates = append(candidates, version)
			}
		}
		if len(candidates) == 0 {
			return []Hold{{Kind: NotOffered}}
		}
	}
	var fewest []Hold
	for i, candidate := range candidates {
		held := o.holdsOf(d, candidate)
		if len(held) == 0 {
			return nil
		}
		if i == 0 || len(held) < len(fewest) {
			fewest = held
		}
	}
	return fewest
}

// holdsOf tells what keeps one version from being installed.
func (o *origins) holdsOf(d *venv.Distribution, version string) []Hold {
	var held []Hold
	add := func(h Hold) {
		if !slices.Contains(held, h) {
			held = append(held, h)
		}
	}
	for _, asked := range o.in.Requirements {
		if !asked.MarkerApplies || asked.Canonical != d.Canonical {
			continue
		}
		if asked.URL != "" {
			add(Hold{Kind: HeldByURL, Place: asked.Origin.Place, Requirement: d.Name})
			continue
		}
		set, err := pep.ParseSpecifiers(asked.Specifier)
		if err != nil || set.Contains(version, true) {
			continue
		}
		kind := HeldByBound
		if _, pinned := set.Pinned(); pinned {
			kind = HeldByPin
		}
		add(Hold{Kind: kind, Place: asked.Origin.Place, Requirement: d.Name + asked.Specifier})
	}
	if d.Editable {
		add(Hold{Kind: HeldByEditable})
	}
	for _, parent := range o.parents[d.Canonical] {
		for _, requirement := range o.requires[parent] {
			if pep.CanonicalName(requirement.Name) != d.Canonical || requirement.Specifiers.Contains(version, true) {
				continue
			}
			p := o.installed[parent]
			add(Hold{Kind: HeldByParent, Parent: p.Name + " " + p.Version,
				Requirement: requirement.Name + strings.ReplaceAll(requirement.Specifiers.String(), " ", "")})
		}
	}
	for _, release := range o.in.Held {
		if release.Canonical != d.Canonical || pep.CompareOSV(release.Version, version) != 0 {
			continue
		}
		kind := HeldByCooldown
		switch {
		case release.Rule != "" && slices.Contains(o.in.Offered[d.Canonical], release.Version):
			continue // another file of it is free
		case release.Rule != "":
			kind = HeldByRule
		case release.Bounded:
			kind = HeldByPolicy
		}
		add(Hold{Kind: kind, Release: release.Version, Until: release.Until, Rule: release.Rule})
	}
	return held
}
