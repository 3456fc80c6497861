package exposure

import (
	"errors"
	"fmt"
	"strings"

	"thresher/pep"
)

// Query is what is looked for: all releases of a project, or some of them.
type Query struct {
	Canonical string // PEP 503
	versions  pep.Specifiers
	exact     string // the version of "NAME==V" as written
}

// ErrQuery says that a word names no release.
var ErrQuery = errors.New("no NAME or NAME==VERSION")

// ParseQuery reads NAME, NAME==VERSION or a name with other specifiers
// (PEP 440). The error is ErrQuery.
func ParseQuery(text string) (Query, error) {
	if name, version, ok := strings.Cut(text, "=="); ok && pep.ValidName(strings.TrimSpace(name)) &&
		!strings.ContainsAny(version, "*,;@<>=!~ ") && version != "" {
		// Also a version that is none of PEP 440, as old releases have it.
		return Query{Canonical: pep.CanonicalName(strings.TrimSpace(name)), exact: version}, nil
	}
	requirement, err := pep.ParseRequirement(text)
	if err != nil || requirement.URL != "" || requirement.Marker != nil || len(requirement.Extras) > 0 {
		return Query{}, fmt.Errorf("%q is %w", text, ErrQuery)
	}
	return Query{Canonical: pep.CanonicalName(requirement.Name), versions: requirement.Specifiers}, nil
}

// String writes the query as ParseQuery reads it.
func (q Query) String() string {
	if q.exact != "" {
		return q.Canonical + "==" + q.exact
	}
	return q.Canonical + strings.ReplaceAll(q.versions.String(), " ", "")
}

// matches says whether a release is one that is looked for.
func (q Query) matches(canonical, version string) bool {
	switch {
	case canonical != q.Canonical || version == "":
		return false
	case q.exact != "":
		return version == q.exact || pep.CompareOSV(version, q.exact) == 0
	}
	return q.versions.Empty() || q.versions.Contains(version, true)
}

// Queries are looked for together.
type Queries []Query

// Match says whether a release is one of those that are looked for.
func (queries Queries) Match(canonical, version string) bool {
	for _, q := range queries {
		if q.matches(canonical, version) {
			return true
		}
	}
	return false
}

// names says whether a project is one of those that are looked for.
func (queries Queries) names(canonical string) bool {
	for _, q := range queries {
		if q.Canonical == canonical {
			return true
		}
	}
	return false
}
