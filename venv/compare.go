package venv

import (
	"sort"

	"thresher/pep"
)

// ChangeKind says what happened to a distribution.
type ChangeKind string

// What can happen to a distribution between two readings.
const (
	New         ChangeKind = "new"
	Upgraded    ChangeKind = "upgraded"
	Downgraded  ChangeKind = "downgraded"
	Removed     ChangeKind = "removed"
	Reinstalled ChangeKind = "reinstalled" // the same version, written anew
)

// Change is one distribution that is no longer as it was.
type Change struct {
	Name   string // as the distribution writes it, after the change where there is one
	Before string // version; empty where it was not installed
	After  string // version; empty where it is not any more
	Kind   ChangeKind
	Major  bool // another epoch or first number of the version

	// Distribution is the one after the change; of a removed one, that before.
	Distribution Distribution
}

// Compare tells what changed between two readings of the same site
// directories, by canonical name. Shadowed distributions do not count: neither
// Python nor pip sees them. A distribution whose metadata names it nowhere is
// left out; Distributions tells of it. The order is by canonical name.
//
// Reinstalled is told by metadata that was written anew, or names another
// origin, archive or place.
func Compare(before, after []Distribution) []Change {
	old, now := effective(before), effective(after)
	var changes []Change
	for name, d := range now {
		earlier, known := old[name]
		if !known {
			changes = append(changes, Change{Name: d.Name, After: d.Version, Kind: New, Distribution: d})
			continue
		}
		kind, changed := compareOne(earlier, d)
		if changed {
			changes = append(changes, Change{Name: d.Name, Before: earlier.Version, After: d.Version,
				Kind: kind, Major: majorChange(earlier.Version, d.Version), Distribution: d})
		}
	}
	for name, d := range old {
		if _, still := now[name]; !still {
			changes = append(changes, Change{Name: d.Name, Before: d.Version, Kind: Removed, Distribution: d})
		}
	}
	sort.Slice(changes, func(i, j int) bool {
		return changes[i].Distribution.Canonical < changes[j].Distribution.Canonical
	})
	return changes
}

// effective gives the distributions that Python sees, by canonical name. Where
// one directory holds a name twice, the one that was written last by a running
// installer cannot be told; the later in order is taken, as both are reported.
func effective(distributions []Distribution) map[string]Distribution {
	seen := make(map[string]Distribution, len(distributions))
	for _, d := range distributions {
		if d.Canonical == "" || d.Shadowed {
			continue
		}
		seen[d.Canonical] = d
	}
	return seen
}

func compareOne(before, after Distribution) (ChangeKind, bool) {
	switch order := pep.CompareOSV(after.Version, before.Version); {
	case order > 0:
		return Upgraded, true
	case order < 0:
		return Downgraded, true
	}
	same := before.Version == after.Version && before.Path == after.Path &&
		before.DirectURL == after.DirectURL && before.ArchiveHash == after.ArchiveHash &&
		before.Editable == after.Editable && before.Written.Equal(after.Written)
	return Reinstalled, !same
}

// majorChange tells whether two versions differ in epoch or first number.
func majorChange(before, after string) bool {
	a, err := pep.ParseVersion(before)
	if err != nil {
		return false
	}
	b, err := pep.ParseVersion(after)
	if err != nil {
		return false
	}
	return a.Epoch() != b.Epoch() || a.Major() != b.Major()
}
