package rules_test

import (
	"strings"
	"testing"
	"time"

	"thresher/policy"
	"thresher/policy/rules"
	"thresher/policy/typosquat"
)

// healthy is a project that no rule has anything to say about.
func healthy() rules.ProjectEvidence {
	return rules.ProjectEvidence{
		Name: "Acme_Data", Canonical: "acme-data", New: true, Requested: true, Now: today,
		Exists: rules.Yes, Status: "active", First: today.AddDate(-6, 0, 0), Latest: today.AddDate(0, -2, 0),
		Releases: 40, Provenance: rules.Yes,
		Ownership: true, Maintainers: []string{"ann", "bob", "cem"}, Organisation: "acme",
		Described: true, URLs: []rules.URL{{"Funding", "https://acme.example/give"},
			{"Security", "https://acme.example/security"}},
		Rank: 4000, FromPublicIndex: rules.Yes,
	}
}

func with(change func(e *rules.ProjectEvidence)) rules.ProjectEvidence {
	evidence := healthy()
	change(&evidence)
	return evidence
}

type projectCase struct {
	name, user string
	evidence   rules.ProjectEvidence
	want       rules.Action
}

func testProjectRule(t *testing.T, rule rules.Rule, cases []projectCase) {
	t.Helper()
	for _, test := range cases {
		findings := layers{user: test.user}.settings(t).JudgeProject(test.evidence)
		if got := outcome(findings, rule); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		checkTexts(t, findings)
	}
}

const allowed = "[allow.acme-data]\nreason = \"y\"\n"

func TestHealthyProject(t *testing.T) {
	if findings := preset(policy.Strict).JudgeProject(healthy()); len(findings) > 0 {
		t.Error(findings)
	}
}

func TestMalware(t *testing.T) {
	bad := with(func(e *rules.ProjectEvidence) { e.Malware = []string{"MAL-2026-1"} })
	known := bad
	known.New = false
	testProjectRule(t, rules.Malware, []projectCase{
		{"none", "", healthy(), ""},
		{"some", "", bad, rules.Block},
		{"in the environment", "", known, rules.Block},
		{"allowed", allowed, bad, rules.Block},
		{"trusted organisation", "[trust]\norganisations = [\"acme\"]\n", bad, rules.Block},
	})
}

func TestQuarantined(t *testing.T) {
	bad := with(func(e *rules.ProjectEvidence) { e.Status, e.StatusReason = "Quarantined", "reported" })
	known := bad
	known.New = false
	testProjectRule(t, rules.Quarantined, []projectCase{
		{"active", "", healthy(), ""},
		{"quarantined", "", bad, rules.Block},
		{"in the environment", "", known, rules.Block},
		{"allowed", allowed, bad, rules.Block},
		{"noted", "[rules]\nquarantined = \"note\"\n", bad, rules.Note},
	})
}

func TestArchived(t *testing.T) {
	status := func(status string) rules.ProjectEvidence {
		return with(func(e *rules.ProjectEvidence) { e.Status = status })
	}
	known := status("archived")
	known.New = false
	testProjectRule(t, rules.Archived, []projectCase{
		{"active", "", status("active"), ""},
		{"unknown", "", status(""), ""},
		{"archived", "", status("archived"), rules.Note},
		{"deprecated", "", status("deprecated"), rules.Note},
		{"a word that is not known yet", "", status("frozen"), rules.Note},
		{"in the environment", "", known, ""},
		{"allowed", allowed, status("archived"), ""},
		{"a trusted organisation's", "[trust]\norganisations = [\"acme\"]\n", status("archived"), rules.Note},
		{"strict", "preset = \"strict\"\n", status("archived"), rules.Ask},
	})
}

