package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"thresher/internal/testkit"
)

// What every pip has to do behind thresher as it does by itself: each test here
// runs the built shim with the pips of testkit.PipReleases.

// forEveryPip runs a test with every pip, side by side.
func forEveryPip(t *testing.T, test func(t *testing.T, w *workplace)) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("skipped: environments are laid out as on Unix")
	}
	if testing.Short() {
		t.Skip("skipped: -short, and the shim under test is a process of its own that -race does not see")
	}
	for _, release := range testkit.PipReleases(t) {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			test(t, newWorkplace(t, release))
		})
	}
}

// workplace is an environment with one pip, and a home beside it.
type workplace struct {
	t         *testing.T
	release   string
	dir       string // working directory of every command
	variables []string
}

func newWorkplace(t *testing.T, release string) *workplace {
	t.Helper()
	w := &workplace{t: t, release: release, dir: t.TempDir()}
	python := testkit.PipPython(t)
	w.variables = []string{
		"HOME=" + w.path("home"), "TMPDIR=" + w.path("tmp"), "LANG=C.UTF-8", "COLUMNS=300", "PIP_DISABLE_PIP_VERSION_CHECK=1",
		"PIP_RETRIES=0", "PIP_CONFIG_FILE=" + os.DevNull, "VIRTUAL_ENV=" + w.path("env"),
		"PATH=" + strings.Join([]string{w.path("programs"), binaries, w.path("env/bin"), filepath.Dir(python.Path), os.Getenv("PATH")}, ":"),
	}
	testkit.EnvironmentWith(t, python, release, w.path("env"))
	w.write("home/.config/thresher/policy.toml", "[update]\nautomatic = false\n[answers]\nwithout-terminal = true\n")
	w.write("tmp/keep", "")
	w.write("programs/keep", "")
	return w
}

func (w *workplace) path(relative string) string {
	return filepath.Join(w.dir, filepath.FromSlash(relative))
}

