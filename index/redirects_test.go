package index

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// RedirectHosts asks as a page is asked for: with the credentials of the index,
// of netrc and of the keyring, and through the proxy.
func TestRedirectHosts(t *testing.T) {
	proxy := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the credentials of the index went to another host")
		}
		if r.URL.String() == "http://store.example/first" {
			http.Redirect(w, r, "http://store.example:8080/second", http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, "the file")
	})
	files := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Range") == "" {
			t.Error("the whole file was asked for")
		}
		if user, password, _ := r.BasicAuth(); user != "user" || password != "word" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		http.Redirect(w, r, "http://store.example/first", http.StatusFound)
	})
	page, file := files.URL+"/simple/", files.URL+"/files/a.whl"
	netrc := func(c *Config) { c.Netrc = netrcFile(t, "machine 127.0.0.1 login user password word\n") }
	keyring := func(c *Config) {
		c.Keyring = func(_ context.Context, service, _ string) (string, string, bool, error) {
			return "user", "word", service == page, nil
		}
	}
	for _, c := range []struct {
		name              string
		indexURL, fileURL string
		change            func(*Config)
		found             bool
	}{
		{"no credentials", page, file, nil, false},
		{"of the index", with("user:word", page), file, nil, true},
		{"of the file", "", with("user:word", file), nil, true},
		{"of another index", "http://user:word@other.example/simple/", file, nil, false},
		{"of netrc", page, file, netrc, true},
		{"of netrc, on no page", "", file, netrc, true},
		{"of the keyring", page, file, keyring, true},
		{"a file of this machine", page, "file:///a.whl", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := client(t, func(config *Config) {
				config.Environ = []string{"http_proxy=" + proxy.URL, "no_proxy=127.0.0.1"}
				if c.change != nil {
					c.change(config)
				}
			})
			hosts, err := x.RedirectHosts(context.Background(), c.indexURL, c.fileURL)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			if c.found {
				want = []string{"store.example:80", "store.example:8080"}
			}
			if !slices.Equal(hosts, want) {
				t.Errorf("%q, want %q", hosts, want)
			}
		})
	}
}

// The certificates are those of pages, too, in both directions.
func TestRedirectHostsCertificates(t *testing.T) {
	path, certificate := clientCertificate(t)
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	files := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1:1/store", http.StatusFound)
	}))
	files.Config.ErrorLog = log.New(io.Discard, "", 0)
	files.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: roots}
	files.StartTLS()
	defer files.Close()
	for _, c := range []struct{ client, trusted string }{
		{"", ""}, {path, ""}, {"", strings.TrimPrefix(files.URL, "https://")}, {path, strings.TrimPrefix(files.URL, "https://")},
	} {
		x := client(t, func(config *Config) {
			config.ClientCert = c.client
			if c.trusted != "" {
				config.TrustedHosts = []string{c.trusted}
			}
		})
		hosts, err := x.RedirectHosts(context.Background(), files.URL+"/simple/", files.URL+"/files/a.whl")
		// The host after the redirect does not answer, which is no secret.
		reached := len(hosts) > 0
		if want := c.client != "" && c.trusted != ""; reached != want || err == nil {
			t.Errorf("%+v: %q, %v", c, hosts, err)
		}
	}
}
