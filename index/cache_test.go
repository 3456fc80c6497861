package index

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"thresher/internal/files"
)

// cachedIndex is an index with an ETag, over TLS so that pages can be fresh.
type cachedIndex struct {
	url, bundle     string
	asked, answered atomic.Int64 // requests, and those that were sent a page
	control         string
	file            string
	etag            string
}

func newCachedIndex(t *testing.T) *cachedIndex {
	x := &cachedIndex{control: "max-age=600, public", file: "alpha-1.zip", etag: `"1"`}
	s, bundle := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		x.asked.Add(1)
		w.Header().Set("ETag", x.etag)
		w.Header().Set("Cache-Control", x.control)
		if r.Header.Get("If-None-Match") == x.etag && x.etag != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		x.answered.Add(1)
		writePage(w, x.file)
	})
	x.url, x.bundle = s.URL+"/simple", bundle
	return x
}

func (x *cachedIndex) counts() string {
	return fmt.Sprintf("%d/%d", x.asked.Swap(0), x.answered.Swap(0))
}

func TestPagesAreKept(t *testing.T) {
	x := newCachedIndex(t)
	dir := t.TempDir()
	now := time.Now().Truncate(time.Second)
	start := func(change func(*Config)) *Client {
		return client(t, func(c *Config) {
			c.CacheDir, c.CertFile, c.Now = dir, x.bundle, func() time.Time { return now }
			if change != nil {
				change(c)
			}
		})
	}
	ask := func(c *Client, base, want string) *Page {
		t.Helper()
		page, err := c.Page(context.Background(), base, "alpha")
		if err != nil {
			t.Fatal(err)
		}
		if got := x.counts(); got != want {
			t.Fatalf("asked/answered %s, want %s", got, want)
		}
		return page
	}
	first := ask(start(nil), x.url, "1/1")
	now = now.Add(time.Minute)
	second := ask(start(nil), x.url, "0/0") // fresh, by another run
	if !second.Fetched.Equal(first.Fetched) || second.Files[0].URL != first.Files[0].URL || second.Stale {
		t.Fatalf("%+v", second)
	}
	ask(start(func(c *Config) { c.Revalidate = func(name string) bool { return name == "alpha" } }), x.url, "1/0")
	now = now.Add(9 * time.Minute)
	ask(start(nil), x.url, "0/0") // the 304 made it fresh again
	now = now.Add(2 * time.Minute)
	if page := ask(start(nil), x.url, "1/0"); !page.Fetched.Equal(now) {
		t.Fatal(page.Fetched)
	}
	now = now.Add(-time.Hour) // a clock that was set back
	ask(start(nil), x.url, "1/0")
	now = now.Add(20 * time.Minute)
	x.file, x.etag = "alpha-2.zip", `"2"`
	if page := ask(start(nil), x.url, "1/1"); page.Files[0].Filename != "alpha-2.zip" {
		t.Fatal("an old page")
	}

	// With credentials: an entry of its own for each user, and always confirmed.
	ask(start(nil), with("ann:1", x.url), "1/1")
	ask(start(nil), with("ann:2", x.url), "1/0")
	ask(start(nil), with("bob:1", x.url), "1/1")
	ask(start(nil), x.url, "0/0")
	// Other roots, other trust: nothing is shared.
	host, _, _ := strings.Cut(strings.TrimPrefix(x.url, "https://"), "/")
	ask(start(func(c *Config) { c.TrustedHosts = []string{host} }), x.url, "1/1")
	ask(start(func(c *Config) { c.TrustedHosts = []string{host} }), x.url, "1/0")
	ask(start(func(c *Config) { c.CertAddsToSystem = true }), x.url, "1/1")

	// Nothing in the cache holds a password.
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if info, _ := entry.Info(); runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", path, info.Mode())
		}
		if bytes.Contains(content, []byte("ann:")) || bytes.Contains(content, []byte("@")) {
			t.Errorf("credentials in %s: %s", path, content)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestStalePagesOnlyWhenAskedFor(t *testing.T) {
	x := newCachedIndex(t)
	dir := t.TempDir()
	now := time.Now()
	start := func(environ ...string) *Client {
		return client(t, func(c *Config) {
			c.CacheDir, c.CertFile, c.Environ, c.Now = dir, x.bundle, environ, func() time.Time { return now }
		})
	}
	if _, err := start().Page(context.Background(), x.url, "alpha"); err != nil {
		t.Fatal(err)
	}
	now = now.Add(100 * 24 * time.Hour)
	offline := start("https_proxy=http://127.0.0.1:1")
	var connection *ConnectionError
	if _, err := offline.Page(context.Background(), x.url, "alpha"); !errors.As(err, &connection) {
		t.Fatal(err)
	}
	page, err := offline.StalePage(context.Background(), x.url, "Alpha")
	if err != nil || !page.Stale || len(page.Files) != 1 || now.Sub(page.Fetched) < 99*24*time.Hour {
		t.Fatalf("%+v %v", page, err)
	}
	if _, err := offline.StalePage(context.Background(), with("ann:1", x.url), "alpha"); !errors.Is(err, ErrNotFound) {
		t.Fatal(err)
	}
}

func TestWhatIsNotKept(t *testing.T) {
	for control, want := range map[string]string{
		"no-store":                    "2/2",
		"no-cache":                    "2/1",
		"max-age=0":                   "2/1",
		"max-age=60, no-cache":        "2/1",
		"private, max-age=\"60\"":     "1/1",
		"max-age=99999999999999":      "1/1",
		"max-age=9999999999999999999": "2/1",
		"":                            "2/1",
		"MAX-AGE=60":                  "1/1",
	} {
		t.Run(control, func(t *testing.T) {
			x := newCachedIndex(t)
			x.control = control
			c := client(t, func(c *Config) { c.CacheDir, c.CertFile = t.TempDir(), x.bundle })
			for range 2 {
				if _, err := c.Page(context.Background(), x.url, "alpha"); err != nil {
					t.Fatal(err)
				}
			}
			if got := x.counts(); got != want {
				t.Fatal(got)
			}
		})
	}
	// An index cannot ask for more than ten minutes.
	header := http.Header{"Cache-Control": {"max-age=31536000"}}
	if fresh, _ := freshness(header, false, trustVerified); fresh != longestFresh {
		t.Fatal(fresh)
	}
	header.Set("Age", "31535900")
	if fresh, _ := freshness(header, false, trustVerified); fresh != 100*time.Second {
		t.Fatal(fresh)
	}
	if _, store := freshness(http.Header{"Vary": {"Accept, *"}}, false, trustVerified); store {
		t.Fatal("Vary: * was kept")
	}
	now := time.Now().UTC()
	header = http.Header{"Date": {now.Format(http.TimeFormat)}, "Expires": {now.Add(time.Minute).Format(http.TimeFormat)}}
	if fresh, _ := freshness(header, false, trustVerified); fresh != time.Minute {
		t.Fatal(fresh)
	}
}

// A 304 counts only from the address that the entry came from.
func TestARedirectCannotConfirmAnother(t *testing.T) {
	target := "/a/"
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/alpha/":
			http.Redirect(w, r, target, http.StatusFound)
		default:
			w.Header().Set("ETag", `"same"`)
			if r.Header.Get("If-None-Match") == `"same"` {
				w.WriteHeader(304)
				return
			}
			writePage(w, "alpha"+strings.Trim(r.URL.Path, "/")+"-1.zip")
		}
	})
	dir := t.TempDir()
	for _, step := range []struct{ target, want string }{{"/a/", "alphaa-1.zip"}, {"/a/", "alphaa-1.zip"},
		{"/b/", "alphab-1.zip"}, {"/b/", "alphab-1.zip"}} {
		target = step.target
		page, err := client(t, func(c *Config) { c.CacheDir = dir }).Page(context.Background(), s.URL, "alpha")
		if err != nil || page.Files[0].Filename != step.want || !strings.HasSuffix(page.URL, step.target) {
			t.Fatalf("%+v %v", page, err)
		}
	}
}

