package index

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"thresher/address"
	"thresher/internal/testkit"
)

// client makes a client that does not wait between retries and reads nothing
// of the machine's own.
func client(t testing.TB, change func(*Config)) *Client {
	t.Helper()
	config := Config{Netrc: "-", KeyringProvider: "disabled", Timeout: 5 * time.Second,
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
	if change != nil {
		change(&config)
	}
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// server answers with one function.
func server(t testing.TB, answer http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return s
}

func writePage(w http.ResponseWriter, files ...string) {
	w.Header().Set("Content-Type", acceptJSONPage)
	var list []string
	for _, f := range files {
		list = append(list, fmt.Sprintf(`{"filename":%q,"url":%q,"hashes":{}}`, f, f))
	}
	fmt.Fprintf(w, `{"meta":{"api-version":"1.0"},"name":"alpha","files":[%s]}`, strings.Join(list, ","))
}

func TestPagesOfARealIndex(t *testing.T) {
	x := testkit.NewIndex(t)
	f := x.AddWheel(testkit.Distribution{Name: "Alpha", Version: "1.0", RequiresPython: ">=3.8"})
	f.Yanked, f.YankedReason, f.Provenance = true, "broken", x.URL+"/integrity/alpha"
	x.AddSdist(testkit.Distribution{Name: "alpha", Version: "2.0"})
	x.SetStatus("alpha", "archived")
	x.SetProject("alpha", map[string]any{
		"info": map[string]any{"name": "Alpha", "version": "2.0",
			"project_urls": map[string]string{"Funding": "https://f.example"}, "classifiers": []string{"c"}},
		"ownership": map[string]any{"roles": []map[string]string{{"role": "Owner", "user": "ann"}}, "organization": nil},
		"releases":  map[string]any{"1.0": []any{}},
	})
	c := client(t, nil)
	ctx := context.Background()
	for _, htmlOnly := range []bool{false, true} {
		x.HTMLOnly = htmlOnly
		page, err := c.Page(ctx, x.SimpleURL(), "ALPHA")
		if err != nil {
			t.Fatal(err)
		}
		if page.JSON == htmlOnly || len(page.Files) != 2 || page.Name != "alpha" || page.Fetched.IsZero() || page.Stale {
			t.Fatalf("%+v", page)
		}
		wheel := page.Files[0]
		if wheel.URL != x.URL+"/files/alpha-1.0-py3-none-any.whl" || !wheel.Yanked || wheel.YankedReason != "broken" ||
			!wheel.CoreMetadata || wheel.RequiresPython != ">=3.8" || len(wheel.Hashes["sha256"]) != 64 {
			t.Fatalf("%+v", wheel)
		}
		if !htmlOnly && (page.Status != "archived" || wheel.UploadTime.IsZero() || wheel.Size == 0 ||
			wheel.Provenance == "" || len(page.Versions) != 2) {
			t.Fatalf("%+v", page)
		}
		metadata, err := c.Metadata(ctx, x.SimpleURL(), &wheel)
		if err != nil || !strings.Contains(string(metadata), "Name: Alpha") {
			t.Fatal(err)
		}
		wheel.MetadataHashes = map[string]string{"sha256": strings.Repeat("0", 64)}
		var content *ContentError
		if _, err := c.Metadata(ctx, x.SimpleURL(), &wheel); !errors.As(err, &content) {
			t.Fatalf("metadata of another digest: %v", err)
		}
	}
	project, err := c.Project(ctx, x.SimpleURL(), "Alpha")
	if err != nil || project.URLs["Funding"] == "" || !project.Ownership || len(project.Roles) != 1 ||
		project.Roles[0].User != "ann" || project.Organization != "" {
		t.Fatalf("%+v %v", project, err)
	}
	for _, ask := range []func() error{
		func() error { _, err := c.Page(ctx, x.SimpleURL(), "beta"); return err },
		func() error { _, err := c.Project(ctx, x.SimpleURL(), "beta"); return err },
		func() error { _, err := c.Project(ctx, x.URL+"/elsewhere", "alpha"); return err },
		func() error { _, err := c.StalePage(ctx, x.SimpleURL(), "alpha"); return err },
		func() error { _, err := c.Metadata(ctx, x.SimpleURL(), &File{}); return err },
		func() error { _, err := c.Publishers(ctx, x.SimpleURL(), &File{}); return err },
	} {
		if err := ask(); !errors.Is(err, ErrNotFound) {
			t.Fatalf("%v", err)
		}
	}
}

func TestPublishers(t *testing.T) {
	body := `{"version":1,"attestation_bundles":[{"publisher":{"kind":"GitHub","repository":"o/r","workflow":"release.yml","environment":"","claims":null},"attestations":[]},
		{"publisher":{"kind":"GitHub","repository":"o/r","workflow":"release.yml"}},{"publisher":{"kind":"GitLab","repository":"g/p","workflow_filepath":".gitlab-ci.yml"}}]}`
	s := server(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) })
	c := client(t, nil)
	f := &File{Provenance: s.URL + "/integrity/x"}
	got, err := c.Publishers(context.Background(), s.URL+"/simple", f)
	if err != nil || len(got) != 2 || got[0] != (Publisher{"GitHub", "o/r", "release.yml", ""}) ||
		got[1].Workflow != ".gitlab-ci.yml" {
		t.Fatalf("%+v %v", got, err)
	}
	f.Provenance = "https://elsewhere.example/x"
	var content *ContentError
	if _, err := c.Publishers(context.Background(), s.URL+"/simple", f); !errors.As(err, &content) {
		t.Fatal(err)
	}
	body = `{"attestation_bundles":[{}]}`
	f.Provenance = s.URL + "/other"
	if _, err := c.Publishers(context.Background(), s.URL+"/simple", f); !errors.As(err, &content) {
		t.Fatal(err)
	}
}

