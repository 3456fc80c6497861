package policy

import (
	"strings"
	"testing"
	"time"

	"thresher/policy/typosquat"
)

// healthy is a project that no rule has anything to say about.
func healthy() ProjectEvidence {
	return ProjectEvidence{
		Name: "Acme_Data", Canonical: "acme-data", New: true, Requested: true, Now: today,
		Exists: Yes, Status: "active", First: today.AddDate(-6, 0, 0), Latest: today.AddDate(0, -2, 0), Releases: 40, Provenance: Yes,
		Ownership: true, Maintainers: []string{"ann", "bob", "cem"}, Organisation: "acme",
		Described: true, URLs: []URL{{"Funding", "https://acme.example/give"}, {"Security", "https://acme.example/security"}},
		Rank: 4000, FromMainIndex: Yes,
	}
}

func with(change func(e *ProjectEvidence)) ProjectEvidence {
	evidence := healthy()
	change(&evidence)
	return evidence
}

type projectCase struct {
	name, user string
	evidence   ProjectEvidence
	want       Action
}

func testProjectRule(t *testing.T, rule Rule, cases []projectCase) {
	t.Helper()
	for _, test := range cases {
		findings := layers{user: test.user}.merged(t, false).JudgeProject(test.evidence)
		if got := outcome(findings, rule); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		checkTexts(t, findings)
	}
}

const allowed = "[allow.acme-data]\nreason = \"y\"\n"

func TestHealthyProject(t *testing.T) {
	if findings := Default(Strict).JudgeProject(healthy()); len(findings) > 0 {
		t.Error(findings)
	}
}

func TestMalware(t *testing.T) {
	bad := with(func(e *ProjectEvidence) { e.Malware = []string{"MAL-2026-1"} })
	known := bad
	known.New = false
	testProjectRule(t, Malware, []projectCase{
		{"none", "", healthy(), ""},
		{"some", "", bad, Block},
		{"in the environment", "", known, Block},
		{"allowed", allowed, bad, Block},
		{"trusted organisation", "[trust]\norganisations = [\"acme\"]\n", bad, Block},
	})
}

func TestQuarantined(t *testing.T) {
	bad := with(func(e *ProjectEvidence) { e.Status, e.StatusReason = "Quarantined", "reported" })
	known := bad
	known.New = false
	testProjectRule(t, Quarantined, []projectCase{
		{"active", "", healthy(), ""},
		{"quarantined", "", bad, Block},
		{"in the environment", "", known, Block},
		{"allowed", allowed, bad, Block},
		{"noted", "[rules]\nquarantined = \"note\"\n", bad, Note},
	})
}

func TestArchived(t *testing.T) {
	status := func(status string) ProjectEvidence { return with(func(e *ProjectEvidence) { e.Status = status }) }
	known := status("archived")
	known.New = false
	testProjectRule(t, Archived, []projectCase{
		{"active", "", status("active"), ""},
		{"unknown", "", status(""), ""},
		{"archived", "", status("archived"), Note},
		{"deprecated", "", status("deprecated"), Note},
		{"a word that is not known yet", "", status("frozen"), Note},
		{"in the environment", "", known, ""},
		{"allowed", allowed, status("archived"), ""},
		{"a trusted organisation's", "[trust]\norganisations = [\"acme\"]\n", status("archived"), Note},
		{"strict", "preset = \"strict\"\n", status("archived"), Ask},
	})
}

func TestUnknownName(t *testing.T) {
	exists := func(known Known, failure string) ProjectEvidence {
		return ProjectEvidence{Name: "acme-data", Canonical: "acme-data", New: true, Now: today, Exists: known, Failure: failure}
	}
	similar := exists(No, "")
	similar.Suspicions = []typosquat.Suspicion{{Target: "acme-date", Confidence: typosquat.Medium, Why: "y"}}
	testProjectRule(t, UnknownName, []projectCase{
		{"known", "", healthy(), ""},
		{"no index has it", "", exists(No, ""), Note},
		{"no index has it, and it looks like another", "", similar, Note},
		{"the index did not answer", "", exists(Unknown, "no answer within 2 seconds"), Note},
		{"strict: no index has it", "preset = \"strict\"\n", exists(No, ""), Block},
		{"strict: the index did not answer", "preset = \"strict\"\n", exists(Unknown, "timeout"), Note},
		{"allowed", allowed, exists(No, ""), ""},
	})
	if finding := Default(Standard).JudgeProject(similar)[0]; finding.Target != "acme-date" {
		t.Error(finding)
	}
	if finding := Default(Standard).JudgeProject(exists(Unknown, "timeout"))[0]; !strings.Contains(finding.Evidence, "timeout") || finding.Confidence != Low {
		t.Error(finding)
	}
}

