package venv

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"thresher/internal/testkit"
)

// What Inspect reads is what the interpreter says of itself.
func TestInspectAgreesWithTheInterpreter(t *testing.T) {
	skipOnWindows(t)
	for _, python := range testkit.Pythons(t) {
		t.Run(python.Version, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			plain, copied, open := filepath.Join(root, "a b"), filepath.Join(root, "copied"), filepath.Join(root, "open")
			for _, args := range [][]string{{plain}, {"--copies", copied}, {"--system-site-packages", open}} {
				out, err := exec.Command(python.Path, append([]string{"-I", "-m", "venv", "--without-pip"}, args...)...).CombinedOutput()
				if err != nil {
					t.Fatalf("%v %s", err, out)
				}
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
			if out, err := exec.Command(filepath.Join(plain, "bin", "python"), "-I", "-m", "venv", "--without-pip", inner).CombinedOutput(); err != nil {
				t.Fatalf("%v %s", err, out)
			}
			for _, interpreter := range []string{
				python.Path, filepath.Join(plain, "bin", "python"), filepath.Join(plain, "bin", "python3"), filepath.Join(copied, "bin", "python"),
				filepath.Join(open, "bin", "python"), link, empty, filepath.Join(inner, "bin", "python3"),
			} {
				got, err := Inspect(interpreter)
				if err != nil {
					t.Errorf("%s: %v", interpreter, err)
					continue
				}
				want := ownAnswer(t, interpreter)
				if got.Interpreter != interpreter || got.Prefix != want.Prefix || got.Base != want.Base || got.Virtual != (want.Prefix != want.Base) {
					t.Errorf("%s: %+v, it says %+v", interpreter, got, want)
				}
				if want.Prefix != want.Base && got.Scripts != want.Scripts {
					t.Errorf("%s: %s, it says %s", interpreter, got.Scripts, want.Scripts)
				}
				if got.Version != want.Version && (got.Virtual || got.Version != minorOf(want.Version)) {
					t.Errorf("%s: version %s, it says %s", interpreter, got.Version, want.Version)
				}
				if !slices.Equal(got.SitePackages, want.Sites) || got.SitePackages[0] != want.Purelib {
					t.Errorf("%s: %q, it says %q and %q", interpreter, got.SitePackages, want.Purelib, want.Sites)
				}
				if got.SystemSite != strings.HasPrefix(interpreter, open) || got.Conda {
					t.Errorf("%s: %+v", interpreter, got)
				}
			}
		})
	}
}

type answered struct {
	Prefix, Base, Version, Purelib, Scripts string
	Sites                                   []string
}

