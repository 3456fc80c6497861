package testkit

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The kit's own promise: real pip installs what it makes.
func TestPipInstallsWhatTheKitMakes(t *testing.T) {
	python := AnyPython(t)
	x := NewIndex(t)
	x.AddWheel(Distribution{Name: "Alpha", Version: "1.0", Requires: []string{"beta>=1"}})
	x.AddSdist(Distribution{Name: "beta", Version: "2.0"})
	dir := filepath.Join(t.TempDir(), "env")
	Environment(t, python, dir)
	cmd := exec.Command(filepath.Join(dir, "bin", "pip"), "install", "-q", "--index-url", x.SimpleURL(), "alpha")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "PIP_DISABLE_PIP_VERSION_CHECK=1"}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	list := exec.Command(filepath.Join(dir, "bin", "pip"), "freeze")
	list.Env = cmd.Env
	out, err := list.Output()
	if err != nil || strings.ToLower(string(out)) != "alpha==1.0\nbeta==2.0\n" {
		t.Fatalf("%v %q", err, out)
	}
}