func TestAddressesAreBuiltAsPipDoes(t *testing.T) {
	for base, want := range map[string]string{
		"https://index.example/simple":                 "https://index.example/simple/a-b/",
		"https://index.example/simple///":              "https://index.example/simple/a-b/",
		"https://index.example":                        "https://index.example/a-b/",
		"https://index.example/team/dev/+simple/":      "https://index.example/team/dev/+simple/a-b/",
		"https://me:pw@index.example/api/x":            "https://me:pw@index.example/api/x/a-b/",
		"https://index.example/simple?channel=nightly": "https://index.example/simple?channel=nightly/a-b/",
	} {
		_, address, err := pageAddress(base, "A_.b")
		if err != nil || address != want {
			t.Errorf("%s: %s %v", base, address, err)
		}
	}
	for _, name := range []string{"", "../x", "a/b", "a b", "a\r\nHost: x", "a?b", "é", "-a"} {
		if _, _, err := pageAddress("https://index.example/simple", name); err == nil {
			t.Errorf("%q is a name", name)
		}
	}
	for base, want := range map[string]string{
		"https://index.example/simple/":         "https://index.example/pypi/a/json",
		"https://index.example/api/pypi/simple": "https://index.example/api/pypi/pypi/a/json",
		"https://index.example/team/+simple/":   "https://index.example/team/pypi/a/json",
		"https://index.example/wheels":          "",
	} {
		if got, _ := projectAddress(base, "a"); got != want {
			t.Errorf("%s: %s", base, got)
		}
	}
	if _, err := client(t, nil).Page(context.Background(), "https://me:secret@[bad/simple", "a"); err == nil ||
		strings.Contains(err.Error(), "secret") {
		t.Fatal(err)
	}
}

