package policy

import (
	"strings"
	"testing"
	"time"
)

// ordinary is a file that no rule of the standard policy has anything to say
// about.
func ordinary() FileEvidence {
	return FileEvidence{
		Name: "acme-data", Version: "2.1", Filename: "acme_data-2.1-py3-none-any.whl", Now: today,
		UploadTime: today.AddDate(0, -1, 0), Provenance: Yes, PredecessorsProvenance: true, Installed: "2.0",
	}
}

type fileCase struct {
	name, user string
	change     func(e *FileEvidence)
	want       Action
}

func testFileRule(t *testing.T, rule Rule, cases []fileCase) {
	t.Helper()
	for _, test := range cases {
		evidence := ordinary()
		if test.change != nil {
			test.change(&evidence)
		}
		findings := layers{user: test.user}.merged(t, false).JudgeFile(evidence)
		if got := outcome(findings, rule); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		for _, finding := range findings {
			if finding.Action == Ask {
				t.Errorf("%s: nobody can be asked about a file", finding.Rule)
			}
		}
		checkTexts(t, findings)
	}
}

func uploaded(ago time.Duration) func(*FileEvidence) {
	return func(e *FileEvidence) { e.UploadTime = today.Add(-ago) }
}

func TestCooldown(t *testing.T) {
	fix := func(e *FileEvidence) {
		e.UploadTime = today.Add(-time.Hour)
		e.Fixes = []string{"CVE-2026-1"}
	}
	testFileRule(t, Cooldown, []fileCase{
		{"old enough", "", nil, ""},
		{"an hour old", "", uploaded(time.Hour), Hold},
		{"just below", "", uploaded(72*time.Hour - time.Second), Hold},
		{"just above", "", uploaded(72 * time.Hour), ""},
		{"in the future", "", uploaded(-time.Hour), Hold},
		{"no cooldown", "[cooldown]\nrelease = \"0d\"\n", uploaded(time.Hour), ""},
		{"off", "[rules]\ncooldown = \"off\"\n", uploaded(time.Hour), ""},
		{"blocked", "[rules]\ncooldown = \"block\"\n", uploaded(time.Hour), Block},
		{"excepted", "[cooldown]\nexcept = [\"acme-*\"]\n", uploaded(time.Hour), ""},
		{"another is excepted", "[cooldown]\nexcept = [\"acme\"]\n", uploaded(time.Hour), Hold},
		{"allowed by name", allowed, uploaded(time.Hour), Hold},
		{"allowed by rule", allowed + "rules = [\"cooldown\"]\n", uploaded(time.Hour), ""},
		{"a fix", "", fix, Note},
		{"a fix that may not pass", "[cooldown]\nsecurity-fixes = false\n", fix, Hold},
		{"a fix from the future", "", func(e *FileEvidence) { fix(e); e.UploadTime = today.Add(time.Hour) }, Hold},
		{"no upload time", "", func(e *FileEvidence) { e.UploadTime = time.Time{} }, Note},
		{"no upload time, strict", "preset = \"strict\"\n", func(e *FileEvidence) { e.UploadTime = time.Time{} }, Block},
		{"no upload time, relaxed", "preset = \"relaxed\"\n", func(e *FileEvidence) { e.UploadTime = time.Time{} }, ""},
		{"no upload time, excepted", "preset = \"strict\"\n[cooldown]\nexcept = [\"*\"]\n", func(e *FileEvidence) { e.UploadTime = time.Time{} }, ""},
	})
}

func TestYanked(t *testing.T) {
	yanked := func(e *FileEvidence) { e.Yanked, e.YankedReason = true, "broken" }
	pinned := func(e *FileEvidence) { yanked(e); e.Pinned = true }
	testFileRule(t, Yanked, []fileCase{
		{"not yanked", "", nil, ""},
		{"yanked, and pip would not take it", "", yanked, ""},
		{"yanked, and asked for", "", pinned, Note},
		{"held", "[rules]\nyanked = \"hold\"\n", yanked, Hold},
		{"strict", "preset = \"strict\"\n", yanked, Block},
		{"allowed by rule", "preset = \"strict\"\n" + allowed + "rules = [\"yanked\"]\n", yanked, ""},
	})
}

