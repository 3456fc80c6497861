package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"thresher/internal/journal"
	"thresher/internal/testkit"
	"thresher/sandbox"
)

var update = flag.Bool("update", false, "write what the scenarios print into their golden files")

// binaries is a directory with the built thresher and its pip links. unasked is
// one with stand-ins for what pip asks about the machine at every start, for the
// sake of its index's statistics: they say nothing, and take no time.
var binaries, unasked string

// scratch is the folder of this process, with the scenarios' folders in it.
var scratch string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	dir, remove, err := testkit.Scratch()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer remove()
	scratch = dir
	if err := testkit.LeaveEnvironments(filepath.Join(dir, "tools")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	// An ordinary user runs them as well.
	if err := os.Chmod(dir, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	binaries, unasked = filepath.Join(dir, "bin"), filepath.Join(dir, "unasked")
	if err := buildThresher(filepath.Join(binaries, "thresher"), filepath.Join(dir, "nobody")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := os.Mkdir(unasked, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if nothing, err := exec.LookPath("true"); err == nil {
		for _, name := range []string{"lsb_release", "rustc"} {
			if err := os.Symlink(nothing, filepath.Join(unasked, name)); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
		}
	}
	for _, name := range []string{"pip", "pip3"} {
		if err := os.Symlink("thresher", filepath.Join(binaries, name)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}

// buildThresher builds the program for an account with this home directory: as it
// is released, or with the race detector where the tests have it (go test -race).
// A race that it finds ends the program with status 66, which no test expects.
func buildThresher(program, account string) error {
	flags := "-X thresher/internal/places.account=" + account + " -X thresher/shim.containerMarks="
	words := []string{"build", "-ldflags", flags, "-o", program, "."}
	build := exec.Command("go", words...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if raceDetector {
		build = exec.Command("go", slices.Insert(words, 1, "-race")...)
	}
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build thresher: %w\n%s", err, out)
	}
	return nil
}

// TestScenarios runs the built shim as pip, against a real virtual
// environment, the real pip and loopback indexes. testdata/script/README.md
// says what a script may use.
func TestScenarios(t *testing.T) { runScenarios(t, "script") }

// TestLongScenarios runs what go on for longer: each subject's further ways.
func TestLongScenarios(t *testing.T) {
	if !testkit.Full() {
		t.Skip("skipped: THRESHER_TEST_FULL=1 runs them, and .ci/run does")
	}
	runScenarios(t, "long")
}

func runScenarios(t *testing.T, folder string) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: the scenarios are written for a Unix shell")
	}
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	python := testkit.AnyPython(t)
	root := filepath.Join(scratch, folder)
	if err := os.MkdirAll(root, 0o700); err != nil {
		t.Fatal(err)
	}
	testscript.RunT(scenario{t}, testscript.Params{
		Dir:                 filepath.Join("testdata", folder),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		WorkdirRoot:         root,
		Setup:               func(e *testscript.Env) error { return setUp(e, python) },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"environment": makeEnvironment,
			"activate":    activate,
			"index":       selectIndex,
			"wheel":       addWheel,
			"sdist":       addSdist,
			"remove":      removeRelease,
			"serve":       serveFile,
			"status":      expectStatus,
			"spy":         addSpy,
			"listen":      listen,
			"project":     setProject,
			"requests":    printRequests,
			"upgrade-pip": upgradePip,
			"without":     removeDistributions,
			"paste":       paste,
		},
		Condition: func(word string) (bool, error) {
			if first, ok := strings.CutPrefix(word, "pip:"); ok {
				release := strings.Split(filepath.Base(testkit.BundledPip(t, python)), "-")[1]
				return (&workplace{t: t, release: release}).from(first), nil
			}
			return condition(word)
		},
	})
}

// state is what one scenario has: its interpreter and its indexes.
type state struct {
	tb      testing.TB
	python  testkit.Python
	indexes map[string]*testkit.Index
	current *testkit.Index
}

type stateKey struct{}

func setUp(e *testscript.Env, python testkit.Python) error {
	t := e.T().(scenario)
	main := testkit.NewIndex(t)
	e.Values[stateKey{}] = &state{tb: t, python: python, indexes: map[string]*testkit.Index{"main": main}, current: main}
	// The first that is said is the last that is done.
	e.Defer(func() {
		if err := testkit.RemoveTree(e.WorkDir); err != nil {
			t.Error(err)
		}
	})
	e.Defer(func() { checkLog(t, filepath.Join(e.WorkDir, ".home", ".local", "state", "thresher", "log.jsonl")) })
	home := filepath.Join(e.WorkDir, ".home")
	if err := os.MkdirAll(home, 0o755); err != nil {
		return err
	}
	e.Vars = append(e.Vars,
		"HOME="+home,
		"XDG_CONFIG_HOME="+filepath.Join(home, ".config"),
		"XDG_DATA_HOME="+filepath.Join(home, ".local", "share"),
		"XDG_CACHE_HOME="+filepath.Join(home, ".cache"),
		"XDG_STATE_HOME="+filepath.Join(home, ".local", "state"),
		"XDG_CONFIG_DIRS="+filepath.Join(home, "none"),
		"BIN="+binaries,
		"PATH="+strings.Join([]string{binaries, unasked, filepath.Dir(python.Path), os.Getenv("PATH")},
			string(os.PathListSeparator)),
		"PYTHON="+python.Path,
		"PYTHONDONTWRITEBYTECODE=1",
		"PIP_DISABLE_PIP_VERSION_CHECK=1",
		"PIP_INDEX_URL="+main.SimpleURL(),
		"PIP_RETRIES=0",
		"LANG=C.UTF-8",
		"MAIN_INDEX="+main.SimpleURL(),
		"REPOSITORY="+mustGetwd(),
	)
	// No scenario asks anybody outside this machine.
	policy := filepath.Join(home, ".config", "thresher", "policy.toml")
	if err := os.MkdirAll(filepath.Dir(policy), 0o755); err != nil {
		return err
	}
	return os.WriteFile(policy, []byte("[update]\nautomatic = false\n[answers]\nwithout-terminal = true\n"), 0o644)
}

func mustGetwd() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	return dir
}

func stateOf(ts *testscript.TestScript) *state { return ts.Value(stateKey{}).(*state) }

// environment DIR [MINOR]: makes a virtual environment with pip.
func makeEnvironment(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 1 {
		ts.Fatalf("usage: environment DIR [MINOR]")
	}
	python := stateOf(ts).python
	if len(args) > 1 {
		found := false
		for _, p := range testkit.Pythons(stateOf(ts).tb) {
			if strconv.Itoa(p.Minor) == args[1] {
				python, found = p, true
			}
		}
		if !found {
			stateOf(ts).tb.Skipf("skipped: there is no Python 3.%s", args[1])
		}
	}
	testkit.Environment(stateOf(ts).tb, python, ts.MkAbs(args[0]))
}

// activate DIR [--shadow]: as the environment's activate script, with the shim
// still first on PATH; with --shadow the environment's own pip is first, as
// activation really leaves it.
func activate(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 1 {
		ts.Fatalf("usage: activate DIR [--shadow]")
	}
	dir := ts.MkAbs(args[0])
	separator := string(os.PathListSeparator)
	path := filepath.Join(dir, "bin") + separator + ts.Getenv("PATH")
	if len(args) < 2 {
		path = binaries + separator + path
	}
	ts.Setenv("PATH", path)
	ts.Setenv("VIRTUAL_ENV", dir)
}

// index NAME: further wheel and sdist lines add to this index, made on first
// use; its address is in $NAME_INDEX.
func selectIndex(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 1 {
		ts.Fatalf("usage: index NAME [https [client-certificate]] [html] [no-upload-times] [auth=USER:PASSWORD] " +
			"[delay=DURATION] [stop]")
	}
	s := stateOf(ts)
	x := s.indexes[args[0]]
	if x == nil {
		name := strings.ToUpper(args[0])
		switch {
		case slices.Contains(args[1:], "https"):
			var certificates testkit.Certificates
			x, certificates = testkit.NewTLSIndex(s.tb, slices.Contains(args[1:], "client-certificate"))
			ts.Setenv(name+"_AUTHORITY", certificates.Authority)
			ts.Setenv(name+"_CLIENT", certificates.Client)
		default:
			x = testkit.NewIndex(s.tb)
		}
		s.indexes[args[0]] = x
		ts.Setenv(strings.ToUpper(args[0])+"_INDEX", x.SimpleURL())
	}
	s.current = x
	for _, word := range args[1:] {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "https", "client-certificate": // since it began
		case "html":
			x.Change(func() { x.HTMLOnly = true })
		case "no-upload-times":
			x.Change(func() { x.NoUploadTimes = true })
		case "auth":
			x.Change(func() { x.User, x.Password, _ = strings.Cut(value, ":") })
		case "delay":
			d, err := time.ParseDuration(value)
			ts.Check(err)
			x.Change(func() { x.Delay = d })
		case "stop":
			x.Close()
		default:
			ts.Fatalf("index: unknown word %q", word)
		}
	}
}

