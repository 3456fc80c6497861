package pip

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"thresher/internal/testkit"
	"thresher/python"
)

// realPath resolves the links of a test's directory, which macOS has many of.
func realPath(t *testing.T, path string) string {
	t.Helper()
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		t.Fatal(err)
	}
	return real
}

// testEnvironment is a virtual environment of Python 3.11 as tests pretend it.
func testEnvironment(dir string) python.Environment {
	return python.Environment{
		Interpreter: filepath.Join(dir, "bin", "python"), Prefix: dir, BasePrefix: "/usr", Virtual: true,
		PythonVersion: "3.11.7",
		SitePackages:  []string{filepath.Join(dir, "lib", "python3.11", "site-packages")},
	}
}

// TestDescribe checks that the pip which is found is the one that each
// interpreter imports.
func TestDescribe(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: the environment is for Unix")
	}
	for _, python := range testkit.Pythons(t) {
		t.Run(python.Version, func(t *testing.T) {
			dir := filepath.Join(realPath(t, t.TempDir()), "env")
			testkit.Environment(t, python, dir)
			for _, interpreter := range []string{filepath.Join(dir, "bin", "python"),
				filepath.Join(dir, "bin", "python3"), python.Path} {
				found, err := describe(interpreter, os.Environ(), "")
				if err != nil {
					t.Fatal(err)
				}
				said, err := exec.Command(interpreter, "-E", "-c", `import sys; sys.path[:] = [p for p in sys.path if p]
import os, pip; from pip._internal.models.index import PyPI
print(pip.__version__, os.path.dirname(os.path.abspath(pip.__file__)), PyPI.simple_url)`).Output()
				if err != nil && found.Version != "" {
					t.Fatalf("%s: %v, but %+v", interpreter, err, found)
				}
				got := found.Version + " " + found.PackageDir + " " + found.DefaultIndex
				if want := strings.TrimSpace(string(said)); strings.TrimSpace(got) != want {
					t.Errorf("%s: %s, it says %s", interpreter, got, want)
				}
			}
		})
	}
}

