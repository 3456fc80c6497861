// Command fleet measures the queries of docs/fleet over the logs of many machines,
// which it makes up: the same seed gives the same bytes. DuckDB comes from the machine's
// own index. Run it from the repository's root:
//
//	THRESHER_TEST_FULL=1 go run ./bench/fleet
//
// With -logs DIR the logs are kept there, for `thresher exposed --log DIR` and the like.
package main

import (
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"thresher/internal/files"
	"thresher/internal/journal"
	"thresher/internal/testkit"
)

//go:embed query.py
var queryProgram string

// answer is what one query gave.
type answer struct {
	Seconds float64 `json:"seconds"`
	Rows    [][]any `json:"rows"`
}

// variables are those of the queries, as DuckDB writes their values.
var variables = []string{"name='package-4'", "version='1.6'", "today=DATE '" + today.Format(time.DateOnly) + "'"}

func main() {
	var f fleet
	flag.IntVar(&f.machines, "machines", 1000, "how many machines")
	flag.IntVar(&f.days, "days", 60, "how many days each log has")
	flag.Uint64Var(&f.seed, "seed", 1, "what the logs are made of")
	logs := flag.String("logs", "", "directory to keep the logs in")
	flag.Parse()
	t, done := testkit.Standalone()
	defer done()
	directory := *logs
	if directory == "" {
		directory = t.TempDir()
	}
	count := 0
	began := time.Now()
	if err := f.generate(directory, func(journal.Entry) { count++ }); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began).Seconds()
	fmt.Printf("made %d runs of %d machines, %d MB, in %.1f s\n", count, f.machines, files.SizeOf(directory)>>20, took)
	answers, err := ask(testkit.PythonWith(t, "duckdb"), filepath.Join("docs", "fleet"), directory)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append([]string{"runs"}, names(answers)...) {
		fmt.Printf("%-16s %6.0f ms, %d rows\n", name, answers[name].Seconds*1000, len(answers[name].Rows))
	}
}

// ask runs every query over the logs below a directory.
func ask(python, queries, directory string) (map[string]answer, error) {
	logs := filepath.ToSlash(directory) + "/**/log.jsonl*"
	words := append([]string{"-I", "-c", queryProgram, queries, logs}, variables...)
	command := exec.Command(python, words...)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("ask DuckDB: %w", err)
	}
	var answers map[string]answer
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	decoder.UseNumber()
	err = decoder.Decode(&answers)
	return answers, err
}

// names are those of the queries that ask something.
func names(answers map[string]answer) []string {
	var found []string
	for name := range answers {
		if name != "runs" {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}
