package policy

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"thresher/pep"
)

func TestWithoutCredentials(t *testing.T) {
	for text, want := range map[string]string{
		"https://h.example/a@b":       "https://h.example/a@b",
		"https://u:p@h.example/a":     "https://***@h.example/a",
		"https://u@h.example/a?x=1@2": "https://***@h.example/a?x=1@2",
		"https://u:p/q@h.example/a":   "https://***@h.example/a",
		"https://u:p%zz@h.example/a":  "https://***@h.example/a",
		"git+ssh://git@h.example/a":   "git+ssh://***@h.example/a",
		"u:p@h.example":               "***@h.example",
		"wheels":                      "wheels",
		"mailto:u:p@h.example":        "***@h.example",
	} {
		if got := withoutCredentials(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestShellQuoted(t *testing.T) {
	for text, want := range map[string]string{
		"reqeusts": "reqeusts", "a b": "'a b'", "it's": `'it'\''s'`, "": "''", "-rf": "'-rf'", "$(x)": "'$(x)'", "a\nb": "'a?b'", "https://h.example/x?a=1&b=2": "'https://h.example/x?a=1&b=2'", "~": "'~'",
	} {
		if got := shellQuoted(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestPatterns(t *testing.T) {
	tests := []struct {
		pattern, name string
		want          bool
	}{
		{"acme-*", "acme-data", true}, {"acme-*", "acme", false}, {"acme*", "acme", true}, {"*", "x", true}, {"*-sdk", "acme-sdk", true},
		{"a*b*c", "aXbYc", true}, {"a*b*c", "acb", false}, {"a*a", "a", false}, {"ab*ba", "aba", false}, {"x", "x", true}, {"x", "xy", false},
	}
	for _, test := range tests {
		if got := matchesPattern(test.pattern, test.name); got != test.want {
			t.Errorf("%s, %s: %t", test.pattern, test.name, got)
		}
	}
	for text, want := range map[string]string{"Acme_*": "acme-*", "Acme": "acme", "*": "*", "a.-_b*": "a-b*"} {
		if got, ok := canonicalPattern(text); !ok || got != want {
			t.Errorf("%s: %s %t, want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "a b", "-a", "a-", "ä", "a/b", "a*?"} {
		if got, ok := canonicalPattern(text); ok {
			t.Errorf("%q is taken for %q", text, got)
		}
	}
}

func TestStdlibTable(t *testing.T) {
	table := stdlibAlternatives()
	if len(table) != bytes.Count([]byte(stdlibTable), []byte("\n"))-1 {
		t.Errorf("%d entries", len(table))
	}
	for name, alternative := range table {
		if pep.CanonicalName(name) != name || alternative.Library == "" || alternative.Since.Major < 2 {
			t.Errorf("%+v", alternative)
		}
		switch alternative.Kind {
		case Exact, Superset, Partial, Python2:
		default:
			t.Errorf("%+v", alternative)
		}
	}
	file, err := os.Open(filepath.Join("..", "..", "shared", "data", "stdlib_alternatives.tsv"))
	if err != nil {
		t.Skip("the source of the table is not here: ", err)
	}
	defer file.Close()
	reader := csv.NewReader(file)
	reader.Comma = '\t'
	rows, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		alternative, found := StdlibAlternative(row[0])
		since := strconv.Itoa(alternative.Since.Major) + "." + strconv.Itoa(alternative.Since.Minor)
		if !found || alternative.Library != row[4] || since != row[5] || string(alternative.Kind) != row[6] {
			t.Errorf("%v: %+v", row, alternative)
		}
	}
}

func TestAges(t *testing.T) {
	for span, want := range map[Span]string{0: "less than a minute", Hour: "1 hour", 26 * Hour: "1 day", 45 * Day: "1 month", 800 * Day: "2 years"} {
		if got := Age(span.Duration()); got != want {
			t.Errorf("%v: %s, want %s", span, got, want)
		}
	}
}