// wheel NAME VERSION [requires=REQ]… [extra=NAME]… [python=SPEC] [age=DURATION|Nd] [yanked[=REASON]]
// [file=PATH:TEXT] [provenance=URL] [no-metadata].
func addWheel(ts *testscript.TestScript, _ bool, args []string) {
	d, rest := distribution(ts, args)
	x := stateOf(ts).current
	f := x.AddWheel(d)
	x.Change(func() { dress(ts, f, rest) })
}

// sdist NAME VERSION [as wheel] [build=REQ]… [backend=PYTHON].
func addSdist(ts *testscript.TestScript, _ bool, args []string) {
	d, rest := distribution(ts, args)
	x := stateOf(ts).current
	f := x.AddSdist(d)
	x.Change(func() { dress(ts, f, rest) })
}

// remove NAME [VERSION]: takes a release of the selected index down, or a project.
func removeRelease(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 1 {
		ts.Fatalf("usage: remove NAME [VERSION]")
	}
	stateOf(ts).current.Remove(args[0], strings.Join(args[1:], ""))
}

// serve FILE: puts a file of the scenario on the index, at files/FILE.
func serveFile(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: serve FILE")
	}
	stateOf(ts).current.AddFile(args[0], []byte(ts.ReadFile(args[0])))
}

