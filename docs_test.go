//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"thresher/internal/testkit"
)

// block is one fenced block of a page that a reader would type.
type block struct {
	line     int    // of its fence
	language string // "sh" a script, "console" commands behind "$ " and what they print
	notRun   string // why the test leaves it out: "```sh not run: REASON"
	picture  bool   // it is in the README's picture: "```console picture"
	lines    []string
}

// command is one command of a block and what it prints.
type command struct {
	text   string
	output []string
}

func blocksOf(t *testing.T, path string) []block {
	t.Helper()
	var found []block
	var open *block
	for i, line := range strings.Split(read(t, path), "\n") {
		info, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence && open != nil:
			found, open = append(found, *open), nil
		case isFence:
			language, rest, _ := strings.Cut(info, " ")
			open = &block{line: i + 1, language: language, picture: rest == "picture"}
			if strings.HasPrefix(rest, "not run") {
				reason, ok := strings.CutPrefix(rest, "not run: ")
				if !ok || reason == "" {
					t.Errorf("%s:%d: a block that is not run says why", path, i+1)
				}
				open.notRun = reason
			}
		case open != nil:
			open.lines = append(open.lines, line)
		}
	}
	if open != nil {
		t.Errorf("%s:%d: this block has no end", path, open.line)
	}
	return found
}

// commands are what a block has a reader type.
func (b block) commands() []command {
	if b.language == "sh" {
		return []command{{text: strings.Join(b.lines, "\n")}}
	}
	var found []command
	for _, line := range b.lines {
		if text, ok := strings.CutPrefix(line, "$ "); ok {
			found = append(found, command{text: text})
		} else if len(found) > 0 {
			last := &found[len(found)-1]
			last.output = append(last.output, line)
		}
	}
	return found
}

// TestPages runs what the pages have a reader type, page by page, each in one
// shell with a home directory of its own and an index on this machine. A
// script must end well; what a transcript shows must be what is printed.
// `go test . -run Pages -update` writes the transcripts anew.
func TestPages(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("skipped: no bash")
	}
	pages, err := filepath.Glob(filepath.Join("docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(pages, "README.md") {
		t.Run(filepath.Base(path), func(t *testing.T) { runPage(t, path) })
	}
}

func runPage(t *testing.T, path string) {
	var run []block
	for _, b := range blocksOf(t, path) {
		if (b.language == "sh" || b.language == "console") && b.notRun == "" {
			run = append(run, b)
		}
	}
	if len(run) == 0 {
		return
	}
	t.Parallel()
	s := newShell(t, path)
	said := s.run(t, run)
	number := 0
	for _, b := range run {
		for _, c := range b.commands() {
			got := said[number]
			number++
			if b.language == "sh" && got.status != 0 {
				t.Errorf("%s:%d: status %d\n%s\n%s", path, b.line, got.status, c.text, strings.Join(got.output, "\n"))
			}
		}
	}
	if t.Failed() {
		return
	}
	want := read(t, path)
	got := withTranscripts(t, path, said)
	if *update && got != want {
		write(t, path, got, 0o644)
		return
	}
	if diff := cmp.Diff(s.normalised(want), s.normalised(got)); diff != "" {
		t.Errorf("%s does not show what is printed; fix: go test . -run Pages -update\n%s", path, diff)
	}
}

// withTranscripts gives the page with what was really printed.
func withTranscripts(t *testing.T, path string, said []answer) string {
	lines := strings.Split(read(t, path), "\n")
	var out []string
	number, at := 0, 0
	for _, b := range blocksOf(t, path) {
		if b.notRun != "" || b.language != "sh" && b.language != "console" {
			continue
		}
		if b.language == "sh" {
			number++
			continue
		}
		out = append(out, lines[at:b.line]...)
		at = b.line + len(b.lines)
		for _, c := range b.commands() {
			out = append(out, "$ "+c.text)
			out = append(out, said[number].output...)
			number++
		}
	}
	return strings.Join(append(out, lines[at:]...), "\n")
}

// answer is what one command printed, both streams together.
type answer struct {
	output []string
	status int
}

// shell is where one page is run.
type shell struct {
	dir     string
	environ []string
	shown   []string // pairs: as it is here, as a page shows it
}

