package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"thresher/internal/testkit"
)

// TestToolsThatGoRound: a tool that installs by uv here is named, with what sets
// it back, and is fine once that is done.
func TestToolsThatGoRound(t *testing.T) {
	interpreter := testkit.AnyPython(t)
	root := t.TempDir()
	place := func(path, content string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// An environment as far as it is looked at.
	home := filepath.Dir(interpreter.Path)
	place(filepath.Join(root, "env", "pyvenv.cfg"), "home = "+home+"\nversion = "+interpreter.Version+"\n")
	if err := os.MkdirAll(filepath.Join(root, "env", "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	python := filepath.Join(root, "env", "bin", "python")
	if err := os.Symlink(interpreter.Path, python); err != nil {
		t.Fatal(err)
	}
	minor := strings.Join(strings.SplitN(interpreter.Version, ".", 3)[:2], ".")
	packages := filepath.Join(root, "env", "lib", "python"+minor, "site-packages")
	for _, name := range []string{"pipx", "tox", "pre-commit", "nox"} {
		place(filepath.Join(root, "bin", name), "#!"+python+"\n")
	}
	for _, folder := range []string{"pipx-1.18.4.dist-info", "tox_uv", "pre_commit_uv"} {
		place(filepath.Join(packages, folder, "METADATA"), "")
	}
	said := func(environment map[string]string) map[string]fact {
		t.Helper()
		environment["PATH"] = filepath.Join(root, "bin")
		p := &program{environment: environment, environ: os.Environ()}
		p.places.Cache = filepath.Join(root, "cache")
		found := map[string]fact{}
		for _, f := range p.toolFacts() {
			found[strings.Fields(f.Text)[0]] = f
		}
		return found
	}
	without := said(map[string]string{})
	if f := without["pipx"]; f.State != "ok" || !strings.Contains(f.Text, "pipx 1.18.4 ") {
		t.Errorf("without uv: %+v", f)
	}
	place(filepath.Join(root, "bin", "uv"), "")
	with := said(map[string]string{"NOX_DEFAULT_VENV_BACKEND": "uv|virtualenv"})
	for _, name := range []string{"pipx", "tox", "pre-commit", "nox"} {
		if f := with[name]; f.State != "warning" || f.Next == "" {
			t.Errorf("%s: %+v", name, f)
		}
	}
	back := said(map[string]string{"PIPX_DEFAULT_BACKEND": "pip", "DISABLE_PRE_COMMIT_UV_PATCH": "1"})
	for _, name := range []string{"pipx", "pre-commit", "nox"} {
		if f := back[name]; f.State != "ok" {
			t.Errorf("%s: %+v", name, f)
		}
	}
}
