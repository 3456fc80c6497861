package venv

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"thresher/internal/files"
	"thresher/internal/testkit"
	"thresher/internal/words"
	"thresher/python"
)

// The variables of guard/guard.py; package pip sets two of them.
const (
	interpreterVariable = "THRESHER_INTERPRETER"
	hopsVariable        = "THRESHER_HOPS"
	passVariable        = "THRESHER_PASS"
	runVariable         = "THRESHER_RUN"
)

// In these tests the test binary itself stands for thresher: called as pip it
// writes down how, called with guard it guards.
func TestMain(m *testing.M) {
	if record := os.Getenv("THRESHER_TEST_RECORD"); record != "" && filepath.Base(os.Args[0]) == "pip" {
		os.Exit(recordCall(record))
	}
	if len(os.Args) > 3 && os.Args[1] == "guard" && os.Args[len(os.Args)-2] == "--" {
		os.Exit(guardFromOutside(os.Args[len(os.Args)-1]))
	}
	status := m.Run()
	if shared.remove != nil {
		shared.remove()
	}
	os.Exit(status)
}

// shared are guarded environments that several tests look at and none
// changes: making one takes longer than a test.
var shared struct {
	sync.Mutex
	root         string
	remove       func()
	environments map[string]inspected
}

func sharedEnvironment(t *testing.T, python testkit.Python) inspected {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.root == "" {
		root, remove, err := testkit.Scratch()
		if err != nil {
			t.Fatal(err)
		}
		shared.root, shared.remove, shared.environments = root, remove, map[string]inspected{}
	}
	environment, known := shared.environments[python.Version]
	if !known {
		environment = guarded(t, python, filepath.Join(shared.root, "an environment ü "+python.Version))
		shared.environments[python.Version] = environment
	}
	return environment
}

// inspected is an environment as python.Inspect reads it; in most tests a
// variable is called python.
type inspected = python.Environment

func inspect(interpreter string) (inspected, error) {
	return python.Inspect(interpreter, os.Environ(), "")
}

// call is how thresher was called.
type call struct {
	Args        []string
	Interpreter string
	Hops        string
	Pass, Run   string
	Gate        string
}

// recordedStatus is what the stand-in ends with.
const recordedStatus = 77

