package typosquat

import "strings"

// longestName is the longest name that is looked at, in bytes: longer than any
// popular one by far.
const longestName = 128

// canonical returns a name in its canonical form (PEP 503: lower case, runs of
// `-`, `_` and `.` as one hyphen), and false for what is no name: empty, too
// long, with characters other than ASCII letters, digits and separators, or
// with a separator at an end.
func canonical(name string) (string, bool) {
	if name == "" || len(name) > longestName {
		return "", false
	}
	plain := true
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		case c == '-':
			plain = plain && i > 0 && name[i-1] != '-'
		case 'A' <= c && c <= 'Z', c == '_', c == '.':
			plain = false
		default:
			return "", false
		}
	}
	if isSeparator(name[0]) || isSeparator(name[len(name)-1]) {
		return "", false
	}
	if plain {
		return name, true
	}
	var form strings.Builder
	form.Grow(len(name))
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case !isSeparator(c):
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			form.WriteByte(c)
		case !isSeparator(name[i-1]):
			form.WriteByte('-')
		}
	}
	return form.String(), true
}

func isSeparator(c byte) bool { return c == '-' || c == '_' || c == '.' }

// nameList is a list of canonical names as one text, one a line: nothing is
// copied or allocated name by name, which would take most of the time that a
// refused name takes.
type nameList struct {
	text string
	ends []uint32 // where the line of each name ends
}

func newNameList(text string) nameList {
	list := nameList{text: text, ends: make([]uint32, 0, strings.Count(text, "\n"))}
	for at := 0; at < len(text); at++ {
		at += strings.IndexByte(text[at:], '\n')
		list.ends = append(list.ends, uint32(at))
	}
	return list
}

func (l nameList) size() int { return len(l.ends) }

// at returns the name at a place, counted from 0.
func (l nameList) at(place int) string {
	start := uint32(0)
	if place > 0 {
		start = l.ends[place-1] + 1
	}
	return l.text[start:l.ends[place]]
}

// withoutSeparators returns a canonical name without its hyphens.
func withoutSeparators(name string) string { return strings.ReplaceAll(name, "-", "") }

// letters returns the number of letters and digits of a canonical name.
func letters(name string) int { return len(name) - hyphens(name) }

func hyphens(name string) int { return strings.Count(name, "-") }
