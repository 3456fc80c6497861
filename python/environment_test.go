package python

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"thresher/internal/testkit"
)

// What Inspect reads is what the interpreter says of itself.
func TestInspectAgreesWithTheInterpreter(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: the environments are laid out as on Unix")
	}
	for _, python := range testkit.Pythons(t) {
		t.Run(python.Version, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			plain, copied, open := filepath.Join(root, "a b"), filepath.Join(root, "copied"), filepath.Join(root, "open")
			silent := filepath.Join(root, "open and silent") // a pyvenv.cfg that does not say
			for _, args := range [][]string{{plain}, {"--copies", copied}, {"--system-site-packages", open}, {silent}} {
				out, err := exec.Command(python.Path, append([]string{"-I", "-m", "venv", "--without-pip"},
					args...)...).CombinedOutput()
				if err != nil {
					t.Fatalf("%v %s", err, out)
				}
			}
			said, err := os.ReadFile(filepath.Join(silent, "pyvenv.cfg"))
			if err != nil {
				t.Fatal(err)
			}
			unsaid := strings.Replace(string(said), "include-system-site-packages = false\n", "", 1)
			if err := os.WriteFile(filepath.Join(silent, "pyvenv.cfg"), []byte(unsaid), 0o644); err != nil {
				t.Fatal(err)
			}
			link := filepath.Join(root, "python3")
			if err := os.Symlink(filepath.Join(plain, "bin", "python3"), link); err != nil {
				t.Fatal(err)
			}
			empty := filepath.Join(root, "empty", "bin", "python3")
			if err := os.MkdirAll(filepath.Dir(empty), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(python.Path, empty); err != nil {
				t.Fatal(err)
			}
			inner := filepath.Join(root, "inner")
			if out, err := exec.Command(filepath.Join(plain, "bin", "python"), "-I", "-m", "venv", "--without-pip",
				inner).CombinedOutput(); err != nil {
				t.Fatalf("%v %s", err, out)
			}
			for _, interpreter := range []string{
				python.Path, filepath.Join(plain, "bin", "python"), filepath.Join(plain, "bin", "python3"),
				filepath.Join(copied, "bin", "python"),
				filepath.Join(open, "bin", "python"), filepath.Join(silent, "bin", "python"), link, empty,
				filepath.Join(inner, "bin", "python3"),
			} {
				got, err := Inspect(interpreter, os.Environ(), "")
				if err != nil {
					t.Errorf("%s: %v", interpreter, err)
					continue
				}
				want := ownAnswer(t, interpreter)
				if got.Interpreter != interpreter || got.Prefix != want.Prefix || got.BasePrefix != want.Base ||
					got.Virtual != (want.Prefix != want.Base) {
					t.Errorf("%s: %+v, it says %+v", interpreter, got, want)
				}
				if want.Prefix != want.Base && got.Scripts != want.Scripts {
					t.Errorf("%s: %s, it says %s", interpreter, got.Scripts, want.Scripts)
				}
				if got.PythonVersion != want.Version && (got.Virtual || got.PythonVersion != minorOf(want.Version)) {
					t.Errorf("%s: version %s, it says %s", interpreter, got.PythonVersion, want.Version)
				}
				if !slices.Equal(got.SitePackages, want.Sites) || got.SitePackages[0] != want.Purelib {
					t.Errorf("%s: %q, it says %q and %q", interpreter, got.SitePackages, want.Purelib, want.Sites)
				}
				markers, err := got.MarkerEnvironment("")
				if err != nil {
					t.Fatal(err)
				}
				if !maps.Equal(markers, want.Markers) {
					t.Errorf("%s: %v, it says %v", interpreter, markers, want.Markers)
				}
				if got.SystemSite != strings.HasPrefix(interpreter, open) || got.Conda {
					t.Errorf("%s: %+v", interpreter, got)
				}
			}
		})
	}
}

type ownWords struct {
	Prefix, Base, Version, Purelib, Scripts string
	Sites                                   []string
	Markers                                 map[string]string
}

