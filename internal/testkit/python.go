package testkit

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Python is an interpreter found on the machine.
type Python struct {
	Path    string // of the interpreter itself, no wrapper
	Version string // "3.11.7"
	Minor   int    // the 11 of 3.11
}

var pythons = sync.OnceValue(findPythons)

// Pythons gives one interpreter for each minor version from 3.8 on that the
// machine has: on PATH, and under pyenv. The test is skipped where there is none.
func Pythons(t testing.TB) []Python {
	t.Helper()
	found := pythons()
	if len(found) == 0 {
		t.Skip("skipped: no python from 3.8 on was found on PATH or under pyenv")
	}
	return found
}

// AnyPython gives the interpreter that scenarios use where the version does
// not matter: THRESHER_TEST_PYTHON where set, else the newest below 3.13 (whose
// bundled pip is of a usual age), else the newest.
func AnyPython(t testing.TB) Python {
	t.Helper()
	found := Pythons(t)
	if path := os.Getenv("THRESHER_TEST_PYTHON"); path != "" {
		if p, ok := describe(path); ok {
			return p
		}
		t.Fatalf("THRESHER_TEST_PYTHON names no python: %s", path)
	}
	best := found[0]
	for _, p := range found {
		if p.Minor < 13 {
			best = p
		}
	}
	return best
}

func findPythons() []Python {
	var candidates []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		matches, _ := filepath.Glob(filepath.Join(dir, "python3*"))
		candidates = append(candidates, matches...)
	}
	root := os.Getenv("PYENV_ROOT")
	if root == "" {
		if home, err := os.UserHomeDir(); err == nil {
			root = filepath.Join(home, ".pyenv")
		}
	}
	matches, _ := filepath.Glob(filepath.Join(root, "versions", "*", "bin", "python3"))
	candidates = append(candidates, matches...)
	byMinor := map[int]Python{}
	for _, path := range candidates {
		if strings.HasSuffix(path, "-config") || strings.Contains(path, "shims") {
			continue
		}
		if p, ok := describe(path); ok && p.Minor >= 8 {
			if _, known := byMinor[p.Minor]; !known {
				byMinor[p.Minor] = p
			}
		}
	}
	var found []Python
	for _, p := range byMinor {
		found = append(found, p)
	}
	sort.Slice(found, func(i, j int) bool { return found[i].Minor < found[j].Minor })
	return found
}

func describe(path string) (Python, bool) {
	out, err := exec.Command(path, "-I", "-c",
		"import sys, venv, ensurepip; print(sys.executable); print('%d.%d.%d' % sys.version_info[:3])").Output()
	lines := strings.Fields(string(out))
	if err != nil || len(lines) != 2 || !strings.HasPrefix(lines[1], "3.") {
		return Python{}, false
	}
	minor, err := strconv.Atoi(strings.Split(lines[1], ".")[1])
	return Python{Path: lines[0], Version: lines[1], Minor: minor}, err == nil
}

// Environment makes a real virtual environment with pip in dir, in a tenth of
// the time that ensurepip takes: the bundled pip wheel is unpacked as pip
// itself would install it.
func Environment(t testing.TB, python Python, dir string) {
	t.Helper()
	run(t, python.Path, "-I", "-m", "venv", "--without-pip", dir)
	InstallPip(t, dir, BundledPip(t, python))
}

// BundledPip gives the path of the pip wheel that comes with the interpreter.
func BundledPip(t testing.TB, python Python) string {
	t.Helper()
	out := run(t, python.Path, "-I", "-c", `
import ensurepip, os, glob, sysconfig
places = [os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")]
if sysconfig.get_config_var("WHEEL_PKG_DIR"):
    places.insert(0, sysconfig.get_config_var("WHEEL_PKG_DIR"))
places.append("/usr/share/python-wheels")
for place in places:
    for path in sorted(glob.glob(os.path.join(place, "pip-*.whl"))):
        print(path)
        raise SystemExit
`)
	path := strings.TrimSpace(out)
	if path == "" {
		t.Skipf("skipped: %s has no bundled pip", python.Path)
	}
	return path
}

