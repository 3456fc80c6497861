package venv

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

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
		{"another is tracked", environment("home/work/.venv"), []string{"work/.venvs/pyvenv.cfg", "work/setup.py"},
			"home/work/.venv"},
		{"tracked, one above is not", join(environment("home/.venv"), environment("home/work/.venv")),
			[]string{"work/.venv/pyvenv.cfg"}, "home/.venv"},
	} {
		for _, version := range []string{"2", "4"} {
			t.Run(test.name+"/"+version, func(t *testing.T) {
				root := t.TempDir()
				layOut(t, root, join(test.files, map[string]string{"home/work/file": ""}))
				home := filepath.Join(root, "home")
				if test.git != nil {
					layOut(t, home, map[string]string{"work/a-long/directory/before/file": "",
						"work/a-long/directory/before/file2": ""})
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
	for _, broken := range [][]byte{nil, whole[:len(whole)/2], append(slices.Clone(whole), 0),
		append([]byte("DIRX"), whole[4:]...)} {
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
	layOut(t, root, map[string]string{"tree/.git": "gitdir: ../work/.git\n", "tree/venv/pyvenv.cfg": "",
		"bad/.git": "gitdirs", "bad/venv/pyvenv.cfg": ""})
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