func TestFind(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: the scripts are for Unix")
	}
	python := testkit.AnyPython(t)
	root := realPath(t, t.TempDir())
	env, bare := filepath.Join(root, "env"), filepath.Join(root, "bare")
	testkit.Environment(t, python, env)
	run := exec.Command(python.Path, "-I", "-m", "venv", "--without-pip", bare)
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	shims := filepath.Join(root, "shims")
	self := filepath.Join(shims, "thresher")
	writeFile(t, self, "\x7fELF binary")
	for _, name := range []string{"pip", "pip3"} {
		if err := os.Symlink("thresher", filepath.Join(shims, name)); err != nil {
			t.Fatal(err)
		}
	}
	envBin, bareBin := filepath.Join(env, "bin"), filepath.Join(bare, "bin")
	find := func(change func(*FindInput), path ...string) (*Installation, error) {
		in := FindInput{
			Name: "pip", Dir: root, Self: self,
			Environ: []string{"HOME=" + root, "PATH=" + strings.Join(path, ":")},
		}
		if change != nil {
			change(&in)
		}
		return Find(in)
	}

	t.Run("the next on PATH", func(t *testing.T) {
		found, err := find(nil, shims, "", "relative", envBin)
		if err != nil {
			t.Fatal(err)
		}
		if found.Script != filepath.Join(envBin, "pip") || found.Prefix != env || !found.UnderVirtualenv() ||
			found.Version == "" {
			t.Errorf("%+v", found)
		}
	})
	t.Run("only the shim", func(t *testing.T) {
		if _, err := find(nil, shims, shims+"/", root); !errors.Is(err, ErrNoPip) {
			t.Errorf("%v", err)
		}
	})
	t.Run("named by a guard", func(t *testing.T) {
		found, err := find(func(in *FindInput) { in.Interpreter = filepath.Join(envBin, "python"); in.Name = "pip3" },
			shims)
		if err != nil {
			t.Fatal(err)
		}
		if found.Script != filepath.Join(envBin, "pip3") || found.Prefix != env {
			t.Errorf("%+v", found)
		}
		found, err = find(func(in *FindInput) { in.Interpreter = filepath.Join(envBin, "python"); in.AsModule = true },
			shims)
		if err != nil || found.Script != "" {
			t.Errorf("%+v %v", found, err)
		}
		if _, err := find(func(in *FindInput) { in.Interpreter = filepath.Join(root, "none") }, shims); !errors.Is(err,
			ErrNoInterpreter) {
			t.Errorf("%v", err)
		}
	})
	t.Run("named by a guard, without pip", func(t *testing.T) {
		// get-pip.py, and pipx with a wheel on PYTHONPATH: a pip from outside works on it.
		found, err := find(func(in *FindInput) { in.Interpreter = filepath.Join(bareBin, "python") }, shims, envBin)
		if err != nil {
			t.Fatal(err)
		}
		if found.Prefix != bare || found.Runner == "" || found.Version == "" || !found.UnderVirtualenv() {
			t.Errorf("%+v", found)
		}
	})
	t.Run("an active environment without pip", func(t *testing.T) {
		active := func(in *FindInput) { in.Environ = append(in.Environ, "VIRTUAL_ENV="+bare) }
		found, err := find(active, shims, bareBin, envBin)
		if err != nil {
			t.Fatal(err)
		}
		if found.Prefix != bare || found.Interpreter != filepath.Join(bareBin, "python") ||
			!strings.HasPrefix(found.Runner, env) || !found.UnderVirtualenv() {
			t.Errorf("%+v", found)
		}
		// A variable left over from an environment that PATH does not lead to.
		found, err = find(active, shims, envBin, bareBin)
		if err != nil || found.Prefix != env || found.Runner != "" {
			t.Errorf("%+v %v", found, err)
		}
		if _, err := find(active, shims, bareBin); !errors.Is(err, ErrNoPip) {
			t.Errorf("%v", err)
		}
	})
	t.Run("--python", func(t *testing.T) {
		found, err := find(func(in *FindInput) { in.Python = "bare" }, shims, envBin)
		if err != nil || found.Prefix != bare || found.Version == "" {
			t.Errorf("%+v %v", found, err)
		}
		if _, err := find(func(in *FindInput) { in.Python = "none" }, envBin); !errors.Is(err, ErrNoInterpreter) {
			t.Errorf("%v", err)
		}
	})
	t.Run("through env", func(t *testing.T) {
		dir := filepath.Join(root, "through-env")
		writeFile(t, filepath.Join(dir, "pip"),
			"#!/usr/bin/env python3\nimport sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n")
		found, err := find(nil, shims, dir, envBin)
		if err != nil || found.Prefix != env || found.Script != filepath.Join(dir, "pip") {
			t.Errorf("%+v %v", found, err)
		}
	})
	t.Run("a path too long for the first line", func(t *testing.T) {
		dir := filepath.Join(root, "long")
		writeFile(t, filepath.Join(dir, "pip"),
			"#!/bin/sh\n'''exec' \""+envBin+
				"/python\" \"$0\" \"$@\"\n' '''\nimport sys\nfrom pip._internal.cli.main import main\n"+
				"sys.exit(main())\n")
		found, err := find(nil, dir)
		if err != nil || found.Prefix != env || found.Script != filepath.Join(dir, "pip") {
			t.Errorf("%+v %v", found, err)
		}
	})
	t.Run("a version manager's shim", func(t *testing.T) {
		manager := filepath.Join(root, "pyenv", "libexec", "pyenv")
		writeFile(t, manager, "#!/bin/sh\n[ \"$1\" = which ] && [ \"$2\" = pip ] && echo "+envBin+"/pip\n")
		dir := filepath.Join(root, "pyenv", "shims")
		writeFile(t, filepath.Join(dir, "pip"),
			"#!/usr/bin/env bash\nset -e\nprogram=\"${0##*/}\"\nexec \""+manager+"\" exec \"$program\" \"$@\"\n")
		found, err := find(nil, shims, dir, "/usr/bin", "/bin")
		if err != nil || found.Prefix != env || found.Script != filepath.Join(envBin, "pip") {
			t.Errorf("%+v %v", found, err)
		}
	})
	t.Run("a wrapper that answers", func(t *testing.T) {
		dir := filepath.Join(root, "wrapper")
		writeFile(t, filepath.Join(dir, "pip"), "#!/bin/sh\nexec "+envBin+"/pip \"$@\"\n")
		found, err := find(nil, shims, dir)
		if err != nil || found.Prefix != env || found.Script != "" {
			t.Errorf("%+v %v", found, err)
		}
	})
	t.Run("two wrappers that call each other", func(t *testing.T) {
		dir := filepath.Join(root, "loop")
		writeFile(t, filepath.Join(dir, "pip"), "#!/bin/sh\nexec pip \"$@\"\n")
		found, err := find(nil, dir, shims, envBin)
		if err == nil {
			t.Logf("found %+v", found)
		}
		if _, err := find(nil, dir); !errors.Is(err, ErrNoPip) {
			t.Errorf("%v", err)
		}
	})
}

