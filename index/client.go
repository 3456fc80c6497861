package index

import (
	"context"
	"errors"
	"net/url"
	"time"
)

// Defaults of pip for --timeout and --retries.
const (
	DefaultTimeout = 15 * time.Second
	DefaultRetries = 5
)

// KeyringFunc gives the credentials that a keyring holds for a service (an
// index URL without credentials, or its host). user is "" where it is not
// known. ok is false where the keyring has none.
type KeyringFunc func(ctx context.Context, service, user string) (foundUser, password string, ok bool, err error)

// Config says how indexes are reached: pip's own options and environment.
// The zero value asks without cache, retries, netrc and keyring.
type Config struct {
	CacheDir  string // of this client's own cache; "" none
	CacheSize int64  // bytes the cache may take; 0 is 256 MiB

	Proxy              string // --proxy; "" is what Environ says
	NoProxyEnvironment bool   // --no-proxy-env, or an empty --proxy
	// Environ is the environment as os.Environ gives it. Read from it: the
	// proxy variables, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, SSL_CERT_FILE,
	// SSL_CERT_DIR, NETRC, HOME, and PATH for the keyring program.
	Environ []string

	CertFile         string   // --cert: a file or directory of PEM certificates
	CertAddsToSystem bool     // CertFile extends the system's roots (pip 24.2 and later) instead of replacing them
	CertifiFile      string   // the running pip's own bundle of roots, used beside the system's; "" none
	ClientCert       string   // --client-cert: key and certificate in one PEM file
	TrustedHosts     []string // --trusted-host: "host" or "host:port"

	Timeout time.Duration // --timeout, of one connection or one read; 0 is DefaultTimeout, negative none
	Retries int           // --retries

	Netrc           string      // path; "" is what Environ says, "-" none
	KeyringProvider string      // --keyring-provider: "auto" (also ""), "disabled", "import", "subprocess"
	NoInput         bool        // --no-input: "auto" then asks no keyring
	Keyring         KeyringFunc // instead of the keyring program; nil is by KeyringProvider

	UserAgent       string                 // "" is a name of thresher's own
	Revalidate      func(name string) bool // true: ask the index even where the cached page is fresh (--refresh-package, pip before 26.2); nil never
	ProjectLifetime time.Duration          // how long a project's JSON document is taken from the cache; 0 is one hour
	MaxBody         int64                  // bytes of one page after decompression; 0 is 64 MiB

	Now   func() time.Time                                 // nil is time.Now
	Sleep func(ctx context.Context, d time.Duration) error // nil sleeps
}

// Client asks package indexes. It may be used by many goroutines at once.
type Client struct{}

// New makes a client. It returns an error where a certificate, a proxy or a
// trusted host cannot be read.
func New(c Config) (*Client, error) { return &Client{}, nil }

// Notes gives what did not work but stopped nothing, each once: a cache that
// cannot be written, a netrc file that cannot be read, a failing keyring.
func (c *Client) Notes() []string { return nil }

// Close lets idle connections go.
func (c *Client) Close() {}

// Page gives name's page of the index at indexURL: the base as the user
// configured it, credentials and all.
// Errors: ErrNotFound, *AuthError, *StatusError, *ConnectionError, *ContentError.
func (c *Client) Page(ctx context.Context, indexURL, name string) (*Page, error) {
	return nil, errors.ErrUnsupported
}

// StalePage gives the page that the cache remembers, however old, with Stale
// set, and asks nobody. It returns ErrNotFound where nothing is remembered.
func (c *Client) StalePage(ctx context.Context, indexURL, name string) (*Page, error) {
	return nil, errors.ErrUnsupported
}

// Project gives name's JSON document. ErrNotFound: the index has none, or its
// layout has no place for one.
func (c *Client) Project(ctx context.Context, indexURL, name string) (*Project, error) {
	return nil, errors.ErrUnsupported
}

// Metadata gives the core metadata of a file (PEP 658), checked against the
// hashes that the page names.
func (c *Client) Metadata(ctx context.Context, indexURL string, f *File) ([]byte, error) {
	return nil, errors.ErrUnsupported
}

// Publishers gives who published a file by its provenance (PEP 740). It
// returns ErrNotFound where the file has none.
func (c *Client) Publishers(ctx context.Context, indexURL string, f *File) ([]Publisher, error) {
	return nil, errors.ErrUnsupported
}

// Get fetches a text: a requirements file that is a URL.
func (c *Client) Get(ctx context.Context, rawURL string) (*Document, error) {
	return nil, errors.ErrUnsupported
}

// FindLinksPage fetches a page of links (--find-links). Files are those links
// that pip would take for a distribution.
func (c *Client) FindLinksPage(ctx context.Context, rawURL string) (*Page, error) {
	return nil, errors.ErrUnsupported
}

// Authenticate remembers credentials for the host of rawURL, as those that
// pip asks for on a terminal.
func (c *Client) Authenticate(rawURL, user, password string) error { return errors.ErrUnsupported }

// WithCredentials gives a file's URL with the credentials that pip needs to
// fetch it: those of the index URL or of the keyring, where the file is on
// the index's own host. A file elsewhere, or one that carries credentials
// already, is given back as it is. netrc is left to pip.
func (c *Client) WithCredentials(indexURL, fileURL string) string { return fileURL }

// ParsePage reads a page. pageURL is where it came from after redirects and
// what relative links are resolved against; name is the project asked for.
// It returns a *ContentError where the page is none.
func ParsePage(contentType string, body []byte, pageURL, name string) (*Page, error) {
	return nil, errors.ErrUnsupported
}

// RenderJSON writes the page as PEP 691 JSON with all that came: fields that
// are not known here are kept as they were.
func RenderJSON(p *Page) []byte { return nil }

// RenderHTML writes the page as PEP 503 HTML for pips that know no JSON.
func RenderHTML(p *Page) []byte { return nil }

// StripCredentials takes the user and password out of a URL, unquoted.
func StripCredentials(rawURL string) (bare, user, password string) { return rawURL, "", "" }

// Redact gives the URL as it may be printed, as pip does: a password, or a
// user name that stands alone (a token), becomes "****".
func Redact(rawURL string) string { return rawURL }

// SecureOrigin says whether pip would take a location without a warning:
// https, file, a loopback address, or a trusted host.
func SecureOrigin(rawURL string, trustedHosts []string) bool { return false }

var _ = url.Parse