// What came over a plain connection, at any hop, is not kept.
func TestPlainHTTPIsNotKept(t *testing.T) {
	c := client(t, func(c *Config) { c.CacheDir = t.TempDir(); c.TrustedHosts = []string{"trusted.example"} })
	for url, want := range map[string]string{
		"http://index.example/":    trustNone,
		"https://index.example/":   trustVerified,
		"http://trusted.example/":  trustUnverified,
		"https://trusted.example/": trustUnverified,
		"http://127.0.0.1/":        trustLoopback,
	} {
		if got := c.trustOf(mustParse(t, url)); got != want {
			t.Errorf("%s: %q", url, got)
		}
	}
	if weaker(weaker(trustUnknown, trustVerified), trustNone) != trustNone ||
		weaker(trustUnverified, trustLoopback) != trustUnverified {
		t.Fatal("the weakest hop does not count")
	}
}

func TestBrokenEntriesAreMisses(t *testing.T) {
	x := newCachedIndex(t)
	for name, damage := range map[string]func([]byte) []byte{
		"cut":        func(b []byte) []byte { return b[:len(b)-5] },
		"empty":      func([]byte) []byte { return nil },
		"a bit":      func(b []byte) []byte { b[len(b)-10] ^= 1; return b },
		"the header": func(b []byte) []byte { b[5] ^= 1; return b },
		"binary":     func([]byte) []byte { return []byte{0, 1, 2, '\n', 3} },
		"another's": func(b []byte) []byte {
			return bytes.Replace(b, []byte(`"Address":"https://127`), []byte(`"Address":"https://128`), 1)
		},
		"an evil tag": func(b []byte) []byte {
			return bytes.Replace(b, []byte(`"ETag":"\"1\""`), []byte(`"ETag":"1\r\nX: y"`), 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			x.counts()
			dir := t.TempDir()
			start := func() *Client {
				return client(t, func(c *Config) { c.CacheDir, c.CertFile = dir, x.bundle })
			}
			if _, err := start().Page(context.Background(), x.url, "alpha"); err != nil {
				t.Fatal(err)
			}
			paths, _ := filepath.Glob(filepath.Join(dir, cacheVersion, "*"))
			if len(paths) != 1 {
				t.Fatal(paths)
			}
			content, err := os.ReadFile(paths[0])
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(paths[0], damage(content), 0o600); err != nil {
				t.Fatal(err)
			}
			page, err := start().Page(context.Background(), x.url, "alpha")
			if err != nil || len(page.Files) != 1 || x.counts() != "2/2" {
				t.Fatalf("%+v %v", page, err)
			}
		})
	}
}

