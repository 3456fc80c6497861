package gate

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"thresher/internal/testkit"
	"thresher/policy/rules"
)

func sha256Of(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// ask fetches from the gate with its credentials, and gives the status, the
// reason phrase and the body.
func ask(t testing.TB, g *Gate, rawURL, accept string) (status int, reason, body string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, rawURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth(g.Credentials())
	if accept != "" {
		request.Header.Set("Accept", accept)
	}
	response, err := (&http.Transport{}).RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode == http.StatusOK && response.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s may be cached", rawURL)
	}
	_, reason, _ = strings.Cut(response.Status, " ")
	return response.StatusCode, reason, string(content)
}

func TestForeignRequests(t *testing.T) {
	t.Parallel()
	x := testkit.NewIndex(t)
	x.AddWheel(testkit.Distribution{Name: "app", Version: "1.0"})
	g := open(t, Config{Indexes: mainIndex(x)})
	user, password := g.Credentials()
	right := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	wrong := base64.StdEncoding.EncodeToString([]byte(user + ":" + password + "x"))
	cases := []struct {
		name, request string
		status        string
	}{
		{"right", "GET /i/0/app/ HTTP/1.1\r\nHost: " + g.Address() + "\r\nAuthorization: Basic " + right, "200 OK"},
		{"name in another spelling", "GET /i/0/App/ HTTP/1.1\r\nHost: " + g.Address() + "\r\nAuthorization: Basic " + right, "200 OK"},
		{"absolute form", "GET http://" + g.Address() + "/i/0/app/ HTTP/1.1\r\nHost: " + g.Address() + "\r\nAuthorization: Basic " + right, "200 OK"},
		{"absolute form, credentials of the proxy", "GET http://" + g.Address() + "/i/0/app/ HTTP/1.1\r\nHost: " + g.Address() + "\r\nProxy-Authorization: Basic " + right, "200 OK"},
		{"absolute form, wrong credentials of the proxy", "GET http://" + g.Address() + "/i/0/app/ HTTP/1.1\r\nHost: " + g.Address() + "\r\nProxy-Authorization: Basic " + wrong, "403 " + messageNotThisRun},
		{"credentials of the proxy, but it is none", "GET /i/0/app/ HTTP/1.1\r\nHost: " + g.Address() + "\r\nProxy-Authorization: Basic " + right, "403 " + messageNotThisRun},
		{"no credentials", "GET /i/0/app/ HTTP/1.1\r\nHost: " + g.Address(), "403 " + messageNotThisRun},
		{"wrong credentials", "GET /i/0/app/ HTTP/1.1\r\nHost: " + g.Address() + "\r\nAuthorization: Basic " + wrong, "403 " + messageNotThisRun},
		{"other scheme", "GET /i/0/app/ HTTP/1.1\r\nHost: " + g.Address() + "\r\nAuthorization: Bearer " + right, "403 " + messageNotThisRun},
		{"other host", "GET /i/0/app/ HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Basic " + right, "403 " + messageNotThisRun},
		{"other method", "POST /i/0/app/ HTTP/1.1\r\nHost: " + g.Address() + "\r\nAuthorization: Basic " + right, "405 " + messageNotRead},
		{"no such index", "GET /i/1/app/ HTTP/1.1\r\nHost: " + g.Address() + "\r\nAuthorization: Basic " + right, "404 " + messageNoSuchPlace},
		{"no name", "GET /i/0/..%2fapp/ HTTP/1.1\r\nHost: " + g.Address() + "\r\nAuthorization: Basic " + right, "404 " + messageNoSuchPlace},
		{"no block", "GET /b/1/app-1.0.tar.gz HTTP/1.1\r\nHost: " + g.Address() + "\r\nAuthorization: Basic " + right, "404 " + messageNoSuchPlace},
		{"proxy without credentials", "CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: elsewhere.example:443\r\nAuthorization: Basic " + right, "407 " + messageNotThisRun},
		{"proxy, unknown host", "CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: elsewhere.example:443\r\nProxy-Authorization: Basic " + right, "403 " + hostRefused("elsewhere.example")},
		{"proxy, no port", "CONNECT elsewhere.example HTTP/1.1\r\nHost: elsewhere.example\r\nProxy-Authorization: Basic " + right, "400 " + hostRefused("elsewhere.example")},
		{"proxy, plain, unknown host", "GET http://elsewhere.example/x HTTP/1.1\r\nHost: elsewhere.example\r\nProxy-Authorization: Basic " + right, "403 " + hostRefused("elsewhere.example")},
		{"proxy, other scheme", "GET ftp://elsewhere.example/x HTTP/1.1\r\nHost: elsewhere.example\r\nProxy-Authorization: Basic " + right, "400 " + hostRefused("elsewhere.example")},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			connection, err := net.Dial("tcp", g.Address())
			if err != nil {
				t.Fatal(err)
			}
			defer connection.Close()
			if _, err := io.WriteString(connection, c.request+"\r\nConnection: close\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(connection).ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSpace(strings.TrimPrefix(line, "HTTP/1.1 ")); got != c.status {
				t.Errorf("got  %s\nwant %s", got, c.status)
			}
		})
	}
}