func (w *workplace) write(relative, text string) {
	w.t.Helper()
	if err := os.MkdirAll(filepath.Dir(w.path(relative)), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(w.path(relative), []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// shell runs a command of the shell's.
func (w *workplace) shell(command string) {
	w.t.Helper()
	cmd := exec.Command("sh", "-ec", command)
	cmd.Dir = w.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("%s: %v\n%s", command, err, out)
	}
}

// from says whether the pip is of a version or later.
func (w *workplace) from(version string) bool {
	w.t.Helper()
	own, first := new(int), new(int)
	for text, number := range map[string]*int{w.release: own, version: first} {
		for _, part := range append(strings.Split(text, "."), "0", "0")[:3] {
			digits := 0
			for _, r := range part {
				digits = digits*10 + int(r-'0')
			}
			*number = *number*1000 + digits
		}
	}
	return *own >= *first
}

// result is what one command left.
type result struct {
	status         int
	stdout, stderr string
}

// text is both streams.
func (r result) text() string { return r.stdout + r.stderr }

// run runs a program with further variables, "NAME=value" each.
func (w *workplace) run(program string, words []string, variables ...string) result {
	w.t.Helper()
	cmd := exec.Command(program, words...)
	cmd.Dir, cmd.Env = w.dir, append(slices.Clone(w.variables), variables...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		w.t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// pip runs the shim.
func (w *workplace) pip(words []string, variables ...string) result {
	w.t.Helper()
	return w.run(filepath.Join(binaries, "pip"), words, variables...)
}

// plain runs the environment's own pip.
func (w *workplace) plain(words []string, variables ...string) result {
	w.t.Helper()
	return w.run(w.path("env/bin/pip"), words, variables...)
}

// want fails the test unless the command ended so and said all of the texts.
func (r result) want(t testing.TB, status int, texts ...string) {
	t.Helper()
	if r.status != status {
		t.Errorf("exit status %d, want %d\n%s", r.status, status, r.text())
	}
	for _, text := range texts {
		if !strings.Contains(r.text(), text) {
			t.Errorf("no %q in\n%s", text, r.text())
		}
	}
}

// wantNot fails the test where one of the texts was said.
func (r result) wantNot(t testing.TB, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(r.text(), text) {
			t.Errorf("%q in\n%s", text, r.text())
		}
	}
}

// tree gives every file below a folder with its content, but for what differs
// from one run to the next: when a compiled module's source was written.
func (w *workplace) tree(relative string) map[string]string {
	w.t.Helper()
	files := map[string]string{}
	root := w.path(relative)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if entry.Type()&fs.ModeSymlink != 0 {
			files[name], err = os.Readlink(path)
			return err
		}
		content, err := os.ReadFile(path)
		if strings.HasSuffix(name, ".pyc") && len(content) > 16 {
			content = append(content[:8:8], content[16:]...)
		}
		files[name] = string(content)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.t.Fatal(err)
	}
	return files
}

// invented are pip's names for temporary folders, what it measures, and the hash
// of what was built a moment ago.
var invented = regexp.MustCompile(`pip-[a-z-]+-[a-z0-9_]{8}|[0-9.]+ [kM]B/s|0:00:[0-9]{2}|(?m)^  Created wheel .*$`)

// ownLines are thresher's.
var ownLines = regexp.MustCompile(`(?m)^thresher: .*\n`)

// TestNoTrace: with nothing to refuse thresher leaves no trace. Standard output
// is pip's, standard error as well but for thresher's own lines, and the
// environment and what was saved are the same in every file.
func TestNoTrace(t *testing.T) {
	forEveryPip(t, func(t *testing.T, w *workplace) {
		x, more, private := testkit.NewIndex(t), testkit.NewIndex(t), testkit.NewIndex(t)
		private.User, private.Password = "ann", "wonder"
		epsilon := testkit.Distribution{Name: "epsilon", Version: "1.0"}
		x.AddWheel(testkit.Distribution{Name: "alpha", Version: "0.9"})
		x.AddWheel(testkit.Distribution{
			Name: "alpha", Version: "1.0", Requires: []string{"beta>=1", `epsilon; extra == "more"`}, Metadata: "Provides-Extra: more\n",
			Files: map[string]string{"alpha/data.txt": "data\n"},
		})
		x.AddWheel(testkit.Distribution{Name: "beta", Version: "1.0"})
		x.AddWheel(epsilon)
		x.AddWheel(testkit.Distribution{Name: "delta", Version: "1.0"}).YankedReason = "a mistake"
		x.AddWheel(testkit.Distribution{Name: "large", Version: "1.0", Files: map[string]string{"large/noise": strings.Repeat("0123456789abcdef", 20<<16)}})
		x.AddSdist(testkit.Distribution{Name: "gamma", Version: "1.0", Requires: []string{"beta"}})
		more.AddWheel(testkit.Distribution{Name: "zeta", Version: "1.0"})
		private.AddWheel(testkit.Distribution{Name: "hush", Version: "1.0"})
		withLogin := strings.Replace(private.SimpleURL(), "http://", "http://ann:wonder@", 1)
		_, content := epsilon.Wheel()
		direct := fmt.Sprintf("%s/files/epsilon-1.0-py3-none-any.whl#sha256=%x", x.URL, sha256.Sum256(content))
		w.write("requirements.txt", "# comment\nbeta==1.0  # why\ndelta==1.0\n")
		project := testkit.Distribution{Name: "project", Version: "1.0"}
		for path, text := range project.SourceTree() {
			w.write("project/"+path, text)
		}

		var commands [][]string
		add := func(from string, words ...string) {
			if w.from(from) {
				commands = append(commands, words)
			}
		}
		add("20", "install", "alpha[more]", "gamma")
		add("20", "install", "alpha")
		add("20", "install", "-q", "-r", "requirements.txt")
		add("20", "install", "--force-reinstall", "--no-deps", "-v", "alpha==0.9")
		add("22.2", "install", "--dry-run", "--report", "-", "--force-reinstall", "alpha[more]", "gamma")
		add("22.2", "install", "-q", "--dry-run", "--ignore-installed", "gamma")
		add("25.1", "lock", "-o", "-", "alpha")
		add("20", "download", "-d", "saved", "alpha", "gamma")
		add("20", "wheel", "-w", "built", "gamma")
		add("21.2", "index", "versions", "alpha")
		add("20", "install", "large")
		add("24.1", "install", "--progress-bar", "raw", "--force-reinstall", "--no-cache-dir", "large")
		add("20", "install", "--index-url", withLogin, "hush")
		add("20", "install", "--extra-index-url", more.SimpleURL(), "zeta")
		add("20", "install", "--no-index", "--find-links", "saved", "--force-reinstall", "alpha")
		add("20", "install", "--find-links", more.SimpleURL()+"zeta/", "zeta")
		add("20", "install", "./project")
		add("20", "install", "--force-reinstall", "./saved/beta-1.0-py3-none-any.whl", direct)
		add("20", "install", "no-such-version==3", "beta==7")
		add("20", "install")
		add("20", "list")
		add("20", "freeze")
		add("20", "show", "-f", "alpha")
		add("20", "uninstall", "-y", "alpha")
		add("20", "check")

		normal := func(text string) string {
			return invented.ReplaceAllString(ownLines.ReplaceAllString(text, ""), "#")
		}
		type kept struct {
			results []result
			trees   map[string]map[string]string
		}
		play := func(run func([]string, ...string) result) kept {
			var k kept
			for _, words := range commands {
				k.results = append(k.results, run(words, "PIP_INDEX_URL="+x.SimpleURL(), "XDG_CACHE_HOME="+w.path("cache")))
			}
			k.trees = map[string]map[string]string{}
			for _, folder := range []string{"env", "saved", "built"} {
				k.trees[folder] = w.tree(folder)
			}
			k.trees["cache of built wheels"] = w.tree("cache/pip/wheels")
			return k
		}
		w.shell("cp -a env template")
		plain := play(w.plain)
		w.shell("rm -rf env saved built cache; mv template env")
		behind := play(w.pip)

		for i, words := range commands {
			want, got := plain.results[i], behind.results[i]
			if want.status != got.status {
				t.Errorf("pip %s: status %d, plain pip's is %d\n%s", strings.Join(words, " "), got.status, want.status, got.text())
			}
			if normal(want.stdout) != normal(got.stdout) || strings.Contains(got.stdout, "thresher") {
				t.Errorf("pip %s: stdout\n%s\nplain pip's:\n%s", strings.Join(words, " "), got.stdout, want.stdout)
			}
			if normal(want.stderr) != normal(got.stderr) {
				t.Errorf("pip %s: stderr\n%s\nplain pip's:\n%s", strings.Join(words, " "), got.stderr, want.stderr)
			}
		}
		for folder, want := range plain.trees {
			got := behind.trees[folder]
			if len(want) == 0 {
				t.Errorf("%s is empty", folder)
			}
			for name, content := range want {
				other, there := got[name]
				if there && other != content && !strings.HasSuffix(name, ".whl") && !strings.HasSuffix(name, ".pyc") {
					t.Errorf("%s: %s is\n%s\nand not\n%s", folder, name, other, content)
				} else if !there || other != content && strings.HasSuffix(name, ".pyc") {
					t.Errorf("%s: %s is not as pip has it: there %v", folder, name, there)
				}
			}
			for name := range got {
				if _, there := want[name]; !there {
					t.Errorf("%s: %s came in addition", folder, name)
				}
			}
		}
	})
}
