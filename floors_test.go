package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// floors is the house of docs/design.md: a package imports only from floors
// below its own.
var floors = map[string]int{
	"thresher":                    5,
	"thresher/cli":                4,
	"thresher/shim":               4,
	"thresher/gate":               3,
	"thresher/scan":               3,
	"thresher/evidence":           3,
	"thresher/policy":             2,
	"thresher/policy/typosquat":   2,
	"thresher/venv":               2,
	"thresher/pip":                1,
	"thresher/index":              1,
	"thresher/advisory":           1,
	"thresher/pep":                0,
	"thresher/docs":               0,
	"thresher/internal/places":    0,
	"thresher/internal/journal":   0,
	"thresher/internal/version":   0,
	"thresher/pip/internal/table": -1,
}

// rooms within rooms: policy may look into its own inner room.
var inner = map[string]string{"thresher/policy/typosquat": "thresher/policy"}

func TestImportsOnlyGoDown(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var listed struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&listed); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		floor, known := floors[listed.ImportPath]
		if !known {
			if !strings.HasPrefix(listed.ImportPath, "thresher/bench/") && !strings.Contains(listed.ImportPath, "/internal/") {
				t.Errorf("%s stands on no floor; give it one here and in docs/design.md", listed.ImportPath)
			}
			continue
		}
		for _, imported := range listed.Imports {
			below, ours := floors[imported]
			if imported == "thresher/internal/testkit" {
				t.Errorf("%s imports the test kit outside its tests", listed.ImportPath)
			}
			if ours && below >= floor && inner[imported] != listed.ImportPath {
				t.Errorf("%s (floor %d) imports %s (floor %d)", listed.ImportPath, floor, imported, below)
			}
		}
	}
}
