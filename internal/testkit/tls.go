package testkit

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Certificates are what belongs to an index that is reached by https: paths of
// PEM files.
type Certificates struct {
	Authority string // to be given as --cert
	Client    string // to be given as --client-cert
}

// NewTLSIndex starts an index that is reached by https under a certificate that
// no system knows, and ends with the test. With wantsClient it serves those who
// show the client's certificate.
func NewTLSIndex(t testing.TB, wantsClient bool) (*Index, Certificates) {
	t.Helper()
	authority := issue(t, "authority", nil)
	server, client := issue(t, "server", authority), issue(t, "client", authority)
	known := x509.NewCertPool()
	known.AddCert(authority.certificate)
	x := &Index{
		files: map[string][]*ServedFile{}, byName: map[string]*ServedFile{},
		projects: map[string]map[string]any{}, statuses: map[string]string{},
	}
	x.Server = httptest.NewUnstartedServer(http.HandlerFunc(x.serve))
	x.Config.ErrorLog = log.New(io.Discard, "", 0)
	x.TLS = &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{server.certificate.Raw}, PrivateKey: server.key}},
		ClientCAs:    known,
	}
	if wantsClient {
		x.TLS.ClientAuth = tls.RequireAndVerifyClientCert
	}
	x.StartTLS()
	t.Cleanup(x.Close)
	dir := t.TempDir()
	paths := Certificates{Authority: filepath.Join(dir, "authority.pem"), Client: filepath.Join(dir, "client.pem")}
	for path, content := range map[string][]byte{
		paths.Authority: authority.certificatePEM(), paths.Client: append(client.keyPEM(t), client.certificatePEM()...),
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return x, paths
}

type issued struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// issue makes a certificate signed by another, or by itself where that is nil.
func issue(t testing.TB, name string, by *issued) *issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "thresher test " + name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
	}
	if by == nil {
		template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
		by = &issued{template, key}
	} else {
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, by.certificate, &key.PublicKey, by.key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return &issued{certificate, key}
}

func (c *issued) certificatePEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.certificate.Raw})
}

func (c *issued) keyPEM(t testing.TB) []byte {
	t.Helper()
	raw, err := x509.MarshalPKCS8PrivateKey(c.key)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := pem.Encode(&b, &pem.Block{Type: "PRIVATE KEY", Bytes: raw}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