// newShell makes the machine that the pages speak of: a user ada with a folder
// project, an index with a few distributions, and advisories for them.
func newShell(t *testing.T, page string) *shell {
	t.Helper()
	python := testkit.AnyPython(t)
	root := t.TempDir()
	home, tools := filepath.Join(root, "home"), filepath.Join(root, "tools")
	s := &shell{dir: filepath.Join(home, "project")}
	write(t, filepath.Join(s.dir, "requirements.txt"), "requests>=2.32\nrich>=13\n", 0o644)
	if err := os.MkdirAll(tools, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(python.Path, filepath.Join(tools, "python3")); err != nil {
		t.Fatal(err)
	}
	// The age of advisories from a file is that of the newest record.
	newest := time.Now().Add(-150 * time.Minute).UTC().Format(time.RFC3339)
	write(t, filepath.Join(root, "advisories.jsonl"), strings.ReplaceAll(pageAdvisories, "@NOW@", newest), 0o644)
	write(t, filepath.Join(home, ".config", "thresher", "policy.toml"),
		"[update]\nautomatic = false\nadvisories = \""+filepath.Join(root, "advisories.jsonl")+"\"\n", 0o600)
	x := pageIndex(t)
	path := tools + ":/usr/bin:/bin"
	if page == "README.md" {
		// A checkout, as far as install.sh is concerned, without anything placed yet.
		for _, name := range []string{"install.sh", "go.mod"} {
			write(t, filepath.Join(s.dir, name), read(t, name), 0o755)
		}
	} else {
		path = binaries + ":" + path
		s.mustRun(t, home, path, "thresher", "update")
	}
	s.environ = []string{
		"HOME=" + home, "PATH=" + path, "SHELL=/bin/bash", "LANG=C.UTF-8", "TMPDIR=" + root, "PIP_INDEX_URL=" + x.SimpleURL(),
		"PIP_DISABLE_PIP_VERSION_CHECK=1", "PYTHONDONTWRITEBYTECODE=1", "THRESHER_BUILT=" +
			filepath.Join(binaries, "thresher"),
	}
	s.shown = []string{s.dir, "/home/ada/project", home, "/home/ada", python.Path, "/usr/bin/python3",
		strings.TrimSuffix(x.SimpleURL(), "simple/"), "https://index.example/"}
	return s
}

func (s *shell) mustRun(t *testing.T, home, path string, words ...string) {
	t.Helper()
	command := exec.Command(filepath.Join(binaries, words[0]), words[1:]...)
	command.Env = []string{"HOME=" + home, "PATH=" + path}
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(words, " "), err, out)
	}
}

const endOfCommand = "\x01ended with "

// run types all commands of the blocks into one shell.
func (s *shell) run(t *testing.T, blocks []block) []answer {
	t.Helper()
	var script strings.Builder
	count := 0
	for _, b := range blocks {
		for _, c := range b.commands() {
			// The status stays what it was, for a command that prints it.
			fmt.Fprintf(&script, "%s\n_status=$?; printf '\\n%s%%s\\n' $_status; (exit $_status)\n", c.text, endOfCommand)
			count++
		}
	}
	file := filepath.Join(filepath.Dir(filepath.Dir(s.dir)), "page.sh")
	write(t, file, script.String(), 0o644)
	bash := exec.Command("bash", "--noprofile", "--norc", file)
	bash.Dir, bash.Env = s.dir, s.environ
	out, _ := bash.CombinedOutput() // each status is looked at by itself
	var said []answer
	var current answer
	for _, line := range strings.Split(string(out), "\n") {
		status, ended := strings.CutPrefix(line, endOfCommand)
		if !ended {
			current.output = append(current.output, s.asShown(line))
			continue
		}
		if _, err := fmt.Sscan(status, &current.status); err != nil {
			t.Fatal(err)
		}
		// The mark begins on a line of its own.
		for len(current.output) > 0 && current.output[len(current.output)-1] == "" {
			current.output = current.output[:len(current.output)-1]
		}
		said, current = append(said, current), answer{}
	}
	if len(said) != count {
		t.Fatalf("%d of %d commands ended:\n%s", len(said), count, out)
	}
	return said
}

