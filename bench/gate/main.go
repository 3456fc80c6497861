// Command gate measures what the gate costs and saves: it installs a tree of
// 50 packages from a loopback index that waits before each answer, with plain
// pip and through the gate in turn, and prints the medians, their ratio and
// the memory that the gate's process took. It also times the page filter on a
// page of 5,000 files.
//
//	go run ./bench/gate                 # 20 ms a request
//	go run ./bench/gate -delay 0 -runs 15
//
// Environments lie in memory (/dev/shm) where there is such a place, because a
// disk's noise is larger than what is measured.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"thresher/gate"
	"thresher/index"
	"thresher/internal/testkit"
	"thresher/pep"
	"thresher/pip"
	"thresher/policy/rules"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench/gate:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("gate", flag.ContinueOnError)
	delay := flags.Duration("delay", 20*time.Millisecond, "what the index waits before each answer")
	runs := flags.Int("runs", 7, "installs of each kind")
	packages := flags.Int("packages", 50, "size of the tree")
	versions := flags.Int("versions", 20, "versions of each package on its page")
	release := flags.String("pip", "", "pip release, by default that of the interpreter")
	prefetch := flags.Int("prefetch", 0, "pages fetched ahead at once; 0 is the gate's own number, negative none")
	inside := flags.Bool("inside", true, "look into the files, as a run does")
	serve := flags.Bool("serve", false, "be the index: print its address and serve until standard input ends")
	if err := flags.Parse(args); err != nil {
		return err
	}
	kit := &kit{}
	defer kit.end()
	if *serve {
		return serveTree(kit, *packages, *versions, *delay)
	}
	upstream, err := startUpstream(kit, args)
	if err != nil {
		return err
	}
	if err := filterPage(out, 5000); err != nil {
		return err
	}
	bench := &bench{kit: kit, upstream: upstream, prefetch: *prefetch, inside: *inside}
	if err := bench.prepare(*release); err != nil {
		return err
	}
	var plain, gated []time.Duration
	for i := range *runs + 1 {
		first, err := bench.install(i, false)
		if err != nil {
			return err
		}
		second, err := bench.install(i, true)
		if err != nil {
			return err
		}
		if i > 0 { // the first of each warms the machine up
			plain, gated = append(plain, first), append(gated, second)
		}
	}
	a, b := median(plain), median(gated)
	fmt.Fprintf(out, "install of %d packages at %s a request, %d runs each, medians:\n", *packages, *delay, *runs)
	fmt.Fprintf(out, "  plain pip         %8.0f ms\n", milliseconds(a))
	fmt.Fprintf(out, "  through the gate  %8.0f ms\n", milliseconds(b))
	fmt.Fprintf(out, "  ratio             %8.3f\n", float64(b)/float64(a))
	fmt.Fprintf(out, "memory of the gate's process, at most: %s\n", peakMemory())
	return nil
}

// filterPage times parsing, judging, rendering and serving one page.
func filterPage(out io.Writer, files int) error {
	source := pageSource{body: largePage(files)}
	var times []time.Duration
	for range 15 {
		g, err := gate.Start(context.Background(), gate.Config{
			Source: source, Indexes: []gate.Index{{URL: "http://index.example/simple/"}}, Prefetch: -1, WithoutTransport: true,
			JudgeFile: func(e gate.FileEvidence) []rules.Finding {
				if e.Now.Sub(e.UploadTime) < 72*time.Hour {
					return []rules.Finding{{Rule: rules.Cooldown, Action: rules.Hold}}
				}
				return nil
			},
		})
		if err != nil {
			return err
		}
		begin := time.Now()
		length, err := fetch(g, g.IndexURL(0)+"large/")
		times = append(times, time.Since(begin))
		if err == nil && length < len(source.body)/2 {
			err = fmt.Errorf("the filtered page has %d bytes of %d", length, len(source.body))
		}
		g.Close()
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "page of %d files (%.1f MB), from its bytes to the filtered page on pip's side: %.1f ms\n",
		files, float64(len(source.body))/1e6, milliseconds(median(times)))
	return nil
}

func fetch(g *gate.Gate, url string) (int, error) {
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Accept", "application/vnd.pypi.simple.v1+json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	length, err := io.Copy(io.Discard, response.Body)
	if response.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("the gate answered %s", response.Status)
	}
	return int(length), err
}