func TestUnknownName(t *testing.T) {
	exists := func(known rules.Known, failure string) rules.ProjectEvidence {
		return rules.ProjectEvidence{Name: "acme-data", Canonical: "acme-data", New: true, Now: today, Exists: known,
			Failure: failure}
	}
	similar := exists(rules.No, "")
	similar.Suspicions = []typosquat.Suspicion{{Target: "acme-date", Confidence: typosquat.Medium, Why: "y"}}
	testProjectRule(t, rules.UnknownName, []projectCase{
		{"known", "", healthy(), ""},
		{"no index has it", "", exists(rules.No, ""), rules.Note},
		{"no index has it, and it looks like another", "", similar, rules.Note},
		{"the index did not answer", "", exists(rules.Unknown, "no answer within 2 seconds"), rules.Note},
		{"strict: no index has it", "preset = \"strict\"\n", exists(rules.No, ""), rules.Block},
		{"strict: the index did not answer", "preset = \"strict\"\n", exists(rules.Unknown, "timeout"), rules.Note},
		{"allowed", allowed, exists(rules.No, ""), ""},
	})
	if finding := preset(policy.Standard).JudgeProject(similar)[0]; finding.Target != "acme-date" {
		t.Error(finding)
	}
	if finding := preset(policy.Standard).JudgeProject(exists(rules.Unknown,
		"timeout"))[0]; !strings.Contains(finding.Evidence, "timeout") || finding.Confidence != rules.Low {
		t.Error(finding)
	}
}

func TestNewProject(t *testing.T) {
	began := func(ago time.Duration) rules.ProjectEvidence {
		return with(func(e *rules.ProjectEvidence) { e.First = today.Add(-ago) })
	}
	known := began(time.Hour)
	known.New = false
	testProjectRule(t, rules.NewProject, []projectCase{
		{"old", "", healthy(), ""},
		{"an hour old", "", began(time.Hour), rules.Ask},
		{"just below", "", began(7*24*time.Hour - time.Second), rules.Ask},
		{"just above", "", began(7 * 24 * time.Hour), ""},
		{"longer cooldown", "[cooldown]\nproject = \"30d\"\n", began(29 * 24 * time.Hour), rules.Ask},
		{"none", "[cooldown]\nproject = \"0d\"\n", began(time.Hour), ""},
		{"in the future", "", began(-48 * time.Hour), rules.Ask},
		{"in the environment", "", known, ""},
		{"allowed", allowed, began(time.Hour), ""},
		{"without a cooldown", "[cooldown]\nexcept = [\"acme-*\"]\n", began(time.Hour), ""},
		{"a trusted organisation's", "[trust]\norganisations = [\"acme\"]\n", began(time.Hour), ""},
		{"relaxed", "preset = \"relaxed\"\n", began(time.Hour), rules.Note},
		{"strict", "preset = \"strict\"\n", began(time.Hour), rules.Block},
		{"not known", "", with(func(e *rules.ProjectEvidence) { e.First = time.Time{} }), rules.Note},
	})
}

func TestUnpopular(t *testing.T) {
	rank := func(rank int) rules.ProjectEvidence { return with(func(e *rules.ProjectEvidence) { e.Rank = rank }) }
	private := rank(0)
	private.FromPublicIndex = rules.No
	testProjectRule(t, rules.Unpopular, []projectCase{
		{"popular", "", rank(1), ""},
		{"not on the list", "", rank(0), rules.Note},
		{"of a private index", "", private, ""},
		{"behind the limit", "[trust]\npopular-rank = 1000\n", rank(1001), rules.Note},
		{"at the limit", "[trust]\npopular-rank = 1000\n", rank(1000), ""},
		{"allowed", allowed, rank(0), ""},
		{"a trusted organisation's", "[trust]\norganisations = [\"Acme\"]\n", rank(0), ""},
		{"another organisation's", "[trust]\norganisations = [\"other\"]\n", rank(0), rules.Note},
		{"relaxed", "preset = \"relaxed\"\n", rank(0), ""},
	})
}

