package typosquat

import (
	"fmt"
	"strings"
)

// All text of this package that a person reads. The texts stand behind the name
// of the target: `reqeusts: imitates requests (two letters swapped)`.

// noList is why a list of popular names is none.
func noList(count, total int) error {
	return fmt.Errorf("it has %d names in %d lines; a list has at least 1000, one a line", count, total)
}

// why says in words how the name comes from its target.
func (f finding) why() string {
	var reasons []string
	switch f.kind {
	case NotProject:
		if f.target.kind == module {
			return "a module of the standard library, which needs no install"
		}
		return "the name of a file, for which -r is missing"
	case Separator:
		return "a hyphen more or less"
	case Shortened:
		return fmt.Sprintf("%q left out", f.word)
	case Extended:
		reasons = append(reasons, fmt.Sprintf("extra %q", f.word))
	case Reordered:
		return "words in another order"
	case Disguised:
		return f.word
	case Contracted:
		return "vowels left out"
	}
	for _, e := range f.edits {
		reasons = append(reasons, e.why())
	}
	if f.target.less != "" {
		reasons = append(reasons, fmt.Sprintf("%q left out", f.target.less))
	}
	switch f.target.kind {
	case module:
		reasons = append(reasons, "a module of the standard library")
	case file:
		reasons = append(reasons, "a file, for which -r is missing")
	}
	return strings.Join(reasons, ", ")
}

// why says in words what an edit did.
func (e edit) why() string {
	switch e.kind {
	case swapped:
		return "two letters swapped"
	case doubled:
		return fmt.Sprintf("%q typed twice", string(e.typed))
	case undoubled:
		return fmt.Sprintf("one of two %q left out", string(e.wanted))
	case neighbour:
		return fmt.Sprintf("%c for %c, the next key", e.typed, e.wanted)
	}
	switch {
	case e.wanted == 0:
		return fmt.Sprintf("extra %q", string(e.typed))
	case e.typed == 0:
		return fmt.Sprintf("%q left out", string(e.wanted))
	}
	return disguise(string(e.typed), string(e.wanted))
}

// disguise says that letters stand for others.
func disguise(typed, wanted string) string { return typed + " for " + wanted }
