package pep

import (
	"strings"
	"unicode"
)

// isSpace tells what Python's str.isspace and the \s of its regular
// expressions hold for white space: Unicode's, and four control characters
// that Go's unicode.IsSpace leaves out.
func isSpace(r rune) bool {
	return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f
}

// trimSpace is Python's str.strip.
func trimSpace(text string) string { return strings.TrimFunc(text, isSpace) }

// trimSpaceLeft is Python's str.lstrip.
func trimSpaceLeft(text string) string { return strings.TrimLeftFunc(text, isSpace) }
