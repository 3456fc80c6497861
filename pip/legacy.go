package pip

import (
	"regexp"
	"slices"
	"strings"

	"thresher/pep"
)

// specified is a requirement of PEP 508. Specifier is kept as text: below pip
// 24.1 it may hold clauses that PEP 440 does not know.
type specified struct {
	name      string
	extras    []string
	specifier string
	url       string
	marker    *pep.Marker
}

// parseRequirement reads a requirement of PEP 508 as the packaging inside the
// pip concerned does. pips below 24.1 also take version clauses that PEP 440
// does not know ("pytz>dev"), and any white space between the parts.
func (d *dialect) parseRequirement(text string) (specified, error) {
	parsed, err := pep.ParseRequirement(text)
	if err == nil {
		return specified{
			name: parsed.Name, extras: parsed.Extras, specifier: parsed.Specifiers.String(),
			url: parsed.URL, marker: parsed.Marker,
		}, nil
	}
	if d.legacyGrammar {
		if legacy, ok := parseLegacyRequirement(text); ok {
			return legacy, nil
		}
	}
	return specified{}, err
}

var (
	legacyHead   = regexp.MustCompile(`^[ \t\r\n]*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)[ \t\r\n]*(?:\[([^\]]*)\])?[ \t\r\n]*`)
	legacyClause = regexp.MustCompile(`^[ \t\r\n]*(===|==|~=|!=|<=|>=|<|>)[ \t\r\n]*([^,;\s)]*)[ \t\r\n]*`)
)

// parseLegacyRequirement reads "name[extras] (clauses) ; marker" by the grammar
// of packaging below 22, for what today's grammar does not take.
func parseLegacyRequirement(text string) (specified, bool) {
	m := legacyHead.FindStringSubmatch(text)
	if m == nil {
		return specified{}, false
	}
	rest := text[len(m[0]):]
	head := m[1]
	if strings.TrimSpace(m[2]) != "" {
		head += "[" + strings.Join(strings.Fields(m[2]), " ") + "]"
	}
	parsed, err := pep.ParseRequirement(head)
	if err != nil {
		return specified{}, false
	}
	r := specified{name: parsed.Name, extras: parsed.Extras}
	if url, ok := strings.CutPrefix(rest, "@"); ok {
		r.url, rest, _ = strings.Cut(strings.TrimLeft(url, " \t\r\n"), " ")
		return withLegacyMarker(r, rest)
	}
	rest, opened := strings.CutPrefix(rest, "(")
	var clauses []string
	for {
		clause := legacyClause.FindStringSubmatch(rest)
		if clause == nil {
			break
		}
		rest = rest[len(clause[0]):]
		clauses = append(clauses, clause[1]+clause[2])
		if !strings.HasPrefix(rest, ",") {
			break
		}
		rest = rest[1:]
	}
	if opened {
		if rest, opened = strings.CutPrefix(rest, ")"); !opened {
			return specified{}, false
		}
	}
	slices.Sort(clauses)
	r.specifier = strings.Join(clauses, ",")
	return withLegacyMarker(r, rest)
}

func withLegacyMarker(r specified, rest string) (specified, bool) {
	rest = strings.Trim(rest, " \t\r\n")
	if rest == "" {
		return r, true
	}
	text, ok := strings.CutPrefix(rest, ";")
	if !ok {
		return r, false
	}
	marker, err := pep.ParseMarker(strings.Join(strings.Fields(text), " "))
	r.marker = marker
	return r, err == nil
}