func writeFile(t testing.TB, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
}

// TestUnknownPip reads a command line of a pip that no table is known of: the
// pip is asked, once.
func TestUnknownPip(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: the environment is for Unix")
	}
	python := testkit.AnyPython(t)
	dir := filepath.Join(realPath(t, t.TempDir()), "env")
	testkit.Environment(t, python, dir)
	found, err := Find(FindInput{Name: "pip", Interpreter: filepath.Join(dir, "bin", "python")})
	if err != nil {
		t.Fatal(err)
	}
	changeVersion(t, found, "99.1")
	option := filepath.Join(found.PackageDir, "_internal", "commands", "install.py")
	content, err := os.ReadFile(option)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(content), `"--force-reinstall",`, `"--force-reinstall", "--renewed",`, 1)
	if err := os.WriteFile(option, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	cache := t.TempDir()
	for range 2 {
		got := Parse(Input{Args: []string{"install", "--renew", "foo"}, Dir: dir, Installation: found, CacheDir: cache,
			Environ: []string{"HOME=" + dir}})
		if got.Failure != nil || len(got.Unreadable) > 0 || len(got.Requirements) != 1 || len(got.Warnings) > 0 {
			t.Fatalf("%+v %+v %q", got.Failure, got.Unreadable, got.Warnings)
		}
		found.Interpreter = "" // the second time nobody is asked
	}
	for _, test := range []struct {
		args, environ []string
		readable      bool
	}{
		{[]string{"install", "--upgrade", "foo", "-r/dev/null"}, nil, true},
		{[]string{"install", "--upg", "foo"}, nil, false},
		{[]string{"install", "--renewed", "foo"}, nil, false},
		{[]string{"install", "-Z", "foo"}, nil, false},
		{[]string{"install", "foo"}, []string{"PIP_NEWEST_THING=1"}, false},
		{[]string{"newcommand", "foo"}, nil, false},
		{[]string{"list"}, nil, true},
	} {
		got := Parse(Input{Args: test.args, Dir: dir, Installation: found,
			Environ: append([]string{"HOME=" + dir}, test.environ...)})
		if readable := len(got.Unreadable) == 0; readable != test.readable || got.Failure != nil {
			t.Errorf("%q %q: %+v %+v", test.args, test.environ, got.Unreadable, got.Failure)
		}
	}
}

// changeVersion makes a pip claim another version.
func changeVersion(t *testing.T, i *Installation, version string) {
	t.Helper()
	path := filepath.Join(i.PackageDir, "__init__.py")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(content), i.Version, version, 1)
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	i.Version = version
}