func TestMaintainers(t *testing.T) {
	people := func(count int) rules.ProjectEvidence {
		return with(func(e *rules.ProjectEvidence) {
			e.Organisation, e.Rank = "", 0
			e.Maintainers = strings.Fields(strings.Repeat("someone ", count))
		})
	}
	organisation := people(1)
	organisation.Organisation = "acme"
	silent := people(1)
	silent.Ownership = false
	popular, private := people(8), people(1)
	popular.Rank, private.FromPublicIndex = 300, rules.No
	testProjectRule(t, rules.Maintainers, []projectCase{
		{"one", "", people(1), rules.Note},
		{"two", "", people(2), ""},
		{"five", "", people(5), ""},
		{"six", "", people(6), rules.Note},
		{"none listed is not known", "", people(0), rules.Note},
		{"an organisation's teams are not listed", "", organisation, ""},
		{"not known", "", silent, rules.Note},
		{"six are enough", "[trust]\nmaintainers = { max = 6 }\n", people(6), ""},
		{"off", "[rules]\nmaintainers = \"off\"\n", people(1), ""},
		{"not known, and off", "[rules]\nmaintainers = \"off\"\n", silent, ""},
		{"allowed", allowed, people(1), ""},
		{"of what so many use", "", popular, ""},
		{"of a private index", "", private, ""},
		{"blocked", "[rules]\nmaintainers = \"block\"\n", people(1), rules.Block},
		{"blocked, of what so many use", "[rules]\nmaintainers = \"block\"\n", popular, rules.Block},
		{"blocked, of a private index", "[rules]\nmaintainers = \"block\"\n", private, rules.Block},
		{"not known, and blocked", "[rules]\nmaintainers = \"block\"\n", silent, rules.Note},
	})
}

func TestStale(t *testing.T) {
	silent := func(years int) rules.ProjectEvidence {
		return with(func(e *rules.ProjectEvidence) { e.Latest = today.AddDate(-years, 0, 0) })
	}
	archived := silent(5)
	archived.Status = "archived"
	testProjectRule(t, rules.Stale, []projectCase{
		{"lively", "", healthy(), ""},
		{"two years", "", silent(2), rules.Note},
		{"one year", "", silent(1), ""},
		{"a longer time is fine", "[trust]\nstale-after = \"3 years\"\n", silent(2), ""},
		{"archived says it all", "", archived, ""},
		{"not known", "", with(func(e *rules.ProjectEvidence) { e.Latest = time.Time{} }), rules.Note},
		{"dated in the future", "", silent(-1), ""},
		{"allowed", allowed, silent(2), ""},
		{"strict", "preset = \"strict\"\n", silent(2), rules.Ask},
	})
}

func TestSofterQuestions(t *testing.T) {
	plain := func(change func(*rules.ProjectEvidence)) rules.ProjectEvidence {
		return with(func(e *rules.ProjectEvidence) {
			e.Rank, e.Organisation, e.URLs = 0, "", nil
			change(e)
		})
	}
	nothing := func(*rules.ProjectEvidence) {}
	popular := func(e *rules.ProjectEvidence) { e.Rank = 3 }
	links := func(links ...rules.URL) func(*rules.ProjectEvidence) {
		return func(e *rules.ProjectEvidence) { e.URLs = links }
	}
	t.Run("organisation", func(t *testing.T) {
		testProjectRule(t, rules.Organisation, []projectCase{
			{"none", "", plain(nothing), rules.Note},
			{"one", "", plain(func(e *rules.ProjectEvidence) { e.Organisation = "x" }), ""},
			{"an attested one", "", plain(func(e *rules.ProjectEvidence) { e.SourceOwner = "x" }), ""},
			{"popular anyway", "", plain(popular), ""},
			{"not known", "", plain(func(e *rules.ProjectEvidence) { e.Ownership = false }), ""},
			{"allowed", allowed, plain(nothing), ""},
		})
	})
	t.Run("funding", func(t *testing.T) {
		testProjectRule(t, rules.Funding, []projectCase{
			{"no link", "", plain(nothing), rules.Note},
			{"by its label", "", plain(links(rules.URL{"sponsor us", "https://x.example"})), ""},
			{"by its label in capitals", "", plain(links(rules.URL{"FUNDING", "https://x.example"})), ""},
			{"by its place", "", plain(links(rules.URL{"Home", "https://forge.example/sponsors/x"})), ""},
			{"a link that is none", "", plain(links(rules.URL{"Funding", "javascript:alert(1)"})), rules.Note},
			{"popular anyway", "", plain(popular), ""},
			{"not known", "", plain(func(e *rules.ProjectEvidence) { e.Described = false }), rules.Note},
			{"allowed", allowed, plain(nothing), ""},
		})
	})
	t.Run("security-policy", func(t *testing.T) {
		testProjectRule(t, rules.SecurityPolicy, []projectCase{
			{"no link", "", plain(nothing), rules.Note},
			{"by its label", "", plain(links(rules.URL{"Security policy", "https://x.example"})), ""},
			{"by its place", "", plain(links(rules.URL{"Policy", "https://forge.example/o/r/security/policy"})), ""},
			{"popular anyway", "", plain(popular), ""},
			{"not known", "", plain(func(e *rules.ProjectEvidence) { e.Described = false }), ""},
			{"allowed", allowed, plain(nothing), ""},
		})
	})
}