// PipWheel gives the path of the wheel of one pip release, fetched once from
// the machine's own index into the user's cache. The test is skipped where
// the index does not answer.
func PipWheel(t testing.TB, python Python, version string) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skipf("skipped: no cache directory for pip %s: %v", version, err)
	}
	dir := filepath.Join(cache, "thresher-test", "pips")
	matches, _ := filepath.Glob(filepath.Join(dir, "pip-"+version+"-*.whl"))
	if len(matches) > 0 {
		return matches[0]
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Skipf("skipped: %v", err)
	}
	// Fetched by an environment of its own: a system's pip may be a wrapper
	// or be kept from running.
	scratch := t.TempDir()
	Environment(t, python, filepath.Join(scratch, "fetch"))
	temporary := filepath.Join(scratch, "wheels")
	fetch := exec.Command(filepath.Join(scratch, "fetch", "bin", "python"), "-I", "-m", "pip", "download", "-q",
		"--no-deps", "--only-binary", ":all:", "--retries", "1", "--timeout", "20", "-d", temporary, "pip=="+version)
	if out, err := fetch.CombinedOutput(); err != nil {
		t.Skipf("skipped: pip %s cannot be had from this machine's index: %s", version, strings.TrimSpace(string(out)))
	}
	fetched, _ := filepath.Glob(filepath.Join(temporary, "pip-*.whl"))
	if len(fetched) != 1 {
		t.Skipf("skipped: pip %s was not fetched", version)
	}
	content, err := os.ReadFile(fetched[0])
	if err != nil {
		t.Fatal(err)
	}
	final := filepath.Join(dir, filepath.Base(fetched[0]))
	partial := fmt.Sprintf("%s.%d", final, os.Getpid())
	if err := os.WriteFile(partial, content, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(partial, final); err != nil {
		t.Fatal(err)
	}
	return final
}

// InstallPip unpacks a pip wheel into the environment and writes its scripts.
func InstallPip(t testing.TB, environment, wheel string) {
	t.Helper()
	sites, _ := filepath.Glob(filepath.Join(environment, "lib", "python3*", "site-packages"))
	if len(sites) != 1 {
		t.Fatalf("%s has no site-packages", environment)
	}
	minor := strings.TrimPrefix(filepath.Base(filepath.Dir(sites[0])), "python")
	// Up to Python 3.8 an environment has no python3.X.
	interpreter := filepath.Join(environment, "bin", "python"+minor)
	if _, err := os.Stat(interpreter); err != nil {
		interpreter = filepath.Join(environment, "bin", "python3")
	}
	name, version, _ := strings.Cut(filepath.Base(wheel), "-")
	version, _, _ = strings.Cut(version, "-")
	info := filepath.Join(sites[0], name+"-"+version+".dist-info")
	copyTree(t, compiledPip(t, interpreter, minor, wheel), sites[0])
	script := "#!" + interpreter + `
# -*- coding: utf-8 -*-
import re
import sys
from pip._internal.cli.main import main
if __name__ == '__main__':
    sys.argv[0] = re.sub(r'(-script\.pyw|\.exe)?$', '', sys.argv[0])
    sys.exit(main())
`
	record := ""
	for _, name := range []string{"pip", "pip3", "pip" + minor} {
		if err := os.WriteFile(filepath.Join(environment, "bin", name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
		record += "../../../bin/" + name + ",,\n"
	}
	f, err := os.OpenFile(filepath.Join(info, "RECORD"), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(record)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(info, "INSTALLER"), []byte("pip\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

func copyOut(t testing.TB, f *zip.File, path string) {
	t.Helper()
	in, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	content, err := io.ReadAll(in)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o755)
	}
	if err == nil {
		err = os.WriteFile(path, content, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func run(t testing.TB, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	out, err := cmd.Output()
	if err != nil {
		detail := ""
		if e, ok := err.(*exec.ExitError); ok {
			detail = string(e.Stderr)
		}
		t.Fatalf("%s %s: %v %s", name, strings.Join(args, " "), err, detail)
	}
	return string(out)
}
