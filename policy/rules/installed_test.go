package rules

import (
	"strings"
	"testing"
	"time"
)

func TestVanished(t *testing.T) {
	const public, private = "https://index.example/simple", "https://index.acme.example/simple"
	installed := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	later := installed.Add(time.Hour)
	has := IndexAnswer{Index: public, Listed: true, Files: true, Asked: later}
	lacks := IndexAnswer{Index: public + "/", Files: true, Asked: later}
	missing := IndexAnswer{Index: public, Missing: true, Asked: later}
	quarantined := IndexAnswer{Index: public, Status: "quarantined", Reason: "stolen", Asked: later}
	known := InstalledEvidence{Origin: public}
	replaced := InstalledEvidence{Origin: public, Replaced: "2"}
	conda := InstalledEvidence{Origin: public, Installer: "conda"}
	ofTwo := InstalledEvidence{Installer: "pip", Indexes: 2}
	unknown := InstalledEvidence{Installer: "pip", Indexes: 1}
	for name, c := range map[string]struct {
		evidence InstalledEvidence
		answers  []IndexAnswer
		want     string // of the evidence; "" no finding
	}{
		"listed":                           {known, []IndexAnswer{has}, ""},
		"gone":                             {known, []IndexAnswer{lacks}, "1.0 is no longer on"},
		"the project gone":                 {known, []IndexAnswer{missing}, "no longer has the project"},
		"in quarantine":                    {known, []IndexAnswer{quarantined}, "and 1.0 is installed: stolen"},
		"nothing asked":                    {known, nil, ""},
		"another index":                    {InstalledEvidence{Origin: private}, []IndexAnswer{lacks}, ""},
		"a page from before the install":   {known, []IndexAnswer{{Index: public, Files: true, Asked: installed}}, ""},
		"a page of no time":                {known, []IndexAnswer{{Index: public, Files: true}}, ""},
		"unknown origin, gone":             {unknown, []IndexAnswer{lacks}, "1.0 is no longer on"},
		"unknown origin, never there":      {unknown, []IndexAnswer{missing}, ""},
		"unknown origin, an empty page":    {unknown, []IndexAnswer{{Index: public, Asked: later}}, ""},
		"unknown origin, in quarantine":    {unknown, []IndexAnswer{quarantined}, "in quarantine"},
		"unknown origin, another has it":   {ofTwo, []IndexAnswer{lacks, has}, ""},
		"unknown origin, another unasked":  {ofTwo, []IndexAnswer{lacks}, ""},
		"of conda":                         {InstalledEvidence{Installer: "conda", Indexes: 1}, []IndexAnswer{lacks}, ""},
		"of a distribution of Linux":       {InstalledEvidence{Indexes: 1}, []IndexAnswer{lacks}, ""},
		"from a directory":                 {InstalledEvidence{Origin: public, Local: true}, []IndexAnswer{lacks}, ""},
		"replaced":                         {replaced, []IndexAnswer{lacks}, "until this run"},
		"of conda, but the log knows more": {conda, []IndexAnswer{lacks}, "1.0"},
	} {
		e := c.evidence
		e.Name, e.Canonical, e.Version, e.Since, e.Answers = "A", "a", "1.0", installed, c.answers
		findings := (&Settings{}).JudgeInstalled(e)
		switch {
		case c.want == "" && len(findings) > 0:
			t.Errorf("%s: %v", name, findings)
		case c.want != "" && (len(findings) != 1 || !strings.Contains(findings[0].Evidence, c.want) ||
			findings[0].Hint != "thresher exposed a==1.0"):
			t.Errorf("%s: %v, want %q", name, findings, c.want)
		}
	}
	local := unknown
	local.Name, local.Canonical, local.Version, local.Since = "a", "a", "1.0+acme", installed
	local.Answers = []IndexAnswer{lacks}
	if findings := (&Settings{}).JudgeInstalled(local); len(findings) > 0 {
		t.Errorf("a version of one's own: %v", findings)
	}
}
