package words

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// OwnLine is what every line of thresher's begins with, also as somebody might
// imitate it: with blanks, in capitals, with another colon.
var OwnLine = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(thresher) ?[:\x{2236}\x{02D0}\x{A789}\x{FE55}\x{FF1A}]`)
})

// Forges says whether a text that is printed as it is could steer a terminal,
// hide something there, or be taken for a line of thresher's. White space may
// stand in it, and a line end where a header field goes on in the next line.
func Forges(text string) bool {
	if isPlain(text) && !strings.ContainsAny(text, "tT") {
		return false
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	for _, character := range text {
		switch {
		case character == '\n', character == '\t':
		case unicode.Is(unicode.Zs, character):
		case !unicode.IsPrint(character):
			return true
		}
	}
	return OwnLine().MatchString(text)
}
