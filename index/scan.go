package index

import (
	"errors"
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner reads JSON (RFC 8259) from a text that is known to be UTF-8. It is
// what encoding/json does, without its reflection: a page of 5,000 files has
// 60,000 members, and pip waits for it. Strings without escapes share the
// text's memory.
type scanner struct {
	text  string
	at    int
	depth int
}

// maxDepth bounds the nesting of values that are only skipped.
const maxDepth = 200

var (
	errJSONEnd   = errors.New("it ends in the middle")
	errJSON      = errors.New("it is no JSON")
	errJSONDepth = errors.New("it is nested too deeply")
)

// space skips white space and gives the byte behind it, 0 at the end.
func (s *scanner) space() byte {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return c
		}
	}
	return 0
}

// fail gives the error for an unexpected byte.
func (s *scanner) fail() error {
	if s.at >= len(s.text) {
		return errJSONEnd
	}
	return errJSON
}

// expect skips white space and the byte c.
func (s *scanner) expect(c byte) error {
	if s.space() != c {
		return s.fail()
	}
	s.at++
	return nil
}

// object calls member for each key, with the scanner before the value, which
// member has to read. Keys that stand twice are given twice.
func (s *scanner) object(member func(key string) error) error {
	if err := s.expect('{'); err != nil {
		return err
	}
	if s.space() == '}' {
		s.at++
		return nil
	}
	for {
		if s.space() != '"' {
			return s.fail()
		}
		key, err := s.str()
		if err != nil {
			return err
		}
		if err := s.expect(':'); err != nil {
			return err
		}
		s.space()
		if err := member(key); err != nil {
			return err
		}
		switch s.space() {
		case ',':
			s.at++
		case '}':
			s.at++
			return nil
		default:
			return s.fail()
		}
	}
}

// array calls element before each value, which element has to read.
func (s *scanner) array(element func() error) error {
	if err := s.expect('['); err != nil {
		return err
	}
	if s.space() == ']' {
		s.at++
		return nil
	}
	for {
		s.space()
		if err := element(); err != nil {
			return err
		}
		switch s.space() {
		case ',':
			s.at++
		case ']':
			s.at++
			return nil
		default:
			return s.fail()
		}
	}
}

// endsRun marks the bytes that cannot stand in a JSON string as they are.
var endsRun = func() (table [256]bool) {
	for c := range 0x20 {
		table[c] = true
	}
	table['"'], table['\\'] = true, true
	return table
}()

// str reads a string; the scanner stands on its first quote.
func (s *scanner) str() (string, error) {
	start := s.at + 1
	end := start + plainRun(s.text[start:])
	if end == len(s.text) {
		s.at = end
		return "", errJSONEnd
	}
	switch s.text[end] {
	case '"':
		s.at = end + 1
		return s.text[start:end], nil
	case '\\':
		return s.escaped(start, end)
	}
	s.at = end
	return "", errJSON
}

// plainRun counts the bytes before the first that endsRun marks, eight at a
// time: this is where the time for a page goes.
func plainRun(text string) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(text); i += 8 {
		eight := text[i : i+8]
		x := uint64(eight[0]) | uint64(eight[1])<<8 | uint64(eight[2])<<16 | uint64(eight[3])<<24 |
			uint64(eight[4])<<32 | uint64(eight[5])<<40 | uint64(eight[6])<<48 | uint64(eight[7])<<56
		quote, backslash := x^(ones*'"'), x^(ones*'\\')
		// A byte's top bit is set where it is below 0x20 or one of the two;
		// bytes above a hit may be marked wrongly, those below never.
		hit := ((x - ones*0x20) & ^x) | ((quote - ones) & ^quote) | ((backslash - ones) & ^backslash)
		if hit &= tops; hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
	}
	for ; i < len(text); i++ {
		if endsRun[text[i]] {
			return i
		}
	}
	return i
}

