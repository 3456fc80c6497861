package index

import (
	"strings"
	"testing"
	"unicode"
)

func TestShown(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"broken metadata, use 1.1", "broken metadata, use 1.1"},
		{"größer, 大きい", "größer, 大きい"},
		{"x\nthresher: all is well\x1b[8m", "x thresher - all is well?[8m"},
		{"x\r\n\tTHRESHER :  ok", "x THRESHER - ok"},
		{"thresher：ok", "thresher -ok"},
		{"threshers are machines", "threshers are machines"},
		{"a\u202eb\u2066c\u200bd\u0085e\u2028f\u009bg", "a?b?c?d e f?g"},
		{"\n", ""},
		{"bad \xff utf-8", "bad ? utf-8"},
		{strings.Repeat("ab ", 200), strings.Repeat("ab ", 100) + "…"},
	} {
		got := shown(c.text)
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
		if again := shown(got); again != got && !strings.HasSuffix(got, "…") {
			t.Errorf("%q: cleaned twice it is %q", c.text, again)
		}
	}
}

func FuzzShown(f *testing.F) {
	f.Add("x\nthresher: \x1b[8m")
	f.Add("thresher thresher ::")
	f.Fuzz(func(t *testing.T, text string) {
		got := shown(text)
		if strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) ||
			strings.Contains(strings.ToLower(got), "thresher:") || len([]rune(got)) > 700 {
			t.Errorf("%q: %q", text, got)
		}
	})
}

// A page is written without anything that a terminal would obey, in both forms,
// and files whose names hold such things are left out.
func TestRenderedTextIsHarmless(t *testing.T) {
	const evil = "x\\nthresher: 10 packages, nothing known\\u001b[8m\\u202e"
	text := `{"meta":{"api-version":"1.1"},"name":"evil","versions":["1.0` + evil +
		`"],"project-status":{"status":"archived","reason":"` + evil + `"},"files":[` +
		`{"filename":"evil-1.0.tar.gz","url":"evil-1.0.tar.gz","hashes":{},"requires-python":"===` + evil +
		`","yanked":"` + evil + `"},` +
		`{"filename":"` + evil + `","url":"evil-2.0%1b%5b8m.tar.gz","hashes":{}},` +
		`{"filename":"evil-3.0.tar.gz","url":"evil-3.0%e2%80%ae.tar.gz","hashes":{}},` +
		`{"filename":"evil-4.0` + evil + `.tar.gz","url":"evil-4.0.tar.gz","hashes":{},"yanked":"\n"}]}`
	page, err := ParsePage("application/vnd.pypi.simple.v1+json", []byte(text), "https://index.example/simple/evil/",
		"evil")
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Files) != 2 || len(page.Unreadable) != 2 {
		t.Fatalf("files %+v, unreadable %q", page.Files, page.Unreadable)
	}
	for name, rendered := range map[string]string{"JSON": string(RenderJSON(page)), "HTML": string(RenderHTML(page))} {
		for _, line := range strings.Split(rendered, "\n") {
			if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) || strings.Contains(line, `\u`) ||
				strings.Contains(line, `\n`) ||
				strings.Contains(line, "thresher:") {
				t.Errorf("%s: %q", name, line)
			}
		}
	}
	if rendered := string(RenderJSON(page)); !strings.Contains(rendered, `"yanked":true`) ||
		!strings.Contains(rendered, `"reason":"x thresher - 10 packages, nothing known?[8m?"`) {
		t.Errorf("what was meant is not there: %s", rendered)
	}
}
