package settled

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"thresher/internal/testkit"
	"thresher/pip"
	"thresher/python"
	"thresher/venv"
)

// realPip runs commands of one pip in one process (testdata/resolve.py).
type realPip struct {
	t         testing.TB
	release   string
	python    testkit.Python
	in        io.WriteCloser
	out       *bufio.Reader
	Tags      []string `json:"tags"`
	Importlib bool     `json:"importlib"`
}

// pipAnswer is what pip made of one command.
type pipAnswer struct {
	Status int      `json:"status"`
	Would  []string `json:"would"`
	Stdout string   `json:"stdout"`
	Stderr string   `json:"stderr"`
}

// idle says that pip had nothing to do.
func (a pipAnswer) idle() bool { return a.Status == 0 && len(a.Would) == 0 }

func startPip(t testing.TB, release string, interpreter testkit.Python) *realPip {
	t.Helper()
	folder := testkit.UnpackedPip(t, interpreter, testkit.PipWheel(t, interpreter, release))
	command := exec.Command(interpreter.Path, "-I", "-S", "-B", "testdata/resolve.py", folder)
	command.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + t.TempDir(), "LC_ALL=C.UTF-8"}
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = command.Wait()
	})
	p := &realPip{t: t, release: release, python: interpreter, in: in, out: bufio.NewReader(out)}
	p.read(p)
	return p
}

func (p *realPip) read(into any) {
	p.t.Helper()
	line, err := p.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, into)
	}
	if err != nil {
		p.t.Fatalf("pip %s: %v: %s", p.release, err, line)
	}
}

func (p *realPip) run(w *world) pipAnswer {
	p.t.Helper()
	task, err := json.Marshal(map[string]any{"site": w.site(), "args": w.args, "dir": w.dir})
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.in.Write(append(task, '\n')); err != nil {
		p.t.Fatal(err)
	}
	var answer pipAnswer
	p.read(&answer)
	return answer
}

// ask reads the world's command and environment as thresher does, and asks.
func (p *realPip) ask(w *world, markers map[string]string) (*Closure, Question, error) {
	p.t.Helper()
	command := pip.Parse(pip.Input{
		Args: w.args, Environ: []string{"HOME=" + w.dir, "PIP_CONFIG_FILE=" + os.DevNull}, Dir: w.dir,
		Installation: &pip.Installation{
			Environment: python.Environment{
				Interpreter: p.python.Path, Prefix: w.dir, BasePrefix: "/usr", PythonVersion: p.python.Version,
				SitePackages: []string{w.site()}, Virtual: true,
			},
			Version: p.release, DefaultIndex: "https://index.example/simple",
		},
	})
	if command.Failure != nil || len(command.Unreadable) > 0 {
		return nil, Question{}, Doubt(fmt.Sprint(command.Failure, command.Unreadable))
	}
	if err := Ordinary(command.Said()); err != nil {
		return nil, Question{}, err
	}
	installed, err := venv.Distributions([]string{w.site()})
	if err != nil {
		p.t.Fatal(err)
	}
	question := Question{
		Pip: p.release, Importlib: p.Importlib, Python: p.python.Version, Markers: markers, Tags: p.Tags,
		Upgrade: command.Upgrade, Eager: command.Eager,
		Formats:      Formats{NoBinary: command.NoBinary, OnlyBinary: command.OnlyBinary},
		Requirements: command.Requirements, Installed: installed, Dir: w.dir,
	}
	for _, setting := range command.Indexes {
		question.Looking = append(question.Looking, setting.Value)
	}
	closure, err := Trace(question)
	return closure, question, err
}

// pagesOf gives the pages that a closure needs, as the gate would.
func pagesOf(t testing.TB, w *world, names []string) map[string][]Candidate {
	pages := map[string][]Candidate{}
	for _, name := range names {
		pages[name] = w.candidates(t, name)
	}
	return pages
}

// TestPipWouldChangeNothing compares what is settled without pip with what pip
// does, in generated worlds, for every pip there is: not once may pip have
// something to do, and it prints the same. THRESHER_TEST_WORLDS says how many
// worlds each pip gets.
func TestPipWouldChangeNothing(t *testing.T) {
	count := 40
	if asked, err := strconv.Atoi(os.Getenv("THRESHER_TEST_WORLDS")); err == nil {
		count = asked
	}
	first, _ := strconv.Atoi(os.Getenv("THRESHER_TEST_SEED"))
	for _, release := range testkit.PipReleases(t) {
		t.Run(release, func(t *testing.T) {
			p := startPip(t, release, testkit.PipPython(t))
			compareWorlds(t, p, first, count)
		})
	}
}