func TestNewProject(t *testing.T) {
	began := func(ago time.Duration) ProjectEvidence {
		return with(func(e *ProjectEvidence) { e.First = today.Add(-ago) })
	}
	known := began(time.Hour)
	known.New = false
	testProjectRule(t, NewProject, []projectCase{
		{"old", "", healthy(), ""},
		{"an hour old", "", began(time.Hour), Ask},
		{"just below", "", began(7*24*time.Hour - time.Second), Ask},
		{"just above", "", began(7 * 24 * time.Hour), ""},
		{"longer cooldown", "[cooldown]\nproject = \"30d\"\n", began(29 * 24 * time.Hour), Ask},
		{"none", "[cooldown]\nproject = \"0d\"\n", began(time.Hour), ""},
		{"in the future", "", began(-48 * time.Hour), Ask},
		{"in the environment", "", known, ""},
		{"allowed", allowed, began(time.Hour), ""},
		{"without a cooldown", "[cooldown]\nexcept = [\"acme-*\"]\n", began(time.Hour), ""},
		{"a trusted organisation's", "[trust]\norganisations = [\"acme\"]\n", began(time.Hour), ""},
		{"relaxed", "preset = \"relaxed\"\n", began(time.Hour), Note},
		{"strict", "preset = \"strict\"\n", began(time.Hour), Block},
		{"not known", "", with(func(e *ProjectEvidence) { e.First = time.Time{} }), Note},
	})
}

func TestUnpopular(t *testing.T) {
	rank := func(rank int) ProjectEvidence { return with(func(e *ProjectEvidence) { e.Rank = rank }) }
	private := rank(0)
	private.FromMainIndex = No
	testProjectRule(t, Unpopular, []projectCase{
		{"popular", "", rank(1), ""},
		{"not on the list", "", rank(0), Note},
		{"of a private index", "", private, ""},
		{"behind the limit", "[trust]\npopular-rank = 1000\n", rank(1001), Note},
		{"at the limit", "[trust]\npopular-rank = 1000\n", rank(1000), ""},
		{"allowed", allowed, rank(0), ""},
		{"a trusted organisation's", "[trust]\norganisations = [\"Acme\"]\n", rank(0), ""},
		{"another organisation's", "[trust]\norganisations = [\"other\"]\n", rank(0), Note},
		{"relaxed", "preset = \"relaxed\"\n", rank(0), ""},
	})
}

func TestMaintainers(t *testing.T) {
	people := func(count int) ProjectEvidence {
		return with(func(e *ProjectEvidence) {
			e.Organisation = ""
			e.Maintainers = strings.Fields(strings.Repeat("someone ", count))
		})
	}
	organisation := people(1)
	organisation.Organisation = "acme"
	silent := people(1)
	silent.Ownership = false
	testProjectRule(t, Maintainers, []projectCase{
		{"one", "", people(1), Note},
		{"two", "", people(2), ""},
		{"five", "", people(5), ""},
		{"six", "", people(6), Note},
		{"none listed is not known", "", people(0), Note},
		{"an organisation's teams are not listed", "", organisation, ""},
		{"not known", "", silent, Note},
		{"six are enough", "[trust]\nmaintainers = { max = 6 }\n", people(6), ""},
		{"off", "[rules]\nmaintainers = \"off\"\n", people(1), ""},
		{"not known, and off", "[rules]\nmaintainers = \"off\"\n", silent, ""},
		{"allowed", allowed, people(1), ""},
		{"blocked", "[rules]\nmaintainers = \"block\"\n", people(1), Block},
		{"not known, and blocked", "[rules]\nmaintainers = \"block\"\n", silent, Note},
	})
}

