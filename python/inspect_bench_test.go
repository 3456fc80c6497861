package python

import (
	"os/exec"
	"path/filepath"
	"testing"

	"thresher/internal/testkit"
)

func BenchmarkInspect(b *testing.B) {
	python := testkit.AnyPython(b)
	dir := filepath.Join(b.TempDir(), "env")
	if out, err := exec.Command(python.Path, "-I", "-m", "venv", "--without-pip", dir).CombinedOutput(); err != nil {
		b.Fatalf("%v %s", err, out)
	}
	for b.Loop() {
		if _, err := Inspect(filepath.Join(dir, "bin", "python"), nil, ""); err != nil {
			b.Fatal(err)
		}
	}
}
