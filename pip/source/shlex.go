package source

import (
	"strings"
)

// splitWords splits a text into words as Python's shlex.split does: POSIX
// rules, no comments, only space, tab, carriage return and newline between words.
func splitWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	started := false // a word has begun, be it empty as ''
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case ' ', '\t', '\r', '\n':
			if started {
				words = append(words, word.String())
				word.Reset()
				started = false
			}
		case '\'':
			end := strings.IndexByte(text[i+1:], '\'')
			if end < 0 {
				return nil, errNoClosingQuotation
			}
			word.WriteString(text[i+1 : i+1+end])
			started = true
			i += 1 + end
		case '"':
			end, err := doubleQuoted(text, i+1, &word)
			if err != nil {
				return nil, err
			}
			started = true
			i = end
		case '\\':
			i++
			if i == len(text) {
				return nil, errNoEscapedCharacter
			}
			word.WriteByte(text[i])
			started = true
		default:
			word.WriteByte(c)
			started = true
		}
	}
	if started {
		words = append(words, word.String())
	}
	return words, nil
}

// doubleQuoted adds what stands between double quotes to word, from the byte
// behind the opening one; it gives the place of the closing one. Within them a
// backslash counts only before itself and before a double quote.
func doubleQuoted(text string, from int, word *strings.Builder) (int, error) {
	for i := from; i < len(text); i++ {
		switch text[i] {
		case '"':
			return i, nil
		case '\\':
			i++
			if i == len(text) {
				return 0, errNoEscapedCharacter
			}
			if text[i] != '"' && text[i] != '\\' {
				word.WriteByte('\\')
			}
			word.WriteByte(text[i])
		default:
			word.WriteByte(text[i])
		}
	}
	return 0, errNoClosingQuotation
}

// quoteWord gives a text that splitWords reads back as the one word, and that
// survives what pip does to a line before: no "#" stands behind a blank and no
// "${" stays together.
func quoteWord(word string) string {
	if word == "" {
		return "''"
	}
	plain := true
	for i := 0; i < len(word); i++ {
		c := word[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') &&
			!strings.ContainsRune("@%+=:,./-_", rune(c)) {
			plain = false
			break
		}
	}
	if plain {
		return word
	}
	var b strings.Builder
	b.WriteByte('\'')
	for i := 0; i < len(word); i++ {
		switch c := word[i]; c {
		case '\'':
			b.WriteString(`'"'"'`)
		case '#', '{':
			b.WriteString(`''` + string(c))
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}