// pageSource is an index of one page.
type pageSource struct{ body []byte }

func (s pageSource) Page(_ context.Context, indexURL, name string) (*index.Page, error) {
	return index.ParsePage("application/vnd.pypi.simple.v1+json", s.body, indexURL+name+"/", name)
}

func (s pageSource) FindLinksPage(context.Context, string) (*index.Page, error) {
	return nil, index.ErrNotFound
}

func (s pageSource) Metadata(context.Context, string, *index.File) ([]byte, error) {
	return nil, index.ErrNotFound
}

func (s pageSource) Publishers(context.Context, string, *index.File) ([]index.Publisher, error) {
	return nil, index.ErrNotFound
}

func (s pageSource) Open(context.Context, index.Fetch) (*index.Stream, error) {
	return nil, index.ErrNotFound
}

func (s pageSource) Redirected(context.Context, string, string, []string) (string, error) {
	return "", index.ErrNotFound
}

func (s pageSource) Authenticate(string, string, string) error { return nil }

func largePage(files int) []byte {
	list := make([]map[string]any, files)
	for i := range list {
		name := fmt.Sprintf("large-1.%d.%d-cp3%d-cp3%d-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", i/50,
			i%50/5, 8+i%5, 8+i%5)
		list[i] = map[string]any{
			"filename": name, "url": "https://files.index.example/packages/" + strings.Repeat("ab/", 20) + name,
			"hashes":          map[string]string{"sha256": fmt.Sprintf("%064x", i)},
			"core-metadata":   map[string]string{"sha256": fmt.Sprintf("%064x", i+1)},
			"requires-python": ">=3.8", "size": 1000 + i, "yanked": false,
			"upload-time": time.Now().Add(-time.Duration(files-i) * time.Hour).UTC().Format("2006-01-02T15:04:05.000000Z"),
			"provenance":  nil,
		}
	}
	body, err := json.Marshal(map[string]any{"meta": map[string]string{"api-version": "1.4"},
		"name": "large", "files": list})
	if err != nil {
		panic(err) // plain values marshal
	}
	return body
}

type bench struct {
	kit      *kit
	upstream string
	prefetch int
	inside   bool
	template string
	scratch  string
}

func (b *bench) prepare(release string) error {
	b.scratch = b.kit.TempDir()
	b.template = filepath.Join(b.scratch, "template")
	python := testkit.AnyPython(b.kit)
	testkit.Environment(b.kit, python, b.template)
	if release != "" {
		old, err := filepath.Glob(filepath.Join(b.template, "lib", "python3*", "site-packages", "pip*"))
		if err != nil {
			return err
		}
		for _, path := range old {
			if err := os.RemoveAll(path); err != nil {
				return err
			}
		}
		testkit.InstallPip(b.kit, b.template, testkit.PipWheel(b.kit, python, release))
	}
	return nil
}