func ownAnswer(t *testing.T, interpreter string) answered {
	t.Helper()
	out, err := exec.Command(interpreter, "-I", "-c", `import json, os, site, sys, sysconfig
print(json.dumps({"Prefix": sys.prefix, "Base": sys.base_prefix, "Version": "%d.%d.%d" % sys.version_info[:3],
    "Purelib": sysconfig.get_paths()["purelib"], "Scripts": sysconfig.get_paths()["scripts"],
    "Sites": [p for p in dict.fromkeys(sys.path) if p.endswith("-packages")]}))`).Output()
	if err != nil {
		t.Fatalf("%s: %v", interpreter, err)
	}
	var answer answered
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
	skipOnWindows(t)
	for _, test := range []struct {
		name        string
		files       map[string]string
		interpreter string
		want        Environment // Interpreter, Prefix and the like relative to the root
	}{
		{
			"conda base", map[string]string{
				"bin/python3.12": "ELF", "bin/python": "-> python3.12", "lib/python3.12/os.py": "", "lib/python3.12/site-packages/x.py": "",
				"conda-meta/conda-24.5.0-py312_0.json": "{}", "conda-meta/python-3.12.4-h_0.json": "{}", "condabin/conda": "",
			}, "bin/python",
			Environment{Prefix: ".", Base: ".", Version: "3.12.4", SitePackages: []string{"lib/python3.12/site-packages"}, Scripts: "bin", Conda: true},
		},
		{
			"conda environment", map[string]string{
				"envs/a/bin/python3.12": "ELF", "envs/a/lib/python3.12/os.py": "", "envs/a/lib/python3.12/site-packages/x.py": "",
				"envs/a/conda-meta/history": "", "envs/a/conda-meta/python-3.12.4-h_0.json": "{}", "envs/a/conda-meta/conda-pack-1.json": "{}",
			}, "envs/a/bin/python3.12",
			Environment{Prefix: "envs/a", Base: "envs/a", Version: "3.12.4", SitePackages: []string{"envs/a/lib/python3.12/site-packages"}, Scripts: "envs/a/bin", Conda: true, Virtual: true},
		},
		{
			"micromamba base", map[string]string{
				"bin/python3.12": "ELF", "lib/python3.12/os.py": "", "lib/python3.12/site-packages/x.py": "",
				"conda-meta/history": "", "envs/.keep": "", "pkgs/urls.txt": "",
			}, "bin/python3.12",
			Environment{Prefix: ".", Base: ".", Version: "3.12", SitePackages: []string{"lib/python3.12/site-packages"}, Scripts: "bin", Conda: true},
		},
		{
			"fedora", map[string]string{
				"usr/bin/python3.12": "ELF", "usr/lib64/python3.12/os.py": "", "usr/lib64/python3.12/site-packages/x.py": "", "usr/lib/python3.12/site-packages/x.py": "",
				"usr/include/python3.12/patchlevel.h": "/* */\n#define PY_VERSION      \t\"3.12.5+\"\n",
			}, "usr/bin/python3.12",
			Environment{Prefix: "usr", Base: "usr", Version: "3.12.5", SitePackages: []string{"usr/lib/python3.12/site-packages", "usr/lib64/python3.12/site-packages"}, Scripts: "usr/bin"},
		},
		{
			"debian with two pythons", map[string]string{
				"usr/bin/python3.11": "ELF", "usr/bin/python3": "-> python3.11", "usr/lib/python3.11/os.py": "", "usr/lib/python3.12/os.py": "",
				"usr/lib/python3/dist-packages/x.py": "", "usr/local/lib/python3.11/dist-packages/x.py": "",
			}, "usr/bin/python3",
			Environment{Prefix: "usr", Base: "usr", Version: "3.11", SitePackages: []string{"usr/local/lib/python3.11/dist-packages", "usr/lib/python3/dist-packages"}, Scripts: "usr/bin"},
		},
		{
			"free-threaded environment", map[string]string{
				"base/bin/python3.13t": "ELF", "base/lib/python3.13t/os.py": "", "base/lib/python3.13t/site-packages/x.py": "",
				"env/bin/python": "-> ../../base/bin/python3.13t", "env/pyvenv.cfg": "home = /somewhere/bin\nversion_info = 3.13.1.final.0\ninclude-system-site-packages = false\n", "env/lib/python3.13t/site-packages/x.py": "",
			}, "env/bin/python",
			Environment{Prefix: "env", Base: "base", Version: "3.13.1", SitePackages: []string{"env/lib/python3.13t/site-packages"}, Scripts: "env/bin", Virtual: true},
		},
		{
			"pypy environment", map[string]string{
				"base/bin/pypy3.10": "ELF", "base/lib/pypy3.10/os.py": "", "base/lib/pypy3.10/site-packages/x.py": "",
				"env/bin/python": "-> ../../base/bin/pypy3.10", "env/pyvenv.cfg": "include-system-site-packages = false\n", "env/lib/pypy3.10/site-packages/x.py": "",
			}, "env/bin/python",
			Environment{Prefix: "env", Base: "base", Version: "3.10", SitePackages: []string{"env/lib/pypy3.10/site-packages"}, Scripts: "env/bin", Virtual: true},
		},
		{
			"left over from an older python", map[string]string{
				"base/bin/python3.11": "ELF", "base/lib/python3.11/os.py": "", "base/lib/python3.11/site-packages/x.py": "",
				"env/bin/python": "-> ../../base/bin/python3.11", "env/pyvenv.cfg": "Version = 3.11.7\nuv = 0.1\ninclude-system-site-packages = false\n",
				"env/lib/python3.8/site-packages/x.py": "", "env/lib/python3.11/site-packages/x.py": "",
			}, "env/bin/python",
			Environment{Prefix: "env", Base: "base", Version: "3.11.7", SitePackages: []string{"env/lib/python3.11/site-packages"}, Scripts: "env/bin", Virtual: true},
		},
		{
			"pyvenv.cfg beside the interpreter", map[string]string{
				"base/bin/python3.11": "ELF", "base/lib/python3.11/os.py": "", "base/lib/python3.11/site-packages/x.py": "",
				"env/bin/python": "-> ../../base/bin/python3.11", "env/bin/pyvenv.cfg": "version = 3.11.7\ninclude-system-site-packages = false\n", "env/lib/python3.11/site-packages/x.py": "",
			}, "env/bin/python",
			Environment{Prefix: "env", Base: "base", Version: "3.11.7", SitePackages: []string{"env/lib/python3.11/site-packages"}, Scripts: "env/bin", Virtual: true},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			root, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			layOut(t, root, test.files)
			got, err := Inspect(filepath.Join(root, test.interpreter))
			if err != nil {
				t.Fatal(err)
			}
			want := test.want
			want.Interpreter = filepath.Join(root, test.interpreter)
			want.Prefix, want.Base, want.Scripts = filepath.Join(root, want.Prefix), filepath.Join(root, want.Base), filepath.Join(root, want.Scripts)
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
	skipOnWindows(t)
	root := t.TempDir()
	python := testkit.AnyPython(t)
	layOut(t, root, map[string]string{
		"wrapper": "#!/bin/sh\necho noise\nexec '" + python.Path + "' \"$@\"\n",
		"silent":  "#!/bin/sh\nexit 0\n",
		"failing": "#!/bin/sh\necho no such version >&2\nexit 1\n",
	})
	got, err := Inspect(filepath.Join(root, "wrapper"))
	if err != nil || got.Interpreter != python.Path || got.Version != python.Version || got.Virtual || len(got.SitePackages) == 0 {
		t.Errorf("%+v %v", got, err)
	}
	for name, want := range map[string]string{"silent": "it answered", "failing": "no such version", "missing": "no such file", ".": "directory"} {
		if _, err := Inspect(filepath.Join(root, name)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Inspect(filepath.Join(root, "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	unreadable := filepath.Join(root, "env", "bin", "python")
	layOut(t, root, map[string]string{"env/bin/python": "ELF"})
	if err := os.Mkdir(filepath.Join(root, "env", "pyvenv.cfg"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Inspect(unreadable); err == nil {
		t.Error("a pyvenv.cfg that cannot be read was passed over")
	}
}

func TestNearby(t *testing.T) {
	skipOnWindows(t)
	environment := func(name string) map[string]string {
		return map[string]string{name + "/pyvenv.cfg": "", name + "/bin/python": "ELF"}
	}
	join := func(maps ...map[string]string) map[string]string {
		all := map[string]string{}
		for _, m := range maps {
			for name, content := range m {
				all[name] = content
			}
		}
		return all
	}
	for _, test := range []struct {
		name  string
		files map[string]string
		git   []string // paths that git tracks
		want  string
	}{
		{"none", nil, nil, ""},
		{"beside", environment("home/work/.venv"), nil, "home/work/.venv"},
		{"without a dot", environment("home/work/venv"), nil, "home/work/venv"},
		{"above", environment("home/.venv"), nil, "home/.venv"},
		{"the nearer one", join(environment("home/.venv"), environment("home/work/venv")), nil, "home/work/venv"},
		{"above home", environment(".venv"), nil, ""},
		{"no environment", map[string]string{"home/work/.venv/bin/python": "ELF"}, nil, ""},
		{"no interpreter", map[string]string{"home/work/.venv/pyvenv.cfg": ""}, nil, ""},
		{"tracked", environment("home/work/.venv"), []string{"work/.venv/pyvenv.cfg"}, ""},
		{"another is tracked", environment("home/work/.venv"), []string{"work/.venvs/pyvenv.cfg", "work/setup.py"}, "home/work/.venv"},
		{"tracked, one above is not", join(environment("home/.venv"), environment("home/work/.venv")), []string{"work/.venv/pyvenv.cfg"}, "home/.venv"},
	} {
		for _, version := range []string{"2", "4"} {
			t.Run(test.name+"/"+version, func(t *testing.T) {
				root := t.TempDir()
				layOut(t, root, join(test.files, map[string]string{"home/work/file": ""}))
				home := filepath.Join(root, "home")
				if test.git != nil {
					layOut(t, home, map[string]string{"work/a-long/directory/before/file": "", "work/a-long/directory/before/file2": ""})
					for _, path := range test.git {
						layOut(t, home, map[string]string{path: ""})
					}
					git(t, home, "init", "-q")
					git(t, home, "update-index", "--index-version", version)
					git(t, home, append([]string{"add", "-f", "work/a-long"}, test.git...)...)
				}
				want := test.want
				if want != "" {
					want = filepath.Join(root, want)
				}
				if got := Nearby(filepath.Join(home, "work"), home); got != want {
					t.Errorf("%q, want %q", got, want)
				}
			})
		}
	}
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	path, err := exec.LookPath("git")
	if err != nil {
		t.Skip("skipped: there is no git")
	}
	command := exec.Command(path, args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "HOME="+dir, "GIT_CONFIG_NOSYSTEM=1")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("git %q: %v %s", args, err, out)
	}
}

// An index that cannot be read for certain counts as one that tracks all.
func TestBrokenIndexTracks(t *testing.T) {
	root := t.TempDir()
	work := filepath.Join(root, "work")
	layOut(t, root, map[string]string{"work/.venv/pyvenv.cfg": "", "work/file": "x"})
	git(t, work, "init", "-q")
	if trackedByGit(filepath.Join(work, ".venv")) {
		t.Error("a repository without an index tracks something")
	}
	git(t, work, "add", "file")
	index := filepath.Join(work, ".git", "index")
	whole, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	if trackedByGit(filepath.Join(work, ".venv")) {
		t.Error("the whole index tracks it")
	}
	for _, broken := range [][]byte{nil, whole[:len(whole)/2], append(slices.Clone(whole), 0), append([]byte("DIRX"), whole[4:]...)} {
		if err := os.WriteFile(index, broken, 0o644); err != nil {
			t.Fatal(err)
		}
		if !trackedByGit(filepath.Join(work, ".venv")) {
			t.Errorf("%d bytes of a broken index were believed", len(broken))
		}
	}
	// A worktree's .git is a file.
	if err := os.WriteFile(index, whole, 0o644); err != nil {
		t.Fatal(err)
	}
	layOut(t, root, map[string]string{"tree/.git": "gitdir: ../work/.git\n", "tree/venv/pyvenv.cfg": "", "bad/.git": "gitdirs", "bad/venv/pyvenv.cfg": ""})
	if trackedByGit(filepath.Join(root, "tree", "venv")) || !trackedByGit(filepath.Join(root, "bad", "venv")) {
		t.Error("worktrees")
	}
}

func FuzzGitIndex(f *testing.F) {
	f.Add([]byte("DIRC\x00\x00\x00\x02\x00\x00\x00\x01" + strings.Repeat("\x00", 100)))
	f.Add([]byte("DIRC\x00\x00\x00\x04\x00\x00\x00\xff" + strings.Repeat("\x01", 200) + strings.Repeat("\x00", 20)))
	f.Fuzz(func(t *testing.T, content []byte) {
		// The zeros stand for a checksum that was not computed.
		eachIndexEntry(append(content, make([]byte, 20)...), func(string) {})
	})
}
