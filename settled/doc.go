// Package settled says whether pip would change nothing, without starting it:
// from what is installed, what is asked for, and the pages that pip would be
// given. docs/design.md has the argument, and the rules of pip's that it rests on
// (pip 21.0 to 26.3 resolution/resolvelib, index/package_finder.py). What is not
// certain is a doubt, and pip is to be asked.
package settled

import "thresher/pep"

// Doubt is why it cannot be said that pip would change nothing.
type Doubt string

func (d Doubt) Error() string { return string(d) }

// The pips whose resolver is known: from the first that looks at an index's
// candidate only after what is installed, to the newest that was read.
const (
	oldestPip = "21.0"
	newestPip = "26.4.dev0" // the first that was not read
)

// knownPip says whether the resolver of a pip is known.
func knownPip(version pep.Version) bool {
	return from(version, oldestPip) && !from(version, newestPip)
}

// from says whether a version is this one or a later one.
func from(version pep.Version, first string) bool {
	parsed, err := pep.ParseVersion(first)
	return err == nil && version.Compare(parsed) >= 0
}
