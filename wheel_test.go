//go:build unix

package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"thresher/internal/testkit"
)

// Who has Python and no Go gets thresher with pip, from a file or an index,
// and has it set itself up. What is in place then needs the environment that
// it came by no more.
func TestWheel(t *testing.T) {
	m := newMachine(t)
	if runtime.GOOS != "linux" {
		// Elsewhere the tags say a release of the system that may be newer.
		t.Skip("skipped: pip may refuse the platform tag")
	}
	served := filepath.Join(t.TempDir(), "simple", "thresher")
	if err := os.MkdirAll(served, 0o755); err != nil {
		t.Fatal(err)
	}
	make := exec.Command("go", "run", "./internal/wheel", served, runtime.GOOS+"/"+runtime.GOARCH+"="+
		filepath.Join(binaries, "thresher"))
	out, err := make.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	name := strings.TrimSpace(string(out))
	write(t, filepath.Join(served, "index.html"), `<!DOCTYPE html><a href="`+strings.ReplaceAll(name, "+", "%2B")+`">`+
		name+"</a>\n", 0o644)
	index := httptest.NewServer(http.FileServer(http.Dir(filepath.Dir(filepath.Dir(served)))))
	defer index.Close()

	python := testkit.AnyPython(t)
	other := filepath.Join(t.TempDir(), "other")
	testkit.Environment(t, python, other)
	for what, words := range map[string][]string{
		"a file":   {"--no-index", filepath.Join(served, name)},
		"an index": {"--pre", "--index-url", index.URL + "/simple/", "thresher"},
	} {
		environment := filepath.Join(t.TempDir(), "env")
		testkit.Environment(t, python, environment)
		bin := filepath.Join(environment, "bin")
		m.mustRun(0, "Successfully installed thresher", append([]string{filepath.Join(bin, "python"), "-m", "pip", "install"},
			words...)...)
		m.mustRun(0, "", filepath.Join(bin, "python"), "-m", "pip", "check")
		for _, page := range []string{"man1/thresher.1", "man5/thresher-policy.5"} {
			if _, err := os.Stat(filepath.Join(environment, "share", "man", page)); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		m.mustRun(0, "is in place", withQuick(filepath.Join(bin, "thresher"), "setup")...)
		if err := os.RemoveAll(environment); err != nil {
			t.Fatal(err)
		}
		place := filepath.Join(m.home, ".local", "share", "thresher", "bin")
		// A machine may have no pip outside of environments.
		path := strings.Join([]string{place, filepath.Join(other, "bin"), "/usr/bin", "/bin"}, ":")
		m.mustRun(0, "pip ", "env", "PATH="+path, filepath.Join(place, "pip"), "--version")
		m.mustRun(0, "took away", filepath.Join(place, "thresher"), "setup", "--remove", "--data", "--yes")
		if left := files(t, m.home); len(left) != 0 {
			t.Errorf("%s: left %q", what, left)
		}
	}
}