func TestProvenance(t *testing.T) {
	lost := func(e *FileEvidence) { e.Provenance = No }
	testFileRule(t, Provenance, []fileCase{
		{"attested", "", nil, ""},
		{"lost", "", lost, Hold},
		{"never had", "", func(e *FileEvidence) { lost(e); e.PredecessorsProvenance = false }, ""},
		{"not known", "", func(e *FileEvidence) { e.Provenance = Unknown }, Hold},
		{"allowed by name", allowed, lost, Hold},
		{"allowed by rule", allowed + "rules = [\"provenance\"]\n", lost, ""},
		{"relaxed", "preset = \"relaxed\"\n", lost, Note},
		{"strict", "preset = \"strict\"\n", lost, Block},
	})
}

func TestSdist(t *testing.T) {
	source := func(e *FileEvidence) { e.IsSdist, e.Filename = true, "acme_data-2.1.tar.gz" }
	testFileRule(t, Sdist, []fileCase{
		{"a wheel", "", nil, ""},
		{"a source distribution", "", source, Note},
		{"strict", "preset = \"strict\"\n", source, Hold},
		{"blocked", "[rules]\nsdist = \"block\"\n", source, Block},
		{"relaxed", "preset = \"relaxed\"\n", source, ""},
		{"allowed by rule", "preset = \"strict\"\n" + allowed + "rules = [\"sdist\"]\n", source, ""},
		{"allowed by name", "preset = \"strict\"\n" + allowed, source, Hold},
	})
}

func TestVulnerable(t *testing.T) {
	bad := func(e *FileEvidence) { e.Vulnerabilities = []string{"CVE-2026-1"} }
	pinned := func(e *FileEvidence) { bad(e); e.Pinned = true }
	testFileRule(t, Vulnerable, []fileCase{
		{"none known", "", nil, ""},
		{"some, and the scan will see", "", bad, ""},
		{"some, in the version asked for", "", pinned, Note},
		{"held", "[rules]\nvulnerable = \"hold\"\n", bad, Hold},
		{"off", "[rules]\nvulnerable = \"off\"\n", pinned, ""},
	})
}

func TestMalwareFile(t *testing.T) {
	testFileRule(t, Malware, []fileCase{
		{"none", "", nil, ""},
		{"some", "", func(e *FileEvidence) { e.Malware = []string{"MAL-1"} }, Block},
		{"allowed", allowed, func(e *FileEvidence) { e.Malware = []string{"MAL-1"} }, Block},
	})
}

func TestForeignIndex(t *testing.T) {
	tests := []struct {
		name, user string
		evidence   IndexEvidence
		want       Action
	}{
		{"the user's own", "", IndexEvidence{URL: "https://index.acme.example/simple"}, ""},
		{"a file's", "", IndexEvidence{URL: "https://u:secret@index.acme.example/simple", FromFile: true, Origin: "requirements.txt:1"}, Note},
		{"a file's folder", "", IndexEvidence{URL: "./wheels", FromFile: true}, ""},
		{"a file's folder as url", "", IndexEvidence{URL: "file:///wheels", FromFile: true}, ""},
		{"allowed", "[allow.\"https://index.acme.example/simple\"]\nreason = \"y\"\n", IndexEvidence{URL: "https://u:secret@INDEX.acme.example/simple/", FromFile: true}, ""},
		{"another is allowed", "[allow.\"https://index.acme.example\"]\nreason = \"y\"\n", IndexEvidence{URL: "https://index.acme.example/simple", FromFile: true}, Note},
		{"pinned", "[index.pin]\nacme = \"https://index.acme.example/simple/\"\n", IndexEvidence{URL: "https://index.acme.example/simple", FromFile: true}, ""},
		{"a trusted host of a file", "", IndexEvidence{URL: "index.acme.example:8080", TrustedHost: true, FromFile: true, Origin: "requirements.txt:1"}, Note},
		{"an allowed trusted host", "[allow.\"trusted-host:index.acme.example:8080\"]\nreason = \"y\"\n", IndexEvidence{URL: "Index.acme.example:8080", TrustedHost: true, FromFile: true}, ""},
		{"an allowed index is no trusted host", "[allow.\"https://index.acme.example\"]\nreason = \"y\"\n", IndexEvidence{URL: "index.acme.example", TrustedHost: true, FromFile: true, Origin: "r.txt:1"}, Note},
		{"the user's own trusted host", "", IndexEvidence{URL: "index.acme.example", TrustedHost: true}, ""},
		{"strict", "preset = \"strict\"\n", IndexEvidence{URL: "https://index.acme.example/simple", FromFile: true, Origin: "r.txt:1"}, Block},
	}
	for _, test := range tests {
		findings := layers{user: test.user}.merged(t, false).JudgeIndex(test.evidence)
		if got := outcome(findings, ForeignIndex); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		checkTexts(t, findings)
	}
}

