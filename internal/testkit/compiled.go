package testkit

import (
	"archive/zip"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// compiling imports what an install imports, so that Python writes the compiled
// modules. An old pip may not run on a new Python; then there are none.
const compiling = `
import importlib, sys
sys.path.insert(0, sys.argv[1])
for name in ("cli.main", "commands.install", "commands.download", "commands.wheel", "commands.list", "commands.freeze",
             "commands.check", "commands.show", "commands.uninstall", "resolution.resolvelib.resolver", "utils.subprocess"):
    try:
        importlib.import_module("pip._internal." + name)
    except Exception:
        pass
`

// compiledPip gives a directory with an unpacked pip wheel and its compiled
// modules, made once for each release and Python in the user's cache: without
// them every pip of every new environment needs three times as long.
func compiledPip(t testing.TB, interpreter, minor, wheel string) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = t.TempDir()
	}
	final := filepath.Join(cache, "thresher-test", "compiled", strings.TrimSuffix(filepath.Base(wheel), ".whl")+"-"+minor)
	if _, err := os.Stat(final); err == nil {
		return final
	}
	if err := os.MkdirAll(filepath.Dir(final), 0o755); err != nil {
		t.Fatal(err)
	}
	partial, err := os.MkdirTemp(filepath.Dir(final), "partial-")
	if err != nil {
		t.Fatal(err)
	}
	unpack(t, wheel, partial)
	// Without site, since an environment's guard watches what imports pip.
	if out, err := exec.Command(interpreter, "-I", "-S", "-c", compiling, partial).CombinedOutput(); err != nil {
		t.Fatalf("compile %s: %v\n%s", wheel, err, out)
	}
	if err := os.Rename(partial, final); err != nil {
		// Another test was faster.
		if _, missing := os.Stat(final); missing != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(partial); err != nil {
			t.Fatal(err)
		}
	}
	return final
}

// unpack writes the files of a wheel into a directory.
func unpack(t testing.TB, wheel, directory string) {
	t.Helper()
	archive, err := zip.OpenReader(wheel)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	for _, f := range archive.File {
		if !strings.HasSuffix(f.Name, "/") {
			copyOut(t, f, filepath.Join(directory, f.Name))
		}
	}
}

// copyTree copies files with their times, by which Python knows that a compiled
// module is current.
func copyTree(t testing.TB, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, relative)
		if entry.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.WriteFile(target, content, 0o644); err != nil {
			return err
		}
		return os.Chtimes(target, info.ModTime(), info.ModTime())
	})
	if err != nil {
		t.Fatal(err)
	}
}
