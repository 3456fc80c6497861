package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"thresher/internal/journal"
)

func TestPrintLog(t *testing.T) {
	entries := []journal.Entry{
		{Time: time.Unix(0, 0), Argv: []string{"install", "alpha"}, Changed: []journal.Change{{Name: "alpha", After: "1.0"}},
			Findings: []journal.Finding{
				{Subject: "alpha", Rule: "stdlib", Action: "note", Evidence: "since 3.4"},
				{Subject: "beta", Rule: "stale", Action: "note", Evidence: "old"},
			}},
		{Time: time.Unix(0, 0), Argv: []string{"install", "\x1b[2Jevil"}, Status: 20, Findings: []journal.Finding{
			{Subject: "evil", Rule: "denied", Action: "block", Evidence: "it is\nbad"},
		}, Note: "switched off"},
	}
	var out bytes.Buffer
	p := &program{out: &out, err: &out}
	if err := p.printLog(entries, false); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 3 || !strings.Contains(lines[0], "1 changed  pip install alpha") ||
		!strings.HasSuffix(lines[0], "2 notes") ||
		!strings.Contains(lines[1], "pip install \ufffd[2Jevil") ||
		!strings.HasSuffix(lines[1], "denied evil; switched off") {
		t.Errorf("without verdicts:\n%s", out.String())
	}
	out.Reset()
	if err := p.printLog(entries, true); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\n  note alpha: since 3.4 [stdlib]\n", "\n  block evil: it is\ufffdbad [denied]\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("with verdicts there is no %q:\n%s", want, out.String())
		}
	}
	out.Reset()
	if err := p.printLog(nil, false); err != nil || !strings.HasPrefix(out.String(), "thresher: no runs in") {
		t.Errorf("an empty log: %v %q", err, out.String())
	}
}

func TestParseSince(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"":           {},
		"2h":         now.Add(-2 * time.Hour),
		"3d":         now.AddDate(0, 0, -3),
		"2026-03-01": time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
	} {
		if got, err := parseSince(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"yesterday", "-2h", "-3d", "2026-13-01"} {
		if got, err := parseSince(text, now); err == nil {
			t.Errorf("%q was taken for %v", text, got)
		}
	}
}
