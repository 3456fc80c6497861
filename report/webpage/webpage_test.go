package webpage

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"thresher/advisory"
	"thresher/internal/journal"
	"thresher/report"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// hostile is a report of which every text was written by somebody who would like to
// have the page.
func hostile() report.Input {
	bad := "x\u202egnp.exe\x00\x1b[31m\u200b</bdi></style></title><script>alert(1)</script>" +
		"<img src=//evil.example/x onerror=alert(2)>\"'`&" + strings.Repeat("long", 60)
	soon := made.Add(time.Hour)
	place := func(n int) report.Place {
		return report.Place{
			Machine: bad, Path: fmt.Sprintf("/home/%s/%d", bad, n), Python: bad,
			Installed: []report.Installed{{Name: bad, Version: fmt.Sprintf("%d%s", n, bad)}},
			Findings: []report.Finding{{Package: bad, Version: fmt.Sprintf("%d%s", n, bad), Fix: bad, Held: []string{bad},
				Vulnerability: advisory.Vulnerability{ID: bad, Link: "javascript:alert(3)", Summary: bad, Severity: "high"}}},
		}
	}
	return report.Input{
		Advisories: &report.Advisories{AsOf: made}, Places: []report.Place{place(1), place(2)}, Unread: []string{bad},
		Logs: []report.Log{{Machine: bad, Entries: []journal.Entry{{Time: made, ID: bad, Environment: bad, Status: 20,
			Thresher: bad, Findings: []journal.Finding{{Subject: bad, Rule: bad, Action: "block", Evidence: bad}}}}}},
		Answers:  []report.Answer{{Kind: report.AnswerKind(bad), Subject: bad, Reason: bad, Expires: &soon, Place: bad}},
		Policies: []report.Policy{{Machine: bad, Layer: bad, Path: bad, SHA256: bad, Note: bad}},
	}
}

// TestNothingFromElsewhere reads pages as a browser does: they are well formed, and
// nothing in them runs, loads or is named twice.
func TestNothingFromElsewhere(t *testing.T) {
	collected := sample(20, 10)
	collected.Collected, collected.Policies = true, nil
	for name, page := range map[string]string{
		"usual": written(t, sample(6, 6)), "hostile": written(t, hostile()), "empty": written(t, report.Input{}),
		"many": written(t, sample(120, 60)), "collected": written(t, collected),
	} {
		if !IsReport([]byte(page)) {
			t.Errorf("%s: it is not known as a report", name)
		}
		for _, character := range page {
			if character != '\n' && visible(character) != character {
				t.Errorf("%s: it has %U", name, character)
				break
			}
		}
		targets, links := map[string]bool{}, map[string]bool{}
		var open []string
		// A void element of SVG is closed by itself, as XML has it.
		tokens := html.NewTokenizer(strings.NewReader(selfClosed.ReplaceAllString(page, "")))
		for tokens.Next() != html.ErrorToken {
			token := tokens.Token()
			switch token.Type {
			case html.StartTagToken:
				if !slices.Contains(voidElements, token.Data) {
					open = append(open, token.Data)
				}
			case html.EndTagToken:
				if len(open) == 0 || open[len(open)-1] != token.Data {
					t.Fatalf("%s: </%s> ends %v", name, token.Data, open)
				}
				open = open[:len(open)-1]
			}
			if slices.Contains([]string{"script", "img", "link", "iframe", "object", "embed", "base", "form"}, token.Data) &&
				token.Type != html.TextToken {
				t.Errorf("%s: it has a <%s>", name, token.Data)
			}
			for _, a := range token.Attr {
				switch {
				case a.Key == "id" && targets[a.Val]:
					t.Errorf("%s: two have the id %s", name, a.Val)
				case a.Key == "id":
					targets[a.Val] = true
				case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
					links[a.Val[1:]] = true
				case a.Key == "href" && token.Data == "a" && strings.HasPrefix(a.Val, "https://osv.example/"):
				case a.Key == "src", a.Key == "href", a.Key == "style", strings.HasPrefix(a.Key, "on"),
					a.Key == "srcset", a.Key == "xlink:href":
					t.Errorf("%s: <%s %s=%q>", name, token.Data, a.Key, a.Val)
				}
			}
		}
		if len(open) > 0 {
			t.Errorf("%s: %v is not closed", name, open)
		}
		for link := range links {
			if link != "ZgotmplZ" && !targets[link] { // what is no address is made into that
				t.Errorf("%s: nothing is at #%s", name, link)
			}
		}
		if strings.Contains(style, "url(") || strings.Contains(style, "@import") {
			t.Error("the style loads something")
		}
	}
}

