package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"thresher/internal/testkit"
	"thresher/pep"
)

// What every pip has to do behind thresher as it does by itself: each test whose
// name begins with TestEveryPip runs the built shim with the pips of
// testkit.PipReleases.

// forEveryPip runs a test with every pip, side by side.
func forEveryPip(t *testing.T, test func(t *testing.T, w *workplace)) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("skipped: environments are laid out as on Unix")
	}
	if testing.Short() {
		t.Skip("skipped: -short, and the shim under test is a process of its own that -race does not see")
	}
	t.Parallel()
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
	user      *syscall.SysProcAttr // whose commands they are; nil for this process's own user
}

func newWorkplace(t *testing.T, release string) *workplace {
	t.Helper()
	return newWorkplaceWith(t, testkit.PipPython(t), release)
}

func newWorkplaceWith(t *testing.T, python testkit.Python, release string) *workplace {
	t.Helper()
	w := &workplace{t: t, release: release, dir: t.TempDir()}
	w.variables = []string{
		"HOME=" + w.path("home"), "TMPDIR=" + w.path("tmp"), "LANG=C.UTF-8", "COLUMNS=300", "PIP_DISABLE_PIP_VERSION_CHECK=1",
		"PIP_RETRIES=0", "PIP_CONFIG_FILE=" + os.DevNull, "VIRTUAL_ENV=" + w.path("env"),
		"PATH=" + strings.Join([]string{w.path("programs"), binaries, w.path("env/bin"), filepath.Dir(python.Path),
			os.Getenv("PATH")}, ":"),
	}
	testkit.EnvironmentWith(t, python, release, w.path("env"))
	// One name comes from many servers here, one after another.
	w.write("home/.config/thresher/policy.toml", "[update]\nautomatic = false\n[answers]\nwithout-terminal = true\n"+
		"[upgrade]\nalways = false\n[guard]\nautomatic = false\n[rules]\nindex-changed = \"off\"\n")
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
	own, err := pep.ParseVersion(w.release)
	if err != nil {
		w.t.Fatal(err)
	}
	first, err := pep.ParseVersion(version)
	if err != nil {
		w.t.Fatal(err)
	}
	return own.Compare(first) >= 0
}

// without takes distributions out of the environment, without a start of pip.
func (w *workplace) without(names ...string) {
	w.t.Helper()
	if err := remove(w.path("env"), names...); err != nil {
		w.t.Fatal(err)
	}
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
	cmd.Dir, cmd.Env, cmd.SysProcAttr = w.dir, append(slices.Clone(w.variables), variables...), w.user
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

func (w *workplace) read(relative string) string {
	w.t.Helper()
	content, err := os.ReadFile(w.path(relative))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(content)
}
