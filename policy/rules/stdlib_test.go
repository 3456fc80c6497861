package rules

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"thresher/pep"
)

func TestStdlibTable(t *testing.T) {
	table := stdlibAlternatives()
	if len(table) != bytes.Count([]byte(stdlibTable), []byte("\n"))-1 {
		t.Errorf("%d entries", len(table))
	}
	for name, alternative := range table {
		if pep.CanonicalName(name) != name || alternative.Library == "" || alternative.Since.Major < 2 {
			t.Errorf("%+v", alternative)
		}
		switch alternative.Kind {
		case Exact, Superset, Partial, Python2:
		default:
			t.Errorf("%+v", alternative)
		}
	}
	file, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", "stdlib_alternatives.tsv"))
	if err != nil {
		t.Skip("the source of the table is not here: ", err)
	}
	defer file.Close()
	reader := csv.NewReader(file)
	reader.Comma = '\t'
	rows, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		alternative, found := StdlibAlternative(row[0])
		since := strconv.Itoa(alternative.Since.Major) + "." + strconv.Itoa(alternative.Since.Minor)
		if !found || alternative.Library != row[4] || since != row[5] || string(alternative.Kind) != row[6] {
			t.Errorf("%v: %+v", row, alternative)
		}
	}
}
