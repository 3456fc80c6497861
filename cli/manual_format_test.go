package cli

import (
	"io/fs"
	"strings"
	"testing"
	"unicode/utf8"

	"thresher/docs"
)

func TestFormatted(t *testing.T) {
	page := "# Title\n\nA **bold** word and `code`, see [the rules](rules.md#names) or " +
		"[gate.md](gate.md).\nNext line.\n\n" +
		"- one\n- two\n  goes on\n\n```sh\nthresher scan\n```\n\n| a | b |\n|---|---|\n| `x` | y \\| z |\n"
	want := "Title\n\nA bold word and code, see the rules (thresher manual\nrules) or thresher manual " +
		"gate. Next line.\n\n" +
		"- one\n- two goes on\n\n    thresher scan\n\na  b\nx  y | z\n"
	if got := formatted(page, 54); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestEveryPageFormats: no page is wider than the terminal, but for what is typed,
// and no mark is left.
func TestEveryPageFormats(t *testing.T) {
	names, err := fs.Glob(docs.Pages, "*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		content, err := docs.Pages.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(formatted(string(content), 80), "\n") {
			if strings.HasPrefix(line, "    ") {
				continue
			}
			longest := 0
			for _, word := range strings.Fields(line) {
				longest = max(longest, utf8.RuneCountInString(word))
			}
			if utf8.RuneCountInString(line) > 80 && longest < 60 {
				t.Errorf("%s: %q", name, line)
			}
			if strings.Contains(line, "](") || strings.Contains(line, "**") || strings.HasPrefix(line, "|") {
				t.Errorf("%s: a mark is left: %q", name, line)
			}
		}
	}
}
