package index

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Where a redirect may lead: on within the network, and inside only from there.
func TestRedirected(t *testing.T) {
	direct := client(t, func(*Config) {})
	// A proxy looks names up by itself: the words have to do.
	behind := client(t, func(config *Config) { config.Proxy = "http://9.9.9.9:3128" })
	for _, c := range []struct{ from, location, want string }{
		{"https://8.8.8.8/a.whl", "https://9.9.9.9/b.whl#x", "https://9.9.9.9/b.whl"},
		{"https://8.8.8.8/f/a.whl", "../b.whl", "https://8.8.8.8/b.whl"},
		{"https://8.8.8.8/a.whl", "https://you:q@9.9.9.9/b.whl", "https://you:q@9.9.9.9/b.whl"},
		{"http://127.0.0.1:1/a.whl", "http://127.0.0.1:2/b.whl", "http://127.0.0.1:2/b.whl"},
		{"http://10.0.0.1/a.whl", "http://127.0.0.1/b.whl", "http://127.0.0.1/b.whl"},
		{"https://8.8.8.8/a.whl", "https://10.1.2.3/simple/b.whl", "https://10.1.2.3/simple/b.whl"}, // an index lies there
		// anyone on the way could change it
		{"https://8.8.8.8/a.whl", "http://9.9.9.9/b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://127.0.0.1/b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://[::1]/b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://localhost/b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://x.localhost/b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://10.0.0.1/b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://192.168.1.1/b.whl", ""},
		{"http://8.8.8.8/a.whl", "http://169.254.169.254/latest/meta-data/", ""},
		{"https://8.8.8.8/a.whl", "https://[fe80::1]/b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://[fd00::1]/b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://100.64.0.1/b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://0.0.0.0/b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://[::ffff:127.0.0.1]/b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://[::127.0.0.1]/b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://[::ffff:0:127.0.0.1]/b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://[64:ff9b::a9fe:a9fe]/b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://[64:ff9b::808:808]/b.whl", "https://[64:ff9b::808:808]/b.whl"},
		{"https://8.8.8.8/a.whl", "https://[2002:7f00:1::1]/b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://[fe80::1%25lo]/b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://[fec0::1]/b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://localhost./b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://X.LocalHost./b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://127.0.0.1./b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://127.1/b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://2130706433/b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://0x7f.0.0.1/b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://0x7f000001/b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://0177.0.0.01/b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://192.0.0.192/b.whl", ""},
		{"https://8.8.8.8/a.whl", "https://0.0.0.1/b.whl", ""},
		{"https://8.8.8.8/a.whl", "file:///etc/passwd", ""},
		{"https://8.8.8.8/a.whl", "ftp://9.9.9.9/b.whl", ""},
		{"https://8.8.8.8/a.whl", "https:///b.whl", ""},
	} {
		for _, x := range []*Client{direct, behind} {
			got, err := x.Redirected(context.Background(), c.from, c.location, []string{"https://me:p@10.1.2.3/simple"})
			var refused *ContentError
			if got != c.want || (err == nil) != (c.want != "") || err != nil && !errors.As(err, &refused) {
				t.Errorf("%s to %s: %q, %v", c.from, c.location, got, err)
			}
		}
	}
}

// A name that stood for the network when it was looked up and stands for this
// machine when it is connected to is not reached after a redirect.
func TestRedirectReboundName(t *testing.T) {
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ =
			io.WriteString(w, "secret")
	}))
	defer inside.Close()
	x := client(t, func(*Config) {})
	stream, err := x.Open(context.Background(), Fetch{Method: http.MethodGet, URL: inside.URL,
		From: "https://8.8.8.8/a.whl"})
	var refused *ConnectionError
	if err == nil {
		_ = stream.Body.Close()
	}
	if !errors.As(err, &refused) || !errors.Is(err, errInward) {
		t.Errorf("error %v", err)
	}
	stream, err = x.Open(context.Background(), Fetch{Method: http.MethodGet, URL: inside.URL,
		From: "http://127.0.0.1:1/a.whl"})
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Body.Close(); err != nil {
		t.Error(err)
	}
}

// The certificates of files are those of pages, in both directions.
func TestOpenCertificates(t *testing.T) {
	path, certificate := clientCertificate(t)
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	files := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ =
			io.WriteString(w, "file")
	}))
	files.Config.ErrorLog = log.New(io.Discard, "", 0)
	files.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: roots}
	files.StartTLS()
	defer files.Close()
	host := strings.TrimPrefix(files.URL, "https://")
	for _, c := range []struct{ client, trusted string }{{"", ""}, {path, ""}, {"", host}, {path, host}} {
		x := client(t, func(config *Config) {
			config.ClientCert = c.client
			if c.trusted != "" {
				config.TrustedHosts = []string{c.trusted}
			}
		})
		stream, err := x.Open(context.Background(), Fetch{Method: http.MethodGet, URL: files.URL + "/a.whl",
			Index: files.URL + "/simple/"})
		if want := c.client != "" && c.trusted != ""; (err == nil) != want {
			t.Errorf("%+v: %v", c, err)
		}
		if err == nil {
			_ = stream.Body.Close()
		}
	}
}
