package index

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// tlsSettings is how certificates are checked. fingerprint names the roots and
// the client certificate, so that what was cached under others is not taken
// for verified, or for this client's.
type tlsSettings struct {
	roots        *x509.CertPool
	certificates []tls.Certificate
	fingerprint  string
}

// newTLSSettings follows pip: REQUESTS_CA_BUNDLE, then CURL_CA_BUNDLE, beat
// --cert, and none of them means the system's roots together with the bundle
// that the running pip brings along.
//
// From pip 24.2 on, on Python 3.10 and later, pip verifies with the system's
// roots and takes a bundle as an addition (CertAddsToSystem); before, a bundle
// stands alone.
func newTLSSettings(c Config, environ environment) (tlsSettings, error) {
	var s tlsSettings
	bundle, from := c.CertFile, "the certificates of --cert"
	// A proxy of its own, or none, makes pip 24.1 and later ignore the
	// environment's bundle too; both are the user's word, so both are taken.
	ignored := c.Proxy != "" || c.NoProxyEnvironment
	for _, name := range []string{"CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"} {
		if path := environ.get(name); path != "" && (!ignored || bundle == "") {
			bundle, from = path, "the certificates of "+name
		}
	}
	hash := sha256.New()
	add := func(pem []byte) bool {
		hash.Write(pem)
		return s.roots.AppendCertsFromPEM(pem)
	}
	if bundle == "" || c.CertAddsToSystem {
		hash.Write([]byte("system\n"))
		if err := s.systemRoots(environ, add); err != nil {
			return s, err
		}
		if c.CertifiFile != "" {
			pem, err := os.ReadFile(c.CertifiFile)
			if err != nil {
				return s, fmt.Errorf("read pip's own certificates: %w", err)
			}
			add(pem)
		}
	} else {
		s.roots = x509.NewCertPool()
	}
	if bundle != "" {
		found, err := addBundle(environ.expandHome(bundle), add)
		if err != nil {
			return s, fmt.Errorf("read %s: %w", from, err)
		}
		if !found {
			return s, fmt.Errorf("read %s: %s has no certificate", from, bundle)
		}
	}
	if c.ClientCert != "" {
		path := environ.expandHome(c.ClientCert)
		pair, err := tls.LoadX509KeyPair(path, path)
		if err != nil {
			return s, fmt.Errorf("read the client certificate %s: %w", path, err)
		}
		s.certificates = []tls.Certificate{pair}
		// It is a credential: what it was shown for is its own.
		for _, certificate := range pair.Certificate {
			hash.Write(certificate)
		}
	}
	s.fingerprint = hex.EncodeToString(hash.Sum(nil)[:8])
	return s, nil
}

// systemRoots starts with what OpenSSL would start with: SSL_CERT_FILE and
// SSL_CERT_DIR where they are set, else the platform's own.
func (s *tlsSettings) systemRoots(environ environment, add func([]byte) bool) error {
	file, dir := environ.get("SSL_CERT_FILE"), environ.get("SSL_CERT_DIR")
	if file == "" && dir == "" {
		pool, err := x509.SystemCertPool()
		if err != nil {
			return fmt.Errorf("read the system's certificates: %w", err)
		}
		s.roots = pool
		return nil
	}
	s.roots = x509.NewCertPool()
	paths := filepath.SplitList(dir)
	if file != "" {
		paths = append(paths, file)
	}
	for _, path := range paths {
		// As OpenSSL does, what is not there is left out: without any root
		// every certificate is refused.
		if _, err := addBundle(path, add); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("read the certificates of SSL_CERT_FILE and SSL_CERT_DIR: %w", err)
		}
	}
	return nil
}

// addBundle reads a file of certificates, or every file of a directory.
func addBundle(path string, add func([]byte) bool) (found bool, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	if !info.IsDir() {
		pem, err := os.ReadFile(path)
		return err == nil && add(pem), err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return false, err
	}
	for _, entry := range entries {
		if pem, err := os.ReadFile(filepath.Join(path, entry.Name())); err == nil && add(pem) {
			found = true
		}
	}
	return found, nil
}