// What another version of this program kept, and this one cannot read, must
// not be confirmed for ever.
func TestAnUnreadableEntryIsAskedForAnew(t *testing.T) {
	x := newCachedIndex(t)
	c := client(t, func(c *Config) { c.CacheDir, c.CertFile = t.TempDir(), x.bundle })
	for _, fresh := range []int64{0, 600} {
		u := mustParse(t, x.url+"/alpha/")
		e := &cacheEntry{Key: c.key("page", u, "", trustVerified), URL: u.String(), ContentType: "text/next",
			ETag: x.etag, Fresh: fresh}
		c.cache.store(e, []byte("next"))
		page, err := c.Page(context.Background(), x.url, "alpha")
		if err != nil || len(page.Files) != 1 {
			t.Fatal(err)
		}
	}
}

func TestAddressesWithAQueryAreNotKept(t *testing.T) {
	x := newCachedIndex(t)
	dir := t.TempDir()
	c := client(t, func(c *Config) { c.CacheDir, c.CertFile = dir, x.bundle })
	if _, err := c.Page(context.Background(), x.url+"?token=secret", "alpha"); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(filepath.Join(dir, cacheVersion)); len(left) != 0 {
		t.Fatal(left)
	}
}

func TestAClientCertificateHasItsOwnEntries(t *testing.T) {
	path, _ := clientCertificate(t)
	with, without := client(t, func(c *Config) { c.ClientCert = path }), client(t, nil)
	if with.roots() == without.roots() {
		t.Fatal("one key for both")
	}
}

