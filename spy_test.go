//go:build linux

package main

import (
	"encoding/json"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"thresher/internal/testkit"
	"thresher/sandbox"
)

// strangerID is an account that no system has: an ordinary user without an entry,
// as containers start programs.
const strangerID = 47113

// TestEveryPipKeepsSpiesOut: a build that tries to read secrets, to write where it
// must not, to connect and to reach other processes can do none of it, whichever
// way pip comes to build it, with every pip, as the superuser and as an ordinary
// user. A setup.py that installs by itself writes to the environment, and can do no
// more either.
func TestEveryPipKeepsSpiesOut(t *testing.T) {
	if closed, _ := sandbox.Coverage(sandbox.Version(), sandbox.NetworkNone); !slices.Contains(closed, sandbox.PartTCP) {
		t.Skip("skipped: this kernel has no Landlock that closes the network, or a container forbids it")
	}
	users := map[string]*syscall.SysProcAttr{"this user": nil}
	if os.Geteuid() == 0 {
		users = map[string]*syscall.SysProcAttr{"ordinary user": stranger()}
		if testkit.Full() { // else the scenario of the sandbox alone has the superuser
			users["superuser"] = nil
		}
	} else {
		t.Log("as this user alone: the superuser is tried where the tests run as that")
	}
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	for name, user := range users {
		for _, release := range testkit.PipReleases(t) {
			t.Run(name+"/"+release, func(t *testing.T) {
				t.Parallel()
				spyOut(t, user, release)
			})
		}
	}
}

// stranger are the rights of an ordinary user, for who may give them.
func stranger() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: strangerID, Gid: strangerID}}
}

