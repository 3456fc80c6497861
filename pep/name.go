package pep

import "strings"

// CanonicalName gives the form of a project's or extra's name by which it is
// compared: lower case, every run of "-", "_" and "." one "-" (PEP 503). It
// does not ask whether the name is a valid one; see ValidName.
func CanonicalName(name string) string {
	if isCanonicalName(name) {
		return name
	}
	name = strings.ToLower(name)
	var b strings.Builder
	b.Grow(len(name))
	inRun := false
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c == '-' || c == '_' || c == '.' {
			if !inRun {
				b.WriteByte('-')
			}
			inRun = true
			continue
		}
		inRun = false
		b.WriteByte(c)
	}
	return b.String()
}

// isCanonicalName tells without allocation that CanonicalName would change nothing.
func isCanonicalName(name string) bool {
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case 'a' <= c && c <= 'z', isDigit(c):
		case c == '-' && (i == 0 || name[i-1] != '-'):
		default:
			return false
		}
	}
	return true
}

// ValidName tells whether name is a project name as the core metadata allows
// one: ASCII letters, digits, "-", "_" and ".", beginning and ending with a
// letter or digit.
func ValidName(name string) bool {
	if name == "" || !isAlphanumeric(name[0]) || !isAlphanumeric(name[len(name)-1]) {
		return false
	}
	for i := 0; i < len(name); i++ {
		if !isNameCharacter(name[i]) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isAlphanumeric(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func isNameCharacter(c byte) bool {
	return isAlphanumeric(c) || c == '-' || c == '_' || c == '.'
}

// ParseName returns the canonical form of a name (PEP 503), or false for what
// no distribution can be called (PEP 508).
func ParseName(name string) (canonical string, ok bool) {
	if !ValidName(name) {
		return "", false
	}
	return CanonicalName(name), true
}
