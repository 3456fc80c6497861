package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var fuzzTarget = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)

// Every fuzz target has a corpus beside it: what earlier searches found is tried
// by every go test, and the next search begins there.
func TestFuzzTargetsHaveACorpus(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, target := range fuzzTarget.FindAllStringSubmatch(string(content), -1) {
			corpus := filepath.Join(filepath.Dir(path), "testdata", "fuzz", target[1])
			if entries, err := os.ReadDir(corpus); err != nil || len(entries) == 0 {
				t.Errorf("%s: %s has no corpus in %s", path, target[1], corpus)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
