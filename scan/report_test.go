package scan

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"thresher/advisory"
	"thresher/internal/words"
	"thresher/pip/option"
	"thresher/pip/source"
	"thresher/venv"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file in testdata; go test -update writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: %s", name, diff)
	}
}

// badDay is a result with everything in it.
func badDay(t *testing.T) Result {
	t.Helper()
	broken := installed("half", "1")
	broken.Broken = "METADATA has no Version"
	hostile := installed("web", "1.0")
	hostile.Name = "Web\x1b[31m"
	result := run(t, Input{
		Environment: "/project/.venv", Database: database(t),
		Distributions: []venv.Distribution{
			hostile, installed("nofix", "1.0.post20240101120000"), installed("evil", "0.1"), installed("lib", "1.0"),
			installed("app", "3.1", "Web<2", "lib"), installed("fine", "1"), broken,
		},
		Requirements: []source.Requirement{{Canonical: "app", Specifier: ">=3", MarkerApplies: true,
			Origin: option.Origin{Place: "requirements.txt:3"}}},
		Ignores: []Ignore{
			{ID: "PYSEC-5", Reason: "only reached by tests", Expires: now.AddDate(0, 1, 0), Place: "thresher.toml:4",
				Untrusted: true},
			{ID: "PYSEC-3", Reason: "it's unused", Expires: now.AddDate(0, -1, 0), Place: "thresher.toml:9"},
			{ID: "CVE-0", Reason: "gone", Place: "thresher.toml:14"},
		},
	})
	// What was imported a moment ago has no fixed date.
	result.Meta.Source, result.Meta.Updated = "https://index.example/PyPI", now.Add(-2)
	return result
}

func TestTextOfABadDay(t *testing.T) {
	result := badDay(t)
	for name, options := range map[string]TextOptions{
		"wide.txt":   {},
		"100.txt":    {Width: 100},
		"60.txt":     {Width: 60},
		"30.txt":     {Width: 30},
		"colour.txt": {Width: 120, Colour: true, MaxRows: 1},
	} {
		lines := Text([]Result{result}, options)
		golden(t, name, strings.Join(lines, "\n")+"\n")
		for _, line := range lines {
			if !options.Colour && strings.ContainsFunc(line, func(c rune) bool { return !unicode.IsPrint(c) }) {
				t.Errorf("%s: %q has something else than text", name, line)
			}
			whole := strings.HasPrefix(line, "  fix: ") || strings.HasPrefix(line, "  edit: ") ||
				strings.HasPrefix(line, textSee(""))
			if options.Width > 50 && !options.Colour && !whole && columns(line) > options.Width {
				t.Errorf("%s: %q has %d columns", name, line, columns(line))
			}
		}
	}
}

