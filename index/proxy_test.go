package index

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"thresher/internal/testkit"
)

// forwardProxy is a proxy for http and CONNECT that demands credentials where
// user is not "".
func forwardProxy(t *testing.T, user, password string) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	var passed atomic.Int64
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if user != "" {
			probe := http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}
			if u, p, _ := probe.BasicAuth(); u != user || p != password {
				w.Header().Set("Proxy-Authenticate", "Basic")
				w.WriteHeader(http.StatusProxyAuthRequired)
				return
			}
		}
		passed.Add(1)
		if r.Method != http.MethodConnect {
			r.RequestURI = ""
			r.Header.Del("Proxy-Authorization")
			answer, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			defer answer.Body.Close()
			for name, values := range answer.Header {
				w.Header()[name] = values
			}
			w.WriteHeader(answer.StatusCode)
			_, _ = io.Copy(w, answer.Body)
			return
		}
		if r.Header.Get("Authorization") != "" {
			t.Error("the index's credentials went to the proxy")
		}
		target, err := net.Dial("tcp", r.Host)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		conn, buffer, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		go func(r *bufio.ReadWriter) { _, _ = io.Copy(target, r); _ = target.Close() }(buffer)
		go func() { _, _ = io.Copy(conn, target); _ = conn.Close() }()
	})
	return s, &passed
}

func TestProxies(t *testing.T) {
	secure, bundle := tlsServer(t, func(w http.ResponseWriter, _ *http.Request) { writePage(w) })
	plain := server(t, func(w http.ResponseWriter, _ *http.Request) { writePage(w) })
	open, openPassed := forwardProxy(t, "", "")
	locked, lockedPassed := forwardProxy(t, "ann", "p:w")
	for _, c := range []struct {
		name, url, explicit string
		environ             []string
		open, locked        int64
		status              int // of an *AuthError
	}{
		{"none", plain.URL, "", nil, 0, 0, 0},
		{"http_proxy", plain.URL, "", []string{"http_proxy=" + open.URL}, 1, 0, 0},
		{"HTTP_PROXY", plain.URL, "", []string{"HTTP_PROXY=" + open.URL}, 1, 0, 0},
		{"without a scheme", plain.URL, "", []string{"http_proxy=" + strings.TrimPrefix(open.URL, "http://")}, 1, 0, 0},
		{"https_proxy", secure.URL, "", []string{"https_proxy=" + open.URL}, 1, 0, 0},
		{"all_proxy", secure.URL, "", []string{"ALL_PROXY=" + open.URL}, 1, 0, 0},
		{"of the other scheme", plain.URL, "", []string{"https_proxy=" + open.URL}, 0, 0, 0},
		{"no_proxy", plain.URL, "", []string{"http_proxy=" + open.URL, "no_proxy=x.example, 127.0.0.0/8"}, 0, 0, 0},
		{"no_proxy for all", plain.URL, "", []string{"http_proxy=" + open.URL, "NO_PROXY=*"}, 0, 0, 0},
		{"--proxy beats the environment and no_proxy", plain.URL, with("ann:p%3Aw", locked.URL),
			[]string{"http_proxy=" + open.URL, "no_proxy=*"}, 0, 1, 0},
		{"credentials for a tunnel", secure.URL, with("ann:p%3Aw", locked.URL), nil, 0, 1, 0},
		{"no credentials", plain.URL, locked.URL, nil, 0, 0, 407},
		{"no credentials for a tunnel", secure.URL, locked.URL, nil, 0, 0, 407},
		{"wrong ones for a tunnel", secure.URL, with("ann:secret", locked.URL), nil, 0, 0, 407},
	} {
		t.Run(c.name, func(t *testing.T) {
			openPassed.Store(0)
			lockedPassed.Store(0)
			x := client(t, func(config *Config) {
				config.Proxy, config.Environ, config.CertFile = c.explicit, c.environ, bundle
			})
			_, err := x.Page(context.Background(), with("me:indexsecret", c.url), "alpha")
			var auth *AuthError
			if (err != nil) != (c.status != 0) || err != nil && (!errors.As(err, &auth) || auth.Status != c.status ||
				strings.Contains(err.Error(), "secret")) {
				t.Fatal(err)
			}
			if openPassed.Load() != c.open || lockedPassed.Load() != c.locked {
				t.Fatal(openPassed.Load(), lockedPassed.Load())
			}
		})
	}
	x := client(t, func(c *Config) { c.Environ, c.NoProxyEnvironment = []string{"http_proxy=" + open.URL}, true })
	openPassed.Store(0)
	if _, err := x.Page(context.Background(), plain.URL, "alpha"); err != nil || openPassed.Load() != 0 {
		t.Fatal(err)
	}
	x = client(t, func(c *Config) { c.Proxy = "http://ann:secret@127.0.0.1:1" })
	var connection *ConnectionError
	if _, err := x.Page(context.Background(), plain.URL, "alpha"); !errors.As(err, &connection) ||
		strings.Contains(err.Error(), "secret") {
		t.Fatal(err)
	}
}

