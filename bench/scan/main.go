// Command scan measures the scan and its data: the import of an export of the
// size that PyPI's has, a refresh that changes a few records, one look-up, and
// the scan of 100 and 500 installed distributions, against `pip list` and, where
// it can be installed, pip-audit on the same environment and the same
// advisories (served to it on a loopback port as OSV's query API). Run it from
// the repository's root:
//
//	go run ./bench/scan
//
// It prints medians and, against pip and pip-audit, how many times as long they
// take. The advisories of real packages come from ../shared/data where it is
// there; the rest is made up.
package main

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"testing"
	"time"

	"thresher/advisory"
	"thresher/internal/testkit"
	"thresher/scan"
	"thresher/venv"
)

const (
	madeUpMalware = 25_000
	madeUpFlaws   = 15_000
	runs          = 30
)

func main() {
	if len(os.Args) == 4 && os.Args[1] == "once" {
		once(os.Args[2], os.Args[3])
		return
	}
	t, done := testkit.Standalone()
	defer done()
	dir := t.TempDir()
	database := filepath.Join(dir, "advisories.db")
	measureImport(t, dir, database)
	measureLookups(t, database)
	python := testkit.AnyPython(t)
	audit := installAudit(t, python, dir)
	for _, count := range []int{100, 500} {
		measureScan(t, python, dir, database, audit, count)
	}
}

// scanned reads an environment's distributions and scans them, as a run does.
func scanned(database, site string) (scan.Result, error) {
	d, err := advisory.Open(database)
	if err != nil {
		return scan.Result{}, err
	}
	defer d.Close()
	found, err := venv.Distributions([]string{site})
	if err != nil {
		return scan.Result{}, err
	}
	return scan.Scan(scan.Input{Database: d, Distributions: found, Now: time.Now()})
}

// once is a whole process that scans: what is run to be compared with others.
func once(database, site string) {
	result, err := scanned(database, site)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, line := range scan.Text([]scan.Result{result}, scan.TextOptions{Width: 120}) {
		fmt.Println(line)
	}
}