var voidElements = []string{"meta"}

var selfClosed = regexp.MustCompile(`<(rect|line|path)( [a-z0-9]+="[^"<>]*")*/>`)

// TestLimitsAreSaid: what a page leaves out it says, and it stays small enough to open.
func TestLimitsAreSaid(t *testing.T) {
	page := written(t, sample(400, 600))
	for _, said := range []string{"Shown are 200 of 400 environments", "Shown are 100 of ", "Shown are 40 of ",
		"Shown are 500 of 609 packages", "thresher report --json"} {
		if !strings.Contains(page, said) {
			t.Errorf("it does not say %q", said)
		}
	}
	const most = 2 << 20
	if len(page) > most {
		t.Errorf("it has %d bytes", len(page))
	}
}

// TestEmptyStates: where there is nothing to show, a page says so in words.
func TestEmptyStates(t *testing.T) {
	for name, c := range map[string]struct {
		in   report.Input
		said []string
	}{
		"nothing is known": {report.Input{}, []string{
			"No environment is known yet", "There are no advisories on this machine", "There is no environment to compare",
			"There were no runs in the last 8 weeks", "There are no ignores and no answers", "There is no policy file"}},
		"one environment, all well": {report.Input{
			Advisories: &report.Advisories{AsOf: made},
			Logs:       []report.Log{{Machine: "box", Entries: []journal.Entry{{Time: made, Environment: "/a/.venv"}}}},
			Places: []report.Place{{Machine: "box", Path: "/a/.venv",
				Installed: []report.Installed{{Name: "six", Version: "1.17.0"}}}}}, []string{
			"Python packages on box", "Nothing that is installed has a known vulnerability", "only one environment",
			"Nothing was refused and nothing held back in 1 run of the last 8 weeks"}},
		"logs": {report.Input{Collected: true, Logs: []report.Log{{Machine: "a"}, {Machine: "b"}}}, []string{
			"Python packages on 2 machines", "No run in these logs", "These logs tell of no ignores",
			"do not say by which policy"}},
	} {
		page := written(t, c.in)
		for _, said := range c.said {
			if !strings.Contains(page, said) {
				t.Errorf("%s: it does not say %q", name, said)
			}
		}
	}
}

// TestContrast: every text can be read on what is behind it, by light and by dark, as
// WCAG 2.2 has it at level AA, and what is drawn is told from its ground.
func TestContrast(t *testing.T) {
	light, rest, _ := strings.Cut(style, "@media (prefers-color-scheme: dark)")
	dark, _, _ := strings.Cut(rest, "@media")
	_, printed, _ := strings.Cut(style, "@media print")
	for scheme, text := range map[string]string{"light": light, "dark": dark, "print": printed} {
		colours := map[string]float64{}
		for _, found := range regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{3,6});`).FindAllStringSubmatch(text, -1) {
			colours[found[1]] = luminance(t, found[2])
		}
		for _, pair := range []struct {
			front, back string
			least       float64
		}{
			{"ink", "ground", 4.5}, {"ink", "card", 4.5}, {"quiet", "ground", 4.5}, {"quiet", "card", 4.5},
			{"accent", "ground", 4.5}, {"accent", "card", 4.5}, {"good", "good-ground", 4.5}, {"warn", "warn-ground", 4.5},
			{"bad", "bad-ground", 4.5}, {"ink", "good-ground", 4.5}, {"ink", "warn-ground", 4.5},
			{"bar-bad", "card", 3}, {"bar-good", "card", 3}, {"bar-held", "card", 2.7}, {"bar-bad", "bar-held", 1.3},
		} {
			front, back := colours[pair.front], colours[pair.back]
			if front == 0 && back == 0 {
				t.Fatalf("%s: %s and %s have no colours", scheme, pair.front, pair.back)
			}
			if ratio := (max(front, back) + 0.05) / (min(front, back) + 0.05); ratio < pair.least {
				t.Errorf("%s: %s on %s has a contrast of %.2f", scheme, pair.front, pair.back, ratio)
			}
		}
	}
}

// luminance is the relative luminance of an sRGB colour.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	total := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		value, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		part := float64(value) / 255
		if part <= 0.04045 {
			total += weight * part / 12.92
		} else {
			total += weight * math.Pow((part+0.055)/1.055, 2.4)
		}
	}
	return total
}
