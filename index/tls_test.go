package index

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func tlsServer(t *testing.T, answer http.HandlerFunc) (*httptest.Server, string) {
	t.Helper()
	return tlsServerAs(t, answer, func(s *httptest.Server) { s.EnableHTTP2 = true })
}

// tlsServerAs is tlsServer with changes before it starts.
func tlsServerAs(t *testing.T, answer http.HandlerFunc, change func(*httptest.Server)) (*httptest.Server, string) {
	t.Helper()
	s := httptest.NewUnstartedServer(answer)
	change(s)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	bundle := filepath.Join(t.TempDir(), "bundle.pem")
	content := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(bundle, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return s, bundle
}

func clientCertificate(t *testing.T) (path string, certificate *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ann"}, NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, IsCA: true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	content := append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})...)
	path = filepath.Join(t.TempDir(), "client.pem")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if certificate, err = x509.ParseCertificate(raw); err != nil {
		t.Fatal(err)
	}
	return path, certificate
}

func TestCertificates(t *testing.T) {
	s, bundle := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("asked with %s", r.Proto)
		}
		writePage(w, "alpha-1.zip")
	})
	_, other := clientCertificate(t)
	otherBundle := filepath.Join(t.TempDir(), "other.pem")
	if err := os.WriteFile(otherBundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: other.Raw}),
		0o600); err != nil {
		t.Fatal(err)
	}
	host := strings.TrimPrefix(s.URL, "https://")
	name, port, _ := strings.Cut(host, ":")
	for _, c := range []struct {
		what   string
		config Config
		fails  bool
	}{
		{"the system's own", Config{}, true},
		{"--cert", Config{CertFile: bundle}, false},
		{"--cert, a directory", Config{CertFile: filepath.Dir(bundle)}, false},
		{"--cert of another", Config{CertFile: otherBundle}, true},
		{"--cert beside the system's", Config{CertFile: bundle, CertAddsToSystem: true}, false},
		{"--cert of another beside the system's", Config{CertFile: otherBundle, CertAddsToSystem: true}, true},
		{"REQUESTS_CA_BUNDLE", Config{Environ: []string{"REQUESTS_CA_BUNDLE=" + bundle}}, false},
		{"CURL_CA_BUNDLE", Config{Environ: []string{"CURL_CA_BUNDLE=" + bundle}}, false},
		{"REQUESTS_CA_BUNDLE beats --cert", Config{CertFile: bundle, Environ: []string{"REQUESTS_CA_BUNDLE=" + otherBundle}},
			true},
		{"REQUESTS_CA_BUNDLE beats CURL_CA_BUNDLE",
			Config{Environ: []string{"REQUESTS_CA_BUNDLE=" + bundle, "CURL_CA_BUNDLE=" + otherBundle}}, false},
		{"SSL_CERT_FILE", Config{Environ: []string{"SSL_CERT_FILE=" + bundle}}, false},
		{"SSL_CERT_DIR", Config{Environ: []string{"SSL_CERT_DIR=" + filepath.Dir(bundle)}}, false},
		{"SSL_CERT_FILE under --cert", Config{CertFile: otherBundle, Environ: []string{"SSL_CERT_FILE=" + bundle}}, true},
		{"pip's own bundle", Config{CertifiFile: bundle}, false},
		{"a pip without a bundle", Config{CertifiFile: bundle + ".absent"}, true},
		{"--trusted-host", Config{TrustedHosts: []string{name}}, false},
		{"--trusted-host with its port", Config{TrustedHosts: []string{host}}, false},
		{"--trusted-host with another port", Config{TrustedHosts: []string{name + ":1" + port[1:]}}, true},
		{"--trusted-host of another", Config{TrustedHosts: []string{"index.example"}}, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			waited := false
			x := client(t, func(config *Config) {
				c.config.Netrc, c.config.KeyringProvider, c.config.Retries = "-", "disabled", 3
				c.config.Sleep = func(context.Context, time.Duration) error { waited = true; return nil }
				*config = c.config
			})
			_, err := x.Page(context.Background(), s.URL, "alpha")
			var connection *ConnectionError
			if (err != nil) != c.fails || err != nil && (!errors.As(err, &connection) || !connection.TLS) {
				t.Fatalf("%v", err)
			}
			if waited {
				t.Fatal("a bad certificate was tried again")
			}
		})
	}
}

// A machine without any authority is told so, and how to have some.
func TestNoAuthorities(t *testing.T) {
	s, bundle := tlsServer(t, func(w http.ResponseWriter, _ *http.Request) { writePage(w, "alpha-1.zip") })
	_, other := clientCertificate(t)
	otherBundle := filepath.Join(t.TempDir(), "other.pem")
	if err := os.WriteFile(otherBundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: other.Raw}),
		0o600); err != nil {
		t.Fatal(err)
	}
	nowhere := "SSL_CERT_FILE=" + filepath.Join(t.TempDir(), "nowhere")
	for _, c := range []struct {
		what   string
		config Config
		said   bool
	}{
		{"none", Config{Environ: []string{nowhere}}, true},
		{"another", Config{Environ: []string{"SSL_CERT_FILE=" + otherBundle}}, false},
		{"none of the system's, another of pip's", Config{Environ: []string{nowhere}, CertifiFile: otherBundle}, false},
		{"that of pip", Config{Environ: []string{nowhere}, CertifiFile: bundle}, false},
	} {
		client, err := New(c.config)
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Page(context.Background(), s.URL, "alpha")
		if said := err != nil && strings.Contains(err.Error(), "there are no certificate authorities on "+
			"this machine"); said != c.said {
			t.Errorf("%s: %v", c.what, err)
		}
		client.Close()
	}
}

func TestClientCertificates(t *testing.T) {
	path, certificate := clientCertificate(t)
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writePage(w) }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: roots}
	s.StartTLS()
	defer s.Close()
	host := strings.TrimPrefix(s.URL, "https://")
	for given, fails := range map[string]bool{path: false, "": true} {
		x := client(t, func(c *Config) { c.ClientCert, c.TrustedHosts = given, []string{host} })
		if _, err := x.Page(context.Background(), s.URL, "alpha"); (err != nil) != fails {
			t.Fatalf("%q: %v", given, err)
		}
	}
}

func TestRedirectsToPlainHTTP(t *testing.T) {
	location := ""
	s, bundle := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, location,
			http.StatusFound)
	})
	plain := record(t, func(w http.ResponseWriter, _ *http.Request) { writePage(w, "alpha-1.zip") })
	ask := func(trusted ...string) error {
		x := client(t, func(c *Config) { c.CertFile, c.TrustedHosts, c.Proxy = bundle, trusted, "" })
		_, err := x.Page(context.Background(), with("me:secret", s.URL), "alpha")
		return err
	}
	var content *ContentError
	location = "http://index.example/simple/alpha/"
	if err := ask(); !errors.As(err, &content) || !strings.Contains(err.Error(), "--trusted-host index.example") ||
		strings.Contains(err.Error(), "secret") {
		t.Fatal(err)
	}
	location = plain.URL + "/x/" // loopback: as good as https
	if err := ask(); err != nil || plain.last() != "/x/ -" {
		t.Fatalf("%v %q", err, plain.seen)
	}
}