func measureImport(t testing.TB, dir, database string) {
	export := filepath.Join(dir, "all.zip")
	writeExport(t, export)
	info, err := os.Stat(export)
	if err != nil {
		t.Fatal(err)
	}
	var stats advisory.Stats
	took := time.Now()
	stats, err = advisory.Import(context.Background(), database, advisory.Source{Path: export, Now: time.Now()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	elapsed := time.Since(took)
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	made, err := os.Stat(database)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("import of %d records (%.0f MB): %.2f s, %.0f MB of memory, %.1f MB on disk\n",
		stats.Records, megabytes(info.Size()), elapsed.Seconds(), megabytes(int64(memory.Sys)), megabytes(made.Size()))

	server := exportServer(t, export)
	refreshed := filepath.Join(dir, "refreshed.db")
	for i, name := range []string{"first refresh, from a loopback server", "refresh with 20 changes"} {
		took := time.Now()
		stats, err := advisory.Refresh(context.Background(), advisory.RefreshInput{Path: refreshed, URL: server})
		if err != nil {
			t.Fatal(err)
		}
		if stats.Whole != (i == 0) {
			t.Fatalf("%s: %+v", name, stats)
		}
		fmt.Printf("%s: %.2f s\n", name, time.Since(took).Seconds())
	}
}

// writeExport makes an export of real advisories, as far as there are, and
// made-up ones of the usual size.
func writeExport(t testing.TB, path string) {
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(file)
	put := func(id string, text []byte) {
		f, err := w.Create(id + ".json")
		if err == nil {
			_, err = f.Write(text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for id, text := range realRecords(t) {
		put(id, text)
	}
	details := strings.Repeat("A sentence of the usual length about what an attacker could do here. ", 20)
	for i := range madeUpFlaws {
		versions, events := "", ""
		for minor := range 40 {
			versions += fmt.Sprintf(`"%d.%d.0",`, i%7, minor)
		}
		for branch := range 3 {
			events += fmt.Sprintf(`{"introduced":"%d.0"},{"fixed":"%d.40"},`, branch, branch)
		}
		id := fmt.Sprintf("GHSA-made-up00-%05d", i)
		put(id, fmt.Appendf(nil, `{"id":%q,"modified":"2024-01-01T00:00:%02dZ","published":"2023-01-01T00:00:00Z","aliases":["CVE-9999-%d"],"details":%q,
			"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}],"affected":[{"package":{"ecosystem":"PyPI","name":"made-up-%d"},
			"ranges":[{"type":"ECOSYSTEM","events":[%s]}],"versions":[%s]}]}`,
			id, i%60, i, details, i/3, strings.TrimSuffix(events, ","), strings.TrimSuffix(versions, ",")))
	}
	for i := range madeUpMalware {
		id := fmt.Sprintf("MAL-2024-%d", i)
		put(id, fmt.Appendf(nil, `{"id":%q,"modified":"2024-01-01T00:00:00Z","summary":"Malicious code","details":%q,
			"affected":[{"package":{"ecosystem":"PyPI","name":"made-up-malware-%d"},"versions":["0.1","0.2"]}]}`, id, details,
			i))
	}
	err = w.Close()
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		t.Fatal(err)
	}
}

// realRecords gives the shared advisories by id; none where there are none.
func realRecords(t testing.TB) map[string][]byte {
	source := filepath.Join("..", "shared", "data", "advisories.jsonl.gz")
	records := map[string][]byte{}
	if _, err := os.Stat(source); errors.Is(err, os.ErrNotExist) {
		fmt.Println("no ../shared/data: made-up advisories only")
		return records
	}
	unpacked, err := exec.Command("gzip", "-dc", source).Output()
	if err != nil {
		t.Fatalf("unpack %s: %v", source, err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(unpacked)), "\n") {
		var head struct{ ID string }
		if err := json.Unmarshal([]byte(line), &head); err != nil {
			t.Fatal(err)
		}
		records[head.ID] = []byte(line)
	}
	return records
}

// exportServer serves the export as OSV does. After the first list of changes
// was asked for, 20 records have changed.
func exportServer(t testing.TB, export string) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/all.zip", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, export) })
	mux.HandleFunc("/modified_id.csv", func(w http.ResponseWriter, _ *http.Request) {
		now := time.Now().UTC().Format(time.RFC3339)
		for i := range 20 {
			fmt.Fprintf(w, "%s,GHSA-made-up00-%05d\n", now, i)
		}
		for i := range madeUpMalware {
			fmt.Fprintf(w, "2000-01-01T00:00:00Z,MAL-2024-%d\n", i)
		}
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		id := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/"), ".json")
		fmt.Fprintf(w, `{"id":%q,"modified":%q,"affected":[{"package":{"ecosystem":"PyPI","name":"made-up-1"},`+
			`"versions":["1.0"]}]}`,
			id, time.Now().UTC().Format(time.RFC3339))
	})
	server := &http.Server{Handler: mux}
	go func() { _ = server.Serve(listener) }() // ends with the program
	return "http://" + listener.Addr().String()
}

func measureLookups(t testing.TB, database string) {
	openings := measure(1000, func() {
		d, err := advisory.Open(database)
		if err != nil {
			t.Fatal(err)
		}
		d.Close()
	})
	d, err := advisory.Open(database)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	look := func(name string) func(int) {
		return func(i int) {
			if _, err := d.Match(fmt.Sprintf(name, i), "1.0"); err != nil {
				t.Fatal(err)
			}
		}
	}
	counted := func(f func(int)) func() { i := 0; return func() { f(i); i++ } }
	fmt.Printf("open: %.0f µs; one look-up: %.1f µs where there are advisories, %.1f µs where there are none\n",
		microseconds(openings), microseconds(measure(4000, counted(look("made-up-%d")))),
		microseconds(measure(4000, counted(look("not-there-%d")))))
}

// measureScan compares the scan of an environment with what others need.
func measureScan(t testing.TB, python testkit.Python, dir, database, audit string, count int) {
	environment := filepath.Join(dir, fmt.Sprint("environment-", count))
	testkit.Environment(t, python, environment)
	site := filepath.Join(environment, "lib", fmt.Sprintf("python3.%d", python.Minor), "site-packages")
	fill(t, site, count)
	var found int
	inside := measure(runs, func() {
		result, err := scanned(database, site)
		if err != nil {
			t.Fatal(err)
		}
		found = 0
		for _, s := range result.Subjects {
			found += len(s.Findings)
		}
	})
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	process := measure(runs, command(t, self, "once", database, site))
	fmt.Printf("%d distributions, %d vulnerabilities: scanned in %.1f ms, as a whole process %.1f ms\n",
		count, found, milliseconds(inside), milliseconds(process))
	compare := func(name string, took time.Duration) {
		fmt.Printf("  %s: %.0f ms, %.0f times as long\n", name, milliseconds(took), float64(took)/float64(process))
	}
	pip := filepath.Join(environment, "bin", "pip")
	compare("pip list", measure(7, command(t, pip, "list", "--format", "json", "--disable-pip-version-check")))
	if audit != "" {
		address := queryServer(t, database)
		compare("pip-audit", measure(3, command(t, audit, "--path", site, "-s", "osv", "--osv-url", address,
			"--progress-spinner", "off", "--cache-dir", filepath.Join(dir, "audit-cache"))))
	}
}

// fill puts distributions into a site directory, with metadata of the usual
// size. One in ten has advisories.
func fill(t testing.TB, site string, count int) {
	known := []string{"django 3.2.1", "jinja2 2.10", "pillow 8.0.0", "requests 2.19.0", "pyyaml 5.1", "urllib3 1.24",
		"cryptography 36.0.0", "aiohttp 3.7.0", "lxml 4.6.0", "flask 1.0"}
	for i := range count - 1 { // pip is there already
		name, version := fmt.Sprintf("clean-%d", i), "1.0"
		if i%10 == 0 {
			name, version = fmt.Sprintf("made-up-%d", i), "1.5"
			if i/10 < len(known) {
				name, version, _ = strings.Cut(known[i/10], " ")
			}
		}
		d := testkit.Distribution{Name: name, Version: version, Requires: []string{fmt.Sprintf("clean-%d>=0.5", i+1)},
			Metadata: strings.Repeat("Classifier: Programming Language :: Python :: 3\n", 20) + "\n" +
				strings.Repeat("A line of the description.\n", 700)}
		info := filepath.Join(site, strings.ReplaceAll(name, "-", "_")+"-"+version+".dist-info")
		if err := os.MkdirAll(info, 0o755); err != nil {
			t.Fatal(err)
		}
		for file, content := range map[string]string{"METADATA": d.MetadataText(), "INSTALLER": "pip\n",
			"RECORD": strings.Repeat("package/module.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,1234\n", 40)} {
			if err := os.WriteFile(filepath.Join(info, file), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// installAudit installs pip-audit from the machine's own index; empty where
// that is not possible.
func installAudit(t testing.TB, python testkit.Python, dir string) string {
	environment := filepath.Join(dir, "audit")
	testkit.Environment(t, python, environment)
	install := exec.Command(filepath.Join(environment, "bin", "pip"), "install", "-q", "--disable-pip-version-check",
		"pip-audit")
	if out, err := install.CombinedOutput(); err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		fmt.Printf("pip-audit cannot be installed here, it is left out: %s\n", lines[len(lines)-1])
		return ""
	}
	return filepath.Join(environment, "bin", "pip-audit")
}

// queryServer answers OSV's /v1/query out of the database.
func queryServer(t testing.TB, database string) string {
	d, err := advisory.Open(database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var query struct {
			Package struct{ Name string }
			Version string
		}
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(body, &query)
		}
		var matched []advisory.Record
		if err == nil {
			matched, err = d.Match(query.Package.Name, query.Version)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		var answers []map[string]any
		for _, record := range matched {
			answers = append(answers, map[string]any{"id": record.ID, "aliases": record.Aliases, "summary": record.Summary,
				"affected": []any{map[string]any{"package": map[string]string{"name": query.Package.Name, "ecosystem": "PyPI"}}}})
		}
		answer := map[string]any{}
		if answers != nil {
			answer["vulns"] = answers
		}
		text, err := json.Marshal(answer)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = w.Write(text) // the client may have gone
	})}
	go func() { _ = server.Serve(listener) }() // ends with the program
	return "http://" + listener.Addr().String() + "/v1/query"
}

// command runs a program to its end. What finds something may end with a
// status: only what cannot be run is a failure.
func command(t testing.TB, name string, args ...string) func() {
	return func() {
		cmd := exec.Command(name, args...)
		out, err := cmd.CombinedOutput()
		var ended *exec.ExitError
		if err != nil && (!errors.As(err, &ended) || ended.ExitCode() != 1) {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
	}
}

// measure gives the median time of some runs, after one that fills the caches.
func measure(count int, run func()) time.Duration {
	run()
	times := make([]time.Duration, count)
	for i := range times {
		start := time.Now()
		run()
		times[i] = time.Since(start)
	}
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	return times[count/2]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
func megabytes(n int64) float64            { return float64(n) / (1 << 20) }