func ownAnswer(t *testing.T, interpreter string) ownWords {
	t.Helper()
	out, err := exec.Command(interpreter, "-I", "-c", `import json, os, platform, sys, sysconfig
v = sys.implementation.version
implementation = "%d.%d.%d" % v[:3] + ("" if v[3] == "final" else v[3][0] + str(v[4]))
markers = {"implementation_name": sys.implementation.name, "implementation_version": implementation, "os_name": os.name,
    "platform_machine": platform.machine(), "platform_release": platform.release(), "platform_system": platform.system(),
    "platform_version": platform.version(), "python_full_version": platform.python_version(), "sys_platform": sys.platform,
    "platform_python_implementation": platform.python_implementation(), "python_version": "%d.%d" % sys.version_info[:2]}
print(json.dumps({"Prefix": sys.prefix, "Base": sys.base_prefix, "Version": "%d.%d.%d" % sys.version_info[:3],
    "Purelib": sysconfig.get_paths()["purelib"], "Scripts": sysconfig.get_paths()["scripts"],
    "Markers": markers, "Sites": [p for p in dict.fromkeys(sys.path) if p.endswith("-packages")]}))`).Output()
	if err != nil {
		t.Fatalf("%s: %v", interpreter, err)
	}
	var answer ownWords
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// layOut makes files below a directory; a content that begins with "-> " is a link.
func layOut(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if target, ok := strings.CutPrefix(content, "-> "); ok {
			if err := os.Symlink(target, path); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// Layouts that this machine has no interpreter for.
func TestInspectLayouts(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: the environments are laid out as on Unix")
	}
	for _, test := range []struct {
		name        string
		files       map[string]string
		interpreter string
		want        Environment // Interpreter, Prefix and the like relative to the root
	}{
		{
			"conda base", map[string]string{
				"bin/python3.12": "ELF", "bin/python": "-> python3.12", "lib/python3.12/os.py": "",
				"lib/python3.12/site-packages/x.py":    "",
				"conda-meta/conda-24.5.0-py312_0.json": "{}", "conda-meta/python-3.12.4-h_0.json": "{}", "condabin/conda": "",
			}, "bin/python",
			Environment{Prefix: ".", BasePrefix: ".", PythonVersion: "3.12.4",
				SitePackages: []string{"lib/python3.12/site-packages"}, Scripts: "bin", Conda: true},
		},
		{
			"conda environment", map[string]string{
				"envs/a/bin/python3.12": "ELF", "envs/a/lib/python3.12/os.py": "", "envs/a/lib/python3.12/site-packages/x.py": "",
				"envs/a/conda-meta/history": "", "envs/a/conda-meta/python-3.12.4-h_0.json": "{}",
				"envs/a/conda-meta/conda-pack-1.json": "{}",
			}, "envs/a/bin/python3.12",
			Environment{Prefix: "envs/a", BasePrefix: "envs/a", PythonVersion: "3.12.4",
				SitePackages: []string{"envs/a/lib/python3.12/site-packages"}, Scripts: "envs/a/bin", Conda: true, Virtual: true},
		},
		{
			"micromamba base", map[string]string{
				"bin/python3.12": "ELF", "lib/python3.12/os.py": "", "lib/python3.12/site-packages/x.py": "",
				"conda-meta/history": "", "envs/.keep": "", "pkgs/urls.txt": "",
			}, "bin/python3.12",
			Environment{Prefix: ".", BasePrefix: ".", PythonVersion: "3.12",
				SitePackages: []string{"lib/python3.12/site-packages"}, Scripts: "bin", Conda: true},
		},
		{
			"fedora", map[string]string{
				"usr/bin/python3.12": "ELF", "usr/lib64/python3.12/os.py": "", "usr/lib64/python3.12/site-packages/x.py": "",
				"usr/lib/python3.12/site-packages/x.py": "",
				"usr/include/python3.12/patchlevel.h":   "/* */\n#define PY_VERSION      \t\"3.12.5+\"\n",
			}, "usr/bin/python3.12",
			Environment{Prefix: "usr", BasePrefix: "usr", PythonVersion: "3.12.5",
				SitePackages: []string{"usr/lib/python3.12/site-packages", "usr/lib64/python3.12/site-packages"},
				Scripts:      "usr/bin"},
		},
		{
			"debian with two pythons", map[string]string{
				"usr/bin/python3.11": "ELF", "usr/bin/python3": "-> python3.11", "usr/lib/python3.11/os.py": "",
				"usr/lib/python3.12/os.py":           "",
				"usr/lib/python3/dist-packages/x.py": "", "usr/local/lib/python3.11/dist-packages/x.py": "",
			}, "usr/bin/python3",
			Environment{Prefix: "usr", BasePrefix: "usr", PythonVersion: "3.11",
				SitePackages: []string{"usr/local/lib/python3.11/dist-packages", "usr/lib/python3/dist-packages"},
				Scripts:      "usr/bin"},
		},
		{
			"free-threaded environment", map[string]string{
				"base/bin/python3.13t": "ELF", "base/lib/python3.13t/os.py": "", "base/lib/python3.13t/site-packages/x.py": "",
				"env/bin/python": "-> ../../base/bin/python3.13t", "env/pyvenv.cfg": "home = /somewhere/bin\nversion_info = " +
					"3.13.1.final.0\ninclude-system-site-packages = false\n", "env/lib/python3.13t/site-packages/x.py": "",
			}, "env/bin/python",
			Environment{Prefix: "env", BasePrefix: "base", PythonVersion: "3.13.1",
				SitePackages: []string{"env/lib/python3.13t/site-packages"}, Scripts: "env/bin", Virtual: true},
		},
		{
			"pypy environment", map[string]string{
				"base/bin/pypy3.10": "ELF", "base/lib/pypy3.10/os.py": "", "base/lib/pypy3.10/site-packages/x.py": "",
				"env/bin/python": "-> ../../base/bin/pypy3.10", "env/pyvenv.cfg": "include-system-site-packages = false\n",
				"env/lib/pypy3.10/site-packages/x.py": "",
			}, "env/bin/python",
			Environment{Prefix: "env", BasePrefix: "base", PythonVersion: "3.10",
				SitePackages: []string{"env/lib/pypy3.10/site-packages"}, Scripts: "env/bin", Virtual: true},
		},
		{
			"left over from an older python", map[string]string{
				"base/bin/python3.11": "ELF", "base/lib/python3.11/os.py": "", "base/lib/python3.11/site-packages/x.py": "",
				"env/bin/python":                       "-> ../../base/bin/python3.11",
				"env/pyvenv.cfg":                       "Version = 3.11.7\nuv = 0.1\ninclude-system-site-packages = false\n",
				"env/lib/python3.8/site-packages/x.py": "", "env/lib/python3.11/site-packages/x.py": "",
			}, "env/bin/python",
			Environment{Prefix: "env", BasePrefix: "base", PythonVersion: "3.11.7",
				SitePackages: []string{"env/lib/python3.11/site-packages"}, Scripts: "env/bin", Virtual: true},
		},
		{
			"pyvenv.cfg beside the interpreter", map[string]string{
				"base/bin/python3.11": "ELF", "base/lib/python3.11/os.py": "", "base/lib/python3.11/site-packages/x.py": "",
				"env/bin/python": "-> ../../base/bin/python3.11", "env/bin/pyvenv.cfg": "version = 3.11.7\n" +
					"include-system-site-packages = false\n", "env/lib/python3.11/site-packages/x.py": "",
			}, "env/bin/python",
			Environment{Prefix: "env", BasePrefix: "base", PythonVersion: "3.11.7",
				SitePackages: []string{"env/lib/python3.11/site-packages"}, Scripts: "env/bin", Virtual: true},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			root, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			layOut(t, root, test.files)
			got, err := Inspect(filepath.Join(root, test.interpreter), os.Environ(), "")
			if err != nil {
				t.Fatal(err)
			}
			want := test.want
			want.Interpreter = filepath.Join(root, test.interpreter)
			want.Prefix, want.BasePrefix, want.Scripts = filepath.Join(root, want.Prefix), filepath.Join(root, want.BasePrefix),
				filepath.Join(root, want.Scripts)
			for i := range want.SitePackages {
				want.SitePackages[i] = filepath.Join(root, want.SitePackages[i])
			}
			if !slices.Equal(got.SitePackages, want.SitePackages) {
				t.Errorf("%q, want %q", got.SitePackages, want.SitePackages)
			}
			got.SitePackages, want.SitePackages = nil, nil
			if a, b := asJSON(t, got), asJSON(t, want); a != b {
				t.Errorf("%s, want %s", a, b)
			}
		})
	}
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestInspectAsksAndRefuses(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: the environments are laid out as on Unix")
	}
	root := t.TempDir()
	python := testkit.AnyPython(t)
	layOut(t, root, map[string]string{
		"wrapper": "#!/bin/sh\necho noise\nexec '" + python.Path + "' \"$@\"\n",
		"silent":  "#!/bin/sh\nexit 0\n",
		"failing": "#!/bin/sh\necho no such version >&2\nexit 1\n",
	})
	got, err := Inspect(filepath.Join(root, "wrapper"), os.Environ(), "")
	if err != nil || got.Interpreter != python.Path || got.PythonVersion != python.Version || got.Virtual ||
		len(got.SitePackages) == 0 {
		t.Errorf("%+v %v", got, err)
	}
	for name, want := range map[string]string{"silent": "it answered", "failing": "no such version",
		"missing": "no such file", ".": "directory"} {
		if _, err := Inspect(filepath.Join(root, name), os.Environ(), ""); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Inspect(filepath.Join(root, "missing"), os.Environ(), ""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	unreadable := filepath.Join(root, "env", "bin", "python")
	layOut(t, root, map[string]string{"env/bin/python": "ELF"})
	if err := os.Mkdir(filepath.Join(root, "env", "pyvenv.cfg"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Inspect(unreadable, os.Environ(), ""); err == nil {
		t.Error("a pyvenv.cfg that cannot be read was passed over")
	}
}
