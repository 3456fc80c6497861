package gate

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"thresher/index"
	"thresher/internal/testkit"
	"thresher/pip"
	"thresher/policy/rules"
)

// newClient gives a client that retries nothing, so that faults show at once.
func newClient(t testing.TB) *index.Client {
	t.Helper()
	client, err := index.New(index.Config{CacheDir: t.TempDir(), Netrc: "-", KeyringProvider: "disabled",
		Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// open starts a gate that ends with the test.
func open(t testing.TB, config Config) *Gate {
	t.Helper()
	if config.Source == nil {
		config.Source = newClient(t)
	}
	if config.Directory == "" {
		directory, err := os.MkdirTemp(runs, "run-") // short enough for a socket
		if err != nil {
			t.Fatal(err)
		}
		config.Directory = directory
	}
	g, err := Start(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

// environment is a virtual environment in which pip is run against a gate.
type environment struct {
	t    testing.TB
	dir  string
	home string
}

// newEnvironment makes one with the given pip, that of the interpreter where
// release is "".
func newEnvironment(t testing.TB, release string) *environment {
	t.Helper()
	python := testkit.AnyPython(t)
	if release != "" {
		python = testkit.PipPython(t)
	}
	base := t.TempDir()
	e := &environment{t: t, dir: filepath.Join(base, "env"), home: filepath.Join(base, "home")}
	if err := os.MkdirAll(e.home, 0o755); err != nil {
		t.Fatal(err)
	}
	if release == "" {
		testkit.Environment(t, python, e.dir)
	} else {
		testkit.EnvironmentWith(t, python, release, e.dir)
	}
	return e
}

// runs is where the gates of this process lie, short enough for a socket.
var runs string

func TestMain(m *testing.M) {
	directory, remove, err := testkit.Scratch()
	if err != nil {
		panic(err)
	}
	runs = directory
	status := m.Run()
	remove()
	os.Exit(status)
}

// outcome is how one pip ended.
type outcome struct {
	status int
	output string // both streams
}

// variables are those of a sealed run whose transport is the gate.
func (e *environment) variables(g *Gate) []string {
	var extra []string
	for i, index := range g.config.Indexes {
		if i > 0 {
			extra = append(extra, index.URL)
		}
	}
	variables := append(e.plainVariables(),
		"http_proxy="+g.ProxyURL(), "https_proxy="+g.ProxyURL(), "no_proxy=",
		"PIP_EXTRA_INDEX_URL="+strings.Join(extra, " "),
		"PIP_FIND_LINKS="+strings.Join(append(slices.Clone(g.config.FindLinks), g.config.Folders...), " "))
	if len(g.config.Indexes) > 0 {
		return append(variables, "PIP_INDEX_URL="+g.config.Indexes[0].URL)
	}
	return append(variables, "PIP_NO_INDEX=1")
}

func (e *environment) plainVariables() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + e.home, "LANG=C.UTF-8", "PIP_CONFIG_FILE=" + os.DevNull,
		"PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_CACHE_DIR=" + filepath.Join(e.home, "cache"),
	}
}

// pip runs pip behind the bootstrap.
func (e *environment) pip(g *Gate, words ...string) outcome {
	e.t.Helper()
	return e.run(g, e.variables(g), words...)
}

func (e *environment) run(g *Gate, variables []string, words ...string) outcome {
	e.t.Helper()
	packages, err := filepath.Glob(filepath.Join(e.dir, "lib", "python3*", "site-packages", "pip"))
	if err != nil || len(packages) != 1 {
		e.t.Fatalf("no pip in %s: %v", e.dir, err)
	}
	python, way := filepath.Join(e.dir, "bin", "python"), g.Way()
	run := pip.Run{Path: python, Args: []string{python, "-I", packages[0]}, Environ: variables, Dir: e.home}
	transport := pip.Transport{Socket: way.Socket, Port: way.Port, Secret: way.Secret}
	if err := run.Bootstrap(&pip.Installation{PackageDir: packages[0]}, transport, g.config.Directory); err != nil {
		e.t.Fatal(err)
	}
	return e.start(run, words...)
}

// plain runs pip as it is.
func (e *environment) plain(variables []string, words ...string) outcome {
	e.t.Helper()
	python := filepath.Join(e.dir, "bin", "python")
	return e.start(pip.Run{Path: python, Args: []string{python, "-I", "-m", "pip"}, Environ: variables, Dir: e.home},
		words...)
}

func (e *environment) start(run pip.Run, words ...string) outcome {
	e.t.Helper()
	cmd := exec.Command(run.Path, append(run.Args[1:], words...)...)
	cmd.Env, cmd.Dir = run.Environ, run.Dir
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		e.t.Fatal(err)
	}
	return outcome{cmd.ProcessState.ExitCode(), output.String()}
}

// indexURL is the address of one of a gate's indexes.
func indexURL(g *Gate, i int) string { return strings.TrimRight(g.config.Indexes[i].URL, "/") + "/" }

// installed gives what is in the environment beside pip, "name==version".
func (e *environment) installed() []string {
	e.t.Helper()
	found, err := filepath.Glob(filepath.Join(e.dir, "lib", "python3*", "site-packages", "*.dist-info"))
	if err != nil {
		e.t.Fatal(err)
	}
	var list []string
	for _, path := range found {
		name, version, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".dist-info"), "-")
		if name != "pip" {
			list = append(list, name+"=="+version)
		}
	}
	slices.Sort(list)
	return list
}

