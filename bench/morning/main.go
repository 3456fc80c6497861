// Command morning measures the run that changes nothing, and the two beside it:
// `pip install -U -r requirements.txt` in an environment of 200 distributions
// that is up to date, for 10, 50 and 200 names; the same with one new release
// among them; and the first install of a tree of packages into a new environment.
// Each is taken in turn with plain pip, with thresher, and with uv where one is on
// PATH. Run it from the repository's root:
//
//	go run ./bench/morning                # 20 ms a request
//	go run ./bench/morning -delay 0 -pip 26.3
//
// The index is a process of its own on this machine, which waits before each
// answer. Environments lie in memory (/dev/shm) where there is such a place.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"thresher/internal/testkit"
)

func main() {
	delay := flag.Duration("delay", 20*time.Millisecond, "what the index waits before each answer")
	runs := flag.Int("runs", 7, "how often each is run")
	distributions := flag.Int("distributions", 200, "how many are installed")
	first := flag.Int("first", 40, "how many packages the first install has; 0 leaves it out")
	release := flag.String("pip", "", "pip release, by default that of the interpreter")
	serve := flag.Bool("serve", false, "be the index: print its address and serve until standard input ends")
	flag.Parse()
	t, done := testkit.Standalone()
	defer done()
	if *serve {
		serveIndex(t, max(*distributions, *first), *delay)
		return
	}
	m := &morning{t: t, dir: t.TempDir(), runs: *runs}
	m.start(*release)
	fmt.Printf("%s a request, pip %s, medians of %d runs in turn, ms:\n", *delay, m.version(), *runs)
	fmt.Printf("%-44s %9s %9s %9s\n", "", "pip", "thresher", "uv")
	m.install(*distributions)
	for _, names := range []int{min(10, *distributions), min(50, *distributions), *distributions} {
		file := m.requirements(names)
		m.compare(fmt.Sprintf("nothing to do, %d names", names), nil, "-r", file)
	}
	m.compare("one new release", m.publish, "-r", m.requirements(*distributions))
	if *first > 0 {
		m.compareFirst(*first)
	}
}

// morning is what all measurements share.
type morning struct {
	t         testing.TB
	dir       string
	runs      int
	index     string
	publisher string // where a new release is put on the index
	// environment makes one with pip in it.
	environment func(dir string)
	published   int
}

func (m *morning) place(parts ...string) string {
	return filepath.Join(append([]string{m.dir}, parts...)...)
}

// start builds thresher, makes the environment and starts the index.
func (m *morning) start(release string) {
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w -X thresher/internal/places.account="+m.dir,
		"-o", m.place("bin", "thresher"), ".")
	if out, err := build.CombinedOutput(); err != nil {
		m.t.Fatalf("build: %v\n%s", err, out)
	}
	if err := os.Symlink("thresher", m.place("bin", "pip")); err != nil {
		m.t.Fatal(err)
	}
	m.environment = func(dir string) {
		if release == "" {
			testkit.Environment(m.t, testkit.PipPython(m.t), dir)
		} else {
			testkit.EnvironmentWith(m.t, testkit.PipPython(m.t), release, dir)
		}
	}
	m.environment(m.place("env"))
	if err := os.Unsetenv("PYTHONDONTWRITEBYTECODE"); err != nil {
		m.t.Fatal(err)
	}
	config := m.place("c", "thresher", "policy.toml")
	if err := os.MkdirAll(filepath.Dir(config), 0o700); err != nil {
		m.t.Fatal(err)
	}
	text := "[update]\nautomatic = false\n[guard]\nautomatic = false\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		m.t.Fatal(err)
	}
	server := exec.Command(self, append([]string{"-serve"}, os.Args[1:]...)...)
	server.Stderr = os.Stderr
	in, err := server.StdinPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	out, err := server.StdoutPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() {
		_ = in.Close()
		_ = server.Wait()
	})
	if _, err := fmt.Fscan(bufio.NewReader(out), &m.index, &m.publisher); err != nil {
		m.t.Fatal(err)
	}
}

func (m *morning) must(program string, args ...string) {
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		m.t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
}

func (m *morning) version() string {
	out, err := exec.Command(m.place("env", "bin", "python"), "-I", "-m", "pip", "--version").Output()
	if err != nil {
		m.t.Fatal(err)
	}
	return strings.Fields(string(out))[1]
}

func (m *morning) requirements(names int) string {
	var b strings.Builder
	for i := range names {
		fmt.Fprintf(&b, "%s>=1.0\n", nameOf(i))
	}
	path := m.place(fmt.Sprintf("requirements-%d.txt", names))
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		m.t.Fatal(err)
	}
	return path
}

// install fills the environment.
func (m *morning) install(distributions int) {
	m.run(m.plain("env"), "-r", m.requirements(distributions))
}

// tool is one way to install: its program and first words, and its variables.
type tool struct {
	name    string
	words   []string
	environ []string
}