func TestNotLearnedIsOneFinding(t *testing.T) {
	silent := rules.ProjectEvidence{Name: "x", Canonical: "x", New: true, Now: today, Exists: rules.Yes}
	private := silent
	private.FromPublicIndex = rules.No
	if findings := preset(policy.Standard).JudgeProject(private); len(findings) > 0 {
		t.Error("a private index says nothing of all this, which nobody can change: ", findings)
	}
	findings := layers{user: "preset = \"strict\"\n[rules]\nunpopular = \"off\"\n"}.settings(t).JudgeProject(silent)
	if len(findings) != 1 || findings[0].Action != rules.Note || findings[0].Confidence != rules.Low {
		t.Fatal(findings)
	}
	if want := "the index does not say when it began, when it last changed, who maintains it, " +
		"its links"; findings[0].Evidence != want {
		t.Errorf("%s, want %s", findings[0].Evidence, want)
	}
}

func TestSettleSuspicion(t *testing.T) {
	tests := []struct {
		name, user string
		evidence   rules.ProjectEvidence
		want       rules.Known
	}{
		{"years old, many releases, attested, an organisation", "", healthy(), rules.No},
		{"an hour old", "", with(func(e *rules.ProjectEvidence) { e.First = today.Add(-time.Hour) }), rules.Yes},
		{"a week old", "", with(func(e *rules.ProjectEvidence) { e.First = today.AddDate(0, 0, -7) }), rules.Yes},
		{"a week old with what looks like a history", "",
			with(func(e *rules.ProjectEvidence) { e.First, e.Releases = today.AddDate(0, 0, -7), 500 }), rules.Yes},
		{"half a year old", "", with(func(e *rules.ProjectEvidence) { e.First = today.AddDate(0, -6, 0) }),
			rules.Unknown},
		{"dated in the future", "", with(func(e *rules.ProjectEvidence) { e.First = today.AddDate(1, 0, 0) }),
			rules.Unknown},
		{"dated a moment in the future", "", with(func(e *rules.ProjectEvidence) { e.First = today.Add(time.Minute) }),
			rules.Yes},
		{"no date", "", with(func(e *rules.ProjectEvidence) { e.First = time.Time{} }), rules.Unknown},
		{"no answer", "", rules.ProjectEvidence{Now: today}, rules.Unknown},
		{"no such project", "", rules.ProjectEvidence{Now: today, Exists: rules.No}, rules.Unknown},
		{"quarantined", "", with(func(e *rules.ProjectEvidence) { e.Status = "quarantined" }), rules.Yes},
		{"malware", "", with(func(e *rules.ProjectEvidence) { e.Malware = []string{"MAL-1"} }), rules.Yes},
		{"old, one release, one person", "", with(func(e *rules.ProjectEvidence) {
			e.Releases, e.Provenance, e.Organisation, e.Maintainers = 1, rules.No, "", []string{"x"}
		}), rules.Unknown},
		{"two years old, many releases, two people", "", with(func(e *rules.ProjectEvidence) {
			e.First, e.Provenance, e.Organisation, e.Maintainers = today.AddDate(-2, 0, 0), rules.No, "",
				[]string{"x", "y"}
		}), rules.No},
		{"parked long ago", "",
			with(func(e *rules.ProjectEvidence) {
				e.First, e.Latest = today.AddDate(-9, 0, 0),
					today.AddDate(-8, 0, 0)
			}), rules.Unknown},
		{"a trusted organisation's", "[trust]\norganisations = [\"acme\"]\n",
			with(func(e *rules.ProjectEvidence) { e.First = today.AddDate(0, -6, 0) }), rules.No},
	}
	target := func(t rules.TargetEvidence, change func(e *rules.ProjectEvidence)) rules.ProjectEvidence {
		return with(func(e *rules.ProjectEvidence) {
			e.First, e.Releases, e.Provenance, e.Organisation = today.AddDate(-2, 0, 0), 1, rules.No, ""
			e.Maintainers = []string{"ada"}
			t.Name = "acme-date"
			e.Targets = []rules.TargetEvidence{{Name: "other", Maintainers: e.Maintainers}, t}
			change(e)
		})
	}
	nothing := func(*rules.ProjectEvidence) {}
	young := func(e *rules.ProjectEvidence) { e.First = today.AddDate(0, 0, -2) }
	tests = append(tests, []struct {
		name, user string
		evidence   rules.ProjectEvidence
		want       rules.Known
	}{
		{"nothing in common", "", target(rules.TargetEvidence{Maintainers: []string{"eve"}}, nothing), rules.Unknown},
		{"one account owns both", "", target(rules.TargetEvidence{Maintainers: []string{"eve", "Ada"}}, nothing),
			rules.No},
		{"one account owns both, and it is new", "",
			target(rules.TargetEvidence{Maintainers: []string{"ada"}}, young), rules.No},
		{"one account owns both, and it is malware", "", target(rules.TargetEvidence{Maintainers: []string{"ada"}},
			func(e *rules.ProjectEvidence) { e.Malware = []string{"MAL-1"} }), rules.Yes},
		{"one organisation owns both", "", target(rules.TargetEvidence{Organisation: "acme"},
			func(e *rules.ProjectEvidence) { e.Organisation = "Acme" }), rules.No},
		{"older than the target", "", target(rules.TargetEvidence{First: today.AddDate(-1, 0, 0)}, nothing), rules.No},
		{"younger than the target", "", target(rules.TargetEvidence{First: today.AddDate(-3, 0, 0)}, nothing),
			rules.Unknown},
		{"silent for six years, of twelve and many releases", "", with(func(e *rules.ProjectEvidence) {
			e.First, e.Latest, e.Releases = today.AddDate(-12, 0, 0), today.AddDate(-6, 0, 0), 20
			e.Provenance, e.Organisation, e.Maintainers = rules.No, "", nil
		}), rules.No},
		{"silent for six years, of twelve and two releases", "", with(func(e *rules.ProjectEvidence) {
			e.First, e.Latest, e.Releases = today.AddDate(-12, 0, 0), today.AddDate(-6, 0, 0), 2
		}), rules.Unknown},
	}...)
	for _, test := range tests {
		got, why := layers{user: test.user}.settings(t).SettleSuspicion(test.evidence, "acme-date")
		if got != test.want || got != rules.Unknown && why == "" {
			t.Errorf("%s: %v (%s), want %v", test.name, got, why, test.want)
		}
	}
}