func distribution(ts *testscript.TestScript, args []string) (testkit.Distribution, []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: wheel|sdist NAME VERSION [key=value]…")
	}
	d := testkit.Distribution{Name: args[0], Version: args[1], Files: map[string]string{}}
	var rest []string
	for _, word := range args[2:] {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "requires":
			d.Requires = append(d.Requires, value)
		case "extra":
			d.Metadata += "Provides-Extra: " + value + "\n"
		case "python":
			d.RequiresPython = value
		case "build":
			d.BuildRequires = append(d.BuildRequires, value)
		case "backend":
			d.Backend = value
		case "file":
			path, text, _ := strings.Cut(value, ":")
			d.Files[path] = text
		default:
			rest = append(rest, word)
		}
	}
	return d, rest
}

func dress(ts *testscript.TestScript, f *testkit.ServedFile, words []string) {
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "age":
			age, err := time.ParseDuration(strings.Replace(value, "d", "h", 1))
			ts.Check(err)
			if strings.HasSuffix(value, "d") {
				age *= 24
			}
			f.Uploaded = time.Now().Add(-age)
		case "yanked":
			f.Yanked, f.YankedReason = true, value
		case "provenance":
			if !strings.Contains(value, "://") { // a file of the scenario that is served
				value = stateOf(ts).current.URL + "/files/" + value
			}
			f.Provenance = value
		case "no-metadata":
			f.Metadata = ""
		default:
			ts.Fatalf("unknown word %q", word)
		}
	}
}

// project NAME status=STATUS: the PEP 792 status of a project.
func setProject(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 || !strings.HasPrefix(args[1], "status=") {
		ts.Fatalf("usage: project NAME status=STATUS")
	}
	stateOf(ts).current.SetStatus(args[0], strings.TrimPrefix(args[1], "status="))
}

// requests INDEX [PATH]: fails unless the index was asked for a path that
// contains PATH; with !, fails if it was.
func printRequests(ts *testscript.TestScript, negated bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] requests INDEX PATH")
	}
	asked := false
	for _, path := range stateOf(ts).indexes[args[0]].Requests() {
		asked = asked || strings.Contains(path, args[1])
	}
	if asked == negated {
		ts.Fatalf("requests of index %s: %q", args[0], stateOf(ts).indexes[args[0]].Requests())
	}
}

