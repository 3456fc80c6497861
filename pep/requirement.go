package pep

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Requirement is a dependency specifier of PEP 508: a name, and either
// specifiers or a URL.
type Requirement struct {
	Name       string   // as it was written; see CanonicalName
	Extras     []string // as they were written, sorted, each once
	Specifiers Specifiers
	URL        string  // of "name @ url", else ""
	Marker     *Marker // nil where there is none
}

// ParseRequirement reads a dependency specifier as the packaging 26.3 inside
// pip 26.3 does, with the parenthesised specifiers of old and "name@url". It
// knows nothing of paths, archives and bare URLs, which pip takes on top. The
// error says what was expected where.
func ParseRequirement(text string) (Requirement, error) {
	s := &scanner{text: text}
	requirement, err := s.requirement()
	if err != nil {
		return Requirement{}, fmt.Errorf(messageNoRequirement, shorten(text), err)
	}
	return requirement, nil
}

func (s *scanner) requirement() (Requirement, error) {
	var r Requirement
	s.skipSpace()
	if r.Name = s.identifier(); r.Name == "" {
		return r, s.expected("a project name")
	}
	s.skipSpace()
	var err error
	if r.Extras, err = s.extras(); err != nil {
		return r, err
	}
	s.skipSpace()
	if s.take("@") {
		if err := s.url(&r); err != nil {
			return r, err
		}
		if s.atEnd() {
			return r, nil
		}
	} else if r.Specifiers, err = s.specifiers(); err != nil {
		return r, err
	}
	s.skipSpace()
	if s.atEnd() {
		return r, nil
	}
	if !s.take(";") {
		return r, s.expected("a semicolon, a comma or the end")
	}
	expression, err := s.markerExpression(0)
	if err != nil {
		return r, err
	}
	s.skipSpace()
	if !s.atEnd() {
		return r, s.expected("the end of the marker")
	}
	r.Marker = &Marker{expression: expression}
	return r, nil
}

func (s *scanner) url(r *Requirement) error {
	s.skipSpace()
	end := strings.IndexAny(s.rest(), " \t")
	if end < 0 {
		end = len(s.rest())
	}
	if end == 0 {
		return s.expected("a URL")
	}
	r.URL = s.rest()[:end]
	s.position += end
	return nil
}

// extras reads "[a, b]", or nothing.
func (s *scanner) extras() ([]string, error) {
	if !s.take("[") {
		return nil, nil
	}
	var extras []string
	s.skipSpace()
	for !s.take("]") {
		if len(extras) > 0 {
			if !s.take(",") {
				return nil, s.expected("a comma between extras, or ]")
			}
			s.skipSpace()
		}
		extra := s.identifier()
		if extra == "" {
			return nil, s.expected("the name of an extra")
		}
		extras = append(extras, extra)
		s.skipSpace()
	}
	slices.Sort(extras)
	return slices.Compact(extras), nil
}

// specifiers reads a comma-separated set, in parentheses or not. What "==="
// takes may hold commas, behind which further clauses stand.
func (s *scanner) specifiers() (Specifiers, error) {
	parenthesised := s.take("(")
	s.skipSpace()
	start := s.position
	end := start
	for {
		specifier, length := scanSpecifier(s.rest())
		if length == 0 {
			break
		}
		s.position += length
		end = s.position
		switch {
		case specifier.Operator == "===":
		case strings.HasPrefix(s.rest(), ".*"):
			return Specifiers{}, errors.New(messageWildcardOperator)
		case strings.HasPrefix(s.rest(), "+"):
			return Specifiers{}, errors.New(messageLocalOperator)
		}
		s.skipSpace()
		if !s.take(",") {
			break
		}
		end = s.position
		s.skipSpace()
	}
	set, err := ParseSpecifiers(s.text[start:end])
	if err != nil {
		return Specifiers{}, err
	}
	s.skipSpace()
	if parenthesised && !s.take(")") {
		return Specifiers{}, s.expected(")")
	}
	return set, nil
}

// String gives the requirement as packaging prints it:
// `name[a,b]>=1; python_version < "3.9"`.
func (r Requirement) String() string {
	var b strings.Builder
	b.WriteString(r.Name)
	if len(r.Extras) > 0 {
		b.WriteString("[" + strings.Join(r.Extras, ",") + "]")
	}
	b.WriteString(r.Specifiers.String())
	if r.URL != "" {
		b.WriteString(" @ " + r.URL)
		if r.Marker != nil {
			b.WriteString(" ")
		}
	}
	if r.Marker != nil {
		b.WriteString("; " + r.Marker.String())
	}
	return b.String()
}