func TestSettle(t *testing.T) {
	settings := preset(policy.Standard)
	before := func(confidence typosquat.Confidence) []rules.Finding {
		return settings.JudgeRequested(named("acme-data", ">=1"),
			rules.NameEvidence{Suspicions: []typosquat.Suspicion{{Target: "acme-date", Confidence: confidence,
				Why: "one letter"}}})
	}
	week := with(func(e *rules.ProjectEvidence) { e.First = today.AddDate(0, 0, -6) })
	tests := []struct {
		name       string
		confidence typosquat.Confidence
		evidence   rules.ProjectEvidence
		want       rules.Action
	}{
		{"cleared", typosquat.Medium, healthy(), ""},
		{"confirmed", typosquat.Medium, week, rules.Block},
		{"open", typosquat.Medium, rules.ProjectEvidence{Name: "x", Canonical: "x", New: true, Now: today}, rules.Ask},
		{"high confidence is not cleared", typosquat.High, healthy(), rules.Block},
	}
	for _, test := range tests {
		findings := settings.Settle(before(test.confidence), test.evidence)
		if got := outcome(findings, rules.Typosquat); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		checkTexts(t, findings)
	}
	if findings := settings.Settle(before(typosquat.Medium), week); outcome(findings, rules.NewProject) != rules.Ask ||
		findings[0].Confidence != rules.High || !strings.Contains(findings[0].Evidence, "6 days old") {
		t.Error(findings)
	}
}
