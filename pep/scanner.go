package pep

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// scanner walks over a requirement or marker, as packaging's tokenizer does.
type scanner struct {
	text     string
	position int
}

func (s *scanner) rest() string { return s.text[s.position:] }

// skipSpace passes blanks and tabs; no other white space separates tokens.
func (s *scanner) skipSpace() bool {
	start := s.position
	for s.position < len(s.text) && (s.text[s.position] == ' ' || s.text[s.position] == '\t') {
		s.position++
	}
	return s.position > start
}

// atEnd tells whether all is read; one last line feed counts as read.
func (s *scanner) atEnd() bool {
	return s.position == len(s.text) || s.rest() == "\n"
}

func (s *scanner) take(token string) bool {
	if !strings.HasPrefix(s.rest(), token) {
		return false
	}
	s.position += len(token)
	return true
}

// identifier reads a name of a project or extra, "" where there is none. It may
// end with "_", which packaging allows there and the core metadata does not.
func (s *scanner) identifier() string {
	start, end := s.position, s.position
	if end >= len(s.text) || !isAlphanumeric(s.text[end]) {
		return ""
	}
	for end < len(s.text) && isNameCharacter(s.text[end]) {
		end++
	}
	if next, _ := utf8.DecodeRuneInString(s.text[end:]); end < len(s.text) && isWordRune(next) {
		return ""
	}
	for s.text[end-1] == '-' || s.text[end-1] == '.' {
		end--
	}
	s.position = end
	return s.text[start:end]
}

// takeWord passes the word given where it stands alone.
func (s *scanner) takeWord(word string) bool {
	// The word before must have ended too: packaging asks for \b on both sides.
	if before, _ := utf8.DecodeLastRuneInString(s.text[:s.position]); s.position > 0 && isWordRune(before) {
		return false
	}
	if !strings.HasPrefix(s.rest(), word) {
		return false
	}
	if after, _ := utf8.DecodeRuneInString(s.rest()[len(word):]); len(s.rest()) > len(word) && isWordRune(after) {
		return false
	}
	s.position += len(word)
	return true
}

// isWordRune is Python's \w.
func isWordRune(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r)
}

// expected says what should stand here.
func (s *scanner) expected(what string) error {
	if s.position >= len(s.text) {
		return fmt.Errorf(messageExpectedEnd, what)
	}
	rest := s.rest()
	if len(rest) > 40 {
		rest = rest[:40] + "…"
	}
	return fmt.Errorf(messageExpected, what, rest)
}
