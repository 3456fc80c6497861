package policy

import (
	"net/url"
	"strings"
	"unicode"

	"thresher/pep"
)

// longestShown is how much of a foreign text is shown, in characters.
const longestShown = 500

// printable returns a text that came from elsewhere in a form that can do
// nothing to a terminal: control characters, invisible and direction-changing
// ones as "?", and no more than longestShown characters.
func printable(text string) string {
	if isPlain(text) {
		return text
	}
	var shown strings.Builder
	count := 0
	for _, character := range text {
		if count == longestShown {
			shown.WriteString("...")
			break
		}
		count++
		if character == unicode.ReplacementChar || !unicode.IsPrint(character) {
			character = '?'
		}
		shown.WriteRune(character)
	}
	return shown.String()
}

// isPlain says whether a text is of printable ASCII and not too long, as nearly
// all are: a page of an index brings thousands.
func isPlain(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return len(text) <= longestShown
}

// shellQuoted returns a text as one word of a POSIX shell, for hints that are
// pasted.
func shellQuoted(text string) string {
	text = printable(text)
	plain := text != "" && text[0] != '-'
	for i := 0; plain && i < len(text); i++ {
		c := text[i]
		plain = 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_./:@%+=,", c) >= 0
	}
	if plain {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// withoutCredentials returns a URL with user and password replaced by `***`.
// What does not parse keeps nothing of what stands before an `@`.
func withoutCredentials(text string) string {
	parsed, err := url.Parse(text)
	if err == nil && parsed.User == nil && !strings.Contains(parsed.Opaque, "@") {
		return text
	}
	scheme, rest, found := strings.Cut(text, "://")
	if !found {
		if at := strings.LastIndex(text, "@"); at >= 0 {
			return "***" + text[at:]
		}
		return text
	}
	authority := len(rest)
	if slash := strings.IndexAny(rest, "/?#"); slash >= 0 && err == nil {
		authority = slash
	}
	if at := strings.LastIndex(rest[:authority], "@"); at >= 0 {
		rest = "***" + rest[at:]
	}
	return scheme + "://" + rest
}

// canonicalName returns the canonical form of a name (PEP 503), or false for
// what no distribution can be called (PEP 508).
func canonicalName(name string) (string, bool) {
	if !pep.ValidName(name) {
		return "", false
	}
	return pep.CanonicalName(name), true
}

// canonicalPattern returns the canonical form of a name in which `*` stands
// for any characters, or false for what matches no distribution.
func canonicalPattern(pattern string) (string, bool) {
	if !strings.Contains(pattern, "*") {
		return canonicalName(pattern)
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

// matchesPattern says whether a canonical name is one that a canonical pattern
// means.
func matchesPattern(pattern, name string) bool {
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