func TestInsecureIndex(t *testing.T) {
	for url, want := range map[string]Action{
		"https://index.acme.example/simple":         "",
		"http://u:secret@index.acme.example/simple": Block,
		"http://localhost:8000/simple":              "",
		"http://127.0.0.2/simple":                   "",
		"http://[::1]:80/simple":                    "",
		"http://127.0.0.1.evil.example/simple":      Block,
		"file:///srv/simple":                        "",
		"./wheels":                                  "",
		"wheels":                                    "",
		"https://index.acme.example/%zz":            Block,
		"ftp://index.acme.example":                  Block,
	} {
		findings := Default(Standard).JudgeIndex(IndexEvidence{URL: url})
		if got := outcome(findings, InsecureURL); got != want {
			t.Errorf("%s: %q, want %q", url, got, want)
		}
		checkTexts(t, findings)
	}
}

func TestConfusion(t *testing.T) {
	two := ConfusionEvidence{Name: "acme-data", Chosen: "https://index.acme.example/simple", Others: []string{"https://u:secret@index.example/simple"}, NewerElse: true}
	popular := two
	popular.Rank = 5
	pinned := two
	pinned.Pinned = true
	tests := []struct {
		name, user string
		evidence   ConfusionEvidence
		want       Action
	}{
		{"two indexes", "", two, Note},
		{"one index", "", ConfusionEvidence{Name: "acme-data", Chosen: "https://index.acme.example/simple"}, ""},
		{"strict", "preset = \"strict\"\n", two, Block},
		{"strict, a popular name", "preset = \"strict\"\n", popular, Note},
		{"pinned", "preset = \"strict\"\n", pinned, ""},
		{"pinned by the policy", "preset = \"strict\"\n[index.pin]\n\"acme-*\" = \"https://index.acme.example/simple\"\n", two, ""},
	}
	for _, test := range tests {
		findings := layers{user: test.user}.merged(t, false).JudgeConfusion(test.evidence)
		if got := outcome(findings, Confusion); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		checkTexts(t, findings)
	}
}

func TestPins(t *testing.T) {
	policy := layers{
		system: "[index.pin]\n\"*\" = \"https://system.example\"\nacme-data = \"https://system.example/data\"\n",
		user:   "[index.pin]\n\"acme-*\" = \"https://user.example\"\n\"acme-d*\" = \"https://user.example/d\"\n\"Acme_Date\" = \"https://user.example/date\"\n",
	}.merged(t, false)
	for name, want := range map[string]string{
		"other": "https://system.example", "acme-x": "https://user.example", "acme-data": "https://user.example/d", "acme-date": "https://user.example/date",
	} {
		if pin := policy.PinFor(name); pin == nil || pin.URL != want {
			t.Errorf("%s: %+v, want %s", name, pin, want)
		}
	}
	if pins := policy.Pins(); len(pins) != 5 || pins["acme-date"] != "https://user.example/date" {
		t.Error(pins)
	}
}

