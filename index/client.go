package index

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"thresher/address"
)

// Defaults of pip for --timeout and --retries.
const (
	DefaultTimeout = 15 * time.Second
	DefaultRetries = 5
)

const (
	defaultMaxBody         = 64 << 20
	defaultCacheSize       = 256 << 20
	defaultProjectLifetime = time.Hour
	// mostAtOnce is how many requests to one host may be on the way with no
	// connection made anew for each, where it speaks HTTP/1.1.
	mostAtOnce = 64
	// longestWait bounds what a Retry-After can ask for: pip's own read
	// timeout on the gate is 15 s.
	longestWait = 10 * time.Second
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

	CertFile string // --cert: a file or directory of PEM certificates
	// a bundle extends the system's roots (pip 24.2 and later on Python 3.10 and later) instead of replacing them
	CertAddsToSystem bool
	CertifiFile      string   // the running pip's own bundle of roots, used beside the system's; "" none
	ClientCert       string   // --client-cert: key and certificate in one PEM file
	TrustedHosts     []string // --trusted-host: "host" or "host:port"

	Timeout time.Duration // --timeout, of one connection or one read; 0 is DefaultTimeout, negative none
	Retries int           // --retries

	Netrc           string      // path; "" is what Environ says, "-" none
	KeyringProvider string      // --keyring-provider: "auto" (also ""), "disabled", "import", "subprocess"
	NoInput         bool        // --no-input: "auto" then asks no keyring
	Keyring         KeyringFunc // instead of the keyring program; nil is by KeyringProvider

	UserAgent string // "" is "thresher"
	// true: ask the index even where the cached page is fresh (--refresh-package, pip before 26.2); nil never
	Revalidate func(name string) bool
	// a page that was confirmed since is not asked for again, unless with credentials; 0 is as Revalidate and the
	// index say
	MaxAge          time.Duration
	ProjectLifetime time.Duration // how long a project's JSON document is taken from the cache; 0 is one hour
	MaxBody         int64         // bytes of one page after decompression; 0 is 64 MiB

	Now   func() time.Time                                 // nil is time.Now
	Sleep func(ctx context.Context, d time.Duration) error // nil sleeps
}

// Client asks package indexes. It may be used by many goroutines at once.
type Client struct {
	config       Config
	proxies      proxySettings
	trusted      []trustedHost
	roots        func() string          // fingerprint of the certificates
	plain        *http.Transport        // where no certificate is looked at
	verifying    func() *http.Transport // made at the first call
	withoutRoots func() bool            // there is no authority to believe
	trusting     func() *http.Transport // for trusted hosts, checks no certificate
	netrc        map[string]netrcEntry
	keyring      KeyringFunc
	cache        *diskCache // nil none

	mu             sync.Mutex
	remembered     map[origin]credentials // of the keyring
	told           map[origin]credentials // by a person, to pip
	keyringAnswers map[string]*keyringAnswer
	keyringFailed  bool
	notes          []string
	transports     []*http.Transport
	opened         map[origin]*opening
}

