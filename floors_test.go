package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// floor is where a package stands in the house of docs/design.md. A package
// imports only from floors below its own. Rooms within one house, whose paths
// begin alike, share a floor: there it imports only from smaller steps.
type floor struct{ floor, step int }

var floors = map[string]floor{
	"thresher":                           {5, 0},
	"thresher/bench/fleet":               {5, 0},
	"thresher/bench/gate":                {5, 0},
	"thresher/bench/inside":              {5, 0},
	"thresher/bench/morning":             {5, 0},
	"thresher/bench/scan":                {5, 0},
	"thresher/bench/start":               {5, 0},
	"thresher/bench/typosquat":           {5, 1},
	"thresher/bench/typosquat/measure":   {5, 0},
	"thresher/internal/wheel":            {5, 0},
	"thresher/internal/testkit/launcher": {5, 0},
	"thresher/cli":                       {4, 0},
	"thresher/shim":                      {4, 0},
	"thresher/gate":                      {3, 0},
	"thresher/scan":                      {3, 0},
	"thresher/exposure":                  {3, 0},
	"thresher/report/webpage":            {3, 1},
	"thresher/report":                    {3, 0},
	"thresher/otlp":                      {3, 0},
	"thresher/evidence":                  {3, 0},
	"thresher/settled":                   {3, 0},
	"thresher/layers":                    {3, 0},
	"thresher/policy":                    {2, 4},
	"thresher/policy/shared":             {2, 3},
	"thresher/policy/rules":              {2, 2},
	"thresher/policy/typosquat":          {2, 1},
	"thresher/venv":                      {2, 0},
	"thresher/inside":                    {2, 0},
	"thresher/session":                   {2, 0},
	"thresher/pip":                       {1, 3},
	"thresher/pip/source":                {1, 2},
	"thresher/pip/option":                {1, 1},
	"thresher/pip/internal/pythontext":   {1, 0},
	"thresher/pip/internal/release":      {1, 0},
	"thresher/pip/internal/tables":       {1, 0},
	"thresher/index/route":               {1, 1},
	"thresher/index":                     {1, 0},
	"thresher/advisory":                  {1, 0},
	"thresher/sandbox":                   {1, 0},
	"thresher/archive":                   {1, 0},
	"thresher/pep":                       {0, 1},
	"thresher/docs":                      {0, 1},
	"thresher/internal/places":           {0, 1},
	"thresher/internal/journal":          {0, 1},
	"thresher/internal/version":          {0, 1},
	"thresher/internal/memory":           {0, 1},
	"thresher/internal/setup":            {0, 1},
	"thresher/address":                   {0, 1},
	"thresher/python":                    {0, 1},
	"thresher/internal/lazyregexp":       {-1, 0},
	"thresher/internal/statuses":         {-1, 0},
	"thresher/internal/words":            {-1, 0},
	"thresher/internal/progress":         {-1, 0},
	"thresher/internal/files":            {-1, 0},
	"thresher/internal/agents":           {-1, 0},
}

// testKit is for tests and measurements, and imports what it likes.
const testKit = "thresher/internal/testkit"

// below says whether a package may import another by their floors.
func below(importing, imported string) bool {
	from, to := floors[importing], floors[imported]
	if from.floor != to.floor {
		return to.floor < from.floor
	}
	return house(importing) == house(imported) && to.step < from.step
}

// house is the first part of a path within the module.
func house(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "thresher/"), "/")
	return first
}

func TestImportsOnlyGoDown(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	standing := map[string]bool{testKit: true}
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var listed struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&listed); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if listed.ImportPath == testKit {
			continue
		}
		standing[listed.ImportPath] = true
		if _, known := floors[listed.ImportPath]; !known {
			t.Errorf("%s stands on no floor; give it one here and in docs/design.md", listed.ImportPath)
			continue
		}
		for _, imported := range listed.Imports {
			_, ours := floors[imported]
			if imported == testKit && house(listed.ImportPath) != "bench" {
				t.Errorf("%s imports the test kit outside its tests", listed.ImportPath)
			}
			if ours && !below(listed.ImportPath, imported) {
				t.Errorf("%s %v imports %s %v", listed.ImportPath, floors[listed.ImportPath], imported, floors[imported])
			}
		}
	}
	for path := range floors {
		if !standing[path] {
			t.Errorf("there is no package %s", path)
		}
	}
}