// TestTunnel passes bytes to an allowed host, directly and through a proxy of
// the user's own that wants credentials.
func TestTunnel(t *testing.T) {
	t.Parallel()
	target := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "reached") }))
	defer target.Close()
	var seen []string
	own := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Method+" "+r.Host+" "+r.Header.Get("Proxy-Authorization"))
		if r.Header.Get("Proxy-Authorization") == "" {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		upstream, err := net.Dial("tcp", r.Host)
		if err != nil {
			t.Error(err)
			return
		}
		client, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(client, "HTTP/1.1 200 fine\r\n\r\n")
		go func() { _, _ = io.Copy(upstream, client); _ = upstream.Close() }()
		_, _ = io.Copy(client, upstream)
		_ = client.Close()
	}))
	defer own.Close()
	address, err := url.Parse(target.URL)
	if err != nil {
		t.Fatal(err)
	}
	through, err := url.Parse(own.URL)
	if err != nil {
		t.Fatal(err)
	}
	authenticated := *through
	authenticated.User = url.UserPassword("me", "mine")
	cases := []struct {
		name  string
		proxy *url.URL
		fails string
	}{
		{"direct", nil, ""},
		{"chained", &authenticated, ""},
		{"chained without credentials", through, "Bad Gateway"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			g := open(t, Config{AllowedHosts: []string{address.Host}, Proxy: func(*url.URL) (*url.URL, error) { return c.proxy, nil }})
			proxyURL, err := url.Parse(g.ProxyURL())
			if err != nil {
				t.Fatal(err)
			}
			transport := target.Client().Transport.(*http.Transport).Clone()
			transport.Proxy = http.ProxyURL(proxyURL)
			defer transport.CloseIdleConnections()
			response, err := (&http.Client{Transport: transport}).Get(target.URL)
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), "thresher: 127.0.0.1 cannot be reached") {
					t.Fatalf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if body, err := io.ReadAll(response.Body); err != nil || string(body) != "reached" {
				t.Errorf("%q %v", body, err)
			}
		})
	}
	if len(seen) != 2 || !strings.HasPrefix(seen[0], "CONNECT "+address.Host+" Basic ") {
		t.Errorf("the user's proxy saw %q", seen)
	}
}

func TestAlive(t *testing.T) {
	t.Parallel()
	g := open(t, Config{})
	ctx := context.Background()
	user, password := g.Credentials()
	if !Alive(ctx, g.Address(), user, password) {
		t.Error("a living gate counts as none")
	}
	forged := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get(headerProof))
	}))
	defer forged.Close()
	cases := []struct{ name, address, user, password string }{
		{"wrong password", g.Address(), user, password + "x"},
		{"wrong user", g.Address(), user + "x", password},
		{"no password", g.Address(), user, ""},
		{"forged", strings.TrimPrefix(forged.URL, "http://"), user, password},
		{"nobody", "127.0.0.1:1", user, password},
		{"elsewhere", "gate.example:80", user, password},
		{"no address", "", user, password},
	}
	for _, c := range cases {
		if Alive(ctx, c.address, c.user, c.password) {
			t.Errorf("%s: counts as living", c.name)
		}
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if Alive(ctx, g.Address(), user, password) {
		t.Error("a closed gate counts as living")
	}
}

