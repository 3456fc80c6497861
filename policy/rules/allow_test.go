package rules_test

import (
	"strings"
	"testing"
	"time"

	"thresher/policy"
	"thresher/policy/rules"
)

// release is a file of the release that the answers of these tests are about,
// with everything that they may answer.
func release(version string) rules.FileEvidence {
	return rules.FileEvidence{
		Name: "acme-data", Version: version, Filename: "acme_data-" + version + ".tar.gz", Now: today,
		UploadTime: today.Add(-time.Hour),
		Yanked:     true, Pinned: true, IsSdist: true, Provenance: rules.No, PredecessorsProvenance: true,
		Malware: []string{"MAL-1"},
	}
}

// An answer for a release frees that release, for its rules, and nothing else.
func TestReleaseAnswers(t *testing.T) {
	const strict = "preset = \"strict\"\n"
	for _, rule := range rules.Answerable(rules.ReleaseSubject) {
		settings := layers{user: strict +
			"[allow.\"Acme_Data==2.1\"]\nreason = \"looked at\"\nexpires = 2026-12-10\nrules = [\"" + string(rule) +
			"\"]\n[bound.acme-data]\nbelow = \"1\"\nreason = \"breaks\"\nexpires = 2026-12-10\n"}.settings(t)
		judge := func(version string) []rules.Finding {
			unpinned := rules.FileEvidence{Name: "acme-data", Version: version, Now: today, UploadTime: today.AddDate(-1, 0, 0)}
			findings := append(settings.JudgeFile(release(version)), settings.JudgeFile(unpinned)...)
			findings = append(findings, settings.JudgeInstalled(rules.InstalledEvidence{
				Name: "acme-data", Canonical: "acme-data", Version: version, Origin: "https://index.example/simple",
				Answers: []rules.IndexAnswer{{Index: "https://index.example/simple", Missing: true, Asked: today}},
			})...)
			findings = append(findings, settings.JudgePublisher(rules.PublisherEvidence{
				Name: "acme-data", Version: version, Now: []rules.Identity{{Kind: "GitHub", Repository: "mallory/data"}},
				Before: []rules.Identity{{Kind: "GitHub", Repository: "acme/data"}},
			})...)
			return append(findings, settings.JudgeInside(rules.InsideEvidence{
				Name: "acme-data", Version: version, Filename: "x.whl", New: true,
				Hooks:    []rules.HookEvidence{{Path: "x.pth", Runs: true}},
				Payloads: []rules.PayloadEvidence{{Path: "x.so", Kind: rules.NativePayload}},
				Replaced: []rules.ReplacedEvidence{{Path: "bin/pip"}, {Path: "y.py", Owner: "y"}},
			})...)
		}
		want := rules.Action("")
		if rule == rules.Malware {
			want = rules.Note // it is said whenever it is used
		}
		for _, version := range []string{"2.1", "2.1.0", "v2.1"} {
			if got := outcome(judge(version), rule); got != want {
				t.Errorf("%s of %s: %q, want %q", rule, version, got, want)
			}
		}
		for _, version := range []string{"2.2", "2.1.1", "2.1+local", "no version", ""} {
			if rule == rules.Vanished && version == "" {
				continue // what has no version is on no page
			}
			if got := outcome(judge(version), rule); got != settings.Action(rule).Value {
				t.Errorf("%s of %s: %q is answered, too", rule, version, got)
			}
		}
		for _, other := range rules.Answerable(rules.ReleaseSubject) {
			if other != rule && outcome(judge("2.1"), other) == "" {
				t.Errorf("an answer to %s answers %s", rule, other)
			}
		}
		checkTexts(t, judge("2.1"))
		// What stands names the command that answers it for this release alone.
		for _, finding := range judge("2.2") {
			if finding.Rule == rule && rule != rules.Malware && rule != rules.Vanished {
				if want := "thresher allow acme-data==2.2 --rule " +
					string(rule); !strings.HasPrefix(strings.ToLower(finding.Hint),
					strings.Replace(want, "acme-data", strings.ToLower(finding.Subject), 1)) {
					t.Errorf("%s: %s", rule, finding.Hint)
				}
			}
		}
	}
}

func TestMalwareAnswers(t *testing.T) {
	answer := func(expires string) string {
		return "[allow.\"acme-data==2.1\"]\nreason = \"a false alarm\"\nexpires = " + expires +
			"\nrules = [\"malware\"]\n"
	}
	file := rules.FileEvidence{Name: "acme-data", Version: "2.1", Now: today, UploadTime: today.AddDate(-1, 0, 0),
		Malware: []string{"MAL-1"}}
	for name, test := range map[string]struct {
		layers layers
		want   rules.Action
	}{
		"the user's":     {layers{user: answer("2026-12-20")}, rules.Note},
		"the system's":   {layers{system: answer("2026-12-20")}, rules.Note},
		"a project's":    {layers{project: answer("2026-12-20")}, rules.Block},
		"one that ended": {layers{user: answer("2026-11-20")}, rules.Block},
	} {
		settings := test.layers.settings(t)
		findings := settings.JudgeFile(file)
		if got := outcome(findings, rules.Malware); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
		checkTexts(t, findings)
		project := settings.JudgeProject(with(func(e *rules.ProjectEvidence) { e.Malware = []string{"MAL-1"} }))
		if got := outcome(project, rules.Malware); got != test.want {
			t.Errorf("%s, of the whole project: %q, want %q", name, got, test.want)
		}
		if count := len(settings.AllowedMalware()); (count == 1) != (test.want == rules.Note) {
			t.Errorf("%s: %d answers count", name, count)
		}
	}
	// A trusted checkout has no say in it either.
	dir := t.TempDir()
	write(t, dir+"/"+policy.ProjectFileName, answer("2026-12-20"))
	loaded, err := policy.Load(policy.LoadInput{Dir: dir, Home: dir, Now: today,
		Trusted: func(string) bool { return true }})
	if err != nil || outcome(loaded.JudgeFile(file), rules.Malware) != rules.Block || len(loaded.Notes) != 1 {
		t.Errorf("%v %v", err, loaded.Notes)
	}
	// One that would last longer than a month makes the policy unusable.
	write(t, dir+"/user.toml", answer("2026-12-22"))
	if _, err := policy.Load(policy.LoadInput{UserPath: dir + "/user.toml", Dir: dir, Home: dir,
		Now: today}); err == nil || !strings.Contains(err.Error(), "30 days at most") {
		t.Error(err)
	}
}

func TestAllowsBuild(t *testing.T) {
	day := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	settings := rules.Settings{Now: day}
	for text, expires := range map[string]time.Time{"build:acme-*": {}, "build:old": day, "plain": {}, "host:hosted": {}} {
		subject, err := rules.ParseSubject(text)
		if err != nil {
			t.Fatal(err)
		}
		settings.Allow = append(settings.Allow, rules.Allow{Subject: subject, Reason: "y", Expires: expires})
	}
	for name, want := range map[string]bool{"acme-data": true, "acme": false, "old": false,
		"plain": false, "hosted": false} {
		if got := settings.AllowsBuild(name); got != want {
			t.Errorf("%s: %t, want %t", name, got, want)
		}
	}
	if settings.Allowed("acme-data", rules.Sdist) != nil {
		t.Error("a build that may see secrets is one that may be installed")
	}
}