// New makes a client. It returns an error where a certificate, a proxy, a
// trusted host or the keyring provider cannot be read, as pip would fail too.
func New(config Config) (*Client, error) {
	if config.Timeout == 0 {
		config.Timeout = DefaultTimeout
	}
	if config.Timeout < 0 {
		config.Timeout = 0
	}
	if config.MaxBody <= 0 {
		config.MaxBody = defaultMaxBody
	}
	if config.CacheSize <= 0 {
		config.CacheSize = defaultCacheSize
	}
	if config.ProjectLifetime <= 0 {
		config.ProjectLifetime = defaultProjectLifetime
	}
	if config.UserAgent == "" {
		config.UserAgent = "thresher"
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Sleep == nil {
		config.Sleep = sleep
	}
	environ := newEnvironment(config.Environ)
	c := &Client{config: config, remembered: map[origin]credentials{}, told: map[origin]credentials{},
		keyringAnswers: map[string]*keyringAnswer{}, opened: map[origin]*opening{}}
	for _, text := range config.TrustedHosts {
		h, ok := parseTrustedHost(text)
		if !ok {
			return nil, errors.New(textTrustedHost(text))
		}
		c.trusted = append(c.trusted, h)
	}
	var bad string
	if c.proxies, bad = newProxySettings(config.Proxy, config.NoProxyEnvironment, environ); bad != "" {
		return nil, errors.New(textProxy(address.Redact(bad)))
	}
	certificates, err := newTLSSettings(config, environ)
	if err != nil {
		return nil, err
	}
	whole := sync.OnceValues(certificates.whole)
	c.roots = func() string {
		_, fingerprint := whole()
		return fingerprint
	}
	if c.keyring, err = chooseKeyring(config, environ); err != nil {
		return nil, err
	}
	if c.netrc, err = loadNetrc(config.Netrc, environ); err != nil {
		c.note(noteNetrc(err))
	}
	c.plain = c.transport(nil)
	c.verifying = sync.OnceValue(func() *http.Transport {
		read, _ := whole()
		return c.transport(read.verifying())
	})
	c.withoutRoots = certificates.empty
	c.trusting = sync.OnceValue(func() *http.Transport { return c.transport(certificates.trusting()) })
	if config.CacheDir != "" {
		c.cache = openCache(config.CacheDir, config.CacheSize, config.Now, c.note)
	}
	return c, nil
}

// transportFor is the way to an address. Certificates are taken apart only where
// one will be looked at: the address's own, or a proxy's.
func (c *Client) transportFor(u *url.URL) *http.Transport {
	proxy := c.proxies.forURL(u)
	switch {
	case trusts(c.trusted, originOf(u)):
		return c.trusting()
	case u.Scheme == "http" && (proxy == nil || proxy.Scheme != "https"):
		return c.plain
	}
	return c.verifying()
}

// Prepare begins to take the certificates apart where an index will show its own, so
// that it is done when it is asked.
func (c *Client) Prepare(indexURL string) {
	if u, problem := readURL(address.Parse(indexURL)); problem == "" && u.Scheme == "https" {
		go c.transportFor(u)
	}
}

func (c *Client) transport(certificates *tls.Config) *http.Transport {
	dialer := &net.Dialer{Timeout: c.config.Timeout, KeepAlive: 30 * time.Second, ControlContext: refuseInward}
	t := &http.Transport{
		Proxy:                  func(r *http.Request) (*url.URL, error) { return c.proxies.forURL(r.URL), nil },
		DialContext:            dialer.DialContext,
		TLSClientConfig:        certificates,
		TLSHandshakeTimeout:    c.config.Timeout,
		ResponseHeaderTimeout:  c.config.Timeout,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // gzip is asked for and bounded in fetch.go
		MaxIdleConns:           2 * mostAtOnce,
		MaxIdleConnsPerHost:    mostAtOnce,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, r *http.Response) error {
			if r.StatusCode == http.StatusProxyAuthRequired {
				return errProxyAuth
			}
			return nil
		},
	}
	c.mu.Lock()
	c.transports = append(c.transports, t)
	c.mu.Unlock()
	return t
}

var errProxyAuth = errors.New("the proxy wants credentials")

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// note remembers what did not work but stopped nothing.
func (c *Client) note(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, known := range c.notes {
		if known == text {
			return
		}
	}
	c.notes = append(c.notes, text)
}

// Notes gives what did not work but stopped nothing, each once: a cache that
// cannot be written, a netrc file that cannot be read, a failing keyring.
func (c *Client) Notes() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.notes...)
}

// Close lets idle connections go and waits for the cache's housekeeping.
func (c *Client) Close() {
	c.mu.Lock()
	for _, t := range c.transports {
		t.CloseIdleConnections()
	}
	c.mu.Unlock()
	if c.cache != nil {
		c.cache.wait()
	}
}
