package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"thresher/internal/testkit"
)

// hostile is text that breaks lines, hides what follows and turns the direction
// of writing; a line of it looks like thresher's own.
const hostile = "x\nthresher: SPOOF\r\x1b[8m\u202e\u009b8m"

var harmful = regexp.MustCompile("(?m)^thresher: SPOOF|\x1b|\u202e|\u009b|\r")

// Whatever an index, an advisory, a policy file or an installed distribution
// says, nothing of it steers the terminal or looks like a line of thresher's,
// whether thresher prints it or pip.
func TestHostileTextOnTheTerminal(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	t.Parallel()
	home, dir := t.TempDir(), t.TempDir()
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// as JSON and TOML have it
	quoted := strings.ReplaceAll(strings.ReplaceAll(strconv.QuoteToASCII(hostile), `\x1b`, `\u001b`), `\x9b`, `\u009b`)
	write(filepath.Join(home, ".config", "thresher", "policy.toml"), "[update]\nautomatic = false\n[answers]\n"+
		"without-terminal = true\n")
	write(filepath.Join(dir, "osv.jsonl"), `{"id":"PYSEC-1","modified":"2026-01-01T00:00:00Z","summary":`+quoted+
		`,"details":`+quoted+
		`,"aliases":["CVE-`+strings.Trim(quoted, `"`)+`"],"affected":[{"package":{"ecosystem":"PyPI","name":"evil"},`+
		`"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":`+quoted+`}]}]}]}
{"id":"PYSEC-2","modified":"2026-01-01T00:00:00Z","summary":`+quoted+
		`,"affected":[{"package":{"ecosystem":"PyPI","name":"evil"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"9"}]}]}]}
`)
	environment := filepath.Join(dir, "env")
	testkit.Environment(t, testkit.AnyPython(t), environment)
	index := testkit.NewIndex(t)
	yanked := index.AddWheel(testkit.Distribution{Name: "evil", Version: "1.0"})
	yanked.Yanked, yanked.YankedReason = true, hostile
	index.AddWheel(testkit.Distribution{Name: "evil", Version: "3.0", RequiresPython: "===" +
		strings.ReplaceAll(hostile, " ", "")})
	index.AddWheel(testkit.Distribution{Name: "sound", Version: "1.0"})
	index.SetStatus("evil", "archived"+hostile)

	// What a build of another distribution may have left behind.
	sites, err := filepath.Glob(filepath.Join(environment, "lib", "python3*", "site-packages"))
	if err != nil || len(sites) != 1 {
		t.Fatalf("%v %v", sites, err)
	}
	planted := filepath.Join(dir, "plant.py")
	write(planted, `import os, sys
site, hostile, name = sys.argv[1:]
info = os.path.join(site, "odd" + name + "-1.0.dist-info")
os.makedirs(info)
open(os.path.join(info, "METADATA"), "w", newline="").write("Metadata-Version: 2.1\nName: odd" + hostile.replace("\n", "\n ") + "\nVersion: 1.0" + hostile.replace("\n", "\n ") + "\n")
open(os.path.join(info, "RECORD"), "w", newline="").write('"' + hostile + '.pth",,\n')
open(os.path.join(info, "INSTALLER"), "w").write(hostile)
open(os.path.join(site, hostile.replace("/", "_") + ".pth"), "w").write("import sys\n")
`)
	ofPip := "\x00" // what pip says of a word by itself, which stays pip's
	run := func(name string, words ...string) {
		t.Helper()
		command := exec.Command(filepath.Join(binaries, name), words...)
		command.Dir = dir
		command.Env = []string{
			"PATH=" + filepath.Join(environment, "bin") + ":/usr/bin:/bin", "HOME=" + home, "PIP_INDEX_URL=" + index.SimpleURL(),
			"PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_NO_CACHE_DIR=1", "LANG=C.UTF-8", "VIRTUAL_ENV=" + environment,
		}
		out, _ := command.CombinedOutput()
		if command.ProcessState == nil {
			t.Fatalf("%s %q: not run", name, words)
		}
		if testing.Verbose() {
			t.Logf("%s %q: %d\n%q", name, words, command.ProcessState.ExitCode(), out)
		}
		out = []byte(strings.ReplaceAll(string(out), ofPip, ""))
		for _, found := range harmful.FindAllIndex(out, -1) {
			t.Errorf("%s %q: at %q", name, words, out[max(0, found[0]-150):min(len(out), found[1]+60)])
		}
	}
	run("thresher", "update", "--from", "osv.jsonl")
	run("pip", "install", "evil==1.0")
	run("pip", "install", "evil")
	run("pip", "install", "evil==3.0")
	run("pip", "download", "--no-deps", "-d", "down", "evil==1.0")
	run("thresher", "scan")
	run("thresher", "explain", "evil")
	run("thresher", "check", "evil")
	run("thresher", "policy", "show")
	plant := func(name string) {
		t.Helper()
		if out, err := exec.Command(filepath.Join(environment, "bin", "python"), "-I", "-S", planted, sites[0], hostile,
			name).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	plant("")
	run("pip", "install", "sound")
	run("thresher", "scan")
	run("thresher", "plan", "--", "install", "sound")
	write(filepath.Join(dir, "requirements.txt"), "evil"+strings.ReplaceAll(hostile, "\n", " ")+"\n--index-url http://x"+
		strings.ReplaceAll(hostile, "\n", "")+"/\n")
	run("pip", "install", "-r", "requirements.txt")
	run("thresher", "plan", "--", "install", "-r", "requirements.txt")
	// From 24.1 on pip shows such a word as it is, in its own error.
	out, err := exec.Command(filepath.Join(environment, "bin", "python"), "-I", "-S", "-c",
		"import sys; sys.path.append(sys.argv.pop(1)); from pip._internal.cli.main import main; sys.exit(main(sys.argv[1:]))",
		sites[0], "install", "--no-index", "--disable-pip-version-check", "sound"+hostile).CombinedOutput()
	if len(out) == 0 {
		t.Fatalf("pip says nothing: %v", err)
	}
	ofPip = string(out)
	run("pip", "install", "sound"+hostile)
	run("thresher", "log")
	run("thresher", "log", "--verdicts")
	plant(hostile) // pip itself prints the names of such folders
	run("thresher", "scan")
	run("thresher", "doctor")
	for _, text := range []string{"[deny]\nalpha = " + quoted + "\n", "[rules]\n" + quoted + " = " + quoted +
		"\n", hostile + "\n"} {
		write(filepath.Join(dir, "thresher.toml"), text)
		run("thresher", "policy", "show")
		run("thresher", "trust", "--yes")
		run("pip", "install", "alpha")
	}
}

// TestColours: colours go to a terminal, and to anything else where they are asked
// for; NO_COLOR keeps them from both. What pip prints is never changed.
func TestColours(t *testing.T) {
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("skipped: -short, or this system has no terminals of its own for tests")
	}
	t.Parallel()
	dir := t.TempDir()
	environment := filepath.Join(dir, "env")
	testkit.Environment(t, testkit.AnyPython(t), environment)
	atTerminal, err := filepath.Abs(filepath.Join("testdata", "at_terminal.py"))
	if err != nil {
		t.Fatal(err)
	}
	python := filepath.Join(environment, "bin", "python")
	for _, test := range []struct {
		variables []string
		terminal  bool
		coloured  bool
	}{
		{nil, false, false},
		{nil, true, true},
		{[]string{"NO_COLOR=1"}, true, false},
		{[]string{"TERM=dumb"}, true, false},
		{[]string{"CLICOLOR_FORCE=1"}, false, true},
		{[]string{"CLICOLOR_FORCE=0"}, false, false},
		{[]string{"CLICOLOR_FORCE=1", "NO_COLOR=1"}, false, false},
		{[]string{"CLICOLOR_FORCE=1", "NO_COLOR=1"}, true, false},
	} {
		words := []string{filepath.Join(binaries, "pip"), "install", "reqeusts"}
		if test.terminal {
			words = append([]string{python, atTerminal}, words...)
		}
		command := exec.Command(words[0], words[1:]...)
		command.Dir = dir
		command.Env = append([]string{
			"HOME=" + dir, "PATH=" + filepath.Join(environment, "bin") + ":/usr/bin:/bin", "TERM=xterm",
			"VIRTUAL_ENV=" + environment, "LANG=C.UTF-8",
		}, test.variables...)
		out, _ := command.CombinedOutput()
		if !strings.Contains(string(out), "refused") {
			t.Fatalf("%q: %s", words, out)
		}
		if got := strings.Contains(string(out), "\x1b["); got != test.coloured {
			t.Errorf("%q, terminal %t: colours: %t, want %t\n%q", test.variables, test.terminal, got, test.coloured, out)
		}
	}
}
