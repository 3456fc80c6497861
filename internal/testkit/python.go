package testkit

import (
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
	bundled string // the pip wheel that comes with it; "" where there is none
}

var pythons = sync.OnceValue(findPythons)

// Pythons gives one interpreter for each minor version from 3.8 on that the
// machine has: on PATH, and under pyenv. The test is skipped where there is none.
// It is for tests that look for one of a certain version; those that run with
// each take SomePythons.
func Pythons(t testing.TB) []Python {
	t.Helper()
	found := pythons()
	if len(found) == 0 {
		t.Skip("skipped: no python from 3.8 on was found on PATH or under pyenv")
	}
	return found
}

// SomePythons gives those of Pythons that a test of every version runs with: all
// of them where Full, else the oldest and the newest.
func SomePythons(t testing.TB) []Python {
	t.Helper()
	found := Pythons(t)
	if len(found) > 2 && !Full() {
		t.Logf("python %s and %s alone: %s=1 has all %d of this machine", found[0].Version, found[len(found)-1].Version,
			fullVariable, len(found))
		return []Python{found[0], found[len(found)-1]}
	}
	return found
}

// HasTerminal tells whether this machine gives a test a terminal of its own; a
// root of files alone does not.
func HasTerminal() bool {
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		return false
	}
	_ = terminal.Close()
	return true
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
	asked := map[string]bool{}
	for _, path := range candidates {
		if strings.HasSuffix(path, "-config") || strings.Contains(path, "shims") {
			continue
		}
		// One program has many names; each costs a start of Python.
		file, err := filepath.EvalSymlinks(path)
		if err != nil || asked[file] {
			continue
		}
		asked[file] = true
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

// describing prints what describe reads, a line for each: the interpreter, of an
// environment the one that it was made with, its version and its pip wheel.
const describing = `
import ensurepip, glob, os, sys, sysconfig, venv
places = [os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")]
if sysconfig.get_config_var("WHEEL_PKG_DIR"):
    places.insert(0, sysconfig.get_config_var("WHEEL_PKG_DIR"))
places.append("/usr/share/python-wheels")
wheels = [path for place in places for path in sorted(glob.glob(os.path.join(place, "pip-*.whl")))]
print(getattr(sys, "_base_executable", None) or sys.executable)
print("%d.%d.%d" % sys.version_info[:3])
print((wheels + [""])[0])
`

func describe(path string) (Python, bool) {
	out, err := exec.Command(path, "-I", "-c", describing).Output()
	lines := strings.Split(strings.ReplaceAll(string(out), "\r\n", "\n"), "\n")
	if err != nil || len(lines) < 3 || !strings.HasPrefix(lines[1], "3.") {
		return Python{}, false
	}
	minor, err := strconv.Atoi(strings.Split(lines[1], ".")[1])
	return Python{Path: lines[0], Version: lines[1], Minor: minor, bundled: lines[2]}, err == nil
}

// Environment makes a real virtual environment with pip in dir, in a thirtieth
// of the time that ensurepip takes: as `python -m venv` makes it, and with the
// bundled pip as pip itself would install it, but both copied.
func Environment(t testing.TB, python Python, dir string) {
	t.Helper()
	BareEnvironment(t, python, dir)
	InstallPip(t, dir, BundledPip(t, python))
}

// EnvironmentWith is Environment with another release of pip.
func EnvironmentWith(t testing.TB, python Python, release, dir string) {
	t.Helper()
	BareEnvironment(t, python, dir)
	InstallPip(t, dir, PipWheel(t, python, release))
}

// BundledPip gives the path of the pip wheel that comes with the interpreter.
func BundledPip(t testing.TB, python Python) string {
	t.Helper()
	if python.bundled == "" {
		t.Skipf("skipped: %s has no bundled pip", python.Path)
	}
	return python.bundled
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
	linkCompiledPip(t, interpreter, minor, wheel, sites[0])
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
	name, version, _ := strings.Cut(filepath.Base(wheel), "-")
	version, _, _ = strings.Cut(version, "-")
	info := filepath.Join(sites[0], name+"-"+version+".dist-info")
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
