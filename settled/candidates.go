package settled

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"thresher/pep"
)

// Current says that pip would change nothing, by the first argument: of every
// project that pip looks for upgrades of, no page has a file that is newer than
// what is installed and that pip might take under the first requirement on it that
// it meets. It gives nil, or the doubt.
func (c *Closure) Current(pages map[string][]Candidate) error {
	for _, name := range c.Pages {
		if newer := c.newer(name, pages[name]); newer != "" {
			return Doubt(fmt.Sprintf("%s has %s", name, newer))
		}
	}
	return nil
}

// newer gives the first file on a page that pip might take instead of what is
// installed, "" for none.
func (c *Closure) newer(name string, page []Candidate) string {
	p := c.projects[name]
	// Mostly nothing is newer, and nobody asks.
	leavesPrereleases := sync.OnceValue(func() bool { return !p.namesPrerelease() && c.has(name, page, isFinal) })
	leavesYanked := sync.OnceValue(func() bool {
		return c.ignoresYanked && !p.pinned() || !p.hashed && c.has(name, page, isFinalInForce)
	})
	for i := range page {
		candidate := &page[i]
		version, err := pep.ParseVersion(candidate.Version)
		if err != nil || version.Compare(p.version) <= 0 {
			continue // what is no version is older than any, where it counts at all
		}
		if version.IsPrerelease() && leavesPrereleases() || candidate.File.Yanked && leavesYanked() {
			continue
		}
		if p.mayTake(version) && c.usable(name, candidate) {
			return candidate.File.Filename
		}
	}
	return ""
}

// has says whether a page has a file of a kind that counts for certain under all
// requirements on its project together. With a final release pip never falls back to
// pre-releases, be that release yanked or not; with one that is not yanked it never
// falls back to what is.
func (c *Closure) has(name string, page []Candidate, kind func(pep.Version, *Candidate) bool) bool {
	if !c.question.Formats.certain() {
		return false
	}
	p := c.projects[name]
	return slices.ContainsFunc(page, func(candidate Candidate) bool {
		version, err := pep.ParseVersion(candidate.Version)
		return err == nil && kind(version, &candidate) && p.surelyTakes(version) && c.surelyUsable(name, &candidate)
	})
}

func isFinal(version pep.Version, _ *Candidate) bool { return !version.IsPrerelease() }

func isFinalInForce(version pep.Version, candidate *Candidate) bool {
	return !version.IsPrerelease() && !candidate.File.Yanked
}

// surelyTakes says whether a version does for all requirements on a project.
func (p *project) surelyTakes(version pep.Version) bool {
	for _, sets := range [][]pep.Specifiers{p.wanted, p.constraints} {
		for _, set := range sets {
			if !surelyHold(set, version) {
				return false
			}
		}
	}
	return true
}

func (p *project) namesPrerelease() bool { return p.any(pep.Specifiers.NamesPrerelease) }

// pinned says whether a requirement names one version, with which pips from 22.0.4 on
// take what is yanked (factory.py, is_pinned).
func (p *project) pinned() bool {
	return p.any(func(set pep.Specifiers) bool {
		_, pinned := set.Pinned()
		return pinned
	})
}

// any says whether something holds of a requirement on a project.
func (p *project) any(holds func(pep.Specifiers) bool) bool {
	return slices.ContainsFunc(p.wanted, holds) || slices.ContainsFunc(p.constraints, holds)
}

// mayTake says whether a version may do for as little as pip ever looks under: all
// constraints, and the first requirement that it met.
func (p *project) mayTake(version pep.Version) bool {
	for _, set := range p.constraints {
		if !mayHold(set, version) {
			return false
		}
	}
	for _, set := range p.least {
		if mayHold(set, version) {
			return true
		}
	}
	return false
}

// usable says whether the interpreter might take a file for a project. A source
// archive can always be tried.
func (c *Closure) usable(project string, candidate *Candidate) bool {
	if !c.question.Formats.allow(project, candidate.File.Filename) {
		return false
	}
	if requires := candidate.File.RequiresPython; requires != "" {
		set, err := pep.ParseSpecifiers(requires)
		version, failed := pep.ParseVersion(c.question.Python)
		if err == nil && failed == nil && readable(set) && !mayHold(set, version) {
			return false
		}
	}
	return !strings.HasSuffix(candidate.File.Filename, ".whl") || c.fits(candidate.File.Filename)
}

// surelyUsable says whether pip takes a file for a candidate. Which formats it may
// take is known.
func (c *Closure) surelyUsable(project string, candidate *Candidate) bool {
	if !c.question.Formats.allow(project, candidate.File.Filename) {
		return false
	}
	if requires := candidate.File.RequiresPython; requires != "" {
		set, err := pep.ParseSpecifiers(requires)
		version, failed := pep.ParseVersion(c.question.Python)
		if err != nil || failed != nil || !readable(set) || !surelyHold(set, version) {
			return false
		}
	}
	name := candidate.File.Filename
	return strings.HasSuffix(name, ".tar.gz") && !strings.Contains(name, "-py") ||
		strings.HasSuffix(name, ".whl") && c.fits(name)
}

// fits says whether one of a wheel's tags is among the interpreter's (PEP 425).
func (c *Closure) fits(filename string) bool {
	parts := strings.Split(strings.TrimSuffix(filename, ".whl"), "-")
	if len(parts) < 5 {
		return false
	}
	parts = parts[len(parts)-3:]
	for _, interpreter := range strings.Split(parts[0], ".") {
		for _, abi := range strings.Split(parts[1], ".") {
			for _, platform := range strings.Split(parts[2], ".") {
				if c.tags[strings.ToLower(interpreter+"-"+abi+"-"+platform)] {
					return true
				}
			}
		}
	}
	return false
}
