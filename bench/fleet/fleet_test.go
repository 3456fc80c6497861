package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"thresher/exposure"
	"thresher/internal/journal"
	"thresher/internal/testkit"
	"thresher/pep"
)

var small = fleet{machines: 40, days: 60, seed: 7}

// made gives the runs of a small fleet by machine, and the directory of its logs.
func made(t *testing.T) (directory string, runs map[string][]journal.Entry) {
	t.Helper()
	directory, runs = t.TempDir(), map[string][]journal.Entry{}
	err := small.generate(directory, func(entry journal.Entry) { runs[entry.Host] = append(runs[entry.Host], entry) })
	if err != nil {
		t.Fatal(err)
	}
	return directory, runs
}

// The same seed gives the same bytes, and every line fits the schema of the log.
func TestMadeUpLogs(t *testing.T) {
	first, _ := made(t)
	second, _ := made(t)
	var schema map[string]any
	if err := json.Unmarshal([]byte(journal.JSONSchema()), &schema); err != nil {
		t.Fatal(err)
	}
	for i := range small.machines {
		name := filepath.Join(fmt.Sprintf("etl-%04d", i+1), "log.jsonl")
		a, err := os.ReadFile(filepath.Join(first, name))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(second, name))
		if err != nil || !bytes.Equal(a, b) {
			t.Fatalf("%s is another the second time, %v", name, err)
		}
		for line := range strings.Lines(string(a)) {
			if err := testkit.ConformsJSON(schema, line); err != nil {
				t.Fatalf("%v\n%s", err, line)
			}
		}
	}
}

