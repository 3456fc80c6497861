package index

import (
	"strings"

	"thresher/internal/words"
)

// shown is free text of an index as pip is to get it, which prints reasons,
// versions and specifiers as they are: on one line, without anything that steers
// a terminal or hides in it, no longer than a few lines, and not to be taken for
// a line of thresher's where the terminal breaks it.
func shown(text string) string {
	if isShown(text) {
		return text
	}
	return words.Printable(words.OwnLine().ReplaceAllString(strings.Join(strings.Fields(text), " "), "$1 -"))
}

// isShown says whether a text is as it should be, as nearly all are: a page
// brings thousands.
func isShown(text string) bool {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c < 0x20 || c >= 0x7f, c == ' ' && (i == 0 || i+1 == len(text) || text[i-1] == ' '):
			return false
		case c|0x20 == 't' && len(text)-i >= len("thresher") && strings.EqualFold(text[i:i+len("thresher")], "thresher"):
			return false
		}
	}
	return len(text) <= words.LongestShown
}
