package pep

import (
	"fmt"
	"slices"
	"strings"
)

// Specifier is one clause of a version specifier, e.g. ">=" "1.2". The version
// is the text as it was written, and need be no version behind "===".
type Specifier struct {
	Operator string
	Version  string

	version  Version // of Version without ".*"; zero behind "==="
	wildcard bool
}

// Specifiers is a set of clauses that must all hold, as PEP 440 writes it:
// ">=1.2,!=1.4". The zero value is the empty set, which every version fulfils.
type Specifiers struct {
	list []Specifier
}

// ParseSpecifiers reads a comma-separated set as packaging 26.3's SpecifierSet
// does; empty clauses are skipped. The error names the clause.
func ParseSpecifiers(text string) (Specifiers, error) {
	var set Specifiers
	for rest := text; rest != ""; {
		clause := rest
		if i := strings.IndexByte(rest, ','); i >= 0 {
			clause, rest = rest[:i], rest[i+1:]
		} else {
			rest = ""
		}
		clause = trimSpace(clause)
		if clause == "" {
			continue
		}
		specifier, end := scanSpecifier(clause)
		if end != len(clause) {
			return Specifiers{}, fmt.Errorf(messageNoSpecifier, shorten(clause))
		}
		set.list = append(set.list, specifier)
	}
	return set, nil
}

// operators, longer ones before those they begin with.
var operators = []string{"===", "==", "!=", "~=", "<=", ">=", "<", ">"}

// scanSpecifier reads the longest clause that text begins with and gives its
// length, 0 where there is none.
func scanSpecifier(text string) (Specifier, int) {
	operator := ""
	for _, candidate := range operators {
		if strings.HasPrefix(text, candidate) {
			operator = candidate
			break
		}
	}
	if operator == "" {
		return Specifier{}, 0
	}
	rest := trimSpaceLeft(text[len(operator):])
	start := len(text) - len(rest)
	if operator == "===" {
		end := strings.IndexFunc(rest, func(r rune) bool { return isSpace(r) || r == ';' || r == ')' })
		if end < 0 {
			end = len(rest)
		}
		return Specifier{Operator: operator, Version: rest[:end]}, start + end
	}
	equality := operator == "==" || operator == "!="
	version, end := scanVersion(rest, equality)
	if end == 0 || operator == "~=" && !strings.Contains(version.release, ".") {
		return Specifier{}, 0
	}
	specifier := Specifier{Operator: operator, version: version}
	if equality && strings.HasPrefix(rest[version.releaseEnd(rest):], ".*") {
		release := version.releaseEnd(rest)
		specifier.version = Version{epoch: version.epoch, release: version.release}
		specifier.wildcard = true
		end = release + len(".*")
	}
	specifier.Version = rest[:end]
	return specifier, start + end
}

// releaseEnd gives where the release ends in the text that v was scanned from.
func (v *Version) releaseEnd(text string) int {
	i := 0
	if lower(text[0]) == 'v' {
		i = 1
	}
	if v.epoch != "" {
		i += len(v.epoch) + 1
	}
	return i + len(v.release)
}

// Contains tells whether the version fulfils every clause. A pre-release does
// where prereleases says so or where a clause (other than "!=") names one; a
// text that is no PEP 440 version only fulfils "===".
func (s Specifiers) Contains(version string, prereleases bool) bool {
	parsed, ok := parseVersion(version)
	if ok && parsed.IsPrerelease() && !prereleases && !s.NamesPrerelease() {
		return false
	}
	for i := range s.list {
		if !s.list[i].holds(&parsed, ok, version) {
			return false
		}
	}
	return true
}

// Match tells whether the version fulfils every clause, pre-releases allowed.
func (s Specifiers) Match(version Version) bool {
	text := ""
	for i := range s.list {
		if s.list[i].Operator == "===" && text == "" {
			text = version.String()
		}
		if !s.list[i].holds(&version, true, text) {
			return false
		}
	}
	return true
}

// NamesPrerelease tells whether a clause other than "!=" names a pre-release,
// by which the set accepts pre-releases without being told to.
func (s Specifiers) NamesPrerelease() bool {
	for _, specifier := range s.list {
		version := specifier.version
		if specifier.Operator == "===" {
			version, _ = parseVersion(specifier.Version)
		}
		if specifier.Operator != "!=" && !specifier.wildcard && version.IsPrerelease() {
			return true
		}
	}
	return false
}

