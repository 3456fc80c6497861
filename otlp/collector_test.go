package otlp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/plog"

	"thresher/internal/journal"
)

// What a collector makes of a log by docs/fleet/collector.yaml are the records that
// `thresher log --otlp` sends, also over a rotation.
func TestCollectorRecipe(t *testing.T) {
	collector := builtCollector(t)
	next := newNextCollector(t)
	directory := t.TempDir()
	log := filepath.Join(directory, "log.jsonl")
	runs := []journal.Entry{
		{ID: "00000001", Time: day, Host: "etl-7", Thresher: "0.1.0", Requested: []string{"alpha"}, Milliseconds: 12,
			Changed: []journal.Change{{Name: "alpha", After: "1.0"}}},
		{ID: "00000002", Time: day.Add(time.Second), Host: "etl-7", Thresher: "0.1.0", Status: 20,
			Findings: []journal.Finding{{Subject: "beta", Rule: "denied", Action: "block", Evidence: "why"}}},
		{ID: "00000003", Time: day.Add(2 * time.Second), Host: "etl-7", Thresher: "0.1.0", ObservedStatus: 20},
		{ID: "00000004", Time: day.Add(3 * time.Second), Host: "etl-7", Thresher: "0.1.0", Status: 21},
		{ID: "00000005", Time: day.Add(4 * time.Second), Host: "etl-7", Thresher: "0.1.0", Status: 1},
		{ID: "00000006", Time: day.Add(5 * time.Second), Host: "etl-7", Thresher: "0.1.0", Status: 125},
	}
	runs[1] = journal.NamesAlone(runs[1])
	add := func(entries []journal.Entry) {
		t.Helper()
		for _, entry := range entries {
			entry.Words = "" // what is written is as it stands
			if err := journal.Append(log, entry); err != nil {
				t.Fatal(err)
			}
		}
	}
	add(runs[:4])

	recipe, err := os.ReadFile(filepath.Join("..", "docs", "fleet", "collector.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	text := replaceOnce(t, string(recipe), "/home/*/.local/state/thresher/log.jsonl", log)
	text = replaceOnce(t, text, "      - /root/.local/state/thresher/log.jsonl\n", "") // nobody's real one
	text = replaceOnce(t, text, "endpoint: https://collector.example:4318",
		"endpoint: "+next.URL+"\n    encoding: json\n    compression: none")
	text = replaceOnce(t, text, "service:\n", "service:\n  telemetry:\n    metrics:\n      level: none\n")
	config := filepath.Join(directory, "collector.yaml")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	command := exec.Command(collector, "--config", "file:"+config)
	command.Stdout, command.Stderr = &said, &said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop := func() {
		if !stopped {
			stopped = true
			_ = command.Process.Signal(os.Interrupt)
			_ = command.Wait()
		}
	}
	defer stop()
	got := next.waitFor(4)
	if err := os.Rename(log, log+".1"); err != nil { // as a rotation does
		t.Fatal(err)
	}
	add(runs[4:])
	got = append(got, next.waitFor(2)...)
	stop()
	if len(got) != len(runs) {
		t.Fatalf("%d records of %d came:\n%s", len(got), len(runs), said.String())
	}

	entries, broken, err := journal.ReadToCollect(log, time.Time{}, journal.AllWords)
	if err != nil || broken != 0 {
		t.Fatal(broken, err)
	}
	body, err := Request(entries, "", day)
	if err != nil {
		t.Fatal(err)
	}
	want := recordsOf(t, body)
	order := func(a, b map[string]any) int { return strings.Compare(fmt.Sprint(a["time"]), fmt.Sprint(b["time"])) }
	slices.SortFunc(got, order)
	slices.SortFunc(want, order)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// builtCollector is the program that THRESHER_TEST_COLLECTOR names, or one that is built
// of the modules that testdata/collector pins, which takes minutes.
func builtCollector(t *testing.T) string {
	t.Helper()
	if named := os.Getenv("THRESHER_TEST_COLLECTOR"); named != "" {
		return named
	}
	if os.Getenv("THRESHER_TEST_FULL") != "all" {
		t.Skip("skipped: a collector takes minutes to build; THRESHER_TEST_FULL=all builds one, and " +
			"THRESHER_TEST_COLLECTOR names one with the filelog receiver")
	}
	module := t.TempDir()
	if err := os.CopyFS(module, os.DirFS(filepath.Join("testdata", "collector"))); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(module, "collector")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = module
	build.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("skipped: no collector can be built here: %v\n%s", err, out)
	}
	return program
}

func replaceOnce(t *testing.T, text, old, replacement string) string {
	t.Helper()
	if strings.Count(text, old) != 1 {
		t.Fatalf("the recipe has %q not once", old)
	}
	return strings.Replace(text, old, replacement, 1)
}

// nextCollector takes what a collector passes on.
type nextCollector struct {
	*httptest.Server
	records chan map[string]any
}

func newNextCollector(t *testing.T) *nextCollector {
	next := &nextCollector{records: make(chan map[string]any, 100)}
	next.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, err := io.ReadAll(r.Body)
		if err != nil || r.URL.Path != "/v1/logs" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		for _, record := range recordsOf(t, content) {
			next.records <- record
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(next.Close)
	return next
}

// waitFor gives so many records, or those that came until it was of no use to wait.
func (n *nextCollector) waitFor(count int) (records []map[string]any) {
	patience := time.After(time.Minute)
	for len(records) < count {
		select {
		case record := <-n.records:
			records = append(records, record)
		case <-patience:
			return records
		}
	}
	return records
}

// recordsOf gives what of a request's records both ways have to make alike.
func recordsOf(t *testing.T, body []byte) (records []map[string]any) {
	t.Helper()
	logs, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs(body)
	if err != nil {
		t.Errorf("%v\n%s", err, body)
		return nil
	}
	for _, resource := range logs.ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				// As JSON, where 1 and 1.0 are one number.
				whole, err := json.Marshal(map[string]any{
					"body": record.Body().AsRaw(), "time": record.Timestamp().AsTime(),
					"severity": record.SeverityNumber().String(), "resource": resource.Resource().Attributes().AsRaw(),
					"id": attribute(record, "thresher.run.id"), "status": attribute(record, "thresher.run.status"),
				})
				if err != nil {
					t.Error(err)
				}
				var again map[string]any
				if err := json.Unmarshal(whole, &again); err != nil {
					t.Error(err)
				}
				records = append(records, again)
			}
		}
	}
	return records
}

func attribute(record plog.LogRecord, name string) any {
	value, _ := record.Attributes().Get(name)
	return value.AsRaw()
}
