package webpage

import (
	"bytes"
	"fmt"
	"math/rand"
	"testing"
	"time"

	"thresher/advisory"
	"thresher/internal/journal"
	"thresher/report"
)

// made is when the reports of these tests are made: a Thursday.
var made = time.Date(2026, 11, 26, 20, 51, 0, 0, time.UTC)

// written gives the page of a report.
func written(t *testing.T, in report.Input) string {
	t.Helper()
	in.Made, in.Thresher = made, "0.1.0"
	var page bytes.Buffer
	if err := Write(&page, report.Make(in)); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

// sample is a machine with environments of a team: the same for each run of a test.
func sample(environments, packages int) report.Input {
	random := rand.New(rand.NewSource(7))
	usual := map[string][]string{
		"requests": {"2.19.0", "2.32.4"}, "urllib3": {"1.26.5", "2.2.2", "2.5.0"}, "jinja2": {"3.1.2", "3.1.6"},
		"numpy": {"1.26.4", "2.2.3"}, "pandas": {"2.1.4", "2.2.3"}, "sqlalchemy": {"2.0.30", "2.0.38"},
		"python-dateutil": {"2.9.0.post0"}, "cryptography": {"41.0.3", "44.0.1"}, "scikit-learn": {"1.4.2", "1.6.1"},
	}
	for i := range packages {
		usual[fmt.Sprintf("acme-part-%d", i)] = []string{"1.0", "1.1", "2.0rc1"}[:1+i%3]
	}
	names := sortedKeys(usual)
	in := report.Input{Advisories: &report.Advisories{Count: 2651, AsOf: made.Add(-5 * time.Hour)}}
	log := report.Log{Machine: "ada-laptop"}
	projects := []string{"churn-model", "billing-etl", "dashboard", "notebooks", "forecast", "ingest"}
	for i := range environments {
		path := fmt.Sprintf("/home/ada/work/%s/.venv", projects[i%len(projects)])
		if i >= len(projects) {
			path = fmt.Sprintf("/home/ada/work/%s-%d/.venv", projects[i%len(projects)], i)
		}
		place := report.Place{Machine: log.Machine, Path: path, Python: "3.11.2"}
		for _, name := range names {
			if random.Intn(3) == 0 {
				continue
			}
			version := usual[name][random.Intn(len(usual[name]))]
			place.Installed = append(place.Installed, report.Installed{
				Name: name, Version: version, Installed: made.Add(-time.Duration(random.Intn(90*24)) * time.Hour),
			})
			if name+version == "requests2.19.0" || name+version == "urllib31.26.5" || name+version == "jinja23.1.2" {
				place.Findings = append(place.Findings, findingOf(name, version, i%3 == 2))
			}
		}
		in.Places = append(in.Places, place)
		for range random.Intn(30) {
			log.Entries = append(log.Entries, entryOf(path, random))
		}
	}
	in.Logs = []report.Log{log}
	day := func(days int) *time.Time { at := made.AddDate(0, 0, days); return &at }
	in.Answers = []report.Answer{
		{Kind: report.Ignore, Subject: "CVE-2018-20225", Reason: "no extra index is used here", Expires: day(12),
			Place: "/home/ada/work/churn-model/thresher.toml:3"},
		{Kind: report.Allow, Subject: "reqeusts", Reason: "our own fork", Expires: day(-3),
			Place: "/home/ada/.config/thresher/policy.toml:9"},
		{Kind: report.Allow, Subject: "acme-charts", Reason: "our own"},
		{Kind: report.Bound, Subject: "numpy below 3", Reason: "undo of run 3fa9c1d2", Expires: day(200)},
	}
	in.Policies = []report.Policy{
		{Machine: log.Machine, Layer: "user", Path: "/home/ada/.config/thresher/policy.toml", SHA256: "2cf24dba5fb0a30e",
			Changed: day(-200)},
		{Machine: log.Machine, Layer: "project", Path: "/home/ada/work/churn-model/thresher.toml",
			SHA256: "486ea46224d1bb4f", Changed: day(-9)},
	}
	return in
}

func findingOf(name, version string, ignored bool) report.Finding {
	f := report.Finding{Package: name, Version: version, Ignored: ignored}
	switch name {
	case "requests":
		f.Fix, f.Held = "2.31.0", []string{"requirements.txt:3 has requests==2.19.0"}
		f.Vulnerability = advisory.Vulnerability{
			ID: "PYSEC-2023-74", Aliases: []string{"CVE-2023-32681"}, Severity: advisory.Medium, Score: 6.1,
			Summary:   "Proxy-Authorization headers reach the destination where a redirect leads to https",
			Link:      "https://osv.example/PYSEC-2023-74",
			Published: made.AddDate(-3, 0, 0), FixedIn: []string{"2.31.0"},
		}
	case "urllib3":
		f.Fix = "2.5.0"
		f.Vulnerability = advisory.Vulnerability{ID: "GHSA-pq67-6m6q-mj2v", Severity: advisory.High, Score: 8.9,
			Published: made.AddDate(0, 0, -20), FixedIn: []string{"2.5.0"}, Summary: "redirects are followed although off"}
	default:
		f.Vulnerability = advisory.Vulnerability{ID: "CVE-2026-1111", Severity: advisory.Unknown,
			Published: made.AddDate(0, 0, -3), Summary: "a template may leave its sandbox"}
	}
	return f
}

func entryOf(path string, random *rand.Rand) journal.Entry {
	entry := journal.Entry{
		ID: fmt.Sprintf("%08x", random.Uint32()), Environment: path, Thresher: "0.1.0",
		Time: made.Add(-time.Duration(random.Intn(170*24)) * time.Hour),
	}
	switch chance := random.Intn(20); {
	case chance == 0:
		entry.Status = 20
		entry.Findings = []journal.Finding{{Subject: "reqeusts", Rule: "typosquat", Action: "block",
			Evidence: "may be meant for requests: two letters swapped"}}
	case chance < 5:
		entry.Findings = []journal.Finding{{Subject: "pandas 2.3.0", Rule: "cooldown", Action: "hold",
			Evidence: "uploaded 1 day ago, held for 3 days"}}
	}
	return entry
}
