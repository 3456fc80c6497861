package rules_test

import (
	"testing"
	"time"

	"thresher/policy"
	"thresher/policy/rules"
)

// ordinary is a file that no rule of the standard policy has anything to say
// about.
func ordinary() rules.FileEvidence {
	return rules.FileEvidence{
		Name: "acme-data", Version: "2.1", Filename: "acme_data-2.1-py3-none-any.whl", Now: today,
		UploadTime: today.AddDate(0, -1, 0), Provenance: rules.Yes, PredecessorsProvenance: true, Installed: "2.0",
	}
}

type fileCase struct {
	name, user string
	change     func(e *rules.FileEvidence)
	want       rules.Action
}

func testFileRule(t *testing.T, rule rules.Rule, cases []fileCase) {
	t.Helper()
	for _, test := range cases {
		evidence := ordinary()
		if test.change != nil {
			test.change(&evidence)
		}
		findings := layers{user: test.user}.settings(t).JudgeFile(evidence)
		if got := outcome(findings, rule); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		for _, finding := range findings {
			if finding.Action == rules.Ask {
				t.Errorf("%s: nobody can be asked about a file", finding.Rule)
			}
		}
		checkTexts(t, findings)
	}
}

func uploaded(ago time.Duration) func(*rules.FileEvidence) {
	return func(e *rules.FileEvidence) { e.UploadTime = today.Add(-ago) }
}

func TestCooldown(t *testing.T) {
	fix := func(e *rules.FileEvidence) {
		e.UploadTime = today.Add(-time.Hour)
		e.Fixes = []string{"CVE-2026-1"}
	}
	const pass = "[cooldown]\npins = \"pass\"\n"
	pinned := func(e *rules.FileEvidence) {
		uploaded(25 * time.Hour)(e)
		e.Pinned, e.PinnedInFile = true, true
	}
	locked := func(ago time.Duration) func(*rules.FileEvidence) {
		return func(e *rules.FileEvidence) {
			uploaded(ago)(e)
			e.Pinned, e.PinnedInFile, e.LockedByHash = true, true, true
		}
	}
	testFileRule(t, rules.Cooldown, []fileCase{
		{"old enough", "", nil, ""},
		{"an hour old", "", uploaded(time.Hour), rules.Hold},
		{"just below", "", uploaded(72*time.Hour - time.Second), rules.Hold},
		{"just above", "", uploaded(72 * time.Hour), ""},
		{"in the future", "", uploaded(-time.Hour), rules.Hold},
		{"no cooldown", "[cooldown]\nrelease = \"0d\"\n", uploaded(time.Hour), ""},
		{"off", "[rules]\ncooldown = \"off\"\n", uploaded(time.Hour), ""},
		{"blocked", "[rules]\ncooldown = \"block\"\n", uploaded(time.Hour), rules.Block},
		{"excepted", "[cooldown]\nexcept = [\"acme-*\"]\n", uploaded(time.Hour), ""},
		{"another is excepted", "[cooldown]\nexcept = [\"acme\"]\n", uploaded(time.Hour), rules.Hold},
		{"allowed by name", allowed, uploaded(time.Hour), rules.Hold},
		{"allowed by rule", allowed + "rules = [\"cooldown\"]\n", uploaded(time.Hour), ""},
		{"a fix", "", fix, rules.Note},
		{"a fix that may not pass", "[cooldown]\nsecurity-fixes = false\n", fix, rules.Hold},
		{"a fix from the future", "", func(e *rules.FileEvidence) { fix(e); e.UploadTime = today.Add(time.Hour) },
			rules.Hold},
		{"pinned in a file", "", pinned, rules.Hold},
		{"pinned in a file, and pins pass", pass, pinned, ""},
		{"pinned in a file, and pins wait", pass + "pins-release = \"2d\"\n", pinned, rules.Hold},
		{"not pinned, and pins pass", pass, uploaded(25 * time.Hour), rules.Hold},
		{"locked", "", locked(25 * time.Hour), ""},
		{"locked this day", "", locked(23 * time.Hour), rules.Hold},
		{"locked from the future", "", locked(-time.Hour), rules.Hold},
		{"locked, strict", "preset = \"strict\"\n", locked(25 * time.Hour), rules.Hold},
		{"locked, and locks pass", "[cooldown]\npins-release = \"0d\"\n", locked(time.Minute), ""},
		{"no longer than others", "[cooldown]\npins-release = \"30d\"\n", locked(73 * time.Hour), ""},
		{"no upload time", "", func(e *rules.FileEvidence) { e.UploadTime = time.Time{} }, rules.Note},
		{"no upload time, strict", "preset = \"strict\"\n", func(e *rules.FileEvidence) { e.UploadTime = time.Time{} },
			rules.Block},
		{"no upload time, relaxed", "preset = \"relaxed\"\n",
			func(e *rules.FileEvidence) { e.UploadTime = time.Time{} }, ""},
		{"no upload time, excepted", "preset = \"strict\"\n[cooldown]\nexcept = [\"*\"]\n",
			func(e *rules.FileEvidence) { e.UploadTime = time.Time{} }, ""},
	})
}