func TestTextOfAGoodDay(t *testing.T) {
	d := database(t)
	clean := run(t, Input{Environment: "/a", Database: d,
		Distributions: []venv.Distribution{installed("web", "3.2"), installed("fine", "1")}})
	one := run(t, Input{Environment: "/b", Database: d, Distributions: []venv.Distribution{installed("lib", "1.0")},
		Ignores: []Ignore{{ID: "PYSEC-5", Reason: "r"}}})
	for name, test := range map[string]struct {
		results []Result
		want    string
	}{
		"clean":       {[]Result{clean}, "2 packages, no known vulnerabilities (advisories 2 hours old)"},
		"one ignored": {[]Result{one}, "1 package, no known vulnerabilities, 1 ignored (advisories 2 hours old)"},
		"both": {[]Result{clean, one}, "/a:\n2 packages, no known vulnerabilities (advisories 2 hours old)\n" +
			"/b:\n1 package, no known vulnerabilities, 1 ignored (advisories 2 hours old)"},
	} {
		if got := strings.Join(Text(test.results, TextOptions{Width: 80}), "\n"); got != test.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// What an earlier report has named is counted, with what helps.
func TestTextSaid(t *testing.T) {
	all := []venv.Distribution{installed("lib", "1.0"), installed("web", "1.0")}
	input := Input{Database: database(t), Distributions: all, FailOn: FailOnNone, Touched: map[string]bool{"lib": true}}
	said := func(name, _, _ string) bool { return name == "web" }
	text := strings.Join(Text([]Result{run(t, input)}, TextOptions{Brief: true, Said: said}), "\n")
	if strings.Contains(text, "did not touch") || !strings.Contains(text, "; fix: ") {
		t.Errorf("web is not counted in\n%s", text)
	}
	nothing := func(string, string, string) bool { return false }
	text = strings.Join(Text([]Result{run(t, input)}, TextOptions{Brief: true, Said: nothing}), "\n")
	if !strings.Contains(text, "did not touch: web 1.0") || strings.Contains(text, "; fix: ") {
		t.Errorf("web is not named in\n%s", text)
	}
}

// A run speaks at length of what it touched, and names the rest.
func TestTextBrief(t *testing.T) {
	all := []venv.Distribution{installed("lib", "1.0"), installed("web", "1.0"), installed("evil", "0.1")}
	input := Input{Database: database(t), Distributions: all, FailOn: FailOnNone, Touched: map[string]bool{"lib": true}}
	text := strings.Join(Text([]Result{run(t, input)}, TextOptions{Brief: true}), "\n")
	for _, want := range []string{"\nlib ", "\nevil ",
		"\nknown vulnerabilities in what this command did not touch: web 1.0; see them with: thresher scan\n"} {
		if !strings.Contains("\n"+text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "\nweb ") {
		t.Errorf("web has rows in\n%s", text)
	}
	input.Distributions, input.Touched = all[:2], map[string]bool{}
	lines := Text([]Result{run(t, input)}, TextOptions{Brief: true})
	if len(lines) != 2 || !strings.Contains(lines[0], "lib 1.0, web 1.0;") {
		t.Errorf("%q, want two lines", lines)
	}
}

func TestJSONReport(t *testing.T) {
	var b bytes.Buffer
	if err := WriteJSON(&b, []Result{badDay(t)}); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.json", b.String())
	// The contract: these members, of these types.
	var contract struct {
		Distributions []struct {
			Name, Version   string
			Vulnerabilities []struct {
				ID       string
				Aliases  []string
				Records  []string
				Severity string
				FixedIn  []string `json:"fixed_in"`
				Ignored  bool
			}
		}
		Advisories struct {
			Count   int
			Updated string
		}
	}
	if err := json.Unmarshal(b.Bytes(), &contract); err != nil {
		t.Fatal(err)
	}
	if contract.Advisories.Count != 6 || len(contract.Distributions) != 7 ||
		contract.Distributions[0].Name != "Web\x1b[31m" {
		t.Errorf("%+v", contract)
	}
	if strings.Contains(b.String(), "null,") && !strings.Contains(b.String(), `"score": null`) {
		t.Error("a list is null")
	}
}

func TestListsOfTheJSONReportAreNeverNull(t *testing.T) {
	var b bytes.Buffer
	if err := WriteJSON(&b,
		[]Result{run(t, Input{Database: database(t),
			Distributions: []venv.Distribution{installed("nofix", "1")}})}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"aliases": []`, `"fixed_in": []`, `"severity": "unknown"`, `"score": null`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in %s", want, b.String())
		}
	}
	b.Reset()
	if err := WriteJSON(&b, []Result{run(t, Input{Database: database(t)})}); err != nil ||
		!strings.Contains(b.String(), `"distributions": []`) {
		t.Errorf("%v %s", err, b.String())
	}
}

// A hostile summary makes no link, image, tag or row of its own.
func TestMarkdownReport(t *testing.T) {
	var b bytes.Buffer
	result := badDay(t)
	result.Subjects[0].Findings[0].Summary = "a | b\n<img src=x> [c](d) ![e](f) `g`"
	if err := WriteMarkdown(&b, []Result{result}); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.md", b.String())
	for _, sign := range []string{"<", "[c]", "![", "a | b"} {
		if strings.Contains(b.String(), sign) {
			t.Errorf("%q got through", sign)
		}
	}
}

func TestSARIFReport(t *testing.T) {
	var b bytes.Buffer
	if err := WriteSARIF(&b, []Result{badDay(t)}, "1.0", "/project/sub", "/project"); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.sarif", b.String())
}

func TestCycloneDXReport(t *testing.T) {
	var b bytes.Buffer
	result := badDay(t)
	if err := WriteCycloneDX(&b, []Result{result, result}, "1.0"); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.cdx.json", b.String())
	var document bom
	if err := json.Unmarshal(b.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	references := map[string]bool{}
	for _, c := range document.Components {
		if references[c.Ref] {
			t.Errorf("%s stands twice", c.Ref)
		}
		references[c.Ref] = true
	}
	for _, v := range document.Vulnerabilities {
		if references[v.Ref] || !references[v.Affects[0].Ref] {
			t.Errorf("%s: a reference that is not unique, or to nothing", v.Ref)
		}
		references[v.Ref] = true
	}
}

func TestStatusOfSeveral(t *testing.T) {
	fails, malware, clean := Result{Fails: true}, Result{Malware: true}, Result{}
	for want, results := range map[int][]Result{0: {clean, clean}, 21: {clean, fails, clean},
		20: {fails, malware, clean}} {
		if got := Status(results); got != want {
			t.Errorf("%d, want %d", got, want)
		}
	}
}

func TestTextPieces(t *testing.T) {
	if got := shorten("日本語です", 7); got != "日本語…" || columns(got) != 7 {
		t.Errorf("%q %d", got, columns(got))
	}
	if got := strings.Join(wrap("  one two three four five", 21), "|"); got != "  one two three four|    five" {
		t.Errorf("%q", got)
	}
	if got := levelText(&Finding{Vulnerability: advisory.Vulnerability{Severity: advisory.High,
		Score: 7.5}}); got != "high 7.5" {
		t.Errorf("%q", got)
	}
	if got := words.ShellQuoted("it's"); got != `'it'\''s'` {
		t.Errorf("%q", got)
	}
}
