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
	"strconv"
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

// ask has the gate answer for an address as pip's session does, and gives the
// status, the reason phrase and the body.
func ask(t testing.TB, g *Gate, rawURL, accept string) (status int, reason, body string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, "http://"+g.address+"/-/fetch", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set(headerSecret, g.secret)
	request.Header.Set(headerSession, "1")
	request.Header.Set(headerURL, rawURL)
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
	if response.StatusCode == http.StatusOK && strings.HasSuffix(rawURL, "/") &&
		response.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s may be cached", rawURL)
	}
	_, reason, _ = strings.Cut(response.Status, " ")
	return response.StatusCode, reason, string(content)
}

// TestForeignRequests: another user of the machine, a page in a browser, a
// forged run get nothing.
func TestForeignRequests(t *testing.T) {
	t.Parallel()
	x := testkit.NewIndex(t)
	x.AddWheel(testkit.Distribution{Name: "app", Version: "1.0"})
	g := open(t, Config{Indexes: mainIndex(x)})
	basic := func(password string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(proxyUser+":"+password))
	}
	host := "\r\nHost: " + g.address
	fetch := "GET /-/fetch HTTP/1.1" + host + "\r\nThresher-Url: " + x.SimpleURL() + "app/"
	session := "\r\nThresher-Session: 1"
	secret, joining := "\r\nThresher-Secret: "+g.secret, "\r\nThresher-Secret: "+g.joining
	cases := []struct {
		name, request string
		status        string
	}{
		{"right", fetch + session + secret, "200 OK"},
		{"a pip that joined", fetch + session + joining, "200 OK"},
		{"no secret", fetch + session, "403 " + messageNotThisRun},
		{"wrong secret", fetch + session + secret + "x", "403 " + messageNotThisRun},
		{"past the session", fetch + secret, "403 " + messageNotThisRun},
		{"other host", strings.Replace(fetch, g.address, "evil.example", 1) + session + secret, "403 " + messageNotThisRun},
		{"a page in a browser", fetch + session + secret + "\r\nOrigin: http://evil.example", "403 " + messageNotThisRun},
		{"the old way", "GET /i/0/app/ HTTP/1.1" + host + "\r\nAuthorization: " + basic(g.joining),
			"403 " + messageNotThisRun},
		{"the way without a transport", "GET /" + g.secret + "/i/0/app/ HTTP/1.1" + host, "403 " + messageNotThisRun},
		{"no such place", "GET /-/else HTTP/1.1" + host + secret, "404 " + messageNoSuchPlace},
		{"joining without proof", "GET /-/join HTTP/1.1" + host, "403 " + messageNotThisRun},
		{"proxy without credentials", "CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: elsewhere.example:443",
			"407 " + messageNotThisRun},
		{"proxy, secret of the transport", "CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: elsewhere.example:443\r\n" +
			"Proxy-Authorization: " + basic(g.secret), "407 " + messageNotThisRun},
		{"proxy, unknown host", "CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: elsewhere.example:443\r\n" +
			"Proxy-Authorization: " + basic(g.joining), "403 " + hostRefused("elsewhere.example")},
		{"proxy, no port", "CONNECT elsewhere.example HTTP/1.1\r\nHost: elsewhere.example\r\nProxy-Authorization: " +
			basic(g.joining), "400 " + hostRefused("elsewhere.example")},
		{"proxy, plain, unknown host", "GET http://elsewhere.example/x HTTP/1.1\r\nHost: elsewhere.example\r\n" +
			"Proxy-Authorization: " + basic(g.joining), "403 " + hostRefused("elsewhere.example")},
		{"proxy, to an index", "GET " + x.SimpleURL() + "app/ HTTP/1.1\r\nHost: " + strings.TrimPrefix(x.URL, "http://") +
			"\r\nProxy-Authorization: " + basic(g.joining), "403 " + hostRefused("127.0.0.1")},
		{"proxy, other scheme", "GET ftp://elsewhere.example/x HTTP/1.1\r\nHost: elsewhere.example\r\nProxy-Authorization: " +
			basic(g.joining), "400 " + hostRefused("elsewhere.example")},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			connection, err := net.Dial("tcp", g.address)
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
	target := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ =
			io.WriteString(w, "reached")
	}))
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
			g := open(t, Config{AllowedHosts: []string{address.Host},
				Proxy: func(*url.URL) (*url.URL, error) { return c.proxy, nil }})
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