func TestLocalIndexes(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "alpha"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "alpha", "index.html"), []byte(`<a href="../../files/alpha-1.zip">x</a><a `+
		`href="/alpha.txt">`), 0o644); err != nil {
		t.Fatal(err)
	}
	c := client(t, nil)
	for _, base := range []string{dir, address.PathToURL(dir), address.PathToURL(dir) + "/"} {
		page, err := c.Page(context.Background(), base, "alpha")
		if err != nil || len(page.Files) != 1 || page.Files[0].Filename != "alpha-1.zip" ||
			!strings.HasPrefix(page.Files[0].URL, "file:///") {
			t.Fatalf("%+v %v", page, err)
		}
		if _, err := c.Page(context.Background(), base, "beta"); !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
		if _, err := c.Project(context.Background(), base, "alpha"); !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
	}
	page, err := c.FindLinksPage(context.Background(), filepath.Join(dir, "alpha", "index.html"))
	if err != nil || len(page.Files) != 1 {
		t.Fatalf("%+v %v", page, err)
	}
}

func TestFindLinksAndTexts(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/links":
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, `<a href="alpha-1.zip">a</a> <a href="beta-1-py3-none-any.whl">b</a> <a href="/about">about</a>`)
		case "/requirements.txt":
			w.Header().Set("Content-Type", "text/plain; charset=ISO-8859-15")
			io.WriteString(w, "alpha\n")
		default:
			http.NotFound(w, r)
		}
	})
	c := client(t, nil)
	page, err := c.FindLinksPage(context.Background(), s.URL+"/links#x")
	if err != nil || len(page.Files) != 2 || page.Files[1].Filename != "beta-1-py3-none-any.whl" {
		t.Fatalf("%+v %v", page, err)
	}
	text, err := c.Get(context.Background(), s.URL+"/requirements.txt")
	if err != nil || string(text.Body) != "alpha\n" || text.Charset != "iso-8859-15" {
		t.Fatalf("%+v %v", text, err)
	}
	var content *ContentError
	if _, err := c.FindLinksPage(context.Background(), s.URL+"/requirements.txt"); !errors.As(err, &content) {
		t.Fatal(err)
	}
}