func TestYanked(t *testing.T) {
	yanked := func(e *rules.FileEvidence) { e.Yanked, e.YankedReason = true, "broken" }
	pinned := func(e *rules.FileEvidence) { yanked(e); e.Pinned = true }
	testFileRule(t, rules.Yanked, []fileCase{
		{"not yanked", "", nil, ""},
		{"yanked, and pip would not take it", "", yanked, ""},
		{"yanked, and asked for", "", pinned, rules.Note},
		{"held", "[rules]\nyanked = \"hold\"\n", yanked, rules.Hold},
		{"strict", "preset = \"strict\"\n", yanked, rules.Block},
		{"allowed by rule", "preset = \"strict\"\n" + allowed + "rules = [\"yanked\"]\n", yanked, ""},
	})
}

func TestProvenance(t *testing.T) {
	lost := func(e *rules.FileEvidence) { e.Provenance = rules.No }
	testFileRule(t, rules.Provenance, []fileCase{
		{"attested", "", nil, ""},
		{"lost", "", lost, rules.Hold},
		{"never had", "", func(e *rules.FileEvidence) { lost(e); e.PredecessorsProvenance = false }, ""},
		{"not known", "", func(e *rules.FileEvidence) { e.Provenance = rules.Unknown }, rules.Hold},
		{"allowed by name", allowed, lost, rules.Hold},
		{"allowed by rule", allowed + "rules = [\"provenance\"]\n", lost, ""},
		{"relaxed", "preset = \"relaxed\"\n", lost, rules.Note},
		{"strict", "preset = \"strict\"\n", lost, rules.Block},
	})
}

func TestSdist(t *testing.T) {
	source := func(e *rules.FileEvidence) { e.IsSdist, e.Filename = true, "acme_data-2.1.tar.gz" }
	testFileRule(t, rules.Sdist, []fileCase{
		{"a wheel", "", nil, ""},
		{"a source distribution", "", source, rules.Note},
		{"strict", "preset = \"strict\"\n", source, rules.Hold},
		{"blocked", "[rules]\nsdist = \"block\"\n", source, rules.Block},
		{"relaxed", "preset = \"relaxed\"\n", source, ""},
		{"allowed by rule", "preset = \"strict\"\n" + allowed + "rules = [\"sdist\"]\n", source, ""},
		{"allowed by name", "preset = \"strict\"\n" + allowed, source, rules.Hold},
	})
}

func TestVulnerable(t *testing.T) {
	bad := func(e *rules.FileEvidence) { e.Vulnerabilities = []string{"CVE-2026-1"} }
	pinned := func(e *rules.FileEvidence) { bad(e); e.Pinned = true }
	testFileRule(t, rules.Vulnerable, []fileCase{
		{"none known", "", nil, ""},
		{"some, and the scan will see", "", bad, ""},
		{"some, in the version asked for", "", pinned, rules.Note},
		{"held", "[rules]\nvulnerable = \"hold\"\n", bad, rules.Hold},
		{"off", "[rules]\nvulnerable = \"off\"\n", pinned, ""},
	})
}

func TestMalwareFile(t *testing.T) {
	testFileRule(t, rules.Malware, []fileCase{
		{"none", "", nil, ""},
		{"some", "", func(e *rules.FileEvidence) { e.Malware = []string{"MAL-1"} }, rules.Block},
		{"allowed", allowed, func(e *rules.FileEvidence) { e.Malware = []string{"MAL-1"} }, rules.Block},
	})
}