func TestStale(t *testing.T) {
	silent := func(years int) ProjectEvidence {
		return with(func(e *ProjectEvidence) { e.Latest = today.AddDate(-years, 0, 0) })
	}
	archived := silent(5)
	archived.Status = "archived"
	testProjectRule(t, Stale, []projectCase{
		{"lively", "", healthy(), ""},
		{"two years", "", silent(2), Note},
		{"one year", "", silent(1), ""},
		{"a longer time is fine", "[trust]\nstale-after = \"3 years\"\n", silent(2), ""},
		{"archived says it all", "", archived, ""},
		{"not known", "", with(func(e *ProjectEvidence) { e.Latest = time.Time{} }), Note},
		{"dated in the future", "", silent(-1), ""},
		{"allowed", allowed, silent(2), ""},
		{"strict", "preset = \"strict\"\n", silent(2), Ask},
	})
}

func TestSofterQuestions(t *testing.T) {
	plain := func(change func(*ProjectEvidence)) ProjectEvidence {
		return with(func(e *ProjectEvidence) {
			e.Rank, e.Organisation, e.URLs = 0, "", nil
			change(e)
		})
	}
	nothing := func(*ProjectEvidence) {}
	popular := func(e *ProjectEvidence) { e.Rank = 3 }
	links := func(links ...URL) func(*ProjectEvidence) { return func(e *ProjectEvidence) { e.URLs = links } }
	t.Run("organisation", func(t *testing.T) {
		testProjectRule(t, Organisation, []projectCase{
			{"none", "", plain(nothing), Note},
			{"one", "", plain(func(e *ProjectEvidence) { e.Organisation = "x" }), ""},
			{"an attested one", "", plain(func(e *ProjectEvidence) { e.SourceOwner = "x" }), ""},
			{"popular anyway", "", plain(popular), ""},
			{"not known", "", plain(func(e *ProjectEvidence) { e.Ownership = false }), ""},
			{"allowed", allowed, plain(nothing), ""},
		})
	})
	t.Run("funding", func(t *testing.T) {
		testProjectRule(t, Funding, []projectCase{
			{"no link", "", plain(nothing), Note},
			{"by its label", "", plain(links(URL{"sponsor us", "https://x.example"})), ""},
			{"by its label in capitals", "", plain(links(URL{"FUNDING", "https://x.example"})), ""},
			{"by its place", "", plain(links(URL{"Home", "https://forge.example/sponsors/x"})), ""},
			{"a link that is none", "", plain(links(URL{"Funding", "javascript:alert(1)"})), Note},
			{"popular anyway", "", plain(popular), ""},
			{"not known", "", plain(func(e *ProjectEvidence) { e.Described = false }), Note},
			{"allowed", allowed, plain(nothing), ""},
		})
	})
	t.Run("security-policy", func(t *testing.T) {
		testProjectRule(t, SecurityPolicy, []projectCase{
			{"no link", "", plain(nothing), Note},
			{"by its label", "", plain(links(URL{"Security policy", "https://x.example"})), ""},
			{"by its place", "", plain(links(URL{"Policy", "https://forge.example/o/r/security/policy"})), ""},
			{"popular anyway", "", plain(popular), ""},
			{"not known", "", plain(func(e *ProjectEvidence) { e.Described = false }), ""},
			{"allowed", allowed, plain(nothing), ""},
		})
	})
}

func TestNotLearnedIsOneFinding(t *testing.T) {
	findings := Default(Strict).JudgeProject(ProjectEvidence{Name: "x", Canonical: "x", New: true, Now: today, Exists: Yes, FromMainIndex: No})
	if len(findings) != 1 || findings[0].Action != Note || findings[0].Confidence != Low {
		t.Fatal(findings)
	}
	if want := "the index does not say when it began, when it last changed, who maintains it, its links"; findings[0].Evidence != want {
		t.Errorf("%s, want %s", findings[0].Evidence, want)
	}
}