func recordCall(path string) int {
	content, err := json.Marshal(call{
		Args: os.Args, Interpreter: os.Getenv(interpreterVariable), Hops: os.Getenv(hopsVariable),
		Pass: os.Getenv(passVariable), Run: os.Getenv(runVariable), Gate: os.Getenv("THRESHER_GATE"),
	})
	if err == nil {
		err = os.WriteFile(path, content, 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return recordedStatus
}

func guardFromOutside(directory string) int {
	self, err := os.Executable()
	var environment inspected
	if err == nil {
		environment, err = inspect(filepath.Join(directory, "bin", "python"))
	}
	if err == nil {
		err = InstallGuard(environment, self)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func self(t testing.TB) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// environmentWithPip is testkit.Environment with the scripts that pip writes
// where a path has blanks or is long.
func environmentWithPip(t testing.TB, python testkit.Python, dir string) inspected {
	t.Helper()
	testkit.Environment(t, python, dir)
	writeScripts(t, python, dir)
	environment, err := inspect(filepath.Join(dir, "bin", "python"))
	if err != nil {
		t.Fatal(err)
	}
	return environment
}

func writeScripts(t testing.TB, python testkit.Python, dir string) {
	t.Helper()
	script := "#!/bin/sh\n'''exec' \"" + filepath.Join(dir, "bin", "python3") + "\" \"$0\" \"$@\"\n' '''\n" +
		"# -*- coding: utf-8 -*-\nimport re\nimport sys\nfrom pip._internal.cli.main import main\n" +
		"if __name__ == '__main__':\n    sys.exit(main())\n"
	for _, name := range []string{"pip", "pip3", fmt.Sprintf("pip3.%d", python.Minor)} {
		if err := os.WriteFile(filepath.Join(dir, "bin", name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// guarded makes an environment with pip and this binary's guard.
func guarded(t testing.TB, python testkit.Python, dir string) inspected {
	t.Helper()
	environment := environmentWithPip(t, python, dir)
	if err := InstallGuard(environment, self(t)); err != nil {
		t.Fatal(err)
	}
	return environment
}

// result of a command in a guarded environment.
type result struct {
	status         int
	stdout, stderr string
	call           *call // nil where thresher was not called
}

// runGuarded runs a command with the variables given and a home of its own.
func runGuarded(t *testing.T, dir string, variables []string, name string, args ...string) result {
	t.Helper()
	record := filepath.Join(t.TempDir(), "call.json")
	command := exec.Command(name, args...)
	command.Dir = dir
	command.Env = append([]string{
		"PATH=" + filepath.Dir(name) + string(os.PathListSeparator) + "/usr/bin" + string(os.PathListSeparator) + "/bin",
		"HOME=" + t.TempDir(), "THRESHER_TEST_RECORD=" + record, "PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_NO_INDEX=1",
	}, variables...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s %q: %v", name, args, err)
	}
	r := result{status: command.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
	if content, err := os.ReadFile(record); err == nil {
		if err := json.Unmarshal(content, &r.call); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func skipOnWindows(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: made for the layout of Unix environments")
	}
}

// Every form in which pip can be called.
func TestGuardCatchesEveryForm(t *testing.T) {
	skipOnWindows(t)
	for _, python := range testkit.SomePythons(t) {
		t.Run(python.Version, func(t *testing.T) {
			t.Parallel()
			environment := sharedEnvironment(t, python)
			dir := environment.Prefix
			bin, site := filepath.Join(dir, "bin"), environment.SitePackages[0]
			interpreter := filepath.Join(bin, "python")
			versioned := fmt.Sprintf("pip3.%d", python.Minor)
			link := filepath.Join(t.TempDir(), "pip")
			if err := os.Symlink(filepath.Join(bin, "pip"), link); err != nil {
				t.Fatal(err)
			}
			wheel := testkit.BundledPip(t, python)
			application := filepath.Join(t.TempDir(), "pip.pyz")
			makeApplication(t, python, wheel, application)
			want := []string{"pip", "install", "alpha"}
			forms := [][]string{
				{filepath.Join(bin, "pip"), "install", "alpha"},
				{filepath.Join(bin, "pip3"), "install", "alpha"},
				{filepath.Join(bin, versioned), "install", "alpha"},
				{link, "install", "alpha"},
				{interpreter, "-m", "pip", "install", "alpha"},
				{interpreter, "-mpip", "install", "alpha"},
				{interpreter, "-I", "-m", "pip", "install", "alpha"},
				{interpreter, "-E", "-m", "pip", "install", "alpha"},
				{interpreter, "-s", "-m", "pip", "install", "alpha"},
				{interpreter, "-Im", "pip", "install", "alpha"},
				{interpreter, "-Esmpip", "install", "alpha"},
				{interpreter, "-X", "utf8", "-W", "ignore", "-m", "pip", "install", "alpha"},
				{interpreter, "-Xdev", "-Werror", "-bb", "-m", "pip", "install", "alpha"},
				{interpreter, "--check-hash-based-pycs", "never", "-m", "pip", "install", "alpha"},
				{interpreter, "-m", "pip.__main__", "install", "alpha"},
				{interpreter, filepath.Join(bin, "pip"), "install", "alpha"},
				{interpreter, "-I", filepath.Join(bin, versioned), "install", "alpha"},
				{interpreter, filepath.Join(site, "pip"), "install", "alpha"},
				{interpreter, filepath.Join(site, "pip", "__main__.py"), "install", "alpha"},
				{interpreter, filepath.Join(wheel, "pip"), "install", "alpha"},
				{interpreter, application, "install", "alpha"},
				{interpreter, "-I", application, "install", "alpha"},
				{interpreter, "-c", "import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-m', 'pip', " +
					"'install', 'alpha']))"},
				{interpreter, "-c", "import os, sys; os.execv(sys.executable, [sys.executable, '-Im', 'pip', 'install', 'alpha'])"},
				{interpreter, "-c", "import runpy, sys; sys.argv[1:] = ['install', 'alpha']; runpy.run_module('pip', " +
					"run_name='__main__', alter_sys=True)"},
				{interpreter, "-c", "import pip, sys; sys.exit(pip.main(['install', 'alpha']))"},
				{interpreter, "-c", "import sys; from pip._internal.cli.main import main; sys.exit(main(['install', 'alpha']))"},
				{interpreter, "-c", "import sys; from pip._internal.cli.main import cli; sys.exit(cli(['install', 'alpha']))"},
				{interpreter, "-c", "import sys; from pip._internal.commands import create_command; " +
					"sys.exit(create_command('install').main(['alpha']))"},
				{"/bin/sh", "-c", "pip install alpha"},
				{"/bin/sh", "-c", ". bin/activate && pip install alpha"},
				{"/bin/sh", "-c", "bin/pip install alpha"},
				{"/usr/bin/env", "pip3", "install", "alpha"},
			}
			if runner := filepath.Join(site, "pip", "__pip-runner__.py"); files.IsRegular(runner) { // since pip 22.2
				forms = append(forms, []string{interpreter, runner, "install", "alpha"},
					[]string{interpreter, "-I", runner, "install", "alpha"})
			}
			for _, form := range forms {
				r := runGuarded(t, dir, []string{"PATH=" + bin + ":/usr/bin:/bin"}, form[0], form[1:]...)
				if r.call == nil || !slices.Equal(r.call.Args, want) || r.status != recordedStatus {
					t.Errorf("%q: status %d, call %+v, stderr %s", form, r.status, r.call, r.stderr)
					continue
				}
				if !strings.HasPrefix(r.call.Interpreter, bin+"/python") || r.call.Hops != "1" {
					t.Errorf("%q: interpreter %q, hops %q", form, r.call.Interpreter, r.call.Hops)
				}
				if r.stdout != "" || r.stderr != "" && !strings.Contains(r.stderr, "wrapper") { // pip.main() says it is a wrapper
					t.Errorf("%q: %q %q", form, r.stdout, r.stderr)
				}
			}
		})
	}
}

// makeApplication makes a zip application of a pip wheel, as pip.pyz is one.
func makeApplication(t *testing.T, python testkit.Python, wheel, path string) {
	t.Helper()
	code := "import shutil, sys, zipfile\nshutil.copy(sys.argv[1], sys.argv[2])\n" +
		"with zipfile.ZipFile(sys.argv[2], 'a') as z:\n" +
		"    z.writestr('__main__.py', \"import runpy; runpy.run_module('pip', run_name='__main__')\")"
	if out, err := exec.Command(python.Path, "-I", "-c", code, wheel, path).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
}

// What is no pip, or installs nothing inside another program, runs as ever.
func TestGuardLeavesOthersAlone(t *testing.T) {
	skipOnWindows(t)
	for _, python := range testkit.SomePythons(t) {
		t.Run(python.Version, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			interpreter := sharedEnvironment(t, python).Interpreter
			own := filepath.Join(dir, "pip")
			if err := os.WriteFile(own, []byte("import sys\nprint('a person’s own', *sys.argv[1:])\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			module := filepath.Join(dir, "tool.py")
			if err := os.WriteFile(module, []byte("import sys\nprint(*sys.argv[1:])\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			for _, test := range []struct {
				args []string
				want string
			}{
				{[]string{"-c", "print('pip')", "pip", "install"}, "pip\n"},
				{[]string{module, "-m", "pip"}, "-m pip\n"},
				{[]string{"-m", "tool", "install", "pip"}, "install pip\n"},
				{[]string{own, "install"}, "a person’s own install\n"},
				{[]string{"-c", "import pip._internal.cli.main as m; print(m.main(['freeze']))"}, "0\n"},
				{[]string{"-c", "import runpy, sys; sys.argv[1:] = ['freeze', '--all', '--exclude', 'pip', '--exclude', " +
					"'setuptools']; runpy.run_module('pip', run_name='__main__', alter_sys=True)"}, ""},
				{[]string{"-c", "import venv, inspect; print(len(inspect.getsource(venv)) > 1000)"}, "True\n"},
			} {
				r := runGuarded(t, dir, []string{"PYTHONUTF8=1"}, interpreter, test.args...)
				if r.call != nil || r.status != 0 || r.stdout != test.want {
					t.Errorf("%q: status %d, call %+v, %q %s", test.args, r.status, r.call, r.stdout, r.stderr)
				}
			}
		})
	}
}

// What lies in the working directory or on PYTHONPATH takes the place of
// nothing that is imported on the way to thresher.
func TestGuardIsNotTakenFromACheckout(t *testing.T) {
	skipOnWindows(t)
	for _, python := range testkit.SomePythons(t) {
		t.Run(python.Version, func(t *testing.T) {
			t.Parallel()
			interpreter := sharedEnvironment(t, python).Interpreter
			checkout := t.TempDir()
			for _, module := range []string{"_thresher_guard", "_thresher_start", "_signal", "signal", "subprocess",
				"ctypes", "ensurepip"} {
				text := "import sys\nprint('taken', __name__)\nfind_spec = lambda *a: None\nstart = lambda: None\n"
				if err := os.WriteFile(filepath.Join(checkout, module+".py"), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			for _, args := range [][]string{
				{"-m", "pip", "install", "alpha"},
				{"-c", "import runpy, sys; sys.path.remove(''); sys.argv[1:] = ['install', 'alpha']; runpy.run_module('pip', " +
					"run_name='__main__', alter_sys=True)"},
			} {
				r := runGuarded(t, checkout, nil, interpreter, args...)
				if r.call == nil || !slices.Equal(r.call.Args, []string{"pip", "install", "alpha"}) || r.status != recordedStatus ||
					r.stdout != "" {
					t.Errorf("%q: status %d, call %+v, %q %s", args, r.status, r.call, r.stdout, r.stderr)
				}
			}
			r := runGuarded(t, t.TempDir(), []string{"PYTHONPATH=" + checkout}, interpreter, "-m", "pip", "install", "alpha")
			if r.call == nil || r.status != recordedStatus || strings.Contains(r.stdout, "_thresher") {
				t.Errorf("PYTHONPATH: status %d, call %+v, %q %s", r.status, r.call, r.stdout, r.stderr)
			}
		})
	}
}

// The pip that thresher starts itself goes on as plain pip; the same variables
// in other hands do not help.
func TestGuardKnowsItsOwnPip(t *testing.T) {
	skipOnWindows(t)
	for _, python := range testkit.SomePythons(t) {
		t.Run(python.Version, func(t *testing.T) {
			t.Parallel()
			environment := sharedEnvironment(t, python)
			dir, interpreter := environment.Prefix, `"`+environment.Interpreter+`"`
			me := strconv.Itoa(os.Getpid())
			run, forged := runVariable+"="+me, runVariable+"="+strconv.Itoa(os.Getppid())
			pass := "exec env " + passVariable + "=$$ "
			for _, test := range []struct {
				name      string
				variables []string
				command   []string
				caught    bool
			}{
				{"started by thresher", []string{run}, []string{environment.Interpreter, "-I", filepath.Join(dir, "bin", "pip"),
					"install", "alpha"}, false},
				{"started by thresher as a module", []string{run}, []string{environment.Interpreter, "-m", "pip",
					"install", "alpha"}, false},
				{"started by thresher's child", []string{run}, []string{"/bin/sh", "-c", "true; " + interpreter +
					" -m pip install alpha; exit $?"}, true},
				{"another process named", []string{forged}, []string{environment.Interpreter, "-m", "pip", "install", "alpha"},
					true},
				{"its own parent named", nil, []string{"/bin/sh", "-c", runVariable + "=$$ " + interpreter + " -m pip install " +
					"alpha; exit $?"}, true},
				{"nonsense named", []string{runVariable + "=" + strings.Repeat("9", 5000)},
					[]string{environment.Interpreter, "-m", "pip", "install", "alpha"}, true},
				{"nothing named", []string{runVariable + "="}, []string{environment.Interpreter, "-m", "pip", "install", "alpha"},
					true},
				{"passed", nil, []string{"/bin/sh", "-c", pass + interpreter + " -m pip --version"}, false},
				{"passed, a listing", nil, []string{"/bin/sh", "-c", pass + interpreter + " -m pip list --format freeze"}, false},
				{"passed, showing wheel", nil, []string{"/bin/sh", "-c", pass + interpreter + " -m pip --isolated --log " +
					"/dev/null show pip wheel"}, false},
				{"passed with an install", nil, []string{"/bin/sh", "-c", pass + interpreter + " -m pip install alpha"}, true},
				{"passed with an install behind a value", nil, []string{"/bin/sh", "-c", pass + interpreter + " -m pip --proxy " +
					"list install alpha"}, true},
				{"passed with an install behind an unknown option", nil,
					[]string{"/bin/sh", "-c", pass + interpreter + " -m pip --prox list install alpha"}, true},
				{"passed with a command of the future", nil, []string{"/bin/sh", "-c", pass + interpreter + " -m pip sync"}, true},
				{"passed for another process", []string{passVariable + "=" + me}, []string{environment.Interpreter, "-m", "pip",
					"--quiet", "list"}, true},
				{"a listing", nil, []string{environment.Interpreter, "-m", "pip", "list"}, false},
				{"the version", nil, []string{environment.Interpreter, "-m", "pip", "--version"}, false},
				{"the version and more", nil, []string{environment.Interpreter, "-m", "pip", "--version", "install", "alpha"},
					true},
				{"a listing by a folder of the working directory", nil, []string{"/bin/sh", "-c", "mkdir -p checkout/pip && cd " +
					"checkout && touch pip/__init__.py && " + interpreter + " -m pip list; exit $?"}, true},
				{"removing", nil, []string{environment.Interpreter, "-m", "pip", "uninstall", "alpha"}, true},
			} {
				r := runGuarded(t, dir, test.variables, test.command[0], test.command[1:]...)
				if (r.call != nil) != test.caught {
					t.Errorf("%s: status %d, call %+v\n%s%s", test.name, r.status, r.call, r.stdout, r.stderr)
				}
				if r.call != nil && (r.call.Pass != "" || r.call.Run != "") {
					t.Errorf("%s: the variables were handed on: %+v", test.name, r.call)
				}
			}
		})
	}
}

func TestGuardHandsTheGateOnAndEndsACircle(t *testing.T) {
	skipOnWindows(t)
	dir := sharedEnvironment(t, testkit.Pythons(t)[0]).Prefix
	pip := filepath.Join(dir, "bin", "pip")
	r := runGuarded(t, dir, []string{"THRESHER_GATE=1 a b c", hopsVariable + "=4"}, pip, "install", "alpha")
	if r.call == nil || r.call.Gate != "1 a b c" || r.call.Hops != "5" {
		t.Errorf("%+v", r.call)
	}
	for _, hops := range []string{"16", "999"} {
		r = runGuarded(t, dir, []string{hopsVariable + "=" + hops}, pip, "install", "alpha")
		if r.call != nil || r.status != 125 || !strings.HasPrefix(r.stderr, "thresher: ") {
			t.Errorf("%s: %d %+v %q", hops, r.status, r.call, r.stderr)
		}
	}
}

// Where thresher is gone, one line says so; nothing is installed, the rest runs.
func TestGuardWithoutThresher(t *testing.T) {
	skipOnWindows(t)
	for _, python := range testkit.SomePythons(t) {
		t.Run(python.Version, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "env")
			environment := environmentWithPip(t, python, dir)
			program := filepath.Join(t.TempDir(), "it's \"gone\" \\ é")
			if err := InstallGuard(environment, program); err != nil {
				t.Fatal(err)
			}
			state, err := GuardState(environment)
			if err != nil || !state.Installed || !state.Current || !state.Gone || state.Program != program {
				t.Errorf("%+v %v", state, err)
			}
			pip := filepath.Join(dir, "bin", "pip")
			for _, args := range [][]string{{"install", "alpha"}, {"--quiet", "download", "alpha"},
				{"--prox", "x", "wheel", "a"}} {
				r := runGuarded(t, dir, []string{"PYTHONUTF8=1"}, pip, args...)
				if r.status != 125 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 ||
					!strings.Contains(r.stderr, program) || !strings.Contains(r.stderr, pathFileName) {
					t.Errorf("%q: %d %q %q", args, r.status, r.stdout, r.stderr)
				}
			}
			r := runGuarded(t, dir, []string{"PYTHONUTF8=1"}, pip, "list", "--format=freeze")
			if r.status != 0 || !strings.HasPrefix(r.stdout, "pip==") || strings.Count(r.stderr, "\n") != 1 {
				t.Errorf("list: %d %q %q", r.status, r.stdout, r.stderr)
			}
			r = runGuarded(t, dir, nil, filepath.Join(dir, "bin", "python"), "-c",
				"import pip, sys; sys.exit(pip.main(['install', 'alpha']))")
			if r.status != 125 || !strings.Contains(r.stderr, "thresher: ") {
				t.Errorf("pip.main: %d %q %q", r.status, r.stdout, r.stderr)
			}
			// A guard without its module refuses as well.
			if err := os.Remove(filepath.Join(environment.SitePackages[0], guardModuleName)); err != nil {
				t.Fatal(err)
			}
			r = runGuarded(t, dir, nil, pip, "install", "alpha")
			if r.status == 0 || !strings.Contains(r.stderr, "No module named '_thresher_guard'") {
				t.Errorf("without its module: %d %q %q", r.status, r.stdout, r.stderr)
			}
			r = runGuarded(t, dir, nil, filepath.Join(dir, "bin", "python"), "-c", "print(1)")
			if r.status != 0 || r.stdout != "1\n" || r.stderr != "" {
				t.Errorf("python without the guard's module: %d %q %q", r.status, r.stdout, r.stderr)
			}
		})
	}
}

// The guard stays through an upgrade of pip, is seen by none of pip's
// commands, and leaves nothing behind.
func TestGuardIsInvisibleAndLeavesNoTrace(t *testing.T) {
	skipOnWindows(t)
	for _, python := range testkit.SomePythons(t) {
		t.Run(python.Version, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "env")
			environment := environmentWithPip(t, python, dir)
			pip := filepath.Join(dir, "bin", "pip")
			asThresher := []string{runVariable + "=" + strconv.Itoa(os.Getpid())}
			look := func() string {
				text := ""
				for _, args := range [][]string{{"list"}, {"freeze", "--all"}, {"check"}} {
					r := runGuarded(t, dir, asThresher, pip, args...)
					text += r.stdout + r.stderr
				}
				return text
			}
			before, filesBefore := look(), tree(t, dir)
			if err := InstallGuard(environment, self(t)); err != nil {
				t.Fatal(err)
			}
			if during := look(); during != before {
				t.Errorf("pip shows %q, before %q", during, before)
			}
			wheel := testkit.BundledPip(t, python)
			r := runGuarded(t, dir, asThresher, pip, "install", "-q", "--force-reinstall", wheel)
			if r.status != 0 {
				t.Fatalf("%d %s", r.status, r.stderr)
			}
			r = runGuarded(t, dir, nil, pip, "install", "alpha")
			if r.call == nil {
				t.Error("pip's reinstallation took the guard away")
			}
			if err := RemoveGuard(environment, ""); err != nil {
				t.Fatal(err)
			}
			if err := RemoveGuard(environment, ""); err != nil {
				t.Error(err)
			}
			if after := tree(t, dir); !slices.Equal(after, filesBefore) {
				t.Errorf("left behind: %q", difference(after, filesBefore))
			}
		})
	}
}

// tree lists what lies below a directory, without compiled modules.
func tree(t *testing.T, root string) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && entry.Name() == "__pycache__" {
			return filepath.SkipDir
		}
		// pip notes whether a distribution was asked for.
		if entry.Name() != "REQUESTED" && entry.Name() != "direct_url.json" {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func difference(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(path string) bool { return slices.Contains(b, path) })
}

// The guard in the user's site-packages: pip outside an environment is caught,
// and every environment is guarded when it is made.
func TestBaseGuard(t *testing.T) {
	skipOnWindows(t)
	for _, python := range testkit.SomePythons(t) {
		t.Run(python.Version, func(t *testing.T) {
			home := t.TempDir()
			t.Setenv("HOME", home)
			t.Setenv("PYTHONUSERBASE", "")
			t.Setenv("PYTHONNOUSERSITE", "")
			state := filepath.Join(home, "state")
			environment, err := inspect(python.Path)
			if err != nil {
				t.Fatal(err)
			}
			if environment.Virtual || environment.Prefix != environment.BasePrefix {
				t.Fatalf("%+v", environment)
			}
			if err := EnsureGuard(environment, self(t), state); err != nil {
				if errors.Is(err, ErrNoUserSite) {
					t.Skipf("skipped: %v", err)
				}
				t.Fatal(err)
			}
			homeVariable := "HOME=" + home
			r := runGuarded(t, home, []string{homeVariable}, python.Path, "-m", "pip", "install", "alpha")
			if r.call == nil || r.call.Interpreter != python.Path {
				t.Errorf("base: %d %+v %s", r.status, r.call, r.stderr)
			}
			for name, command := range map[string][]string{
				"venv":        {python.Path, "-m", "venv", "--without-pip", "x y"},
				"venv.create": {python.Path, "-c", "import venv; venv.create('x y')"},
				"EnvBuilder": {python.Path, "-c", "from venv import EnvBuilder\nclass B(EnvBuilder):\n  def create(self, d):\n " +
					"   super().create(d)\nB().create('x y')"},
				"with symlink": {python.Path, "-m", "venv", "--symlinks", "--without-pip", "x y"},
			} {
				work := t.TempDir()
				r = runGuarded(t, work, []string{homeVariable}, command[0], command[1:]...)
				if r.status != 0 || r.stderr != "" || r.stdout != "" {
					t.Errorf("%s: %d %q %q", name, r.status, r.stdout, r.stderr)
				}
				made, err := inspect(filepath.Join(work, "x y", "bin", "python"))
				if err != nil || !made.Virtual {
					t.Errorf("%s: %+v %v", name, made, err)
					continue
				}
				if state, err := GuardState(made); err != nil || !state.Current {
					t.Errorf("%s: %+v %v", name, state, err)
				}
				testkit.InstallPip(t, filepath.Join(work, "x y"), testkit.BundledPip(t, python))
				writeScripts(t, python, filepath.Join(work, "x y"))
				r = runGuarded(t, work, []string{homeVariable}, filepath.Join(work, "x y", "bin", "pip"), "install", "alpha")
				if r.call == nil {
					t.Errorf("%s: pip in the new environment is not caught", name)
				}
				// An environment made by a guarded one is guarded too.
				r = runGuarded(t, work, []string{homeVariable}, filepath.Join(work, "x y", "bin", "python"), "-m", "venv",
					"--without-pip", "inner")
				inner, err := inspect(filepath.Join(work, "inner", "bin", "python"))
				if err != nil {
					t.Errorf("%s: %v %s", name, err, r.stderr)
				} else if state, err := GuardState(inner); err != nil || !state.Current {
					t.Errorf("%s: the inner environment: %+v %v", name, state, err)
				}
			}
			list, err := Known(state)
			if err != nil || len(list) != 1 || !list[0].Base || list[0].Gone {
				t.Errorf("%+v %v", list, err)
			}
			removed, err := RemoveKnownGuards(state)
			if err != nil || len(removed) != 1 {
				t.Errorf("%+v %v", removed, err)
			}
			if _, err := os.Stat(filepath.Join(home, ".local")); err == nil {
				t.Error("the user's site-packages that were made are still there")
			}
			if list, err := Known(state); err != nil || len(list) != 0 {
				t.Errorf("%+v %v", list, err)
			}
		})
	}
}

// ensurepip runs pip inside another program, with nothing but what comes with
// Python; it works in a guarded environment, and nothing else passes for it.
func TestEnsurepipInAGuardedEnvironment(t *testing.T) {
	skipOnWindows(t)
	pythons := testkit.SomePythons(t)
	if !testkit.Full() {
		pythons = pythons[:1]
	}
	for _, python := range pythons {
		t.Run(python.Version, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "env")
			if out, err := exec.Command(python.Path, "-I", "-m", "venv", "--without-pip", dir).CombinedOutput(); err != nil {
				t.Fatalf("%v %s", err, out)
			}
			interpreter := filepath.Join(dir, "bin", "python")
			environment, err := inspect(interpreter)
			if err != nil {
				t.Fatal(err)
			}
			if err := InstallGuard(environment, self(t)); err != nil {
				t.Fatal(err)
			}
			r := runGuarded(t, dir, nil, interpreter, "-m", "ensurepip", "--default-pip")
			if r.status != 0 || r.call != nil {
				t.Fatalf("%d %+v %s", r.status, r.call, r.stderr)
			}
			wheels := t.TempDir()
			name, content := testkit.Distribution{Name: "pip", Version: "99"}.Wheel()
			if err := os.WriteFile(filepath.Join(wheels, name), content, 0o644); err != nil {
				t.Fatal(err)
			}
			for _, args := range []string{
				`'install', '--no-index', '--find-links', '` + wheels + `', 'pip'`,
				`'install', '--no-index', '--find-links', '` + t.TempDir() + `', 'pip'`,
				`'install', '--no-index', '--find-links', '` + wheels + `', '-r', 'x'`,
				`'install', 'pip'`,
			} {
				r := runGuarded(t, dir, nil, interpreter, "-c", "import runpy, sys; sys.argv[1:] = ["+args+
					"]; runpy.run_module('pip', run_name='__main__', alter_sys=True)")
				if r.call == nil {
					t.Errorf("%s: %d %s", args, r.status, r.stderr)
				}
			}
		})
	}
}

func TestVirtualenvIsGuardedFromBirth(t *testing.T) {
	skipOnWindows(t)
	if !testkit.Full() {
		t.Skip("skipped: it fetches virtualenv; set THRESHER_TEST_FULL")
	}
	python := testkit.AnyPython(t)
	scratch := filepath.Join(t.TempDir(), "env")
	testkit.Environment(t, python, scratch)
	fetch := exec.Command(filepath.Join(scratch, "bin", "pip"), "install", "-q", "--retries", "1", "virtualenv")
	fetch.Env = append(os.Environ(), "PIP_DISABLE_PIP_VERSION_CHECK=1")
	if out, err := fetch.CombinedOutput(); err != nil {
		t.Skipf("skipped: virtualenv cannot be had from this machine's index: %s", words.LastLine(string(out)))
	}
	environment, err := inspect(filepath.Join(scratch, "bin", "python"))
	if err == nil {
		err = InstallGuard(environment, self(t))
	}
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	r := runGuarded(t, work, nil, filepath.Join(scratch, "bin", "virtualenv"), "-q", "made")
	made, err := inspect(filepath.Join(work, "made", "bin", "python"))
	if err != nil {
		t.Fatalf("%v %s", err, r.stderr)
	}
	if state, err := GuardState(made); err != nil || !state.Current {
		t.Errorf("%+v %v %s", state, err, r.stderr)
	}
	if r = runGuarded(t, work, nil, filepath.Join(work, "made", "bin", "pip"), "install", "alpha"); r.call == nil {
		t.Errorf("%d %s", r.status, r.stderr)
	}
}

func TestGuardIsNotWrittenEverywhere(t *testing.T) {
	skipOnWindows(t)
	python := testkit.AnyPython(t)
	dir := filepath.Join(t.TempDir(), "env")
	environment := guarded(t, python, dir)
	site := environment.SitePackages[0]
	if err := RemoveGuard(environment, ""); err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{"thresher", "/a\xff", ""} {
		if err := InstallGuard(environment, program); err == nil {
			t.Errorf("%q was taken for a program", program)
		}
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(site, 12345, 12345); err != nil {
			t.Fatal(err)
		}
		if err := EnsureGuard(environment, self(t), t.TempDir()); !errors.Is(err, ErrNotOurs) {
			t.Errorf("another user's environment: %v", err)
		}
	} else {
		if err := os.Chmod(site, 0o555); err != nil {
			t.Fatal(err)
		}
		if err := EnsureGuard(environment, self(t), t.TempDir()); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("read-only site-packages: %v", err)
		}
		if err := os.Chmod(site, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if state, err := GuardState(environment); err != nil || state.Installed {
		t.Errorf("%+v %v", state, err)
	}
}

// A guard that works stays; one that does not is written anew.
func TestEnsureGuard(t *testing.T) {
	skipOnWindows(t)
	dir := filepath.Join(t.TempDir(), "env")
	environment := guarded(t, testkit.AnyPython(t), dir)
	site, state := environment.SitePackages[0], filepath.Join(t.TempDir(), "state")
	other := filepath.Join(t.TempDir(), "thresher")
	if err := os.WriteFile(other, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	program := func() string {
		t.Helper()
		found, err := GuardState(environment)
		if err != nil {
			t.Fatal(err)
		}
		if !found.Current {
			return ""
		}
		return found.Program
	}
	for _, step := range []struct {
		name   string
		do     func() error
		binary string
		want   string
	}{
		{"a living guard of another thresher", func() error { return nil }, other, self(t)},
		{"a changed module", func() error {
			return os.WriteFile(filepath.Join(site, guardModuleName), []byte("pass\n"), 0o644)
		}, other, other},
		{"a program that went", func() error { return os.Remove(other) }, self(t), self(t)},
		{"a missing .pth", func() error { return os.Remove(filepath.Join(site, pathFileName)) }, self(t), self(t)},
		{"a changed .pth", func() error { return os.WriteFile(filepath.Join(site, pathFileName), nil, 0o644) }, self(t),
			self(t)},
	} {
		err := step.do()
		if err == nil {
			err = EnsureGuard(environment, step.binary, state)
		}
		if got := program(); err != nil || got != step.want {
			t.Errorf("%s: calls %q, want %q (%v)", step.name, got, step.want, err)
		}
	}
	list, err := Known(state)
	if err != nil || len(list) != 1 || list[0].Directory != site || list[0].Prefix != dir || list[0].Base {
		t.Errorf("%+v %v", list, err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if list, err = Known(state); err != nil || len(list) != 1 || !list[0].Gone {
		t.Errorf("%+v %v", list, err)
	}
	if removed, err := RemoveKnownGuards(state); err != nil || len(removed) != 0 {
		t.Errorf("%+v %v", removed, err)
	}
	if err := os.WriteFile(registryPath(state), []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Known(state); err == nil {
		t.Error("a line that names no directory was read")
	}
}

// From Python 3.15 on the .start file counts (PEP 829). None of that age is
// here, so its function is called as site.py would.
func TestStartFile(t *testing.T) {
	skipOnWindows(t)
	dir := filepath.Join(t.TempDir(), "env")
	python := testkit.AnyPython(t)
	testkit.Environment(t, python, dir)
	environment, err := inspect(filepath.Join(dir, "bin", "python"))
	if err != nil {
		t.Fatal(err)
	}
	site := environment.SitePackages[0]
	environment.PythonVersion = "3.15.0"
	if err := InstallGuard(environment, self(t)); err != nil {
		t.Fatal(err)
	}
	if state, err := GuardState(environment); err != nil || !state.Current {
		t.Errorf("%+v %v", state, err)
	}
	// Up to 3.14 the matching .pth is what runs; it is put away, and one in
	// its place calls what the .start file names.
	start, err := os.ReadFile(filepath.Join(site, startFileName))
	if err != nil || string(start) != "_thresher_start:start\n" {
		t.Errorf("%q %v", start, err)
	}
	caller := filepath.Join(site, "caller.pth")
	if err := os.WriteFile(caller, []byte("import pkgutil; pkgutil.resolve_name('_thresher_start:start')()\n"),
		0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(site, pathFileName)); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-m", "pip", "install", "alpha"},
		{"-c", "import pip, sys; sys.exit(pip.main(['install', 'alpha']))"}} {
		r := runGuarded(t, dir, nil, filepath.Join(dir, "bin", "python"), args...)
		if r.call == nil || !slices.Equal(r.call.Args, []string{"pip", "install", "alpha"}) {
			t.Errorf("%q: %d %+v %s", args, r.status, r.call, r.stderr)
		}
	}
	if err := RemoveGuard(environment, ""); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(site, "*thresher*"))
	compiled, _ := filepath.Glob(filepath.Join(site, "__pycache__", "*thresher*"))
	if err != nil || len(left)+len(compiled) > 0 {
		t.Errorf("left behind: %q %q %v", left, compiled, err)
	}
}

func TestPathFileIsOneASCIILine(t *testing.T) {
	text := pathFile()
	if !strings.HasPrefix(text, "import ") || strings.Count(text, "\n") != 1 ||
		strings.ContainsFunc(text, func(r rune) bool { return r > 126 }) {
		t.Errorf("%q", text)
	}
	for name, want := range map[string]bool{pathFileName: true, startFileName: true, "_thresher_guard.py": true,
		"_thresher_start.py": true, "other.pth": false} {
		if IsGuardFile(name) != want {
			t.Error(name)
		}
	}
}

func TestAncestorIs(t *testing.T) {
	if os.Getenv("THRESHER_TEST_ANCESTOR") != "" {
		// The child: its parent is a shell, whose parent is the test.
		pid, err := strconv.Atoi(os.Getenv("THRESHER_TEST_ANCESTOR"))
		fmt.Printf("%v %v %v %v\n", err == nil && AncestorIs(pid, self(t)), AncestorIs(pid, "/bin/sh"),
			AncestorIs(os.Getpid(), self(t)), AncestorIs(1<<30, self(t)))
		return
	}
	skipOnWindows(t)
	command := exec.Command("/bin/sh", "-c", "true; \""+self(t)+"\" -test.run=^TestAncestorIs$; true")
	command.Env = append(os.Environ(), "THRESHER_TEST_ANCESTOR="+strconv.Itoa(os.Getpid()))
	out, err := command.CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "true false false false\n") {
		t.Errorf("%s %v", out, err)
	}
}

// How much the guard adds to other Python starts, and to a pip that it lets
// go on: run with -bench Python -benchtime 200x.
func BenchmarkPythonStart(b *testing.B) {
	for _, python := range testkit.Pythons(b) {
		dir := filepath.Join(b.TempDir(), "env")
		testkit.Environment(b, python, dir)
		environment, err := inspect(filepath.Join(dir, "bin", "python"))
		if err != nil {
			b.Fatal(err)
		}
		run := func(b *testing.B, variables []string, args ...string) {
			for b.Loop() {
				command := exec.Command(environment.Interpreter, args...)
				command.Env = append(os.Environ(), variables...)
				if err := command.Run(); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.Run(python.Version+"/plain", func(b *testing.B) { run(b, nil, "-c", "pass") })
		b.Run(python.Version+"/pip", func(b *testing.B) { run(b, nil, "-m", "pip", "--version") })
		if err := InstallGuard(environment, self(b)); err != nil {
			b.Fatal(err)
		}
		own := []string{runVariable + "=" + strconv.Itoa(os.Getpid())}
		b.Run(python.Version+"/guarded", func(b *testing.B) { run(b, nil, "-c", "pass") })
		b.Run(python.Version+"/guarded-pip", func(b *testing.B) { run(b, own, "-m", "pip", "--version") })
	}
}