func TestForeignIndex(t *testing.T) {
	tests := []struct {
		name, user string
		evidence   rules.IndexEvidence
		want       rules.Action
	}{
		{"the user's own", "", rules.IndexEvidence{URL: "https://index.acme.example/simple"}, ""},
		{"a file's", "", rules.IndexEvidence{URL: "https://u:secret@index.acme.example/simple", FromFile: true,
			Origin: "requirements.txt:1"}, rules.Note},
		{"a file's folder", "", rules.IndexEvidence{URL: "./wheels", FromFile: true}, ""},
		{"a file's folder as url", "", rules.IndexEvidence{URL: "file:///wheels", FromFile: true}, ""},
		{"allowed", "[allow.\"https://index.acme.example/simple\"]\nreason = \"y\"\n",
			rules.IndexEvidence{URL: "https://u:secret@INDEX.acme.example/simple/", FromFile: true}, ""},
		{"another is allowed", "[allow.\"https://index.acme.example\"]\nreason = \"y\"\n",
			rules.IndexEvidence{URL: "https://index.acme.example/simple", FromFile: true}, rules.Note},
		{"pinned", "[index.pin]\nacme = \"https://index.acme.example/simple/\"\n",
			rules.IndexEvidence{URL: "https://index.acme.example/simple", FromFile: true}, ""},
		{"a trusted host of a file", "",
			rules.IndexEvidence{URL: "index.acme.example:8080", TrustedHost: true, FromFile: true,
				Origin: "requirements.txt:1"}, rules.Note},
		{"an allowed trusted host", "[allow.\"trusted-host:index.acme.example:8080\"]\nreason = \"y\"\n",
			rules.IndexEvidence{URL: "Index.acme.example:8080", TrustedHost: true, FromFile: true}, ""},
		{"an allowed index is no trusted host", "[allow.\"https://index.acme.example\"]\nreason = \"y\"\n",
			rules.IndexEvidence{URL: "index.acme.example", TrustedHost: true, FromFile: true, Origin: "r.txt:1"},
			rules.Note},
		{"the user's own trusted host", "", rules.IndexEvidence{URL: "index.acme.example", TrustedHost: true}, ""},
		{"strict", "preset = \"strict\"\n",
			rules.IndexEvidence{URL: "https://index.acme.example/simple", FromFile: true, Origin: "r.txt:1"},
			rules.Block},
	}
	for _, test := range tests {
		findings := layers{user: test.user}.settings(t).JudgeIndex(test.evidence)
		if got := outcome(findings, rules.ForeignIndex); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		checkTexts(t, findings)
	}
}

func TestInsecureIndex(t *testing.T) {
	for url, want := range map[string]rules.Action{
		"https://index.acme.example/simple":         "",
		"http://u:secret@index.acme.example/simple": rules.Block,
		"http://localhost:8000/simple":              "",
		"http://127.0.0.2/simple":                   "",
		"http://[::1]:80/simple":                    "",
		"http://127.0.0.1.evil.example/simple":      rules.Block,
		"file:///srv/simple":                        "",
		"./wheels":                                  "",
		"wheels":                                    "",
		"https://index.acme.example/%zz":            "", // pip quotes what is no escape
		"https://u:p^|{}@index.acme.example/a^|{}":  "",
		"https://${TOKEN}@index.acme.example/":      "",
		"https://index.acme.example\\@x.example/":   rules.Block,
		"ftp://index.acme.example":                  rules.Block,
	} {
		findings := preset(policy.Standard).JudgeIndex(rules.IndexEvidence{URL: url})
		if got := outcome(findings, rules.InsecureURL); got != want {
			t.Errorf("%s: %q, want %q", url, got, want)
		}
		checkTexts(t, findings)
	}
}

func TestConfusion(t *testing.T) {
	two := rules.ConfusionEvidence{Name: "acme-data", Chosen: "https://index.acme.example/simple",
		Others: []string{"https://u:secret@index.example/simple"}, NewerElse: true}
	popular := two
	popular.Rank = 5
	pinned := two
	pinned.Pinned = true
	tests := []struct {
		name, user string
		evidence   rules.ConfusionEvidence
		want       rules.Action
	}{
		{"two indexes", "", two, rules.Note},
		{"one index", "", rules.ConfusionEvidence{Name: "acme-data", Chosen: "https://index.acme.example/simple"}, ""},
		{"strict", "preset = \"strict\"\n", two, rules.Block},
		{"strict, a popular name", "preset = \"strict\"\n", popular, rules.Note},
		{"pinned", "preset = \"strict\"\n", pinned, ""},
		{"pinned by the policy",
			"preset = \"strict\"\n[index.pin]\n\"acme-*\" = \"https://index.acme.example/simple\"\n", two, ""},
	}
	for _, test := range tests {
		findings := layers{user: test.user}.settings(t).JudgeConfusion(test.evidence)
		if got := outcome(findings, rules.Confusion); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		checkTexts(t, findings)
	}
}