func TestSettleSuspicion(t *testing.T) {
	tests := []struct {
		name, user string
		evidence   ProjectEvidence
		want       Known
	}{
		{"years old, many releases, attested, an organisation", "", healthy(), No},
		{"an hour old", "", with(func(e *ProjectEvidence) { e.First = today.Add(-time.Hour) }), Yes},
		{"a week old", "", with(func(e *ProjectEvidence) { e.First = today.AddDate(0, 0, -7) }), Yes},
		{"a week old with what looks like a history", "", with(func(e *ProjectEvidence) { e.First, e.Releases = today.AddDate(0, 0, -7), 500 }), Yes},
		{"half a year old", "", with(func(e *ProjectEvidence) { e.First = today.AddDate(0, -6, 0) }), Unknown},
		{"dated in the future", "", with(func(e *ProjectEvidence) { e.First = today.AddDate(1, 0, 0) }), Unknown},
		{"dated a moment in the future", "", with(func(e *ProjectEvidence) { e.First = today.Add(time.Minute) }), Yes},
		{"no date", "", with(func(e *ProjectEvidence) { e.First = time.Time{} }), Unknown},
		{"no answer", "", ProjectEvidence{Now: today}, Unknown},
		{"no such project", "", ProjectEvidence{Now: today, Exists: No}, Unknown},
		{"quarantined", "", with(func(e *ProjectEvidence) { e.Status = "quarantined" }), Yes},
		{"malware", "", with(func(e *ProjectEvidence) { e.Malware = []string{"MAL-1"} }), Yes},
		{"old, one release, one person", "", with(func(e *ProjectEvidence) {
			e.Releases, e.Provenance, e.Organisation, e.Maintainers = 1, No, "", []string{"x"}
		}), Unknown},
		{"two years old, many releases, two people", "", with(func(e *ProjectEvidence) {
			e.First, e.Provenance, e.Organisation, e.Maintainers = today.AddDate(-2, 0, 0), No, "", []string{"x", "y"}
		}), No},
		{"parked long ago", "", with(func(e *ProjectEvidence) { e.First, e.Latest = today.AddDate(-9, 0, 0), today.AddDate(-8, 0, 0) }), Unknown},
		{"a trusted organisation's", "[trust]\norganisations = [\"acme\"]\n", with(func(e *ProjectEvidence) { e.First = today.AddDate(0, -6, 0) }), No},
	}
	for _, test := range tests {
		got, why := layers{user: test.user}.merged(t, false).SettleSuspicion(test.evidence)
		if got != test.want || got != Unknown && why == "" {
			t.Errorf("%s: %v (%s), want %v", test.name, got, why, test.want)
		}
	}
}

func TestSettle(t *testing.T) {
	policy := Default(Standard)
	before := func(confidence typosquat.Confidence) []Finding {
		return policy.JudgeRequested(named("acme-data", ">=1"), NameEvidence{Suspicions: []typosquat.Suspicion{{Target: "acme-date", Confidence: confidence, Why: "one letter"}}})
	}
	week := with(func(e *ProjectEvidence) { e.First = today.AddDate(0, 0, -6) })
	tests := []struct {
		name       string
		confidence typosquat.Confidence
		evidence   ProjectEvidence
		want       Action
	}{
		{"cleared", typosquat.Medium, healthy(), ""},
		{"confirmed", typosquat.Medium, week, Block},
		{"open", typosquat.Medium, ProjectEvidence{Name: "x", Canonical: "x", New: true, Now: today}, Ask},
		{"high confidence is not cleared", typosquat.High, healthy(), Block},
	}
	for _, test := range tests {
		findings := policy.Settle(before(test.confidence), test.evidence)
		if got := outcome(findings, Typosquat); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		checkTexts(t, findings)
	}
	if findings := policy.Settle(before(typosquat.Medium), week); outcome(findings, NewProject) != Ask || findings[0].Confidence != High || !strings.Contains(findings[0].Evidence, "6 days old") {
		t.Error(findings)
	}
}
