package source

import (
	"errors"
	"slices"
	"strings"

	"thresher/internal/lazyregexp"
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
	r := specified{
		name: parsed.Name, extras: parsed.Extras, specifier: parsed.Specifiers.String(),
		url: parsed.URL, marker: parsed.Marker,
	}
	if d.legacyGrammar {
		ok := err == nil
		if !ok {
			r, ok = parseLegacyRequirement(text)
		}
		if ok && strings.HasSuffix(r.name, "_") {
			err, ok = errors.New(legacyName), false
		}
		if ok && r.url != "" {
			if err := d.checkLegacyURL(r.url); err != nil {
				return specified{}, err
			}
		}
		if ok {
			return r, nil
		}
	}
	if err != nil {
		return specified{}, err
	}
	return r, nil
}

// checkLegacyURL is the look that packaging below 22 takes at a direct URL.
func (d *dialect) checkLegacyURL(url string) error {
	s, err := d.urls.Split(url)
	switch {
	case err != nil:
		return &urlError{err}
	case s.Scheme == "file" && s.Unsplit() != url:
		return errors.New(legacyURL)
	case s.Scheme != "file" && (s.Scheme == "" || s.Host == ""):
		return errors.New(legacyURL)
	}
	return nil
}

// urlError is a ValueError of Python's while a requirement was read.
type urlError struct{ error }

var (
	legacyHead = lazyregexp.New(`^[ \t\r\n]*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)[ \t\r\n]*` +
		`(?:\[([^\]]*)\])?[ \t\r\n]*`)
	legacyClause = lazyregexp.New(`^[ \t\r\n]*(===|==|~=|!=|<=|>=|<|>)[ \t\r\n]*([^,;\s)]*)[ \t\r\n]*`)
)

// parseLegacyRequirement reads "name[extras] (clauses) ; marker" by the grammar
// of packaging below 22, for what today's grammar does not take.
func parseLegacyRequirement(text string) (specified, bool) {
	m := legacyHead().FindStringSubmatch(text)
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
		if r.url, rest, _ = strings.Cut(strings.TrimLeft(url, " \t\r\n"), " "); r.url == "" {
			return specified{}, false
		}
		return withLegacyMarker(r, rest)
	}
	rest, opened := strings.CutPrefix(rest, "(")
	var clauses []string
	for {
		clause := legacyClause().FindStringSubmatch(rest)
		if clause == nil {
			break
		}
		rest = rest[len(clause[0]):]
		if clause[1] == "~=" || clause[1] == "===" {
			if _, err := pep.ParseSpecifiers(clause[1] + clause[2]); err != nil {
				return specified{}, false
			}
		}
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
	r.specifier = strings.Join(slices.Compact(clauses), ",")
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
