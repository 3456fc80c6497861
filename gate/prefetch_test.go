package gate

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"thresher/index"
	"thresher/internal/testkit"
	"thresher/pep"
)

// slowSource is an index that knows no name, and takes its time to say so.
type slowSource struct{ after time.Duration }

func (s slowSource) Page(ctx context.Context, _, _ string) (*index.Page, error) {
	select {
	case <-time.After(s.after):
		return nil, index.ErrNotFound
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s slowSource) FindLinksPage(context.Context, string) (*index.Page, error) {
	return nil, index.ErrNotFound
}

func (s slowSource) Metadata(context.Context, string, *index.File) ([]byte, error) {
	return nil, index.ErrNotFound
}

func (slowSource) Publishers(context.Context, string, *index.File) ([]index.Publisher, error) {
	return nil, index.ErrNotFound
}

func (s slowSource) Open(context.Context, index.Fetch) (*index.Stream, error) {
	return nil, index.ErrNotFound
}

func (s slowSource) Redirected(context.Context, string, string, []string) (string, error) {
	return "", index.ErrNotFound
}

func (s slowSource) Authenticate(string, string, string) error { return nil }

func waitFor(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for range 500 {
		if holds() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("waited in vain for %s", what)
}

// TestPrefetch: what the command asks for, and what that probably needs, is
// there before pip asks; names of a private index stay there.
func TestPrefetch(t *testing.T) {
	t.Parallel()
	public, private := testkit.NewIndex(t), testkit.NewIndex(t)
	public.AddWheel(testkit.Distribution{Name: "app", Version: "1.0", Requires: []string{"old"}})
	public.AddWheel(testkit.Distribution{Name: "app", Version: "2.0", Metadata: "Provides-Extra: more\n",
		Requires: []string{
			"child>=1", "acme-core", "here>=1", "stale>=2", `windows; sys_platform == "win32"`, `wanted; extra == "more"`,
			`unwanted; extra == "less"`, "url @ https://elsewhere.example/url-1.0.tar.gz",
		}})
	public.AddWheel(testkit.Distribution{Name: "app", Version: "3.0rc1", Requires: []string{"young"}})
	public.AddWheel(testkit.Distribution{Name: "app", Version: "4.0", Tag: "cp27-cp27m-win32",
		Requires: []string{"young"}})
	public.AddWheel(testkit.Distribution{Name: "child", Version: "1.0", Requires: []string{"grandchild", "app"}})
	public.AddWheel(testkit.Distribution{Name: "grandchild", Version: "1.0"})
	private.AddWheel(testkit.Distribution{Name: "acme-core", Version: "1.0", Requires: []string{"acme-deep"}})
	private.AddWheel(testkit.Distribution{Name: "acme-deep", Version: "1.0"})
	g := open(t, Config{
		Indexes:   []Index{{URL: public.SimpleURL(), Public: true}, {URL: private.SimpleURL(), Extra: true}},
		Requested: []pep.Requirement{{Name: "App", Extras: []string{"more"}}},
		Installed: map[string]string{"here": "1.5", "stale": "1.0"},
		Environment: map[string]string{"python_version": "3.12", "python_full_version": "3.12.1", "sys_platform": "linux",
			"platform_machine": "x86_64"},
	})
	want := []string{"acme-core", "acme-deep", "app", "child", "grandchild", "stale", "wanted"}
	pages := func() []string {
		var names []string
		for _, path := range append(public.Requests(), private.Requests()...) {
			if name, ok := strings.CutPrefix(path, "/simple/"); ok {
				names = append(names, strings.Trim(name, "/"))
			}
		}
		slices.Sort(names)
		return slices.Compact(names)
	}
	waitFor(t, "the pages", func() bool { return len(pages()) == len(want) })
	if got := pages(); !slices.Equal(got, want) {
		t.Errorf("fetched %v, want %v", got, want)
	}
	for _, path := range public.Requests() {
		if strings.Contains(path, "acme") {
			t.Errorf("the public index was asked for %s", path)
		}
	}
	if len(g.Findings()) > 0 || len(g.Ledger()) > 0 {
		t.Error("what pip was not given counts")
	}
	if status, _, _ := ask(t, g, indexURL(g, 0)+"child/", ""); status != 200 {
		t.Errorf("status %d", status)
	}
	// Files of other projects may still be on their way.
	fetched := 0
	for _, path := range public.Requests() {
		if path == "/simple/child/" {
			fetched++
		}
	}
	if fetched != 1 {
		t.Errorf("the page was fetched %d times: %v", fetched, public.Requests())
	}
}

// TestPrefetchBound: no more pages at once than allowed, and none at all where
// it is switched off.
func TestPrefetchBound(t *testing.T) {
	t.Parallel()
	counting := &countingSource{}
	var wanted []pep.Requirement
	for _, letter := range "abcdefghij" {
		wanted = append(wanted, pep.Requirement{Name: string(letter)})
	}
	open(t, Config{Source: counting, Indexes: []Index{{URL: "http://index.example/simple/"}},
		Requested: wanted, Prefetch: 3})
	waitFor(t, "ten pages", func() bool { return counting.state().total == 10 })
	if most := counting.state().most; most > 3 {
		t.Errorf("%d at once", most)
	}
	off := &countingSource{}
	g := open(t, Config{Source: off, Indexes: []Index{{URL: "http://index.example/simple/"}},
		Requested: wanted, Prefetch: -1})
	ask(t, g, indexURL(g, 0)+"a/", "")
	if total := off.state().total; total != 1 {
		t.Errorf("%d pages", total)
	}
}

type counts struct{ now, most, total int }

type countingSource struct {
	slowSource
	mutex  sync.Mutex
	counts counts
}

func (s *countingSource) state() counts {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.counts
}

func (s *countingSource) Page(context.Context, string, string) (*index.Page, error) {
	s.mutex.Lock()
	s.counts.now++
	s.counts.most = max(s.counts.most, s.counts.now)
	s.mutex.Unlock()
	time.Sleep(5 * time.Millisecond)
	s.mutex.Lock()
	s.counts.now--
	s.counts.total++
	s.mutex.Unlock()
	return nil, index.ErrNotFound
}

func TestLikeliest(t *testing.T) {
	linux := map[string]string{"python_version": "3.12", "python_full_version": "3.12.1", "sys_platform": "linux",
		"platform_machine": "x86_64", "implementation_name": "cpython"}
	mac := map[string]string{"python_version": "3.9", "python_full_version": "3.9.1", "sys_platform": "darwin",
		"platform_machine": "arm64"}
	windows := map[string]string{"python_version": "3.9", "python_full_version": "3.9.1", "sys_platform": "win32",
		"platform_machine": "AMD64"}
	cases := []struct {
		filename    string
		environment map[string]string
		fits        bool
	}{
		{"a-1-py3-none-any.whl", nil, true},
		{"a-1-py2.py3-none-any.whl", linux, true},
		{"a-1-py2-none-any.whl", linux, false},
		{"a-1-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", linux, true},
		{"a-1-cp312-cp312-manylinux_2_17_aarch64.whl", linux, false},
		{"a-1-cp311-cp311-manylinux_2_17_x86_64.whl", linux, false},
		{"a-1-cp38-abi3-manylinux_2_17_x86_64.whl", linux, true},
		{"a-1-cp313-abi3-manylinux_2_17_x86_64.whl", linux, false},
		{"a-1-py310-none-any.whl", mac, false},
		{"a-1-py38-none-any.whl", linux, true},
		{"a-1-pp39-pypy39_pp73-manylinux_2_17_x86_64.whl", linux, false},
		{"a-1-cp39-cp39-macosx_11_0_arm64.whl", mac, true},
		{"a-1-cp39-cp39-macosx_10_9_universal2.whl", mac, true},
		{"a-1-cp39-cp39-macosx_10_9_x86_64.whl", mac, false},
		{"a-1-cp39-cp39-win_amd64.whl", windows, true},
		{"a-1-cp39-cp39-win_amd64.whl", mac, false},
		{"a-1.tar.gz", linux, true},
		{"a-1.whl", linux, false},
	}
	for _, c := range cases {
		if got := fitsPlatform(c.filename, c.environment); got != c.fits {
			t.Errorf("%s: %t", c.filename, got)
		}
	}
	file := func(version, filename, requires string, yanked bool) keptFile {
		return keptFile{name: "a", version: version,
			file: &index.File{Filename: filename, RequiresPython: requires, Yanked: yanked}}
	}
	files := []keptFile{
		file("1.0", "a-1.0-py3-none-any.whl", "", false),
		file("2.0", "a-2.0.tar.gz", "", false),
		file("2.0", "a-2.0-py3-none-any.whl", "", false),
		file("3.0", "a-3.0-py3-none-any.whl", ">=3.13", false),
		file("4.0", "a-4.0-py3-none-any.whl", "", true),
		file("5.0rc1", "a-5.0rc1-py3-none-any.whl", "", false),
		file("nonsense", "a-nonsense-py3-none-any.whl", "", false),
		file("0.9", "a-0.9.tar.gz", "", false),
	}
	for specifier, want := range map[string]string{"": "2.0", "<2": "1.0", ">=5.0rc1": "5.0rc1", ">6": "", "<1": ""} {
		specifiers, err := pep.ParseSpecifiers(specifier)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if found := likeliest(files, specifiers, linux); found != nil {
			got = found.version
		}
		if got != want {
			t.Errorf("%q: %q, want %q", specifier, got, want)
		}
	}
}

// TestMoreThanIsFetchedAhead: what is looked at ahead has an end, so that no index
// makes it endless; what pip asks for beyond it is judged as everything is.
func TestMoreThanIsFetchedAhead(t *testing.T) {
	t.Parallel()
	filename, content := testkit.Distribution{Name: "last", Version: "1.0"}.Wheel()
	x := pageOf(t, "/files/", filename, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content) })
	var requested []pep.Requirement
	for i := range maximalAhead {
		requested = append(requested, pep.Requirement{Name: fmt.Sprintf("name%d", i)})
	}
	requested = append(requested, pep.Requirement{Name: "last"})
	g := open(t, Config{
		Indexes: []Index{{URL: x.URL + "/simple/"}}, Requested: requested, JudgeProject: blockNamed("last"),
	})
	g.mutex.Lock()
	begun := len(g.ahead)
	g.mutex.Unlock()
	if begun != maximalAhead {
		t.Fatalf("%d names are looked at ahead", begun)
	}
	if status, _, body := ask(t, g, x.URL+"/simple/last/", ""); status != http.StatusOK ||
		!strings.Contains(body, filename) {
		t.Fatalf("the page: %d %s", status, body)
	}
	status, reason, _ := ask(t, g, x.URL+"/files/"+filename, "")
	if status != http.StatusForbidden || !strings.Contains(reason, "last: is malware") {
		t.Errorf("the file: %d %s", status, reason)
	}
}

// TestPrefetchByParts: where an index offers no metadata files, what a large wheel
// needs is known from its end, long before it is here.
func TestPrefetchByParts(t *testing.T) {
	t.Parallel()
	x := testkit.NewIndex(t)
	var noise strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&noise, "%x\n", sha256.Sum256([]byte{byte(i), byte(i >> 8)}))
	}
	app := x.AddWheel(testkit.Distribution{Name: "app", Version: "1.0", Requires: []string{"child"},
		Files: map[string]string{"app/data.txt": noise.String()}})
	x.AddWheel(testkit.Distribution{Name: "child", Version: "1.0"})
	ended := make(chan struct{})
	x.Change(func() {
		app.Metadata = ""
		app.Answer = func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") == "" {
				<-ended // all of it takes for ever
				return
			}
			http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(app.Content)))
		}
	})
	open(t, Config{
		Indexes: []Index{{URL: x.SimpleURL()}}, Requested: []pep.Requirement{{Name: "app"}},
		Environment: map[string]string{
			"python_version": "3.11", "python_full_version": "3.11.7", "sys_platform": "linux",
		},
	})
	waitFor(t, "the page of what a large wheel needs", func() bool {
		return slices.Contains(x.Requests(), "/simple/child/")
	})
	close(ended)
}