// A build that says by which name the gate knows it may fetch from the places
// that are allowed for this name, of https from whole hosts only.
func TestBuildFetches(t *testing.T) {
	t.Parallel()
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) })
	plain, secure := httptest.NewServer(answer), httptest.NewTLSServer(answer)
	defer plain.Close()
	defer secure.Close()
	bare := strings.TrimPrefix(plain.URL, "http://")
	g := open(t, Config{AllowedFetches: []rules.Fetch{
		{Name: "acme", Place: bare + "/tools"}, {Name: "sure", Place: strings.TrimPrefix(secure.URL, "https://")},
		{Name: "half", Place: strings.TrimPrefix(secure.URL, "https://") + "/tools"},
	}})
	for _, c := range []struct {
		build, password, url string
		reached              bool
	}{
		{"acme", "", plain.URL + "/tools/a", true},
		{"acme", "", plain.URL + "/tools", true},
		{"acme", "", plain.URL + "/toolsets", false},
		{"acme", "", plain.URL + "/tools/%2e%2e/other", false},
		{"acme", "", plain.URL + "/other", false},
		{"other", "", plain.URL + "/tools/a", false},
		{"acme", "forged", plain.URL + "/tools/a", false},
		{"acme", proof(g.joining, "build", "other"), plain.URL + "/tools/a", false},
		{"sure", "", secure.URL + "/anything", true},
		{"half", "", secure.URL + "/tools/a", false},
		{"acme", "", secure.URL + "/tools/a", false},
	} {
		password := c.password
		if password == "" {
			password = proof(g.joining, "build", c.build)
		}
		through := &url.URL{Scheme: "http", Host: g.address, User: url.UserPassword(proxyUser+"-"+c.build, password)}
		transport := secure.Client().Transport.(*http.Transport).Clone()
		transport.Proxy = http.ProxyURL(through)
		response, err := (&http.Client{Transport: transport}).Get(c.url)
		reached := err == nil && response.StatusCode == http.StatusOK
		if err == nil {
			_ = response.Body.Close()
		}
		transport.CloseIdleConnections()
		if reached != c.reached {
			t.Errorf("%s with %q asks for %s: reached %t", c.build, c.password, c.url, reached)
		}
	}
	for _, f := range g.Findings() {
		if f.Subject == "half" && strings.Contains(f.Evidence, "/tools") {
			t.Errorf("more than the host is shown: %s", f.Evidence)
		}
	}
}

