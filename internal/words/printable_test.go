package words

import (
	"strings"
	"testing"
)

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"Not Found":               "Not Found",
		"a\x1b[2Jb\r\nc\u202ed\t": "a?[2Jb??c?d?",
		"caf\xff é":               "caf? é",
	} {
		if got := Printable(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
	if got := Printable(strings.Repeat("x", 1000)); len(got) > 310 || !strings.HasSuffix(got, "…") {
		t.Error(got)
	}
}