// failures are answers of a bad index, and the error that each must give.
func TestFailuresOfAnIndex(t *testing.T) {
	is := func(want any) func(error) bool {
		return func(err error) bool {
			switch want := want.(type) {
			case int:
				var status *StatusError
				return errors.As(err, &status) && status.Status == want
			case string:
				var content *ContentError
				return errors.As(err, &content) && strings.Contains(content.Reason, want)
			}
			return false
		}
	}
	notFound := func(err error) bool { return errors.Is(err, ErrNotFound) }
	unreachable := func(err error) bool { var e *ConnectionError; return errors.As(err, &e) && !e.TLS }
	slow := func(err error) bool { var e *ConnectionError; return errors.As(err, &e) && e.Timeout }
	hijack := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, buffer, err := w.(http.Hijacker).Hijack()
			if err != nil {
				return
			}
			_, _ = buffer.WriteString(text)
			_ = buffer.Flush()
			_ = conn.Close()
		}
	}
	status := func(code int, pairs ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(pairs); i += 2 {
				w.Header().Set(pairs[i], pairs[i+1])
			}
			w.WriteHeader(code)
		}
	}
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 100 {
		_, _ = z.Write(make([]byte, 1<<16))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	html := "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		want   func(error) bool
		asked  int64 // requests; 0 is any number
	}{
		{"not found", status(404), notFound, 1},
		{"gone", status(410), notFound, 1},
		{"forbidden", status(403), is(403), 1},
		{"teapot", status(418), is(418), 1},
		{"broken", status(500), is(500), 3},
		{"bad gateway", status(502), is(502), 3},
		{"unavailable", status(503, "Retry-After", "1"), is(503), 3},
		{"gateway timeout", status(504), is(504), 3},
		{"not implemented", status(501), is(501), 1},
		{"slow down", status(429, "Retry-After", "2"), is(429), 3},
		{"slow down, without a time", status(429), is(429), 1},
		{"slow down for a year", status(429, "Retry-After", "31536000"), is(429), 1},
		{"nothing changed", status(304), is("nothing changed"), 1},
		{"a redirect to nowhere", status(302), is(302), 1},
		{"redirects in a circle", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path,
				http.StatusFound)
		}, is("more than 30 times"), 31},
		{"redirects without end", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path+"x/",
				http.StatusFound)
		}, is("more than 30 times"), 31},
		{"redirects to a file", status(301, "Location", "file:///etc/passwd"), is("cannot be read"), 1},
		{"redirects to another scheme", status(301, "Location", "gopher://h.example/"), is("cannot be read"), 1},
		{"redirects to garbage", status(301, "Location", "http://[::bad/"), is("cannot be read"), 1},
		{"plain text", status(200, "Content-Type", "text/plain"), is("text/plain"), 1},
		{"no type", status(200, "Content-Type", ""), is("no Content-Type"), 1},
		{"another compression", status(200, "Content-Type", "text/html", "Content-Encoding", "br"), is("not asked for"), 1},
		{"half a page by its length", hijack(html + "Content-Length: 1000\r\n\r\n<a href=\"a-1.zip\">"),
			is("ended in the middle"), 3},
		{"half a page in chunks", hijack(html + "Transfer-Encoding: chunked\r\n\r\n5\r\n<a hr\r\n"),
			is("ended in the middle"), 3},
		{"half a JSON page", hijack("HTTP/1.1 200 OK\r\nContent-Type: " + acceptJSONPage + "\r\n\r\n{\"files\":[{\"url\":"),
			is("ends in the middle"), 1},
		{"broken gzip", hijack(html + "Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\nthis is no gzip data"),
			is("broken"), 1},
		{"closes at once", hijack(""), unreachable, 3},
		{"not HTTP", hijack("SSH-2.0-OpenSSH\r\n"), unreachable, 3},
		{"endless headers", hijack("HTTP/1.1 200 OK\r\n" + strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 1000)),
			unreachable, 3},
		{"no answer", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, slow, 3},
		{"stops in the body", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<a")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, slow, 3},
		{"too large by its length", hijack(html + "Content-Length: 99999999\r\n\r\n"), is("larger than"), 1},
		{"endless", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			for {
				if _, err := io.WriteString(w, strings.Repeat("x", 1<<16)); err != nil {
					return
				}
			}
		}, is("larger than"), 1},
		{"a gzip bomb", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		}, is("larger than"), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			s := server(t, func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				c.answer(w, r)
			})
			x := client(t, func(config *Config) {
				config.Retries, config.MaxBody = 2, 2<<20
				if strings.HasPrefix(c.name, "no answer") || strings.HasPrefix(c.name, "stops") {
					config.Timeout = 200 * time.Millisecond
				} else {
					config.Timeout = time.Minute // for busy machines
				}
				config.CacheDir = t.TempDir()
			})
			page, err := x.Page(context.Background(), s.URL+"/simple", "alpha")
			if err == nil || !c.want(err) {
				t.Fatalf("%+v %T %v", page, err, err)
			}
			if c.asked != 0 && asked.Load() != c.asked {
				t.Fatalf("asked %d times: %v", asked.Load(), err)
			}
			if _, err := x.StalePage(context.Background(), s.URL+"/simple", "alpha"); !errors.Is(err, ErrNotFound) {
				t.Fatalf("a failure was kept: %v", err)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	var waits []time.Duration
	c := client(t, func(config *Config) {
		config.Retries = 5
		config.Sleep = func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }
	})
	_, err = c.Page(context.Background(), "http://me:secret@"+address+"/simple", "alpha")
	var connection *ConnectionError
	if !errors.As(err, &connection) || connection.TLS || strings.Contains(err.Error(), "secret") {
		t.Fatal(err)
	}
	// urllib3's Retry with pip's factor: at once, then 0.5, 1, 2, 4 s.
	if fmt.Sprint(waits) != "[500ms 1s 2s 4s]" {
		t.Fatal(waits)
	}
}