// status N COMMAND…: runs the command and fails unless it exits with N.
func expectStatus(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND [ARG]…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := err.(*exec.ExitError); ok {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%s: %v", args[1], err)
	}
	if got != want {
		ts.Fatalf("%s exited with %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// upgrade-pip DIR VERSION: puts another pip release into the environment.
func upgradePip(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: upgrade-pip DIR VERSION")
	}
	python := stateOf(ts).python
	dir := ts.MkAbs(args[0])
	sites, _ := filepath.Glob(filepath.Join(dir, "lib", "python3*", "site-packages", "pip*"))
	for _, site := range sites {
		ts.Check(os.RemoveAll(site))
	}
	testkit.InstallPip(stateOf(ts).tb, dir, testkit.PipWheel(stateOf(ts).tb, python, args[1]))
}

// paste N [WORDS]: pastes the first command that standard error has behind "fix: ",
// or the first with these words, and fails unless it exits with N.
func paste(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 0 || len(args) > 2 {
		ts.Fatalf("usage: paste N [WORDS]")
	}
	wanted := strings.Join(args[1:], "")
	for _, line := range strings.Split(ts.ReadFile("stderr"), "\n") {
		if _, command, found := strings.Cut(line, "fix: "); found && strings.HasPrefix(line, "thresher: ") &&
			strings.Contains(command, wanted) {
			ts.Logf("pasted: %s", command)
			expectStatus(ts, false, []string{args[0], "sh", "-ec", command})
			return
		}
	}
	ts.Fatalf("nothing to paste with %q in\n%s", wanted, ts.ReadFile("stderr"))
}

// without DIR NAME…: takes distributions out of the environment, without a start of
// pip where it is not pip's uninstall that matters.
func removeDistributions(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: without DIR NAME…")
	}
	ts.Check(remove(ts.MkAbs(args[0]), args[1:]...))
}

// remove takes distributions of one module or package of their name out of an
// environment.
func remove(environment string, names ...string) error {
	site := filepath.Join(environment, "lib", "python3*", "site-packages")
	for _, name := range names {
		file := strings.ReplaceAll(name, "-", "_")
		records, _ := filepath.Glob(filepath.Join(site, file+"-*.dist-info"))
		if len(records) != 1 {
			return fmt.Errorf("%s is not installed once: %q", name, records)
		}
		modules, _ := filepath.Glob(filepath.Join(site, file+".*"))
		for _, path := range append(modules, records[0], filepath.Join(filepath.Dir(records[0]), file)) {
			if err := os.RemoveAll(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// spy NAME VERSION [FOLDER]: an sdist on the selected index whose build tries
// what a malicious one would, or its source tree in a folder. spy FILE: the same
// as a script.
func addSpy(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 1 {
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(testkit.SpyScript), 0o644))
		return
	}
	if len(args) < 2 {
		ts.Fatalf("usage: spy NAME VERSION [FOLDER] | spy FILE")
	}
	d, rest := testkit.Distribution{Name: args[0], Version: args[1], Backend: testkit.SpyBackend}, args[2:]
	if len(rest) == 0 {
		stateOf(ts).current.AddSdist(d)
		return
	}
	for path, content := range d.SourceTree() {
		file := filepath.Join(ts.MkAbs(rest[0]), path)
		ts.Check(os.MkdirAll(filepath.Dir(file), 0o755))
		ts.Check(os.WriteFile(file, []byte(content), 0o644))
	}
}

// listen VARIABLE: a port of this machine that can be connected to until the
// scenario ends; the variable holds its host:port.
func listen(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: listen VARIABLE")
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = listener.Close() })
	ts.Setenv(args[0], listener.Addr().String())
}

// condition: [data:FILE] for a file of the shared test data beside the checkout,
// [terminal] for a machine that gives a test a terminal of its own,
// [landlock] for a kernel that keeps files and network from programs, [full] where
// much is asked for (THRESHER_TEST_FULL).
func condition(word string) (bool, error) {
	if word == "full" {
		return testkit.Full(), nil
	}
	if word == "terminal" {
		return testkit.HasTerminal(), nil
	}
	if word == "root" {
		return os.Geteuid() == 0, nil
	}
	if word == "pip" { // outside of every environment
		_, err := exec.LookPath("pip")
		return err == nil, nil
	}
	if word == "landlock" {
		closed, _ := sandbox.Coverage(sandbox.Version(), sandbox.NetworkNone)
		return slices.Contains(closed, sandbox.PartTCP), nil
	}
	if file, ok := strings.CutPrefix(word, "data:"); ok {
		_, err := os.Stat(filepath.Join("..", "shared", "data", file))
		return err == nil, nil
	}
	return false, fmt.Errorf("unknown condition %q", word)
}

// checkLog holds every line of a scenario's log to the schema that docs/log.md
// speaks of. What a scenario puts there itself has none.
func checkLog(t testing.TB, path string) {
	content, err := os.ReadFile(path)
	if err != nil {
		return // a scenario without runs, or one that takes the log away
	}
	var schema map[string]any
	if err := json.Unmarshal([]byte(journal.JSONSchema()), &schema); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		if !strings.HasPrefix(line, `{"schema":`) {
			continue
		}
		if err := testkit.ConformsJSON(schema, line); err != nil {
			t.Errorf("the log: %v\n%s", err, line)
		}
	}
}