func (s *scanner) escaped(start, i int) (string, error) {
	var b strings.Builder
	b.WriteString(s.text[start:i])
	for i < len(s.text) {
		c := s.text[i]
		switch {
		case c == '"':
			s.at = i + 1
			return b.String(), nil
		case c < 0x20:
			s.at = i
			return "", errJSON
		case c != '\\':
			b.WriteByte(c)
			i++
			continue
		}
		if i+1 >= len(s.text) {
			break
		}
		i += 2
		switch e := s.text[i-1]; e {
		case '"', '\\', '/':
			b.WriteByte(e)
		case 'b':
			b.WriteByte('\b')
		case 'f':
			b.WriteByte('\f')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case 'u':
			r, ok := s.unit(i)
			if !ok {
				s.at = i
				return "", errJSON
			}
			i += 4
			if utf16.IsSurrogate(r) {
				// Half a pair becomes U+FFFD, as in encoding/json.
				low, ok := rune(0), false
				if strings.HasPrefix(s.text[i:], `\u`) {
					low, ok = s.unit(i + 2)
				}
				if pair := utf16.DecodeRune(r, low); ok && pair != utf8.RuneError {
					r = pair
					i += 6
				} else {
					r = utf8.RuneError
				}
			}
			b.WriteRune(r)
		default:
			s.at = i
			return "", errJSON
		}
	}
	s.at = len(s.text)
	return "", errJSONEnd
}

// unit reads the four digits of \uXXXX.
func (s *scanner) unit(i int) (rune, bool) {
	if i+4 > len(s.text) {
		return 0, false
	}
	unit, err := strconv.ParseUint(s.text[i:i+4], 16, 16)
	return rune(unit), err == nil
}

// skip reads any value and gives its text.
func (s *scanner) skip() (string, error) {
	s.space()
	start := s.at
	err := s.value()
	return s.text[start:s.at], err
}

func (s *scanner) value() error {
	if s.at >= len(s.text) {
		return errJSONEnd
	}
	switch c := s.text[s.at]; {
	case c == '"':
		_, err := s.str()
		return err
	case c == '{' || c == '[':
		if s.depth++; s.depth > maxDepth {
			return errJSONDepth
		}
		defer func() { s.depth-- }()
		if c == '{' {
			return s.object(func(string) error { return s.value() })
		}
		return s.array(s.value)
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	case c == 'n':
		return s.word("null")
	default:
		return s.number()
	}
}

func (s *scanner) word(word string) error {
	if strings.HasPrefix(s.text[s.at:], word) {
		s.at += len(word)
		return nil
	}
	if strings.HasPrefix(word, s.text[s.at:]) {
		return errJSONEnd
	}
	return errJSON
}

func (s *scanner) number() error {
	if s.at < len(s.text) && s.text[s.at] == '-' {
		s.at++
	}
	if s.at < len(s.text) && s.text[s.at] == '0' {
		s.at++
	} else if s.digits() == 0 {
		return s.fail()
	}
	if s.at < len(s.text) && s.text[s.at] == '.' {
		s.at++
		if s.digits() == 0 {
			return s.fail()
		}
	}
	if s.at < len(s.text) && (s.text[s.at] == 'e' || s.text[s.at] == 'E') {
		s.at++
		if s.at < len(s.text) && (s.text[s.at] == '+' || s.text[s.at] == '-') {
			s.at++
		}
		if s.digits() == 0 {
			return s.fail()
		}
	}
	return nil
}

func (s *scanner) digits() int {
	start := s.at
	for s.at < len(s.text) && '0' <= s.text[s.at] && s.text[s.at] <= '9' {
		s.at++
	}
	return s.at - start
}

// end makes sure that nothing but white space follows.
func (s *scanner) end() error {
	if s.space() != 0 || s.at < len(s.text) {
		return errJSON
	}
	return nil
}

// appendString writes a JSON string. What is no UTF-8 becomes U+FFFD.
func appendString(out []byte, text string) []byte {
	out = append(out, '"')
	if plainRun(text) == len(text) && utf8.ValidString(text) {
		out = append(out, text...)
		return append(out, '"')
	}
	start := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf && !endsRun[c] {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(text[i:])
			if r == utf8.RuneError && size == 1 {
				out = append(out, text[start:i]...)
				out = append(out, "\uFFFD"...)
				i++
				start = i
				continue
			}
			i += size
			continue
		}
		out = append(out, text[start:i]...)
		switch c {
		case '"', '\\':
			out = append(out, '\\', c)
		case '\n':
			out = append(out, '\\', 'n')
		case '\t':
			out = append(out, '\\', 't')
		case '\r':
			out = append(out, '\\', 'r')
		default:
			const digits = "0123456789abcdef"
			out = append(out, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
		i++
		start = i
	}
	out = append(out, text[start:]...)
	return append(out, '"')
}