func TestACancelledQuestionIsNoFailureOfTheIndex(t *testing.T) {
	s := server(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err := client(t, func(c *Config) { c.Retries = 5 }).Page(ctx, s.URL, "alpha")
	var connection *ConnectionError
	if !errors.Is(err, context.Canceled) || errors.As(err, &connection) {
		t.Fatal(err)
	}
}

func TestTransientFailuresPass(t *testing.T) {
	var asked atomic.Int64
	s := server(t, func(w http.ResponseWriter, _ *http.Request) {
		switch asked.Add(1) {
		case 1:
			w.WriteHeader(503)
		case 2:
			w.Header().Set("Retry-After", time.Now().Add(2*time.Second).UTC().Format(http.TimeFormat))
			w.WriteHeader(429)
		case 3:
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_ = conn.Close()
			}
		default:
			writePage(w, "alpha-1.zip")
		}
	})
	page, err := client(t, func(c *Config) { c.Retries = 3 }).Page(context.Background(), s.URL, "alpha")
	if err != nil || len(page.Files) != 1 {
		t.Fatal(err)
	}
}

func TestAHugePagePasses(t *testing.T) {
	body := bigPage(20000)
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", acceptJSONPage)
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Error("gzip was not asked for")
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write(body)
		_ = z.Close()
	})
	page, err := client(t, nil).Page(context.Background(), s.URL, "alpha")
	if err != nil || len(page.Files) != 20000 {
		t.Fatal(err)
	}
}

func TestWhatIsAskedFor(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != "GET" || r.Header.Get("Accept") != acceptPage || r.Header.Get("User-Agent") != "pip/26.2 {}" ||
			r.Header.Get("Authorization") != "" {
			t.Errorf("%v", r.Header)
		}
		writePage(w)
	})
	if _, err := client(t, func(c *Config) { c.UserAgent = "pip/26.2 {}" }).Page(context.Background(), s.URL,
		"alpha"); err != nil {
		t.Fatal(err)
	}
}

func TestManyAtOnce(t *testing.T) {
	x := testkit.NewIndex(t)
	for i := range 20 {
		x.AddWheel(testkit.Distribution{Name: fmt.Sprintf("p%d", i), Version: "1.0"})
	}
	c := client(t, func(c *Config) { c.CacheDir = t.TempDir() })
	var wait sync.WaitGroup
	for i := range 200 {
		wait.Go(func() {
			if _, err := c.Page(context.Background(), x.SimpleURL(), fmt.Sprintf("p%d", i%20)); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if notes := c.Notes(); len(notes) != 0 {
		t.Fatal(notes)
	}
}

func TestReasonsArePrintable(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, buffer, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_, _ = buffer.WriteString("HTTP/1.1 451 go\x1b[2J away\r\nContent-Length: 0\r\n\r\n")
		_ = buffer.Flush()
		_ = conn.Close()
	})
	_, err := client(t, nil).Page(context.Background(), s.URL, "alpha")
	if err == nil || strings.ContainsRune(err.Error(), 0x1b) {
		t.Fatalf("%q", err)
	}
}

func TestBadConfigurations(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, config := range map[string]Config{
		"no host":           {TrustedHosts: []string{":8080"}},
		"proxy":             {Proxy: "gopher://me:secret@p.example"},
		"proxy environment": {Environ: []string{"http_proxy=http://me:secret@[bad"}},
		"no certificate":    {CertFile: empty},
		"no file":           {CertFile: filepath.Join(dir, "absent")},
		"no bundle":         {Environ: []string{"REQUESTS_CA_BUNDLE=" + filepath.Join(dir, "absent")}},
		"client":            {ClientCert: empty},
		"keyring":           {KeyringProvider: "sub-process"},
	} {
		if _, err := New(config); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func mustParse(t testing.TB, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