func (e *environment) wantInstalled(words ...string) {
	e.t.Helper()
	if got := e.installed(); !slices.Equal(got, words) {
		e.t.Errorf("installed %v, want %v", got, words)
	}
}

func (o outcome) want(t testing.TB, status int, texts ...string) {
	t.Helper()
	if (status == 0) != (o.status == 0) {
		t.Errorf("exit status %d\n%s", o.status, o.output)
	}
	for _, text := range texts {
		if !strings.Contains(o.output, text) {
			t.Errorf("no %q in\n%s", text, o.output)
		}
	}
}

// blockNamed gives a JudgeProject that blocks the projects given.
func blockNamed(names ...string) func(context.Context, Project) []rules.Finding {
	return func(_ context.Context, e Project) []rules.Finding {
		if slices.Contains(names, e.Name) {
			return []rules.Finding{{Subject: e.Name, Rule: rules.Malware, Action: rules.Block, Confidence: rules.High,
				Evidence: "is malware (MAL-2026-1)"}}
		}
		return nil
	}
}

// holdYoung gives a JudgeFile with a cooldown.
func holdYoung(cooldown time.Duration) func(FileEvidence) []rules.Finding {
	return func(e FileEvidence) []rules.Finding {
		if len(e.Fixes) > 0 {
			return []rules.Finding{{Subject: e.Name + "==" + e.Version, Rule: rules.Cooldown, Action: rules.Note,
				Evidence: "fixes " + strings.Join(e.Fixes, ", ")}}
		}
		if e.Now.Sub(e.UploadTime) < cooldown {
			return []rules.Finding{{Subject: e.Name + "==" + e.Version, Rule: rules.Cooldown, Action: rules.Hold,
				Evidence: "uploaded too recently"}}
		}
		return nil
	}
}

func mainIndex(x *testkit.Index) []Index { return []Index{{URL: x.SimpleURL()}} }

// someReleases gives the pips that a test of these releases runs under: each, or,
// where not all are asked for, the one that comes with Python.
func someReleases(releases ...string) []string {
	if testkit.Full() {
		return releases
	}
	return []string{""}
}

// TestEveryPip runs the gate's whole promise under every pip: pages
// in HTML and JSON, files held back, files and projects blocked, names that
// cannot be upgraded because nobody answers.
func TestEveryPip(t *testing.T) {
	for _, release := range testkit.PipReleases(t) {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			x := testkit.NewIndex(t)
			x.AddWheel(testkit.Distribution{Name: "Held.Parent", Version: "1.0", Requires: []string{"child>=1"}})
			x.AddWheel(testkit.Distribution{Name: "child", Version: "1.0"})
			x.AddWheel(testkit.Distribution{Name: "child", Version: "2.0"}).Uploaded = time.Now()
			x.AddWheel(testkit.Distribution{Name: "app", Version: "1.0"})
			x.AddWheel(testkit.Distribution{Name: "app", Version: "2.0", Requires: []string{"badpkg"}})
			x.AddWheel(testkit.Distribution{Name: "badpkg", Version: "1.0"})
			x.AddWheel(testkit.Distribution{Name: "tool", Version: "1.0"})
			x.AddWheel(testkit.Distribution{Name: "tool", Version: "2.0", Requires: []string{"gone==3.1"}})
			x.SetStatus("gone", "quarantined")
			g := open(t, Config{
				Indexes: mainIndex(x), JudgeProject: blockNamed("badpkg", "gone"), JudgeFile: holdYoung(24 * time.Hour),
			})
			e := newEnvironment(t, release)

			e.pip(g, "install", "held-parent").want(t, 0, "Successfully installed")
			e.wantInstalled("child==1.0", "held_parent==1.0")
			e.pip(g, "install", "app").want(t, 1, "403 Client Error: blocked by thresher: badpkg: is malware "+
				"(MAL-2026-1) (malware)")
			e.wantInstalled("child==1.0", "held_parent==1.0")
			e.pip(g, "install", "tool").want(t, 1, "blocked by thresher: gone: is malware (MAL-2026-1) (malware)")
			e.wantInstalled("child==1.0", "held_parent==1.0")

			down := open(t, Config{
				Indexes: []Index{{URL: "http://127.0.0.1:1/simple/"}}, Installed: map[string]string{"child": "1.0",
					"held-parent": "1.0"},
			})
			e.pip(down, "install", "-U", "held-parent").want(t, 0, "Requirement already satisfied: held-parent")
			if faults := down.Faults(); len(faults) != 1 || faults[0].Kind != Skipped ||
				!strings.Contains(faults[0].Text, "connection refused") || !strings.Contains(faults[0].Text, "upgrade skipped") {
				t.Errorf("faults %+v", faults)
			}
		})
	}
}