func compareWorlds(t *testing.T, p *realPip, first, count int) {
	worlds := &worldIndex{}
	server := httptest.NewServer(worlds)
	defer server.Close()
	environment, err := python.Inspect(p.python.Path, nil, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	markers, err := environment.MarkerEnvironment(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	version, idle, settled, twice, same := p.release, 0, 0, 0, 0
	reasons := map[string]int{}
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for i := range count {
		seed := first + i
		w := newWorld(seed, uint64(seed), p.Tags)
		name := strconv.Itoa(seed)
		dir := filepath.Join(base, name)
		w.build(t, dir, []string{server.URL + "/" + name + "/0/simple", server.URL + "/" + name + "/1/simple"})
		worlds.begin(name, w)
		truth := p.run(w)
		closure, _, doubt := p.ask(w, markers)
		var pages map[string][]Candidate
		if doubt == nil {
			pages = pagesOf(t, w, closure.Pages)
			doubt = closure.Current(pages)
		}
		if truth.idle() {
			idle++
		}
		switch {
		case doubt == nil && !truth.idle():
			t.Fatalf("pip %s, seed %d: settled, and pip would install %v (status %d)\n%s\n%s\n%s", version, seed, truth.Would,
				truth.Status, strings.Join(w.args, " "), truth.Stdout, truth.Stderr)
		case doubt == nil:
			settled++
			compareLines(t, p, w, seed, closure, truth)
		case truth.idle():
			reasons[classOf(doubt)]++
		}
		if truth.idle() && closure != nil {
			before, ok := closure.PagesDigest(worlds.names(), pagesOf(t, w, worlds.names()))
			if ok {
				twice++
			}
			if names := worlds.names(); ok {
				w.change(p.Tags)
				after, ok := closure.PagesDigest(names, pagesOf(t, w, names))
				if ok && after == before {
					same++
					if again := p.run(w); !again.idle() {
						t.Fatalf("pip %s, seed %d: what decides is the same, and pip would install %v (status %d)\n%s\n%s\n%s",
							version, seed, again.Would, again.Status, strings.Join(w.args, " "), again.Stdout, again.Stderr)
					}
				}
			}
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	share := func(of int) float64 { return 100 * float64(of) / float64(max(idle, 1)) }
	t.Logf("pip %s: %d worlds, nothing to do in %d, settled %d (%.1f%%), the second time %d (%.1f%%), "+
		"unchanged by %d changes: %v",
		version, count, idle, settled, share(settled), twice, share(twice), same, reasons)
}

// compareLines compares what is printed.
func compareLines(t *testing.T, p *realPip, w *world, seed int, closure *Closure, truth pipAnswer) {
	t.Helper()
	if strings.Contains(strings.Join(w.args, " "), " -q") {
		if truth.Stdout != "" {
			t.Fatalf("pip %s, seed %d: pip printed under -q:\n%s", p.release, seed, truth.Stdout)
		}
		return
	}
	said := strings.Split(strings.TrimSuffix(truth.Stdout, "\n"), "\n")
	if truth.Stdout == "" {
		said = nil
	}
	lines := closure.Lines
	if !p.Importlib && strings.Compare(p.release, "23.1") < 0 {
		// These pips take an installed distribution's requirements from a set.
		said, lines = bare(said), bare(lines)
	}
	if diff := cmp.Diff(said, lines); diff != "" {
		t.Fatalf("pip %s, seed %d: it prints otherwise: %s\n%s\n%s", p.release, seed, diff, strings.Join(w.args, " "),
			truth.Stderr)
	}
}

// bare gives the lines without what depends on an order, sorted.
func bare(lines []string) []string {
	var found []string
	for _, line := range lines {
		name := strings.FieldsFunc(strings.TrimPrefix(line, "Requirement already satisfied: "), func(r rune) bool {
			return strings.ContainsRune("[<>=!~ ", r)
		})[0]
		found = append(found, name+line[strings.LastIndex(line, " "):])
	}
	slices.Sort(found)
	return found
}

// classOf is a doubt without what it is about.
func classOf(doubt error) string {
	words := strings.Fields(doubt.Error())
	return strings.Join(words[min(1, len(words)-1):min(3, len(words))], " ")
}
