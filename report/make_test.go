package report

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"thresher/advisory"
	"thresher/internal/journal"
)

var now = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC) // a Thursday

func daysAgo(days int) time.Time { return now.AddDate(0, 0, -days) }

// What a log tells of an environment is what its runs left: the last version of what
// they brought, and nothing of what they took away.
func TestStanding(t *testing.T) {
	log := Log{Machine: "one", Entries: []journal.Entry{
		{Time: daysAgo(9), Environment: "/b",
			Changed: []journal.Change{{Name: "Old_Name", After: "1"}, {Name: "six", After: "1"}}},
		{Time: daysAgo(8), Environment: "/b", Target: "/a", Changed: []journal.Change{{Name: "flask", After: "3"}}},
		{Time: daysAgo(7), Environment: "/b", Changed: []journal.Change{{Name: "old-name", Before: "1", After: "2"}}},
		{Time: daysAgo(6), Environment: "/b", Changed: []journal.Change{{Name: "six", Before: "1"}}},
		{Time: daysAgo(5)},
	}}
	want := []Place{
		{Machine: "one", Path: "/a", Installed: []Installed{{"flask", "3", daysAgo(8)}}},
		{Machine: "one", Path: "/b", Installed: []Installed{{"old-name", "2", daysAgo(7)}}},
	}
	if diff := cmp.Diff(want, Standing(log)); diff != "" {
		t.Error(diff)
	}
}

func TestLabels(t *testing.T) {
	for _, c := range [][2][]string{
		{{"/w/a/.venv", "/w/b/.venv"}, {"a", "b"}},
		{{"/w/a/.venv", "/v/a/.venv", "/w/c/venv"}, {"w/a", "v/a", "c"}},
		{{"/w/a/.venv", "/w/a/venv"}, {"/w/a/.venv", "/w/a/venv"}},
		{{"/opt/conda/envs/ml"}, {"ml"}},
		{{`C:\work\a\.venv`, `C:\work\b\.venv`}, {"a", "b"}},
		{{"/", ""}, {"/", ""}},
		{{"/a", "/w/a"}, {"a", "w/a"}},
		{nil, {}},
	} {
		if diff := cmp.Diff(c[1], labels(c[0])); diff != "" {
			t.Errorf("%v: %s", c[0], diff)
		}
	}
}

// One report of two environments, with a version that differs, one vulnerability that
// stands in one of them and is ignored in the other, answers and runs.
func TestMake(t *testing.T) {
	expires := func(days int) *time.Time { at := now.AddDate(0, 0, days); return &at }
	changed := daysAgo(200)
	flaw := func(version, fix string, ignored bool) []Finding {
		return []Finding{{Package: "web", Version: version, Fix: fix, Ignored: ignored,
			Vulnerability: advisory.Vulnerability{
				ID: "CVE-1", Severity: advisory.High, Published: daysAgo(40), FixedIn: []string{fix}}}}
	}
	r := Make(Input{
		Made: now, Advisories: &Advisories{Count: 1},
		Places: []Place{
			{Machine: "box", Path: "/w/a/.venv", Findings: flaw("1.9", "1.9.1", false),
				Installed: []Installed{{"web", "1.9", daysAgo(3)}, {"six", "1", daysAgo(30)}}},
			{Machine: "box", Path: "/w/b/.venv", Findings: flaw("1.10", "1.10.1", true),
				Installed: []Installed{{"web", "1.10", time.Time{}}, {"six", "1.0", time.Time{}}}},
		},
		Logs: []Log{{Machine: "box", Entries: []journal.Entry{
			{Time: daysAgo(60), Environment: "/w/a/.venv", Status: 20, Findings: []journal.Finding{
				{Subject: "nunpy", Rule: "typosquat", Action: "block"},
				{Subject: "nunpy", Rule: "unpopular", Action: "note"}}},
			{Time: daysAgo(10), Environment: "/w/a/.venv", Findings: []journal.Finding{
				{Subject: "a 1", Rule: "cooldown", Action: "hold"}, {Subject: "b 1", Rule: "cooldown", Action: "hold"}}},
			{Time: daysAgo(2), Environment: "/w/b/.venv", Status: 1},
			{Time: daysAgo(1), Environment: "/w/b/.venv", ObservedStatus: 20},
			{Time: daysAgo(300), Environment: "/w/b/.venv", Status: 20},
		}}},
		Answers: []Answer{{Subject: "later", Expires: expires(31)}, {Subject: "open"},
			{Subject: "soon", Expires: expires(30)}, {Subject: "today", Expires: expires(0)}},
		Policies: []Policy{{Path: "/p", Changed: &changed}, {Path: "/q"}},
	})
	if diff := cmp.Diff(Summary{
		Machines: 1, Environments: 2, Behind: 1, Packages: 2, Installed: 4, Differing: 2,
		Vulnerable: 1, Affected: 1, Fixable: 1,
		Runs: 3, Held: 1, Ended: 1, Ending: 1, Policies: 1,
	}, r.Summary); diff != "" {
		t.Error(diff)
	}
	// 1.10 is above 1.9, and "1" is no older than "1.0".
	if a, b := r.Environments[0], r.Environments[1]; a.Label != "a" || a.Behind != 1 || b.Behind != 0 || a.Affected != 1 ||
		b.Affected != 0 || !a.LastRun.Equal(daysAgo(10)) || !b.LastRun.Equal(daysAgo(1)) || !a.Changed.Equal(daysAgo(3)) ||
		b.Changed != nil {
		t.Errorf("%+v\n%+v", a, b)
	}
	if diff := cmp.Diff([]Vulnerability{{
		Package: "web", Versions: []string{"1.10", "1.9"}, ID: "CVE-1", Aliases: []string{}, Severity: "high",
		Published: known(daysAgo(40)), Fix: "1.10.1", Held: []string{}, Standing: []int{0}, Ignored: []int{1},
	}}, r.Vulnerabilities); diff != "" {
		t.Error(diff)
	}
	var states []State
	for _, a := range r.Answers {
		states = append(states, a.State)
	}
	if !slices.Equal(states, []State{Ended, Ending, Later, OpenEnd}) {
		t.Errorf("answers are %v", states)
	}
	last := r.Weeks[len(r.Weeks)-1]
	if len(r.Weeks) != 26 || last.From.Weekday() != time.Monday || last.Runs != 2 || last.Observed != 1 {
		t.Errorf("weeks are %+v", r.Weeks)
	}
	refused, held := 0, 0
	for _, week := range r.Weeks {
		refused, held = refused+week.Refused, held+week.Held
	}
	if refused != 1 || held != 1 { // what is older than the weeks is left out
		t.Errorf("%d refused, %d held", refused, held)
	}
	rules := []RuleCount{{"typosquat", 1, 0, daysAgo(60)}, {"cooldown", 0, 1, daysAgo(10)}}
	if diff := cmp.Diff(rules, r.Rules); diff != "" {
		t.Error(diff)
	}
	if len(r.Refusals) != 1 || r.Refusals[0].Subject != "nunpy" {
		t.Errorf("refusals are %+v", r.Refusals)
	}
}