func (m *morning) environ(env string) []string {
	return append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PIP_") }),
		"HOME="+m.dir, "XDG_CONFIG_HOME="+m.place("c"), "XDG_DATA_HOME="+m.place("d"), "XDG_STATE_HOME="+m.place("s"),
		"XDG_CACHE_HOME="+m.place("k"), "PIP_CONFIG_FILE="+os.DevNull, "PIP_DISABLE_PIP_VERSION_CHECK=1",
		"PIP_INDEX_URL="+m.index,
		"VIRTUAL_ENV="+m.place(env), "UV_INDEX_URL="+m.index, "UV_INSECURE_HOST=127.0.0.1", "UV_NO_CONFIG=1",
		"PATH="+m.place("bin")+":"+m.place(env, "bin")+":"+os.Getenv("PATH"))
}

func (m *morning) plain(env string) tool {
	return tool{"pip", []string{m.place(env, "bin", "python"), "-I", "-m", "pip", "install", "-q", "-U"}, m.environ(env)}
}

func (m *morning) tools(env string) []tool {
	tools := []tool{m.plain(env), {"thresher", []string{m.place("bin", "pip"), "install", "-q", "-U"}, m.environ(env)}}
	if uv, err := exec.LookPath("uv"); err == nil {
		tools = append(tools, tool{"uv", []string{uv, "pip", "install", "-q", "-U", "--python",
			m.place(env, "bin", "python")},
			m.environ(env)})
	}
	return tools
}

func (m *morning) run(t tool, args ...string) time.Duration {
	words := append(slices.Clone(t.words), args...)
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env, cmd.Dir = t.environ, m.dir
	begin := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		m.t.Fatalf("%s %s: %v\n%s", t.name, strings.Join(args, " "), err, out)
	}
	return time.Since(begin)
}

// compare times a command with each tool in turn; before comes before each.
func (m *morning) compare(what string, before func(), args ...string) {
	tools := m.tools("env")
	times := make([][]time.Duration, len(tools))
	for i := range m.runs + 1 {
		for j, t := range tools {
			if before != nil {
				before()
			}
			if took := m.run(t, args...); i > 0 { // the first of each warms up
				times[j] = append(times[j], took)
			}
		}
	}
	m.print(what, times)
}

func (m *morning) print(what string, times [][]time.Duration) {
	fmt.Printf("%-44s", what)
	for _, list := range times {
		slices.Sort(list)
		fmt.Printf(" %9.0f", float64(list[len(list)/2].Microseconds())/1000)
	}
	fmt.Println()
}

// publish puts one more release on the index.
func (m *morning) publish() {
	m.published++
	answer, err := http.Get(m.publisher + strconv.Itoa(m.published))
	if err != nil {
		m.t.Fatal(err)
	}
	_ = answer.Body.Close()
}

// compareFirst times the install of a tree into a new environment.
func (m *morning) compareFirst(packages int) {
	file := m.requirements(packages)
	var times [][]time.Duration
	for i := range m.runs + 1 {
		for j, t := range m.tools("fresh") {
			m.must("rm", "-rf", m.place("fresh"), m.place("k", "pip"), m.place("k", "uv"), m.place("k", "thresher", "index"),
				m.place("d", "thresher"))
			m.environment(m.place("fresh"))
			took := m.run(t, "-r", file)
			if len(times) <= j {
				times = append(times, nil)
			}
			if i > 0 {
				times[j] = append(times[j], took)
			}
		}
	}
	m.print(fmt.Sprintf("first install, %d packages", packages), times)
}

func nameOf(i int) string { return fmt.Sprintf("morning-part-%03d", i) }

// serveIndex is the index: packages of twenty releases each, each of which
// depends on a few of those behind it. /publish/N adds a release to one of them.
func serveIndex(t testing.TB, packages int, delay time.Duration) {
	x := testkit.NewIndex(t)
	x.Delay = delay
	release := func(i int, version string) {
		d := testkit.Distribution{Name: nameOf(i), Version: version, Files: map[string]string{}}
		for _, behind := range []int{2*i + 1, 2*i + 2} {
			if behind < packages {
				d.Requires = append(d.Requires, nameOf(behind)+">=1.0")
			}
		}
		module := strings.ReplaceAll(nameOf(i), "-", "_")
		for j := range 25 {
			d.Files[fmt.Sprintf("%s/part%d.py", module, j)] = strings.Repeat(source, 6)
		}
		x.AddWheel(d)
	}
	for i := range packages {
		for version := range 20 {
			release(i, fmt.Sprintf("1.%d", version))
		}
	}
	admin := http.NewServeMux()
	admin.HandleFunc("/publish/", func(w http.ResponseWriter, r *http.Request) {
		release(packages/2, "2."+filepath.Base(r.URL.Path))
	})
	other := httptest.NewServer(admin)
	defer other.Close()
	fmt.Println(x.SimpleURL(), other.URL+"/publish/")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// source is a piece of a module, of a usual length.
const source = `
def function(one, two=None, *rest, **named):
    """What a function says of itself."""
    total = [item for item in rest if item is not None]
    for key, value in sorted(named.items()):
        if two is None or key in two:
            total.append((key, value, one))
    return {"total": total, "count": len(total)}


class Thing:
    def __init__(self, first, second):
        self.first, self.second = first, second

    def __repr__(self):
        return f"Thing({self.first!r}, {self.second!r})"

    def both(self):
        return [self.first, self.second]

`