// TestUpstreamFaults: pip gets a status that it does not retry by itself, and
// there is one line about it.
func TestUpstreamFaults(t *testing.T) {
	t.Parallel()
	page := `<!DOCTYPE html><a href="/files/app-1.0-py3-none-any.whl">app-1.0-py3-none-any.whl</a>`
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, page)
	}))
	t.Cleanup(other.Close)
	cases := []struct {
		name   string
		answer func(w http.ResponseWriter, r *http.Request)
		status int
		kind   FaultKind
		text   string
	}{
		{"not found", func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }, 404, "", ""},
		{"server error", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) }, 504, Answered, "the index answered 500 Internal Server Error"},
		{"unavailable", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(503) }, 504, Answered, "503"},
		{"too many", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(429)
		}, 429, Answered, "429"},
		{"wrong content", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "image/png")
			_, _ = io.WriteString(w, page)
		}, 504, Unreadable, ""},
		{"half a page", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, page)
		}, 504, "", ""},
		{"broken JSON", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", contentJSON)
			_, _ = io.WriteString(w, `{"files": [`)
		}, 504, Unreadable, ""},
		{"wants credentials", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(401) }, 403, Refused, messageCredentialsWanted},
		{"redirect elsewhere", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+"/simple/app/", http.StatusFound)
		}, 200, "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			x := httptest.NewServer(http.HandlerFunc(c.answer))
			defer x.Close()
			g := open(t, Config{Indexes: []Index{{URL: x.URL + "/simple/"}}})
			status, reason, body := ask(t, g, g.IndexURL(0)+"app/", "")
			if status != c.status {
				t.Errorf("status %d %s\n%s", status, reason, body)
			}
			faults := g.Faults()
			if c.kind == "" && status != 504 {
				if len(faults) > 0 && faults[0].Kind != Undated {
					t.Errorf("faults %+v", faults)
				}
				return
			}
			if len(faults) != 1 || (c.kind != "" && faults[0].Kind != c.kind) || !strings.Contains(faults[0].Text, c.text) || strings.Contains(faults[0].Text, "\n") {
				t.Errorf("faults %+v", faults)
			}
			if !strings.HasPrefix(reason, "thresher: "+x.URL) {
				t.Errorf("reason %q", reason)
			}
		})
	}
}

// TestOffline: an index that does not answer is not waited for on account of
// names that are installed.
func TestOffline(t *testing.T) {
	t.Parallel()
	// A listener that accepts nothing and says nothing is not refused.
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	slow := slowSource{after: 700 * time.Millisecond}
	g := open(t, Config{
		Source: slow, Indexes: []Index{{URL: "http://" + silent.Addr().String() + "/simple/"}},
		Installed: map[string]string{"app": "1.0"}, Patience: 50 * time.Millisecond,
	})
	// It can be reached, so the page is waited for, however slow it is.
	if status, _, _ := ask(t, g, g.IndexURL(0)+"app/", ""); status != 404 {
		t.Errorf("status %d", status)
	}
	if faults := g.Faults(); len(faults) > 0 {
		t.Errorf("faults %+v", faults)
	}
	g = open(t, Config{
		Source: slowSource{after: time.Hour}, Indexes: []Index{{URL: "http://127.0.0.1:1/simple/"}},
		Installed: map[string]string{"app": "1.0", "other": "1.0"},
	})
	for _, name := range []string{"app/", "other/"} {
		status, _, body := ask(t, g, g.IndexURL(0)+name, contentJSON)
		if status != 200 || !strings.Contains(body, `"files":[]`) {
			t.Errorf("%d %s", status, body)
		}
	}
	faults := g.Faults()
	if len(faults) != 1 || faults[0].Text != "http://127.0.0.1:1/simple/ cannot be reached (connection refused), upgrade skipped: app, other" {
		t.Errorf("faults %+v", faults)
	}
}