// The choice of a proxy must be that of the requests library inside pip (older
// ones take index.example in no_proxy for notindex.example too).
func TestProxyChoiceAgreesWithRequests(t *testing.T) {
	python := testkit.AnyPython(t)
	environments := [][]string{
		{"http_proxy=http://a:1", "HTTPS_PROXY=http://b:2"},
		{"http_proxy=http://a:1", "HTTP_PROXY=http://b:2", "all_proxy=http://c:3"},
		{"http_proxy=", "HTTP_PROXY=http://b:2"},
		{"HTTP_PROXY=http://b:2", "REQUEST_METHOD=GET"},
		{"all_proxy=http://c:3", "no_proxy=index.example,.sub.example, 10.0.0.0/8,192.168.1.1"},
		{"http_proxy=http://a:1", "https_proxy=http://a:1", "no_proxy=index.example:8080"},
		{"http_proxy=http://a:1", "no_proxy=*"},
		{"http_proxy=http://a:1", "no_proxy=x,*"},
		{"http_proxy=http://a:1", "NO_PROXY=127.0.0.1,localhost"},
		{"http_proxy=http://a:1", "no_proxy=", "NO_PROXY=index.example"},
		{"http_proxy=http://a:1", "no_proxy=EXAMPLE"},
	}
	urls := []string{
		"http://index.example/", "https://index.example/", "http://index.example:8080/", "http://a.index.example/",
		"http://notindex.example/",
		"http://x.sub.example/", "http://sub.example/", "http://10.1.2.3/", "http://192.168.1.1:80/", "http://192.168.1.2/",
		"http://127.0.0.1:99/", "http://localhost/", "http://[::1]/", "http://INDEX.example/",
	}
	input, err := json.Marshal(map[string]any{"environments": environments, "urls": urls})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python.Path, "-I", "-c", `
import json, os, sys
sys.path.insert(0, sys.argv[1])
from pip._vendor.requests.sessions import Session
from pip._vendor.requests.utils import select_proxy
case = json.load(sys.stdin)
out = []
for environment in case["environments"]:
    os.environ.clear()
    os.environ.update(e.split("=", 1) for e in environment)
    with Session() as s:
        row = []
        for url in case["urls"]:
            settings = s.merge_environment_settings(url, {}, None, None, None)
            row.append(select_proxy(url, settings["proxies"]) or "")
        out.append(row)
json.dump(out, sys.stdout)`, testkit.PipWheel(t, python, "26.2.1"))
	cmd.Stdin = strings.NewReader(string(input))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want [][]string
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	for i, environ := range environments {
		settings, bad := newProxySettings("", false, newEnvironment(environ))
		if bad != "" {
			t.Fatal(bad)
		}
		for j, url := range urls {
			got := ""
			if p := settings.forURL(mustParse(t, url)); p != nil {
				got = p.String()
			}
			if got != want[i][j] {
				t.Errorf("%v %s: %q, requests %q", environ, url, got, want[i][j])
			}
		}
	}
}
