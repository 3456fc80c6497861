package words

import (
	"strings"
	"testing"
	"time"
)

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"Not Found": "Not Found", "a\x1b[2Jb\r\nc\u202ed\t": "a?[2Jb??c?d?", "caf\xff é": "caf? é",
	} {
		if got := Printable(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
	if got := Printable(strings.Repeat("x", 1000)); len(got) > 310 || !strings.HasSuffix(got, "…") {
		t.Error(got)
	}
}

func TestOneLine(t *testing.T) {
	if got := OneLine("a\x1b[2J\r\n\tb\u202e\u200b\ufffd\xffé"); got != "a[2J   bé" {
		t.Errorf("%q", got)
	}
}

func TestAge(t *testing.T) {
	const day = 24 * time.Hour
	for span, want := range map[time.Duration]string{
		-time.Hour: "less than a minute", 0: "less than a minute", 5 * time.Minute: "5 minutes", time.Hour: "1 hour",
		26 * time.Hour: "1 day",
		45 * day:       "1 month", 800 * day: "2 years",
	} {
		if got := Age(span); got != want {
			t.Errorf("%v: %s, want %s", span, got, want)
		}
	}
}