// spyOut builds spies with one pip, as one user.
func spyOut(t *testing.T, user *syscall.SysProcAttr, release string) {
	w := newWorkplaceWith(t, pythonOf(t, user), release)
	secrets := []string{"home/.ssh/id", "home/.netrc", "home/.config/gh/hosts.yml", "home/.bash_history", ".env"}
	for _, secret := range secrets {
		w.write(secret, "machine other.example login me password secret\n")
	}
	w.write("home/harmless", "harmless\n")
	var reads []string
	for _, path := range append(secrets, "home/harmless") {
		reads = append(reads, w.path(path))
	}
	x := testkit.NewIndex(t)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	outside := exec.Command("sleep", "3600")
	outside.SysProcAttr, outside.Dir = user, "/"
	if err := outside.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = outside.Process.Kill() // it may have ended
		_ = outside.Wait()
	})
	w.variables = append(w.variables,
		"PIP_INDEX_URL="+x.SimpleURL(), "SPY_READS="+strings.Join(reads, ":"), "SPY_VARIABLE=ACME_TOKEN", "ACME_TOKEN=secret",
		"SPY_ADDRESS="+listener.Addr().String(), "SPY_OUTSIDE="+strconv.Itoa(outside.Process.Pid),
	)
	x.AddWheel(testkit.Setuptools())
	x.AddWheel(testkit.Distribution{Name: "wheel", Version: "0.45"})
	spy := testkit.Distribution{Version: "1.0", Backend: testkit.SpyBackend + editable}
	add := func(name string, change func(d *testkit.Distribution)) {
		d := spy
		d.Name = name
		if change != nil {
			change(&d)
		}
		x.AddSdist(d)
	}
	local := func(name string, change func(d *testkit.Distribution)) {
		d := spy
		d.Name = name
		change(&d)
		for path, text := range d.SourceTree() {
			w.write(name+"/"+path, text)
		}
	}
	bySetup := func(d *testkit.Distribution) { d.Setup = true }
	asItIs := func(*testkit.Distribution) {}
	add("acme-hooks", nil)
	add("acme-guarded", nil)
	add("acme-tool", nil)
	add("acme-inner", nil)
	add("acme-setup", bySetup)
	add("acme-installing", bySetup)
	// What a build requires has its report read by the build.
	add("acme-data", func(d *testkit.Distribution) {
		d.BuildRequires = []string{"acme-tool"}
		d.Backend = `
import acme_tool, os
with open(os.path.join(os.path.dirname(acme_tool.__file__), "spy_report.txt")) as file:
    FILES[NAME + "/spy_report.txt"] = file.read()
`
	})
	add("acme-nest", func(d *testkit.Distribution) {
		d.Backend = `
import subprocess, sys
subprocess.check_call([sys.executable, "-m", "pip", "install", "-q", "--target", "target", "acme-inner"])
with open("target/acme_inner/spy_report.txt") as file:
    FILES[NAME + "/spy_report.txt"] = file.read()
`
	})
	local("acme-local", asItIs)
	local("acme-edited", asItIs)
	local("acme-developed", bySetup)
	w.chown()

	for _, way := range []struct {
		name     string // of the spy, or of what shows its report
		words    []string
		module   bool // python -m pip, in a guarded environment
		prepare  func()
		installs bool // by itself
		nested   bool // started by a pip that is in the same sandbox
		missing  bool // this pip has no such thing
	}{
		{name: "acme-hooks"},
		{name: "acme-data"},
		{name: "acme-local", words: []string{"./acme-local"}},
		{name: "acme-edited", words: []string{"-e", "./acme-edited"}, missing: !w.from("21.3")},
		{
			name:     "acme-installing",
			prepare:  func() { w.pip([]string{"install", "setuptools"}).want(t, 0) },
			installs: !w.from("23.1"),
		},
		{name: "acme-setup", prepare: func() { w.pip([]string{"install", "wheel"}).want(t, 0) }},
		{name: "acme-developed", words: []string{"-e", "./acme-developed"}, installs: !w.from("25.3")},
		{
			name: "acme-guarded", module: true,
			prepare: func() { w.run(binaries+"/thresher", []string{"guard", w.path("env")}).want(t, 0) },
		},
		{name: "acme-nest", nested: true},
	} {
		if way.missing {
			t.Logf("%s: not with this pip", way.name)
			continue
		}
		if way.prepare != nil {
			way.prepare()
		}
		words := append([]string{"install"}, way.words...)
		if way.words == nil {
			words = append(words, way.name)
		}
		var got result
		if way.module {
			got = w.run(w.path("env/bin/python"), append([]string{"-m", "pip"}, words...))
		} else {
			got = w.pip(words)
		}
		got.want(t, 0)
		if told := strings.Contains(got.text(), "setup.py installs by itself"); told != way.installs {
			t.Errorf("%s: told that it installs by itself: %t, want %t", way.name, told, way.installs)
		}
		can := map[string]bool{"read harmless": true, "own folder": true}
		can["startup hook"], can["script"] = way.installs, way.installs
		can["environment of a parent"] = way.nested
		can["signal another"] = sandbox.Version() < 6
		report := w.report(way.name)
		for attempt, done := range report {
			if done != can[attempt] {
				t.Errorf("%s: %s: %t, want %t", way.name, attempt, done, can[attempt])
			}
		}
		if t.Failed() {
			t.Fatal(got.text())
		}
		if len(report) != len(reads)+14 {
			t.Errorf("%s: %d attempts: %v", way.name, len(report), slices.Sorted(maps.Keys(report)))
		}
		if diff := cmp.Diff([]string(nil), w.planted(way.installs)); diff != "" {
			t.Errorf("%s left something: %s", way.name, diff)
		}
	}

	// What a spy can do outside: all of it, or the above shows nothing.
	w.write("spy.py", testkit.SpyScript)
	w.chown()
	got := w.run(w.path("env/bin/python"), []string{"spy.py"})
	got.want(t, 0)
	for attempt, done := range parseReport(got.stdout) {
		if !done && (attempt != "trace another" || !restrictedTracing(user)) {
			t.Errorf("outside of the sandbox: %s: no", attempt)
		}
	}
	if planted := w.planted(false); len(planted) != 5 {
		t.Errorf("outside of the sandbox it left %q", planted)
	}
}

// TestDoctorTriesTheSandbox: doctor says what a program in the sandbox could do, as
// the superuser and as an ordinary user, and says it where the kernel has no Landlock
// or a container forbids it.
func TestDoctorTriesTheSandbox(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	const closed, missing = "a program in it could not read a planted secret or variable", "this system has no Landlock"
	expected := closed
	if parts, _ := sandbox.Coverage(sandbox.Version(), sandbox.NetworkNone); !slices.Contains(parts, sandbox.PartTCP) {
		t.Log("not tried: that it holds, since this kernel has no Landlock that closes the network")
		expected = ""
	}
	users := map[string]*syscall.SysProcAttr{"this user": nil}
	if os.Geteuid() == 0 {
		users["an ordinary user"] = stranger()
	}
	without, err := filepath.Abs("testdata/without_landlock.py")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile(without)
	if err != nil {
		t.Fatal(err)
	}
	for name, user := range users {
		w := &workplace{t: t, dir: t.TempDir(), user: user}
		w.write("home/.config/thresher/policy.toml", "[update]\nautomatic = false\n")
		w.write("tmp/keep", "")
		w.write("without_landlock.py", string(script))
		w.chown()
		w.variables = []string{"HOME=" + w.path("home"), "TMPDIR=" + w.path("tmp"), "PATH=" + binaries}
		python := pythonOf(t, user).Path
		for how, test := range map[string]struct {
			words []string
			want  string
		}{
			"as it is":                    {nil, expected},
			"a kernel without Landlock":   {[]string{python, w.path("without_landlock.py"), "ENOSYS"}, missing},
			"a container that forbids it": {[]string{python, w.path("without_landlock.py"), "EPERM"}, missing},
		} {
			words := append(test.words, filepath.Join(binaries, "thresher"), "doctor", "--json")
			got := w.run(words[0], words[1:])
			var report struct {
				Facts []struct{ What, State, Text string }
			}
			if err := json.Unmarshal([]byte(got.stdout), &report); err != nil {
				t.Fatalf("%s, %s: %v\n%s", name, how, err, got.text())
			}
			told := false
			for _, fact := range report.Facts {
				told = told || fact.What == "sandbox" && strings.Contains(fact.Text, test.want) &&
					fact.State == map[bool]string{true: "warning", false: "ok"}[test.want == missing]
			}
			if !told && test.want != "" {
				t.Errorf("%s, %s: %q is not said: %+v", name, how, test.want, report.Facts)
			}
		}
		if left, err := os.ReadDir(w.path("tmp")); err != nil || len(left) != 1 {
			t.Errorf("%s: left behind: %v %v", name, left, err)
		}
	}
}