func TestACacheThatCannotBeUsed(t *testing.T) {
	x := newCachedIndex(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	open := filepath.Join(dir, "open")
	if err := os.MkdirAll(filepath.Join(open, cacheVersion), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(open, cacheVersion), 0o777); err != nil {
		t.Fatal(err)
	}
	removed := filepath.Join(dir, "removed")
	for _, c := range []string{file, open, removed} {
		if c == open && runtime.GOOS == "windows" {
			continue
		}
		client := client(t, func(config *Config) { config.CacheDir, config.CertFile = c, x.bundle })
		if c == removed {
			if err := os.RemoveAll(removed); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if page, err := client.Page(context.Background(), x.url, "alpha"); err != nil || len(page.Files) != 1 {
				t.Fatalf("%s: %v", c, err)
			}
		}
		if notes := client.Notes(); len(notes) != 1 || !strings.HasPrefix(notes[0], "the page cache is not used") {
			t.Fatalf("%s: %q", c, notes)
		}
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	dir := t.TempDir()
	var notes []string
	d := openCache(dir, 100<<10, time.Now, func(text string) { notes = append(notes, text) })
	body := bytes.Repeat([]byte("x"), 10<<10)
	old := filepath.Join(d.dir, files.Unplaced+"killed")
	if err := os.WriteFile(old, body, 0o600); err != nil {
		t.Fatal(err)
	}
	past := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(old, past, past); err != nil {
		t.Fatal(err)
	}
	d.tidy.Do(func() {}) // the housekeeping is called below
	for i := range 30 {
		at := time.Now().Add(time.Duration(i-100) * time.Minute)
		d.now = func() time.Time { return at }
		d.store(&cacheEntry{Key: cacheKey{Kind: "page", Address: fmt.Sprint(i)}}, body)
	}
	d.wait()
	d.now = time.Now
	d.shrink()
	if d.load(cacheKey{Kind: "page", Address: "29"}) == nil || d.load(cacheKey{Kind: "page", Address: "1"}) != nil {
		t.Fatal("not the oldest were removed")
	}
	left, _ := os.ReadDir(d.dir)
	if len(left) < 5 || len(left) > 10 {
		t.Fatal(len(left))
	}
	d.store(&cacheEntry{Key: cacheKey{Kind: "page", Address: "big"}}, bytes.Repeat(body, 5))
	if d.load(cacheKey{Kind: "page", Address: "big"}) != nil || len(notes) != 0 {
		t.Fatal("one answer pushed out the others", notes)
	}
}

func TestRunsSideBySide(t *testing.T) {
	x := newCachedIndex(t)
	dir := t.TempDir()
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			c := client(t, func(c *Config) {
				c.CacheDir, c.CertFile = dir, x.bundle
				c.Revalidate = func(string) bool { return true }
			})
			for i := range 20 {
				name := fmt.Sprintf("p%d", i%3)
				if page, err := c.Page(context.Background(), x.url, name); err != nil || len(page.Files) != 1 {
					t.Error(err)
				}
			}
			if notes := c.Notes(); len(notes) != 0 {
				t.Error(notes)
			}
		})
	}
	wait.Wait()
	if left, _ := filepath.Glob(filepath.Join(dir, cacheVersion, files.Unplaced+"*")); len(left) != 0 {
		t.Fatal(left)
	}
}

func TestProjectDocumentsAreKept(t *testing.T) {
	var asked atomic.Int64
	body := `{"info":{"name":"alpha","version":"1","project_urls":null},"last_serial":1}`
	s := server(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		fmt.Fprint(w, body)
	})
	dir := t.TempDir()
	now := time.Now()
	ask := func() (*Project, error) {
		c := client(t, func(c *Config) { c.CacheDir, c.Now = dir, func() time.Time { return now } })
		return c.Project(context.Background(), s.URL+"/simple/", "alpha")
	}
	for _, want := range []int64{1, 1, 2} {
		p, err := ask()
		if err != nil || p.Version != "1" || p.Ownership || asked.Load() != want {
			t.Fatalf("%+v %v, asked %d times", p, err, asked.Load())
		}
		if want == 1 && asked.Load() == 1 {
			now = now.Add(31 * time.Minute)
		}
	}
	for _, bad := range []string{"", "[]", "{}", `{"info":5}`, `{"info":{}}x`, `{"info":{},"ownership":[]}`,
		"{\"info\":{\"name\":\"\xff\"}}", `{"info":{"classifiers":"x"}}`} {
		body, dir = bad, t.TempDir()
		var content *ContentError
		if p, err := ask(); !errors.As(err, &content) {
			t.Errorf("%q: %+v %v", bad, p, err)
		}
	}
}