// Each query of docs/fleet gives what is worked out from the runs here.
func TestQueries(t *testing.T) {
	python := testkit.PythonWith(t, "duckdb")
	directory, runs := made(t)
	// A part that was rotated away counts, a run that was collected twice counts once,
	// and a line of an older thresher is its folder's machine.
	if err := os.Rename(filepath.Join(directory, "etl-0001", "log.jsonl"),
		filepath.Join(directory, "etl-0001", "log.jsonl.1")); err != nil {
		t.Fatal(err)
	}
	copied, err := os.ReadFile(filepath.Join(directory, "etl-0002", "log.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	old := `{"time":"2026-11-01T03:04:05Z","cwd":"/srv","environment":"/srv/env","argv":["install","package-4"],` +
		`"requested":["package-4"],"verdicts":[],"changed":[{"name":"package-4","after":"1.6"}],"vulnerabilities":[],` +
		`"status":0,"pip":"25.0","thresher":"0.1.0","milliseconds":12}` + "\n"
	for name, content := range map[string]string{"again/log.jsonl": string(copied), "etl-old/log.jsonl": old} {
		path := filepath.Join(directory, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	runs["etl-old"] = []journal.Entry{{Time: time.Date(2026, 11, 1, 3, 4, 5, 0, time.UTC), Host: "etl-old",
		Environment: "/srv/env", Changed: []journal.Change{{Name: "package-4", After: "1.6"}}}}

	answers, err := ask(python, filepath.Join("..", "..", "docs", "fleet"), directory)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"who-has": whoHas(t, runs), "ignores-ending": ignoresEnding(runs), "old-policy": oldPolicy(runs),
		"refusals": refusals(runs),
	}
	for _, name := range names(answers) {
		expected, known := want[name]
		if !known {
			t.Errorf("%s.sql has no test", name)
			continue
		}
		var got []string
		for _, row := range answers[name].Rows {
			got = append(got, line(name, row))
		}
		slices.Sort(got)
		slices.Sort(expected)
		if len(got) == 0 {
			t.Errorf("%s: nothing was found", name)
		}
		if diff := cmp.Diff(expected, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		delete(want, name)
	}
	for name := range want {
		t.Errorf("there is no %s.sql", name)
	}
}

// line is what of an answer's row is compared.
func line(query string, row []any) string {
	if query == "who-has" || query == "old-policy" { // without times
		row = slices.Concat(row[:1], row[2:])
	}
	if query == "who-has" {
		row = row[:3]
	}
	return strings.TrimSpace(fmt.Sprintln(row...))
}

// whoHas is what `thresher exposed --log` says of the same logs.
func whoHas(t *testing.T, runs map[string][]journal.Entry) (lines []string) {
	query, err := exposure.ParseQuery("package-4==1.6")
	if err != nil {
		t.Fatal(err)
	}
	for host, entries := range runs {
		stays, _ := exposure.History(exposure.Queries{query}, entries, host)
		for _, stay := range stays {
			if !stay.Present {
				continue
			}
			place := stay.Path
			if host != "etl-old" {
				place = journal.EnvironmentID(stay.Path)
				if name, id, found := strings.Cut(stay.Path, " ("); found && name == ".venv" {
					place = strings.TrimSuffix(id, ")")
				}
			}
			lines = append(lines, fmt.Sprint(host, " ", place, " ", stay.Version))
		}
	}
	for i, text := range lines {
		words := strings.Fields(text)
		lines[i] = line("", []any{words[0], words[1], words[2]})
	}
	return lines
}

func ignoresEnding(runs map[string][]journal.Entry) (lines []string) {
	type key struct{ host, environment, id, name string }
	last := map[key]journal.Ignored{}
	for host, entries := range runs {
		for _, entry := range entries {
			for _, ignored := range entry.Ignored {
				last[key{host, entry.EnvironmentID, ignored.ID, ignored.Name}] = ignored
			}
		}
	}
	machines, environments := map[journal.Ignored]map[string]bool{}, map[journal.Ignored]int{}
	for where, ignored := range last {
		if !strings.HasPrefix(ignored.Expires, today.Format("2006-01")) {
			continue
		}
		ignored.Version = ""
		if machines[ignored] == nil {
			machines[ignored] = map[string]bool{}
		}
		machines[ignored][where.host] = true
		environments[ignored]++
	}
	for ignored, hosts := range machines {
		lines = append(lines, line("", []any{ignored.Expires, ignored.ID, ignored.Name, len(hosts), environments[ignored]}))
	}
	return lines
}

func oldPolicy(runs map[string][]journal.Entry) (lines []string) {
	first := map[string]time.Time{}
	last := map[string]string{}
	for host, entries := range runs {
		last[host] = ""
		for _, entry := range entries {
			for _, layer := range entry.Policy {
				if since, known := first[layer.SHA256]; !known || layer.Changed.Before(since) {
					first[layer.SHA256] = layer.Changed
				}
				last[host] = layer.SHA256
			}
		}
	}
	newest := ""
	for digest, since := range first {
		if newest == "" || since.After(first[newest]) {
			newest = digest
		}
	}
	for host, digest := range last {
		switch digest {
		case newest:
		case "":
			lines = append(lines, line("", []any{host, nil, nil}))
		default:
			days := int(first[newest].Sub(first[digest]).Hours() / 24)
			lines = append(lines, line("", []any{host, digest[:12], days}))
		}
	}
	return lines
}

func refusals(runs map[string][]journal.Entry) (lines []string) {
	type key struct{ week, rule string }
	type count struct {
		refused, observed  int
		machines, subjects map[string]bool
	}
	counts := map[key]*count{}
	for host, entries := range runs {
		for _, entry := range entries {
			for _, finding := range entry.Findings {
				monday := entry.Time.AddDate(0, 0, -(int(entry.Time.Weekday())+6)%7)
				at := key{monday.Format(time.DateOnly), finding.Rule}
				if counts[at] == nil {
					counts[at] = &count{machines: map[string]bool{}, subjects: map[string]bool{}}
				}
				c := counts[at]
				if finding.Observed == "" {
					c.refused++
				} else {
					c.observed++
				}
				c.machines[host], c.subjects[pep.CanonicalName(finding.Subject)] = true, true
			}
		}
	}
	for at, c := range counts {
		lines = append(lines, line("", []any{at.week, at.rule, c.refused, c.observed, len(c.machines), len(c.subjects)}))
	}
	return lines
}
