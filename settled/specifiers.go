package settled

import "thresher/pep"

// What "<" and ">" say of pre-releases, post-releases and local versions of the
// very release that they name differs between releases of packaging. So there are
// two readings of a set: what holds in each, and what may hold in some.

// surelyHold says whether a version fulfils a set in every packaging.
func surelyHold(set pep.Specifiers, version pep.Version) bool {
	if !set.Match(version) {
		return false
	}
	for _, clause := range set.List() {
		if clause.Operator == "<" || clause.Operator == ">" {
			bound, err := pep.ParseVersion(clause.Version)
			if err != nil || sameRelease(bound, version) {
				return false
			}
		}
	}
	return true
}

// mayHold says whether a version may fulfil a set in some packaging: by the plain
// order of versions where the clause is "<" or ">".
func mayHold(set pep.Specifiers, version pep.Version) bool {
	for _, clause := range set.List() {
		alone, err := pep.ParseSpecifiers(clause.String())
		if err != nil || alone.Match(version) {
			continue
		}
		bound, err := pep.ParseVersion(clause.Version)
		switch {
		case err != nil:
			return false
		case clause.Operator == "<" && version.Compare(bound) < 0:
		case clause.Operator == ">" && version.Compare(bound) > 0:
		default:
			return false
		}
	}
	return true
}

// sameRelease says whether two versions have the same epoch and the same numbers.
func sameRelease(a, b pep.Version) bool {
	numbers := func(v pep.Version) pep.Version {
		text := v.Epoch() + "!"
		for i, segment := range v.Release() {
			if i > 0 {
				text += "."
			}
			text += segment
		}
		release, _ := pep.ParseVersion(text) // of the parts of a version
		return release
	}
	return numbers(a).Compare(numbers(b)) == 0
}

// readable says whether a set means the same to every pip: "===" compares texts.
func readable(set pep.Specifiers) bool {
	for _, clause := range set.List() {
		if clause.Operator == "===" {
			return false
		}
	}
	return true
}