// install times one pip in a fresh environment.
func (b *bench) install(number int, gated bool) (time.Duration, error) {
	dir := filepath.Join(b.scratch, fmt.Sprintf("env-%d-%t", number, gated))
	if out, err := exec.Command("cp", "-a", b.template, dir).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("copy the environment: %w: %s", err, out)
	}
	defer os.RemoveAll(dir)
	home := filepath.Join(dir, "home")
	if err := os.Mkdir(home, 0o755); err != nil {
		return 0, err
	}
	variables := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "PIP_CONFIG_FILE=" + os.DevNull,
		"PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_NO_CACHE_DIR=1",
	}
	found, err := filepath.Glob(filepath.Join(dir, "lib", "python3*", "site-packages", "pip"))
	if err != nil || len(found) != 1 {
		return 0, fmt.Errorf("find pip in %s: %d places, %w", dir, len(found), err)
	}
	packages, python := found[0], filepath.Join(dir, "bin", "python")
	run := pip.Run{Path: python, Args: []string{python, "-I", "-m", "pip"}}
	begin := time.Now()
	if gated {
		client, err := index.New(index.Config{Netrc: "-", KeyringProvider: "disabled", Retries: index.DefaultRetries})
		if err != nil {
			return 0, err
		}
		defer client.Close()
		var judgeInside func(rules.InsideEvidence) []rules.Finding
		if b.inside {
			judgeInside = func(rules.InsideEvidence) []rules.Finding { return nil }
		}
		g, err := gate.Start(context.Background(), gate.Config{
			Source: client, Indexes: []gate.Index{{URL: b.upstream}}, JudgeInside: judgeInside,
			Requested:   []pep.Requirement{{Name: "tree"}},
			Environment: map[string]string{"python_version": "3.12", "python_full_version": "3.12.0", "sys_platform": "linux"},
			Prefetch:    b.prefetch,
			Directory:   home,
		})
		if err != nil {
			return 0, err
		}
		defer g.Close()
		way := g.Way()
		if err := run.Bootstrap(&pip.Installation{PackageDir: packages}, pip.Transport{Socket: way.Socket, Port: way.Port,
			Secret: way.Secret}, home); err != nil {
			return 0, err
		}
		variables = append(variables, run.Environ...)
		variables = append(variables, "http_proxy="+g.ProxyURL(), "https_proxy="+g.ProxyURL(), "no_proxy=")
	}
	cmd := exec.Command(run.Path, append(run.Args[1:], "install", "-q", "tree")...)
	cmd.Env = append(variables, "PIP_INDEX_URL="+b.upstream)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("pip install: %w: %s", err, out)
	}
	return time.Since(begin), nil
}

// startUpstream runs the index as a process of its own, so that neither its
// work nor its memory counts as the gate's.
func startUpstream(kit *kit, args []string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	cmd := exec.Command(self, append([]string{"-serve"}, args...)...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	kit.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	return strings.TrimSpace(address), err
}

// serveTree is the index: a root, its dependencies, and theirs.
func serveTree(kit *kit, packages, versions int, delay time.Duration) error {
	x := testkit.NewIndex(kit)
	x.Delay = delay
	content := map[string]string{}
	for i := range 20 {
		content[fmt.Sprintf("data%d.py", i)] = strings.Repeat("value = 1\n", 200)
	}
	const branches = 7
	name := func(i int) string {
		if i == 0 {
			return "tree"
		}
		return fmt.Sprintf("part%02d", i)
	}
	for i := range packages {
		var requires []string
		for child := i*branches + 1; child <= i*branches+branches && child < packages; child++ {
			requires = append(requires, name(child)+">=1")
		}
		files := map[string]string{}
		for path, text := range content {
			files[name(i)+"/"+path] = text
		}
		for version := range versions {
			// Young enough for the gate to look into each before pip is given its page.
			x.AddWheel(testkit.Distribution{Name: name(i), Version: fmt.Sprintf("1.%d", version),
				Requires: requires, Files: files}).Uploaded = time.Now().AddDate(0, 0, version-versions-3)
		}
	}
	fmt.Println(x.SimpleURL())
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// peakMemory gives what /proc says; other systems do not tell as easily.
func peakMemory() string {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "not known here"
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
			if err == nil {
				return fmt.Sprintf("%d MB", kilobytes/1024)
			}
		}
	}
	return "not known here"
}

// kit lets the test kit run outside a test.
type kit struct {
	testing.TB
	cleanups []func()
}

func (k *kit) Helper()          {}
func (k *kit) Cleanup(f func()) { k.cleanups = append(k.cleanups, f) }
func (k *kit) Fatal(args ...any) {
	k.end()
	fmt.Fprintln(os.Stderr, args...)
	os.Exit(1)
}
func (k *kit) Fatalf(format string, args ...any) { k.Fatal(fmt.Sprintf(format, args...)) }
func (k *kit) Skip(args ...any)                  { k.Fatal(args...) }
func (k *kit) Skipf(format string, args ...any)  { k.Fatal(fmt.Sprintf(format, args...)) }

func (k *kit) TempDir() string {
	place := ""
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		place = "/dev/shm"
	}
	dir, err := os.MkdirTemp(place, "thresher-bench-")
	if err != nil {
		k.Fatal(err)
	}
	k.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (k *kit) end() {
	for i := len(k.cleanups) - 1; i >= 0; i-- {
		k.cleanups[i]()
	}
	k.cleanups = nil
}