func TestIndexChanged(t *testing.T) {
	const a, b = "https://a.example/simple", "https://b.example/simple"
	change := func(before, now string) rules.IndexChange {
		return rules.IndexChange{Name: "acme-tool", Before: before, Now: now}
	}
	forgotten := rules.IndexChange{Name: "acme-tool", Before: a, Others: []string{b, "https://c.example"}}
	popular := change(a, b)
	popular.Rank = 7
	for _, test := range []struct {
		name, user string
		change     rules.IndexChange
		want       rules.Action
	}{
		{"the same", "", change(a, a), ""},
		{"the same, written otherwise", "", change(a, "https://user:secret@A.Example:443/simple/"), ""},
		{"another", "", change(a, b), rules.Block},
		{"another path", "", change(a, "https://a.example/Simple"), rules.Block},
		{"another scheme", "", change(a, "http://a.example/simple"), rules.Block},
		{"the one as another's user", "", change(a, "https://a.example@b.example/simple"), rules.Block},
		{"forgotten", "", forgotten, rules.Block},
		{"well known", "", popular, ""},
		{"noted", "[rules]\nindex-changed = \"note\"\n", change(a, b), rules.Note},
		{"off", "[rules]\nindex-changed = \"off\"\n", change(a, b), ""},
		{"bound", "[index.pin]\n\"acme-*\" = \"" + b + "\"\n", change(a, b), ""},
		{"another is bound", "[index.pin]\nother = \"" + b + "\"\n", change(a, b), rules.Block},
		{"allowed by name", "[allow.acme-tool]\nreason = \"ours\"\n", change(a, b), rules.Block},
		{"moved", "[index.moved]\n\"https://A.example/simple/\" = \"" + b + "\"\n", change(a, b), ""},
		{"moved twice", "[index.moved]\n\"" + a + "\" = \"https://m.example\"\n\"https://m.example/\" = \"" + b + "\"\n",
			change(a, b), ""},
		{"moved away", "[index.moved]\n\"" + a + "\" = \"" + b + "\"\n", change(a, a), rules.Block},
		{"moved the other way", "[index.moved]\n\"" + b + "\" = \"" + a + "\"\n", change(a, b), rules.Block},
		{"moved in a circle", "[index.moved]\n\"" + a + "\" = \"" + b + "\"\n\"" + b + "\" = \"" + a + "\"\n",
			change(a, "https://c.example"), rules.Block},
	} {
		findings := layers{user: test.user}.settings(t).JudgeIndexChange(test.change)
		if got := outcome(findings, rules.IndexChanged); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		checkTexts(t, findings)
	}
}

func TestPins(t *testing.T) {
	settings := layers{
		system: "[index.pin]\n\"*\" = \"https://system.example\"\nacme-data = \"https://system.example/data\"\n",
		user: "[index.pin]\n\"acme-*\" = \"https://user.example\"\n\"acme-d*\" = \"https://user.example/d\"\n" +
			"\"Acme_Date\" = \"https://user.example/date\"\n",
	}.settings(t)
	for name, want := range map[string]string{
		"other": "https://system.example", "acme-x": "https://user.example", "acme-data": "https://user.example/d",
		"acme-date": "https://user.example/date",
	} {
		if pin := settings.PinFor(name); pin == nil || pin.URL != want {
			t.Errorf("%s: %+v, want %s", name, pin, want)
		}
	}
	if pins := settings.Pins(); len(pins) != 5 || pins["acme-date"] != "https://user.example/date" {
		t.Error(pins)
	}
}

func TestArrivals(t *testing.T) {
	tests := []struct {
		name, user     string
		arrival        rules.Arrival
		unvouched, has rules.Action
	}{
		{"vouched", "", rules.Arrival{Name: "x", Version: "1", Vouched: true}, "", ""},
		{"unvouched", "", rules.Arrival{Name: "x", Version: "1"}, rules.Block, ""},
		{"unvouched, noted", "[rules]\nunvouched = \"note\"\n", rules.Arrival{Name: "x", Version: "1"}, rules.Note, ""},
		{"in the place of pip", "", rules.Arrival{Name: "x", Path: "bin/pip", Vouched: true, Replaces: true},
			rules.Block, ""},
		{"in the place of pip, of nobody", "", rules.Arrival{Path: "bin/pip", Replaces: true}, rules.Block, ""},
		{"a hook of a wheel", "", rules.Arrival{Name: "x", Version: "1", Path: "x.pth", Vouched: true, Hook: true}, "",
			rules.Note},
		{"a hook of nobody", "", rules.Arrival{Path: "/env/x.pth", Hook: true}, "", rules.Note},
		{"a hook, strict", "preset = \"strict\"\n", rules.Arrival{Name: "x", Path: "x.pth", Vouched: true, Hook: true},
			"", rules.Block},
		{"an allowed hook", "[allow.x]\nreason = \"y\"\nrules = [\"startup-hook\"]\n",
			rules.Arrival{Name: "X", Path: "x.pth", Vouched: true, Hook: true}, "", ""},
		{"a name that is allowed may plant no hook", "[allow.x]\nreason = \"y\"\n",
			rules.Arrival{Name: "X", Path: "x.pth", Vouched: true, Hook: true}, "", rules.Note},
	}
	for _, test := range tests {
		findings := layers{user: test.user}.settings(t).JudgeArrival(test.arrival)
		if got := outcome(findings, rules.Unvouched); got != test.unvouched {
			t.Errorf("%s: unvouched %q, want %q", test.name, got, test.unvouched)
		}
		if got := outcome(findings, rules.StartupHook); got != test.has {
			t.Errorf("%s: startup-hook %q, want %q", test.name, got, test.has)
		}
		checkTexts(t, findings)
	}
}