// pythonOf gives an interpreter that old and new pips run on, and that a user can
// start.
func pythonOf(t *testing.T, user *syscall.SysProcAttr) testkit.Python {
	t.Helper()
	if user == nil {
		return testkit.PipPython(t)
	}
	for _, python := range testkit.Pythons(t) {
		start := exec.Command(python.Path, "-I", "-c", "import ctypes")
		start.SysProcAttr, start.Dir, start.Env = user, "/", []string{}
		if (python.Minor == 10 || python.Minor == 11) && start.Run() == nil {
			return python
		}
	}
	t.Skip("skipped: there is no Python 3.10 or 3.11 that an ordinary user can start; root's home is closed to him")
	return testkit.Python{}
}

// chown gives the workplace to its user, but for files that are the kit's own, of
// which the workplace has links.
func (w *workplace) chown() {
	w.t.Helper()
	if w.user == nil {
		return
	}
	err := os.Chmod(filepath.Dir(w.dir), 0o755)
	if err != nil {
		w.t.Fatal(err)
	}
	id := int(w.user.Credential.Uid)
	err = filepath.WalkDir(w.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if status := info.Sys().(*syscall.Stat_t); status.Nlink > 1 && info.Mode().IsRegular() {
			return nil
		}
		return os.Lchown(path, id, id)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// report gives what a spy could do, by the package that it built.
func (w *workplace) report(name string) map[string]bool {
	w.t.Helper()
	module := strings.ReplaceAll(name, "-", "_")
	pattern := "env/lib/python3*/site-packages/" + module + "/spy_report.txt"
	paths, err := filepath.Glob(w.path(pattern))
	if err == nil && len(paths) == 0 { // in its own folder, where it is edited
		paths, err = filepath.Glob(w.path(name + "/" + module + "/spy_report.txt"))
	}
	if err != nil || len(paths) != 1 {
		w.t.Fatalf("the report of %s: %v %v", name, paths, err)
	}
	content, err := os.ReadFile(paths[0])
	if err != nil {
		w.t.Fatal(err)
	}
	return parseReport(string(content))
}

func parseReport(text string) map[string]bool {
	report := map[string]bool{}
	for line := range strings.Lines(text) {
		if attempt, done, found := strings.Cut(strings.TrimSpace(line), ": "); found {
			report[attempt] = done == "yes"
		}
	}
	return report
}

// planted gives what spies left where they must not; what one that installs by
// itself put into the environment is taken away before.
func (w *workplace) planted(installs bool) []string {
	w.t.Helper()
	inEnvironment := []string{"env/lib/python3*/site-packages/spy-hook.pth", "env/bin/spy-script"}
	var found []string
	for _, pattern := range append(inEnvironment, "home/.spy-was-here", "home/.profile",
		"home/.cache/pip/wheels/aa/bb/forged*") {
		paths, err := filepath.Glob(w.path(pattern))
		if err != nil {
			w.t.Fatal(err)
		}
		for _, path := range paths {
			if installs && slices.Contains(inEnvironment, pattern) {
				if err := os.Remove(path); err != nil {
					w.t.Fatal(err)
				}
				continue
			}
			found = append(found, strings.TrimPrefix(path, w.dir))
		}
	}
	return found
}

// restrictedTracing says whether this system keeps a user from tracing processes
// that are no children of the one that traces.
func restrictedTracing(user *syscall.SysProcAttr) bool {
	scope, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope")
	return err == nil && strings.TrimSpace(string(scope)) != "0" && (user != nil || os.Geteuid() != 0)
}
