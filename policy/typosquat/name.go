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
