package gate

import (
	"slices"

	"thresher/pep"
	"thresher/policy/rules"
)

// The cooldown holds a release back so that pip takes an older one instead.
// Where that one has a known vulnerability which the release fixes, holding it
// back would do harm. What pip would take depends on bounds that the gate does
// not know when it answers with a page: of a release that is held back it is the
// newest below it that is not, as under an upper bound, or what is installed.
// Between two releases that may be taken the oldest fix passes and nothing newer.

// letFixesThrough judges the files again that are too young although they fix a
// known vulnerability of what pip would take instead.
func (g *Gate) letFixesThrough(name string, candidates []candidate, judgeFile func(FileEvidence) []rules.Finding) {
	if name == "" {
		return
	}
	held := map[string]bool{}
	for i := range candidates {
		if candidates[i].young {
			held[candidates[i].evidence.Version] = true
		}
	}
	if len(held) == 0 {
		return
	}
	taken := g.takenInstead(name, candidates)
	fixed := map[string]bool{} // versions below whose next release a fix was found
	for _, version := range ascending(held) {
		instead := newestBelow(taken, version)
		if instead == "" || fixed[instead] {
			continue
		}
		for i := range candidates {
			c := &candidates[i]
			if !c.young || !sameVersion(c.evidence.Version, version) {
				continue
			}
			again := *c
			again.evidence.Fixes = g.config.SecurityFix(name, instead, version, c.file.UploadTime)
			if again.evidence.Fixes == nil {
				continue
			}
			// What another rule keeps from pip is no fix that could pass.
			if again.judge(judgeFile); again.action == rules.Note {
				*c, fixed[instead] = again, true
			}
		}
	}
}

// takenInstead gives the versions that pip could take, ascending: those of which
// a file fits and is not held back, and the one that is installed.
func (g *Gate) takenInstead(name string, candidates []candidate) []string {
	taken := map[string]bool{}
	for i := range candidates {
		c := &candidates[i]
		version, err := pep.ParseVersion(c.evidence.Version)
		if err == nil && c.action == rules.Note && !c.file.Yanked && !version.IsPrerelease() &&
			fitsPython(c.file.RequiresPython, g.config.Environment) &&
			fitsPlatform(c.file.Filename, g.config.Environment) {
			taken[c.evidence.Version] = true
		}
	}
	if installed := g.config.Installed[name]; installed != "" {
		taken[installed] = true
	}
	return ascending(taken)
}

// newestBelow gives the last of ascending versions that is below another; "" for
// none.
func newestBelow(ascending []string, version string) string {
	for _, candidate := range slices.Backward(ascending) {
		if newer(version, candidate) {
			return candidate
		}
	}
	return ""
}