// TestLoginOfABuild: what a person says at pip's question counts for the run; what
// a build says does not.
func TestLoginOfABuild(t *testing.T) {
	t.Parallel()
	x := testkit.NewIndex(t)
	x.User, x.Password = "ann", "wonder"
	x.AddWheel(testkit.Distribution{Name: "app", Version: "1.0"})
	g := open(t, Config{Indexes: mainIndex(x), Prefetch: -1})
	for _, c := range []struct {
		name, secret string
		status       int
	}{
		{"a build", g.joining, http.StatusUnauthorized},
		{"a person", g.secret, http.StatusOK},
	} {
		request, err := http.NewRequest(http.MethodGet, "http://"+g.address+"/-/fetch", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.SetBasicAuth("ann", "wonder")
		request.Header.Set(headerSecret, c.secret)
		request.Header.Set(headerSession, "1")
		request.Header.Set(headerURL, x.SimpleURL()+"app/")
		response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != c.status {
			t.Errorf("%s: %s", c.name, response.Status)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	g := open(t, Config{Indexes: []Index{{URL: "https://me:mine@index.example/simple"}}})
	ctx := context.Background()
	way := g.JoiningWay()
	joined, ok := Join(ctx, way)
	if !ok || !joined.Serves("https://other:words@index.example/simple/") ||
		joined.Serves("https://index.example/other/") {
		t.Errorf("a living gate: %t %+v", ok, joined)
	}
	refused := []rules.Finding{
		{Subject: "nuisance\x1b[2K", Rule: rules.Denied, Action: rules.Block, Evidence: "not here"},
		{Subject: "noted", Rule: rules.Stale, Action: rules.Note},
	}
	if err := joined.Report(ctx, refused); err != nil {
		t.Error(err)
	}
	if found := g.Findings(); len(found) != 1 || found[0].Subject != "nuisance?[2K" || found[0].Rule != rules.Denied {
		t.Errorf("reported %+v", found)
	}
	if parsed, ok := ParseWay(way.String()); !ok || parsed != way {
		t.Errorf("parsed %+v", parsed)
	}
	forged := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"proof": "`+r.Header.Get(headerProof)+`"}`)
	}))
	defer forged.Close()
	address, err := url.Parse(forged.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(address.Port())
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name string
		way  Way
	}{
		{"wrong secret", Way{way.Socket, way.Port, way.Secret + "x"}},
		{"the secret of the transport", Way{way.Socket, way.Port, g.secret}},
		{"no secret", Way{way.Socket, way.Port, ""}},
		{"forged", Way{"", port, way.Secret}},
		{"nobody", Way{"", 1, way.Secret}},
		{"no socket", Way{way.Socket + "x", way.Port, way.Secret}},
	}
	for _, c := range cases {
		if _, ok := Join(ctx, c.way); ok {
			t.Errorf("%s: counts as living", c.name)
		}
	}
	for _, text := range []string{"", "1", "1 2", "x secret /socket", "0 secret ", "70000 secret "} {
		if _, ok := ParseWay(text); ok {
			t.Errorf("%q is a way", text)
		}
	}
	g.Close()
	if _, ok := Join(ctx, way); ok {
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
		{"server error", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) }, 504, Answered,
			"the index answered 500 Internal Server Error"},
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
		{"wants credentials", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(401) }, 401, Refused,
			messageCredentialsWanted},
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
			status, reason, body := ask(t, g, indexURL(g, 0)+"app/", "")
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
			if len(faults) != 1 || (c.kind != "" && faults[0].Kind != c.kind) || !strings.Contains(faults[0].Text, c.text) ||
				strings.Contains(faults[0].Text, "\n") {
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
	if status, _, _ := ask(t, g, indexURL(g, 0)+"app/", ""); status != 404 {
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
		status, _, body := ask(t, g, indexURL(g, 0)+name, contentJSON)
		if status != 200 || !strings.Contains(body, `"files":[]`) {
			t.Errorf("%d %s", status, body)
		}
	}
	faults := g.Faults()
	if len(faults) != 1 || faults[0].Text != "http://127.0.0.1:1/simple/ cannot be reached (connection refused), "+
		"upgrade skipped: app, other" {
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
		fmt.Fprintf(&b, `{"filename":"large-%d-py3-none-any.whl","url":"https://files.example/large-%d-py3-none-any.whl",`+
			`"hashes":{"sha256":"%064x"},"upload-time":"2020-01-01T00:00:00Z","custom":1}`, i, i, i)
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
	status, _, body := ask(t, g, indexURL(g, 0)+"large/", contentJSON)
	if status != 200 || strings.Contains(body, "large-19999-") || !strings.Contains(body, "large-19998-") ||
		strings.Count(body, `"custom"`) != 19999 {
		t.Errorf("status %d, %d bytes", status, len(body))
	}
	if len(g.Ledger()) > 0 {
		t.Errorf("the ledger has what was not fetched: %d", len(g.Ledger()))
	}
	if offers := g.offered("https://files.example/large-19998-py3-none-any.whl"); len(offers) != 1 ||
		g.offered("https://files.example/large-19999-py3-none-any.whl") != nil {
		t.Errorf("offered %+v", offers)
	}
	if _, _, page := ask(t, g, indexURL(g, 0)+"large/", "text/html"); strings.Count(page, "<a ") != 19999 {
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
			"hashes":{"sha256":"` + digest + `"},"core-metadata":{"sha256":"` + digest + `"},"dist-info-metadata":true,` +
			`"data-dist-info-metadata":{"sha256":"` + digest + `"},"provenance":"https://files.example/p"}]}`},
		{"text/html", `<!DOCTYPE html><a href="https://files.example/app-1.0-py3-none-any.whl#sha256=` + digest +
			`" data-dist-info-metadata="true" data-core-metadata="true">app-1.0-py3-none-any.whl</a>`},
	} {
		x := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", page.kind)
			_, _ = io.WriteString(w, page.body)
		}))
		t.Cleanup(x.Close)
		g := open(t, Config{Indexes: []Index{{URL: x.URL + "/simple/"}}, JudgeProject: blockNamed("app"), Prefetch: -1})
		for _, accept := range []string{contentJSON, "text/html"} {
			_, _, body := ask(t, g, indexURL(g, 0)+"app/", accept)
			if !strings.Contains(body, "https://files.example/app-1.0-py3-none-any.whl") || !strings.Contains(body, digest) {
				t.Errorf("no blocked file in %s", body)
			}
			for _, text := range []string{`metadata":true`, `metadata":{`, `metadata="true`} {
				if strings.Contains(body, text) {
					t.Errorf("%q in %s", text, body)
				}
			}
		}
		if status, reason, _ := ask(t, g, "https://files.example/app-1.0-py3-none-any.whl", ""); status != 403 ||
			!strings.HasPrefix(reason, "blocked by thresher: app: is malware") {
			t.Errorf("%d %s", status, reason)
		}
		if len(g.Ledger()) > 0 {
			t.Errorf("vouched for %+v", g.Ledger())
		}
	}
}

