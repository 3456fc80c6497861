package settled

import (
	"fmt"
	"strings"

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
	prereleases := p.namesPrerelease()
	anchored := c.anchored(p, page)
	for i := range page {
		candidate := &page[i]
		version, err := pep.ParseVersion(candidate.Version)
		if err != nil || version.Compare(p.version) <= 0 {
			continue // what is no version is older than any, where it counts at all
		}
		if anchored && version.IsPrerelease() && !prereleases {
			continue
		}
		if anchored && candidate.File.Yanked && !p.hashed {
			continue
		}
		if p.mayTake(version) && c.usable(candidate) {
			return candidate.File.Filename
		}
	}
	return ""
}

// anchored says whether the page has a final release, not yanked, that counts for
// certain under all requirements together. Then there is always such a one to
// choose, and pip falls back neither to pre-releases nor to what is yanked.
func (c *Closure) anchored(p *project, page []Candidate) bool {
	if c.question.Formats {
		return false
	}
	for i := range page {
		candidate := &page[i]
		version, err := pep.ParseVersion(candidate.Version)
		if err == nil && !version.IsPrerelease() && !candidate.File.Yanked && p.surelyTakes(version) &&
			c.surelyUsable(candidate) {
			return true
		}
	}
	return false
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

func (p *project) namesPrerelease() bool {
	for _, sets := range [][]pep.Specifiers{p.wanted, p.constraints} {
		for _, set := range sets {
			if set.NamesPrerelease() {
				return true
			}
		}
	}
	return false
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

// usable says whether the interpreter might take a file. A source archive can
// always be tried.
func (c *Closure) usable(candidate *Candidate) bool {
	if requires := candidate.File.RequiresPython; requires != "" {
		set, err := pep.ParseSpecifiers(requires)
		version, failed := pep.ParseVersion(c.question.Python)
		if err == nil && failed == nil && readable(set) && !mayHold(set, version) {
			return false
		}
	}
	return !strings.HasSuffix(candidate.File.Filename, ".whl") || c.fits(candidate.File.Filename)
}

// surelyUsable says whether pip takes a file for a candidate where it was told
// nothing of formats.
func (c *Closure) surelyUsable(candidate *Candidate) bool {
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
