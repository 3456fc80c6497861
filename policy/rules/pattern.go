package rules

import (
	"strings"

	"thresher/pep"
)

// CanonicalPattern returns the canonical form of a name in which `*` stands
// for any characters, or false for what matches no distribution.
func CanonicalPattern(pattern string) (string, bool) {
	if !strings.Contains(pattern, "*") {
		return pep.ParseName(pattern)
	}
	var form strings.Builder
	pending := false
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case c == '-' || c == '_' || c == '.':
			pending = true
			continue
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '*':
		default:
			return "", false
		}
		if pending {
			form.WriteByte('-')
			pending = false
		}
		form.WriteByte(c)
	}
	if pending {
		form.WriteByte('-')
	}
	return form.String(), true
}

// MatchesPattern says whether a canonical name is one that a canonical pattern
// means.
func MatchesPattern(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	if !strings.HasPrefix(name, parts[0]) {
		return false
	}
	name = name[len(parts[0]):]
	for _, part := range parts[1 : len(parts)-1] {
		at := strings.Index(name, part)
		if at < 0 {
			return false
		}
		name = name[at+len(part):]
	}
	return strings.HasSuffix(name, parts[len(parts)-1])
}
