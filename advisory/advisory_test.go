package advisory

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"thresher/pep"
)

// shared gives a file of the test data, which lies beside the repository.
func shared(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("skipped: no %s beside the repository: %v", name, err)
	}
	return path
}

// imported gives the database made of a source.
func imported(t testing.TB, source string) *Database {
	t.Helper()
	path := filepath.Join(t.TempDir(), "advisories.db")
	if _, err := Import(context.Background(), path, Source{Path: source, Now: time.Now()}, nil); err != nil {
		t.Fatal(err)
	}
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// Every row of both oracles: computed with packaging, checked by a second
// evaluator.
func TestOracle(t *testing.T) {
	d := imported(t, shared(t, "advisories.jsonl.gz"))
	if d.Count() != 2651 { // 2,661 of which 10 are withdrawn
		t.Errorf("%d records in force, want 2651", d.Count())
	}
	for _, name := range []string{"advisory_oracle.jsonl", "advisory_oracle_full.jsonl"} {
		f, err := os.Open(shared(t, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rows, wrong := 0, 0
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var row struct {
				Package, Version string
				Expected         []string `json:"expected_ids"`
			}
			if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
				t.Fatal(err)
			}
			rows++
			matched, err := d.Match(pep.CanonicalName(row.Package), row.Version)
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, r := range matched {
				ids = append(ids, r.ID)
			}
			slices.Sort(row.Expected)
			if !slices.Equal(ids, row.Expected) {
				wrong++
				t.Errorf("%s %s: got %v, want %v", row.Package, row.Version, ids, row.Expected)
			}
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d rows, %d wrong", name, rows, wrong)
	}
}
