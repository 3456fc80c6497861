package index

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"thresher/address"
	"thresher/internal/words"
)

// maxRedirects is that of requests.
const maxRedirects = 30

// question is one thing to ask of an index.
type question struct {
	address address.URL
	scope   scope  // whose credentials may be used
	accept  string // the Accept header
	limit   int64  // bytes of the body
	// check refuses an answer by its headers before its body is read.
	check      func(http.Header) (reason string)
	revalidate bool // caches on the way are to confirm their answer
	// known gives what the cache holds for the user that the first address
	// is asked as, if it came from this exact address; nil for nothing.
	known func(user, address string) *cacheEntry
}

// answer is a 200, or a 304 for a known entry.
type answer struct {
	url       string // the last one, without credentials
	header    http.Header
	body      []byte
	unchanged *cacheEntry // of a 304
	user      string      // that the first address was asked with
	sent      bool        // credentials were sent at any hop
	trust     string      // the weakest of the hops; "" is not to be cached
}

// fetch follows redirects to an answer. Errors: ErrNotFound, *AuthError,
// *StatusError, *ConnectionError, *ContentError, or the context's own.
func (c *Client) fetch(ctx context.Context, q question) (*answer, error) {
	own := q.address
	u, problem := readURL(own)
	if problem != "" {
		return nil, &ContentError{URL: q.address.String(), Reason: problem}
	}
	first := originOf(u)
	a := &answer{trust: trustUnknown}
	failures := 0 // of all hops: who redirects and fails gets no more tries
	for hop := 0; ; hop++ {
		if hop > maxRedirects {
			return nil, &ContentError{URL: q.address.String(), Reason: textRedirects(maxRedirects)}
		}
		a.trust = weaker(a.trust, c.trustOf(u))
		redirected := hop > 0 && originOf(u) != first
		response, err := c.ask(ctx, q, u, own, hop, redirected, a.user, &failures)
		if err != nil {
			return nil, err
		}
		if hop == 0 {
			a.user = response.user
		}
		a.sent = a.sent || response.sent
		if response.redirect == "" {
			a.url, a.header, a.body, a.unchanged = u.String(), response.header, response.body, response.unchanged
			return a, nil
		}
		next, location, problem := c.follow(u, response.redirect)
		if problem == "" && !c.mayLead(ctx, u, next) {
			problem = textInward(words.Printable(next.Hostname()))
		}
		if problem != "" {
			return nil, &ContentError{URL: address.Redact(u.String()), Reason: problem}
		}
		ctx = c.redirectedFrom(ctx, u, next)
		u, own = next, location
	}
}

// follow reads a Location.
func (c *Client) follow(from *url.URL, location string) (*url.URL, address.URL, string) {
	reference, err := url.Parse(address.Quoted(location))
	if err != nil {
		return nil, address.URL{}, textRedirectTo
	}
	own := address.Parse(from.ResolveReference(reference).String())
	u, problem := readURL(own)
	if problem != "" || u.Scheme == "file" {
		return nil, address.URL{}, textRedirectTo
	}
	u.Fragment, u.RawFragment = "", ""
	if from.Scheme == "https" && u.Scheme == "http" && !address.IsLoopback(u.Hostname()) &&
		!trusts(c.trusted, originOf(u)) {
		return nil, address.URL{}, textDowngrade(words.Printable(u.Hostname()))
	}
	return u, own, ""
}

// response is what one address gave in the end.
type response struct {
	header    http.Header
	body      []byte
	redirect  string
	unchanged *cacheEntry
	user      string
	sent      bool
}