// TestUndated: that an index gives no upload times is said once of it, where
// policy notes it, and not of every file; where nothing goes by them not at all.
func TestUndated(t *testing.T) {
	t.Parallel()
	x := testkit.NewIndex(t)
	x.NoUploadTimes = true
	x.AddWheel(testkit.Distribution{Name: "app", Version: "1.0"})
	x.AddWheel(testkit.Distribution{Name: "dep", Version: "1.0"})
	for want, judge := range []func(FileEvidence) []rules.Finding{
		func(FileEvidence) []rules.Finding { return nil },
		func(e FileEvidence) []rules.Finding {
			return []rules.Finding{{Subject: e.Name, Rule: rules.Cooldown, Action: rules.Note}}
		},
	} {
		g := open(t, Config{Indexes: mainIndex(x), JudgeFile: judge})
		for _, name := range []string{"app", "dep"} {
			if status, reason, _ := ask(t, g, indexURL(g, 0)+name+"/", ""); status != 200 {
				t.Fatalf("%d %s", status, reason)
			}
			if _, _, body := ask(t, g, x.URL+"/files/"+name+"-1.0-py3-none-any.whl", ""); len(body) == 0 {
				t.Fatal("no file")
			}
		}
		if faults := g.Faults(); len(faults) != want || want > 0 && faults[0].Kind != Undated {
			t.Errorf("faults %+v", faults)
		}
		for _, entry := range g.Ledger() {
			if len(entry.Notes) > 0 {
				t.Errorf("said of %s too: %+v", entry.Name, entry.Notes)
			}
		}
	}
}