func TestArrivals(t *testing.T) {
	tests := []struct {
		name, user     string
		arrival        Arrival
		unvouched, has Action
	}{
		{"vouched", "", Arrival{Name: "x", Version: "1", Vouched: true}, "", ""},
		{"unvouched", "", Arrival{Name: "x", Version: "1"}, Block, ""},
		{"unvouched, noted", "[rules]\nunvouched = \"note\"\n", Arrival{Name: "x", Version: "1"}, Note, ""},
		{"in the place of pip", "", Arrival{Name: "x", Path: "bin/pip", Vouched: true, Replaces: true}, Block, ""},
		{"in the place of pip, of nobody", "", Arrival{Path: "bin/pip", Replaces: true}, Block, ""},
		{"a hook of a wheel", "", Arrival{Name: "x", Version: "1", Path: "x.pth", Vouched: true, Hook: true}, "", Note},
		{"a hook of nobody", "", Arrival{Path: "/env/x.pth", Hook: true}, "", Note},
		{"a hook, strict", "preset = \"strict\"\n", Arrival{Name: "x", Path: "x.pth", Vouched: true, Hook: true}, "", Block},
		{"an allowed hook", "[allow.x]\nreason = \"y\"\nrules = [\"startup-hook\"]\n", Arrival{Name: "X", Path: "x.pth", Vouched: true, Hook: true}, "", ""},
		{"a name that is allowed may plant no hook", "[allow.x]\nreason = \"y\"\n", Arrival{Name: "X", Path: "x.pth", Vouched: true, Hook: true}, "", Note},
	}
	for _, test := range tests {
		findings := layers{user: test.user}.merged(t, false).JudgeArrival(test.arrival)
		if got := outcome(findings, Unvouched); got != test.unvouched {
			t.Errorf("%s: unvouched %q, want %q", test.name, got, test.unvouched)
		}
		if got := outcome(findings, StartupHook); got != test.has {
			t.Errorf("%s: startup-hook %q, want %q", test.name, got, test.has)
		}
		checkTexts(t, findings)
	}
}

func TestDecide(t *testing.T) {
	ask := Finding{Subject: "b", Rule: NewProject, Action: Ask}
	note := Finding{Subject: "a", Rule: Stale, Action: Note}
	hold := Finding{Subject: "c", Rule: Provenance, Action: Hold}
	tests := []struct {
		name        string
		findings    []Finding
		interactive bool
		want        Action
		word        string
	}{
		{"nothing", nil, true, Off, "pass"},
		{"only what is off", []Finding{{Subject: "a", Action: Off}}, true, Off, "pass"},
		{"a note", []Finding{note}, true, Note, "note"},
		{"a file held back", []Finding{note, hold}, true, Hold, "note"},
		{"a question at a terminal", []Finding{note, ask}, true, Ask, "ask"},
		{"a question to nobody", []Finding{note, ask}, false, Block, "block"},
		{"an action of tomorrow", []Finding{{Subject: "a", Action: "burn"}}, true, "burn", "block"},
	}
	for _, test := range tests {
		verdict := Decide(test.findings, test.interactive)
		if verdict.Action != test.want || verdict.Word() != test.word {
			t.Errorf("%s: %s %s, want %s %s", test.name, verdict.Action, verdict.Word(), test.want, test.word)
		}
	}
	verdict := Decide([]Finding{ask}, false)
	if want := "thresher allow b --reason 'why it is right'"; verdict.Findings[0].Hint != want {
		t.Errorf("%s, want %s", verdict.Findings[0].Hint, want)
	}
	forward := Decide([]Finding{note, ask, hold, {Subject: "a", Rule: Funding, Action: Note}}, true)
	backward := Decide([]Finding{{Subject: "a", Rule: Funding, Action: Note}, hold, ask, note}, true)
	for i := range forward.Findings {
		if forward.Findings[i] != backward.Findings[i] {
			t.Error("the order depends on which evidence came first")
		}
	}
	if forward.Findings[0].Action != Ask {
		t.Error(forward)
	}
}

func TestInGate(t *testing.T) {
	question := func(rule Rule) []Finding {
		return []Finding{{Subject: "x", Rule: rule, Action: Ask}, {Subject: "x", Rule: Malware, Action: Block}}
	}
	for _, test := range []struct {
		rule     Rule
		answered bool
		want     Action
	}{
		{NewProject, false, Hold}, {NewProject, true, Off}, {Typosquat, false, Note}, {Unapproved, false, Block}, {Denied, false, Block},
	} {
		findings := InGate(question(test.rule), test.answered)
		if findings[0].Action != test.want || findings[1].Action != Block {
			t.Errorf("%s, answered %t: %v, want %s", test.rule, test.answered, findings, test.want)
		}
		if test.want == Hold && !strings.HasPrefix(findings[0].Hint, "thresher allow x") {
			t.Error(findings[0].Hint)
		}
	}
}