// TestLargePage serves 20,000 files.
func TestLargePage(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`{"meta":{"api-version":"1.1"},"name":"large","versions":[],"files":[`)
	for i := range 20000 {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `{"filename":"large-%d-py3-none-any.whl","url":"https://files.example/large-%d-py3-none-any.whl","hashes":{"sha256":"%064x"},"upload-time":"2020-01-01T00:00:00Z","custom":1}`, i, i, i)
	}
	b.WriteString("]}")
	x := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentJSON)
		_, _ = io.WriteString(w, b.String())
	}))
	defer x.Close()
	g := open(t, Config{
		Indexes: []Index{{URL: x.URL + "/simple/"}},
		JudgeFile: func(f FileEvidence) []rules.Finding {
			if f.Version == "19999" {
				return []rules.Finding{{Subject: f.Filename, Rule: rules.Cooldown, Action: rules.Hold}}
			}
			return nil
		},
	})
	status, _, body := ask(t, g, g.IndexURL(0)+"large/", contentJSON)
	if status != 200 || strings.Contains(body, "large-19999-") || !strings.Contains(body, "large-19998-") || strings.Count(body, `"custom"`) != 19999 {
		t.Errorf("status %d, %d bytes", status, len(body))
	}
	if got := len(g.Ledger()); got != 19999 {
		t.Errorf("%d entries", got)
	}
	if _, _, page := ask(t, g, g.IndexURL(0)+"large/", "text/html"); strings.Count(page, "<a ") != 19999 {
		t.Errorf("%d links", strings.Count(page, "<a "))
	}
}

// A blocked file keeps its hashes, and loses everything by which pip could do
// without fetching it.
func TestBlockedEntry(t *testing.T) {
	t.Parallel()
	const digest = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	for _, page := range []struct{ kind, body string }{
		{contentJSON, `{"meta":{"api-version":"1.0"},"name":"app","files":[{"filename":"app-1.0-py3-none-any.whl","url":"https://files.example/app-1.0-py3-none-any.whl",
			"hashes":{"sha256":"` + digest + `"},"core-metadata":{"sha256":"` + digest + `"},"dist-info-metadata":true,"data-dist-info-metadata":{"sha256":"` + digest + `"},"provenance":"https://files.example/p"}]}`},
		{"text/html", `<!DOCTYPE html><a href="https://files.example/app-1.0-py3-none-any.whl#sha256=` + digest + `" data-dist-info-metadata="true" data-core-metadata="true">app-1.0-py3-none-any.whl</a>`},
	} {
		x := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", page.kind)
			_, _ = io.WriteString(w, page.body)
		}))
		t.Cleanup(x.Close)
		g := open(t, Config{Indexes: []Index{{URL: x.URL + "/simple/"}}, JudgeProject: blockNamed("app"), Prefetch: -1})
		for _, accept := range []string{contentJSON, "text/html"} {
			_, _, body := ask(t, g, g.IndexURL(0)+"app/", accept)
			if !strings.Contains(body, "http://"+g.Address()+"/b/1/app-1.0-py3-none-any.whl") || !strings.Contains(body, digest) {
				t.Errorf("no blocked file in %s", body)
			}
			for _, text := range []string{"files.example", `metadata":true`, `metadata":{`, `metadata="true`} {
				if strings.Contains(body, text) {
					t.Errorf("%q in %s", text, body)
				}
			}
		}
		if status, reason, _ := ask(t, g, "http://"+g.Address()+"/b/1/app-1.0-py3-none-any.whl", ""); status != 403 || !strings.HasPrefix(reason, "blocked by thresher: app: is malware") {
			t.Errorf("%d %s", status, reason)
		}
		if len(g.Ledger()) > 0 {
			t.Errorf("vouched for %+v", g.Ledger())
		}
	}
}

// TestAnyAge: upload times are not missed where nothing goes by them.
func TestAnyAge(t *testing.T) {
	t.Parallel()
	x := testkit.NewIndex(t)
	x.NoUploadTimes = true
	x.AddWheel(testkit.Distribution{Name: "app", Version: "1.0"})
	for _, any := range []bool{false, true} {
		g := open(t, Config{Indexes: mainIndex(x), AnyAge: any})
		if status, reason, _ := ask(t, g, g.IndexURL(0)+"app/", ""); status != 200 {
			t.Fatalf("%d %s", status, reason)
		}
		if faults := g.Faults(); (len(faults) == 0) != any {
			t.Errorf("any age %t: faults %+v", any, faults)
		}
	}
}
