package index

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// tlsSettings is how certificates are checked. Its fingerprint (whole) names the
// roots and the client certificate, so that what was cached under others is not
// taken for verified, or for this client's.
type tlsSettings struct {
	system       bool     // the platform's own roots count
	bundles      [][]byte // PEM
	directories  []string // whose files are bundles too
	certificates []tls.Certificate
}

// whole reads the directories as well, and gives what the settings are known by.
func (s tlsSettings) whole() (tlsSettings, string) {
	s.bundles = slices.Clip(s.bundles)
	for _, dir := range s.directories {
		// As OpenSSL does, what cannot be read is left out: without any root every
		// certificate is refused.
		_, _ = addBundle(dir, s.add)
	}
	hash := sha256.New()
	if s.system {
		hash.Write([]byte("system\n"))
	}
	for _, pem := range s.bundles {
		hash.Write(pem)
	}
	for _, own := range s.certificates {
		// A credential: what it was shown for is its own.
		for _, certificate := range own.Certificate {
			hash.Write(certificate)
		}
	}
	return s, hex.EncodeToString(hash.Sum(nil)[:8])
}

// add takes a bundle; false where it has no certificate.
func (s *tlsSettings) add(pem []byte) bool {
	if !bytes.Contains(pem, []byte("-----BEGIN CERTIFICATE-----")) {
		return false
	}
	// A directory has most certificates under two names.
	if !slices.ContainsFunc(s.bundles, func(known []byte) bool { return bytes.Equal(known, pem) }) {
		s.bundles = append(s.bundles, pem)
	}
	return true
}

// verifying takes the bundles apart, which takes milliseconds: it is called at
// the first request, while Python starts.
func (s tlsSettings) verifying() *tls.Config {
	roots := x509.NewCertPool()
	if s.system {
		// A system without roots refuses every certificate, as it should.
		if pool, err := x509.SystemCertPool(); err == nil {
			roots = pool
		}
	}
	for _, pem := range s.bundles {
		roots.AppendCertsFromPEM(pem)
	}
	return &tls.Config{RootCAs: roots, Certificates: s.certificates}
}

// empty says whether there is no authority at all to believe. Then every
// certificate is refused: a machine without roots of its own (a bare container)
// gets none from here.
func (s tlsSettings) empty() bool {
	whole, _ := s.whole()
	if !s.system || len(whole.bundles) > 0 {
		return len(whole.bundles) == 0
	}
	pool, err := x509.SystemCertPool()
	return err != nil || pool.Equal(x509.NewCertPool())
}

// trusting checks nothing: for trusted hosts.
func (s tlsSettings) trusting() *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, Certificates: s.certificates}
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
	if bundle == "" || c.CertAddsToSystem {
		if err := s.systemRoots(environ); err != nil {
			return s, err
		}
		if c.CertifiFile != "" {
			// A pip that a distribution repackaged has none: it takes the
			// system's.
			pem, err := os.ReadFile(c.CertifiFile)
			if err != nil && !os.IsNotExist(err) {
				return s, fmt.Errorf("read pip's own certificates: %w", err)
			}
			s.add(pem)
		}
	}
	if bundle != "" {
		found, err := addBundle(environ.expandHome(bundle), s.add)
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
	}
	return s, nil
}

// systemRoots starts with what OpenSSL would start with: SSL_CERT_FILE and
// SSL_CERT_DIR where they are set, else the platform's own.
func (s *tlsSettings) systemRoots(environ environment) error {
	file, dir := environ.get("SSL_CERT_FILE"), environ.get("SSL_CERT_DIR")
	if file == "" && dir == "" {
		s.system = true
		return nil
	}
	paths := filepath.SplitList(dir)
	if file != "" {
		paths = append(paths, file)
	}
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			s.directories = append(s.directories, path) // hundreds of files, mostly those of the bundle
			continue
		}
		if _, err := addBundle(path, s.add); err != nil && !os.IsNotExist(err) {
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
