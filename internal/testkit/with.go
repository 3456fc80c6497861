package testkit

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"thresher/internal/files"
)

// PythonWith gives the interpreter of an environment with a package and what it
// needs, fetched once from the machine's own index into the user's cache. The test is
// skipped where it is not there yet and not Full, and where the index does not answer;
// in CI the latter is a failure.
func PythonWith(t testing.TB, name string) string {
	t.Helper()
	dir := filepath.Join(cacheDirectory(t), "with-"+name)
	release, err := files.Lock(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	interpreter := filepath.Join(dir, "bin", "python")
	complete := filepath.Join(dir, "complete")
	if files.IsRegular(complete) {
		return interpreter
	}
	if !Full() {
		t.Skipf("skipped: %s is not here; %s=1 fetches it", name, fullVariable)
	}
	if err := os.RemoveAll(dir); err != nil { // half made
		t.Fatal(err)
	}
	Environment(t, AnyPython(t), dir)
	install := exec.Command(interpreter, "-I", "-m", "pip", "install", "-q", "--only-binary", ":all:", "--retries", "1",
		"--timeout", "20", name)
	if out, err := install.CombinedOutput(); err != nil {
		unavailable(t, "%s cannot be had from this machine's index: %s", name, strings.TrimSpace(string(out)))
	}
	if err := os.WriteFile(complete, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return interpreter
}