// asShown writes the places of this test as the page calls them.
func (s *shell) asShown(line string) string {
	line = strings.NewReplacer(s.shown...).Replace(line)
	return loopbackPort.ReplaceAllString(line, "127.0.0.1:41231")
}

var loopbackPort = regexp.MustCompile(`127\.0\.0\.1:[0-9]+`)

// What differs from one machine and day to the next, and is left out of the
// comparison: an environment of an older Python begins with setuptools, too.
var changing = regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}|less than a minute|in ` +
	`[0-9]+ distributions|[0-9]+ packages?|[0-9]+ runs?|` +
	// What a machine without a pip of its own says.
	`\S+ is not a virtual environment|there is no virtual environment here, and no pip outside of one|` +
	`thresher version \S+|[0-9.]+ [kM]B(/s)?|━+ *|[0-9a-f]{8}  |pip [0-9.]+ of .*|python3?\.[0-9]+|\(python ` +
	`[0-9.]+\)|cp3[0-9]+|[0-9]+ routes? |no route of [0-9]+`)

// pip's own words, which are others in another release.
var ofPip = regexp.MustCompile(`(?m)^ *(ERROR|WARNING|\[notice\]).*\n`)

func (s *shell) normalised(page string) string {
	page = ofPip.ReplaceAllString(page, "")
	return changing.ReplaceAllString(page, "…")
}

// pageIndex has the distributions that the pages install.
func pageIndex(t *testing.T) *testkit.Index {
	x := testkit.NewIndex(t)
	for _, d := range []testkit.Distribution{
		{Name: "requests", Version: "2.34.2", Requires: []string{"charset_normalizer<4,>=2", "certifi>=2023.5.7",
			"idna<4,>=2.5", "urllib3<3,>=1.26"}},
		{Name: "requests", Version: "2.19.0", Requires: []string{"certifi>=2017.4.17", "idna<4,>=2.5", "urllib3<3,>=1.21.1"}},
		{Name: "certifi", Version: "2026.10.18"},
		{Name: "idna", Version: "3.20"},
		{Name: "urllib3", Version: "2.8.0"},
		{Name: "charset-normalizer", Version: "3.5.2"},
		{Name: "rich", Version: "15.0.0", Requires: []string{"markdown-it-py>=2.2.0", "pygments<3.0.0,>=2.13.0"}},
		{Name: "markdown-it-py", Version: "4.3.0", Requires: []string{"mdurl~=0.1"}},
		{Name: "mdurl", Version: "0.1.2"},
		{Name: "Pygments", Version: "2.21.0"},
		{Name: "six", Version: "1.17.0"},
		{Name: "setuptools", Version: "82.0.0"},
		{Name: "numpy", Version: "2.5.0"},
		{Name: "pandas", Version: "3.1.0", Requires: []string{"numpy>=2"}},
		{Name: "acme-charts", Version: "1.0", Requires: []string{"acme-colours"}},
		{Name: "acme-colours", Version: "1.0"},
	} {
		x.AddWheel(d)
	}
	return x
}

// pageAdvisories are records as OSV has them, shortened.
const pageAdvisories = `{"id":"PYSEC-2023-74","aliases":["CVE-2023-32681"],"summary":"Requests leaks Proxy-Authorization headers to the destination","modified":"2023-06-05T01:13:00Z","published":"2023-05-26T18:15:00Z","affected":[{"package":{"name":"requests","ecosystem":"PyPI"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"2.3.0"},{"fixed":"2.31.0"}]}]}],"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:C/C:H/I:N/A:N"}]}
{"id":"MAL-2026-1","summary":"Malicious code in acme-colours","modified":"@NOW@","published":"2026-01-02T00:00:00Z","affected":[{"package":{"name":"acme-colours","ecosystem":"PyPI"},"versions":["1.0"]}]}
`

// TestWorkflow runs the shell steps of the workflow in docs/ci.md, and of the
// actions that it uses, in its order and as a runner does.
func TestWorkflow(t *testing.T) {
	t.Parallel()
	var workflow []block
	for _, b := range blocksOf(t, filepath.Join("docs", "ci.md")) {
		if b.language == "yaml" {
			workflow = append(workflow, b)
		}
	}
	if len(workflow) != 1 {
		t.Fatalf("docs/ci.md has %d workflows", len(workflow))
	}
	s := newShell(t, "README.md")
	root := filepath.Dir(filepath.Dir(s.dir))
	if err := os.Symlink("python3", filepath.Join(root, "tools", "python")); err != nil {
		t.Fatal(err)
	}
	added, summary := filepath.Join(root, "path"), filepath.Join(root, "summary.md")
	write(t, added, "", 0o644)
	write(t, summary, "", 0o644)
	steps := append(stepsOf(action(t, "action.yml")), stepsOf(workflow[0])...)
	steps = append(steps, stepsOf(action(t, filepath.Join("actions", "scan", "action.yml")))...)
	for _, step := range steps {
		path := strings.Join(append(strings.Fields(read(t, added)), filepath.Join(root, "tools"), "/usr/bin", "/bin"), ":")
		bash := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step)
		bash.Dir = s.dir
		bash.Env = append(append([]string(nil), s.environ...), "PATH="+path, "CI=true", "GITHUB_PATH="+added,
			"GITHUB_STEP_SUMMARY="+summary,
			"GITHUB_ACTION_PATH="+mustGetwd(), "DOCTOR=true", "ENVIRONMENT=.venv", "SARIF=thresher.sarif")
		if out, err := bash.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s\n%s", err, step, out)
		}
	}
	if len(steps) != 6 {
		t.Errorf("%d steps were found", len(steps))
	}
	if text := read(t, summary); !strings.Contains(text, "### Packages in .venv") ||
		!strings.Contains(text, "no known vulnerabilities") {
		t.Errorf("the summary says %q", text)
	}
	if !strings.Contains(read(t, filepath.Join(s.dir, "thresher.sarif")), `"version": "2.1.0"`) {
		t.Error("there is no SARIF")
	}
}

// action gives an action's file as if it were a block of a page.
func action(t *testing.T, path string) block {
	t.Helper()
	return block{language: "yaml", lines: strings.Split(read(t, path), "\n")}
}

// TestActionsArePinned: what an action uses is what somebody has read.
func TestActionsArePinned(t *testing.T) {
	pinned := regexp.MustCompile(`^ *- uses: [a-z-]+/[a-z-]+@[0-9a-f]{40} # v[0-9.]+$`)
	for _, path := range []string{"action.yml", filepath.Join("actions", "scan", "action.yml")} {
		for line := range strings.Lines(read(t, path)) {
			if strings.Contains(line, "uses:") && !pinned.MatchString(strings.TrimRight(line, "\n")) {
				t.Errorf("%s: %s", path, line)
			}
			// Text of a workflow's run is no shell: it comes in as a variable.
			if strings.Contains(line, "${{ inputs.") && !regexp.MustCompile(`^ +[A-Z]+: `).MatchString(line) {
				t.Errorf("%s: %s", path, line)
			}
		}
	}
}