// ask asks one address, again where pip would: after failed connections,
// 500, 502, 503, 504, 520, 527, and what sends a Retry-After (pip 26.2
// session.py, urllib3's Retry).
func (c *Client) ask(ctx context.Context, q question, u *url.URL, own address.URL, hop int, redirected bool,
	user string, failures *int) (*response, error) {
	unlocked := false
	for {
		sent, has := c.credentialsFor(u, own, q.scope, redirected)
		if hop == 0 {
			user = sent.user
		}
		result, err := c.attempt(ctx, q, u, user, sent, has)
		if err != nil {
			if ctx.Err() != nil {
				return nil, &interrupted{address.Redact(u.String()), ctx.Err()}
			}
			if *failures < c.config.Retries && worthRetrying(err) {
				if err := c.pause(ctx, failures, 0); err != nil {
					return nil, &interrupted{address.Redact(u.String()), err}
				}
				continue
			}
			return nil, err
		}
		switch result.status {
		case http.StatusOK:
			return &response{header: result.header, body: result.body, user: sent.user, sent: has}, nil
		case http.StatusNotModified:
			if result.known == nil {
				return nil, &ContentError{URL: address.Redact(u.String()), Reason: textUnasked304}
			}
			return &response{header: result.header, unchanged: result.known, user: sent.user, sent: has}, nil
		case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect,
			http.StatusPermanentRedirect:
			if location := result.header.Get("Location"); location != "" {
				return &response{redirect: location, user: sent.user, sent: has}, nil
			}
		case http.StatusUnauthorized:
			if !unlocked && c.unlock(ctx, u, own, q.scope, redirected, sent) {
				unlocked = true
				continue
			}
			if ctx.Err() != nil {
				return nil, &interrupted{address.Redact(u.String()), ctx.Err()}
			}
			return nil, &AuthError{URL: address.Redact(u.String()), Status: result.status, Sent: has}
		case http.StatusProxyAuthRequired:
			return nil, c.proxyAuthError(u)
		case http.StatusNotFound, http.StatusGone:
			return nil, &notFound{address.Redact(u.String()), result.status}
		}
		problem := &StatusError{URL: address.Redact(u.String()), Status: result.status, Reason: result.reason, Sent: has}
		retry, wait := retryStatus(result.status, result.header, c.config.Now())
		if wait > longestWait {
			problem.RetryAfter = wait
			return nil, problem
		}
		if !retry || *failures >= c.config.Retries {
			return nil, problem
		}
		if err := c.pause(ctx, failures, wait); err != nil {
			return nil, &interrupted{address.Redact(u.String()), err}
		}
	}
}

// interrupted is the context's own error with the address that was asked.
type interrupted struct {
	url string
	err error
}

func (e *interrupted) Error() string { return e.url + ": " + e.err.Error() }
func (e *interrupted) Unwrap() error { return e.err }

// notFound is ErrNotFound with the address that was asked.
type notFound struct {
	url    string
	status int
}

func (e *notFound) Error() string {
	return e.url + ": " + strconv.Itoa(e.status) + ": " + ErrNotFound.Error()
}
func (e *notFound) Is(target error) bool { return target == ErrNotFound }

func (c *Client) proxyAuthError(u *url.URL) error {
	proxy := c.proxies.forURL(u)
	return &AuthError{URL: address.Redact(u.String()), Status: http.StatusProxyAuthRequired,
		Sent: proxy != nil && proxy.User != nil}
}

// retryStatus says whether a status is worth another try, and how long the
// server asked to wait.
func retryStatus(status int, header http.Header, now time.Time) (retry bool, wait time.Duration) {
	switch status {
	case http.StatusRequestEntityTooLarge, http.StatusTooManyRequests, http.StatusServiceUnavailable:
		wait = retryAfter(header.Get("Retry-After"), now)
		retry = header.Get("Retry-After") != ""
	}
	switch status {
	case 500, 502, 503, 504, 520, 527:
		retry = true
	}
	return retry, wait
}

func retryAfter(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Duration(max(0, min(seconds, 24*60*60))) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, min(at.Sub(now), 24*time.Hour))
	}
	return 0
}

func worthRetrying(err error) bool {
	var connection *ConnectionError
	if errors.As(err, &connection) {
		return !connection.TLS
	}
	var content *ContentError
	return errors.As(err, &content) && content.Reason == textHalf
}

// attemptResult is one exchange.
type attemptResult struct {
	status int
	reason string
	header http.Header
	body   []byte      // of a 200
	known  *cacheEntry // what was asked about, for a 304
}

func (c *Client) attempt(parent context.Context, q question, u *url.URL, user string, sent credentials,
	has bool) (*attemptResult, error) {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	watch := newWatchdog(c.config.Timeout, func() { cancel(errSlow) })
	defer watch.stop()

	traced, first := c.afterFirst(ctx, u)
	defer first()
	request, err := http.NewRequestWithContext(traced, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, &ContentError{URL: address.Redact(u.String()), Reason: textNoURL}
	}
	request.Header.Set("Accept", q.accept)
	request.Header.Set("Accept-Encoding", "gzip")
	request.Header.Set("User-Agent", c.config.UserAgent)
	if q.revalidate {
		request.Header.Set("Cache-Control", "max-age=0")
	}
	if has {
		request.SetBasicAuth(sent.user, sent.password)
	}
	var known *cacheEntry
	if q.known != nil {
		known = q.known(user, u.String())
	}
	if known != nil {
		if known.ETag != "" {
			request.Header.Set("If-None-Match", known.ETag)
		}
		if known.LastModified != "" {
			request.Header.Set("If-Modified-Since", known.LastModified)
		}
	}
	answer, err := c.transportFor(u).RoundTrip(request)
	if err != nil {
		return nil, c.connectionError(u, err)
	}
	defer answer.Body.Close()
	result := &attemptResult{status: answer.StatusCode, header: answer.Header, known: known}
	_, result.reason, _ = strings.Cut(answer.Status, " ")
	result.reason = words.Printable(result.reason)
	if answer.StatusCode != http.StatusOK {
		// Read a little, so that the connection can be used again.
		watch.start()
		_, _ = io.CopyN(io.Discard, watch.reader(answer.Body), 64<<10)
		return result, nil
	}
	if q.check != nil {
		if reason := q.check(answer.Header); reason != "" {
			return nil, &ContentError{URL: address.Redact(u.String()), Reason: reason}
		}
	}
	watch.start()
	result.body, err = readBody(watch.reader(answer.Body), answer.Header.Get("Content-Encoding"),
		answer.ContentLength, q.limit)
	var unreadable *bodyError
	switch {
	case err == nil:
		return result, nil
	case context.Cause(ctx) == errSlow:
		return nil, &ConnectionError{URL: address.Redact(u.String()), Timeout: true, Err: errSlow}
	case errors.As(err, &unreadable):
		return nil, &ContentError{URL: address.Redact(u.String()), Reason: unreadable.reason}
	}
	return nil, c.connectionError(u, err)
}