// holds tells whether the version fulfils the clause; valid says whether text
// is a PEP 440 version at all.
func (s *Specifier) holds(version *Version, valid bool, text string) bool {
	if s.Operator == "===" {
		// No strings.EqualFold: it takes letters for equal that lower() does not.
		wanted, found := strings.ToLower(s.Version), strings.ToLower(text)
		return wanted == found
	}
	if !valid {
		return false
	}
	switch s.Operator {
	case "==":
		return s.equals(version)
	case "!=":
		return !s.equals(version)
	case "<=":
		return comparePublic(version, &s.version) <= 0
	case ">=":
		return comparePublic(version, &s.version) >= 0
	case "<":
		return s.exceeds(version)
	case ">":
		return s.isExceededBy(version)
	default: // "~="
		segments := strings.Count(s.version.release, ".")
		return comparePublic(version, &s.version) >= 0 && hasPrefix(version, &s.version, segments)
	}
}

func (s *Specifier) equals(version *Version) bool {
	if s.wildcard {
		return hasPrefix(version, &s.version, strings.Count(s.version.release, ".")+1)
	}
	if !s.version.hasLocal {
		// A clause without a local version means every local version of it.
		return comparePublic(version, &s.version) == 0
	}
	return compareVersions(version, &s.version) == 0
}

// hasPrefix tells whether both share the epoch and the release's first segments.
func hasPrefix(version, prefix *Version, segments int) bool {
	return compareNumbers(version.epoch, prefix.epoch) == 0 &&
		compareReleases(version.release, prefix.release, segments) == 0
}

// exceeds is "<": no pre-release of the version named, unless that is one itself.
func (s *Specifier) exceeds(version *Version) bool {
	if compareVersions(version, &s.version) >= 0 {
		return false
	}
	if s.version.IsPrerelease() || !version.IsPrerelease() {
		return true
	}
	earliest := s.version
	earliest.dev, earliest.devNumber = true, ""
	return compareVersions(version, &earliest) < 0
}

// isExceededBy is ">": no post-release of the version named, unless that is
// one itself, and no local version of it.
func (s *Specifier) isExceededBy(version *Version) bool {
	if comparePublic(version, &s.version) <= 0 {
		return false
	}
	if s.version.post || !version.post {
		return true
	}
	base := *version
	base.post, base.postNumber, base.dev, base.devNumber = false, "", false, ""
	return comparePublic(&base, &s.version) != 0
}

// String gives the set as packaging's str(SpecifierSet): sorted, without
// clauses that mean the same as one before, each as it was written.
func (s Specifiers) String() string {
	texts := make([]string, 0, len(s.list))
	meaning := make(map[string]string, len(s.list))
	for i := range s.list {
		text := s.list[i].String()
		texts = append(texts, text)
		meaning[text] = s.list[i].canonical()
	}
	slices.Sort(texts)
	seen := make(map[string]bool, len(texts))
	texts = slices.DeleteFunc(texts, func(text string) bool {
		repeated := seen[meaning[text]]
		seen[meaning[text]] = true
		return repeated
	})
	return strings.Join(texts, ",")
}

// String gives the clause as it was written, without inner white space.
func (s Specifier) String() string { return s.Operator + s.Version }

// canonical gives one text for all clauses that packaging holds for equal.
func (s *Specifier) canonical() string {
	if s.Operator == "===" || s.wildcard {
		return s.Operator + s.Version
	}
	version := s.version
	if s.Operator != "~=" {
		version.release = withoutTrailingZeros(version.release)
	}
	return s.Operator + version.String()
}

func withoutTrailingZeros(release string) string {
	for {
		i := strings.LastIndexByte(release, '.')
		if i < 0 || number(release[i+1:]) != "0" {
			return release
		}
		release = release[:i]
	}
}

// Pinned gives the version that the set fixes with "==" (without ".*") or
// "===", as it is written; ok is false where it fixes none.
func (s Specifiers) Pinned() (version string, ok bool) {
	for _, specifier := range s.list {
		if specifier.Operator == "===" || specifier.Operator == "==" && !specifier.wildcard {
			return specifier.Version, true
		}
	}
	return "", false
}

// HasLowerBound tells whether a clause keeps older versions out: ">=", ">",
// "==" (with or without ".*"), "===" or "~=".
func (s Specifiers) HasLowerBound() bool {
	for _, specifier := range s.list {
		switch specifier.Operator {
		case ">=", ">", "==", "===", "~=":
			return true
		}
	}
	return false
}

// Empty tells whether the set has no clause.
func (s Specifiers) Empty() bool { return len(s.list) == 0 }

// List gives the clauses in the order they were written.
func (s Specifiers) List() []Specifier { return slices.Clone(s.list) }