// stepsOf gives the commands of a workflow's steps: what stands behind "run:",
// or is indented below "run: |".
func stepsOf(b block) []string {
	var steps []string
	for i, line := range b.lines {
		before, text, ok := strings.Cut(line, "run: ")
		if !ok || strings.Trim(before, " -") != "" {
			continue
		}
		if text != "|" {
			steps = append(steps, text)
			continue
		}
		var script []string
		for _, line := range b.lines[i+1:] {
			inner, found := strings.CutPrefix(line, strings.Repeat(" ", len(before)+2))
			if !found {
				break
			}
			script = append(script, inner)
		}
		steps = append(steps, strings.Join(script, "\n"))
	}
	return steps
}

// The README's first command tries it, its second runs all tests, and that is
// what .ci/run calls.
func TestReadmeBegins(t *testing.T) {
	var first []string
	for _, b := range blocksOf(t, "README.md") {
		if b.language == "sh" {
			first = append(first, strings.Join(b.lines, "\n"))
		}
	}
	if len(first) < 2 || first[0] != "./install.sh --try" || first[1] != "go test ./..." {
		t.Fatalf("the README begins with %q", first)
	}
	if !strings.Contains(read(t, filepath.Join(".ci", "run")), "\n"+first[1]+"\n") {
		t.Errorf(".ci/run does not call %s", first[1])
	}
}