var errSlow = errors.New(textSlow)

// bodyError is a body that cannot be read though the connection holds.
type bodyError struct{ reason string }

func (e *bodyError) Error() string { return e.reason }

// readBody reads at most limit bytes, before and after decompression.
func readBody(r io.Reader, encoding string, length, limit int64) ([]byte, error) {
	compressed := &io.LimitedReader{R: r, N: limit + 1}
	var plain io.Reader = compressed
	packed := false
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "identity":
		if length > limit {
			return nil, &bodyError{textTooLarge(limit)}
		}
	case "gzip", "x-gzip":
		packed = true
		unpacked, err := gzip.NewReader(compressed)
		if err != nil {
			return nil, gzipError(err)
		}
		plain = unpacked
		length = 0
	default:
		return nil, &bodyError{textEncoding}
	}
	var body bytes.Buffer
	if 0 < length && length <= limit {
		// The length is the server's word: most is given on trust, not all.
		body.Grow(int(min(length, 8<<20)) + bytes.MinRead)
	}
	n, err := body.ReadFrom(io.LimitReader(plain, limit+1))
	switch {
	case n > limit || compressed.N <= 0:
		return nil, &bodyError{textTooLarge(limit)}
	case err != nil && packed:
		return nil, gzipError(err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, &bodyError{textHalf}
	}
	return body.Bytes(), err
}

func gzipError(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return &bodyError{textHalf}
	case errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum):
		return &bodyError{textGzip}
	}
	var corrupt interface{ Error() string }
	if errors.As(err, &corrupt) && strings.HasPrefix(err.Error(), "flate: corrupt") {
		return &bodyError{textGzip}
	}
	return err
}

// connectionError sorts the transport's errors. The URL that net/http puts
// into its own is left out: ours is redacted.
func (c *Client) connectionError(u *url.URL, err error) error {
	if errors.Is(err, errProxyAuth) {
		return c.proxyAuthError(u)
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	e := &ConnectionError{URL: address.Redact(u.String()), Err: err}
	var timeout net.Error
	e.Timeout = errors.As(err, &timeout) && timeout.Timeout()
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var invalid x509.CertificateInvalidError
	e.TLS = errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &hostname) ||
		errors.As(err, &invalid)
	if errors.As(err, &authority) && c.withoutRoots() {
		e.Err = fmt.Errorf("%s: %w", textNoRoots, err)
	}
	return e
}

// watchdog calls a function when a body stops coming, or takes twenty times as
// long as one read may take.
type watchdog struct {
	patience    time.Duration
	bark        func()
	idle, whole *time.Timer
	idleOnly    bool // a body may take as long as it likes while it comes
}

func newWatchdog(patience time.Duration, bark func()) *watchdog {
	return &watchdog{patience: patience, bark: bark}
}

func (w *watchdog) start() {
	if w.patience > 0 && w.idle == nil {
		w.idle = time.AfterFunc(w.patience, w.bark)
		if !w.idleOnly {
			w.whole = time.AfterFunc(20*w.patience, w.bark)
		}
	}
}

func (w *watchdog) stop() {
	if w.idle != nil {
		w.idle.Stop()
	}
	if w.whole != nil {
		w.whole.Stop()
	}
}

func (w *watchdog) reader(r io.Reader) io.Reader { return &watchedReader{r, w} }

type watchedReader struct {
	r io.Reader
	w *watchdog
}

func (r *watchedReader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if n > 0 && r.w.idle != nil {
		r.w.idle.Reset(r.w.patience)
	}
	return n, err
}
