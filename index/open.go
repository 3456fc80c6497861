package index

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"thresher/address"
	"thresher/internal/words"
	"time"
)

// Fetch is one request for a file: one address, no redirects followed.
type Fetch struct {
	Method string      // GET or HEAD; POST with a Body, for who is sent something
	URL    string      // may carry credentials of its own
	Index  string      // whose credentials may be used; "" those of URL alone
	Header http.Header // Accept, Accept-Encoding, Range and the like, as pip sent them
	// From is the address that redirected here, "" for none. Credentials then
	// go no further than pip would send them.
	From string
	// User and Password are what pip itself was told, by a person or by a URL
	// of its own. They are used where nothing else fits, or was refused.
	User, Password string
	Body           []byte // what is sent; nil nothing
}

// Stream is an answer whose body is still to be read. Close ends it.
type Stream struct {
	URL    string // that was asked, without credentials
	Status int
	Reason string // the reason phrase, printable
	Header http.Header
	Length int64 // of the body; -1 unknown
	Body   io.ReadCloser
}

// Open asks one address and gives its answer, whatever its status: a redirect
// is the caller's to judge (Redirected). Failed connections and the statuses
// that pip asks again for are asked again as often as Config.Retries says. An
// error is a *ConnectionError, a *ContentError, a *AuthError of a proxy, or the
// context's own; reading the body gives a *ConnectionError where nothing comes
// for as long as Config.Timeout.
func (c *Client) Open(ctx context.Context, f Fetch) (*Stream, error) {
	own := address.Parse(f.URL)
	u, problem := readURL(own)
	if problem != "" || u.Scheme == "file" {
		return nil, &ContentError{URL: address.Redact(f.URL), Reason: textNoURL}
	}
	u.Fragment, u.RawFragment = "", ""
	place := f.Index
	if place == "" {
		place = f.URL
	}
	s, problem := newScope(place)
	if problem != "" {
		return nil, &ContentError{URL: address.Redact(place), Reason: problem}
	}
	redirected := false
	if f.From != "" {
		from, problem := readURL(address.Parse(f.From))
		redirected = problem != "" || originOf(from) != originOf(u)
	}
	unlocked, told := false, f.User == "" && f.Password == ""
	for failures := 0; ; {
		sent, has := c.credentialsFor(u, own, s, redirected)
		if !has && !told {
			sent, has, told = credentials{f.User, f.Password}, true, true
		}
		stream, err := c.open(ctx, f, u, sent, has)
		var wait time.Duration
		again := false
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, &interrupted{address.Redact(u.String()), ctx.Err()}
		case err != nil:
			again = worthRetrying(err)
		case stream.Status == http.StatusUnauthorized:
			if !unlocked && c.unlock(ctx, u, own, s, redirected, sent) {
				unlocked = true
				_ = stream.Body.Close()
				continue
			}
			if told {
				return stream, nil
			}
			told = true
			_ = stream.Body.Close()
			if asked, err := c.open(ctx, f, u, credentials{f.User, f.Password}, true); err == nil {
				return asked, nil
			}
			return stream, err
		default:
			again, wait = retryStatus(stream.Status, stream.Header, c.config.Now())
			again = again && wait <= longestWait
		}
		if !again || failures >= c.config.Retries {
			return stream, err
		}
		if stream != nil {
			_ = stream.Body.Close()
		}
		if err := c.pause(ctx, &failures, wait); err != nil {
			return nil, &interrupted{address.Redact(u.String()), err}
		}
	}
}

// pause counts a failure and waits as urllib3's Retry does, or as long as the
// server asked.
func (c *Client) pause(ctx context.Context, failures *int, wait time.Duration) error {
	*failures++
	if wait == 0 && *failures > 1 {
		wait = min(250*time.Millisecond<<min(*failures-1, 16), 2*time.Minute)
	}
	if wait == 0 {
		return ctx.Err()
	}
	return c.config.Sleep(ctx, wait)
}

// open makes one exchange.
func (c *Client) open(parent context.Context, f Fetch, u *url.URL, sent credentials, has bool) (*Stream, error) {
	ctx, cancel := context.WithCancelCause(parent)
	if from, problem := readURL(address.Parse(f.From)); f.From != "" && problem == "" {
		ctx = c.redirectedFrom(ctx, from, u)
	}
	var body io.Reader
	if f.Body != nil {
		body = bytes.NewReader(f.Body)
	}
	request, err := http.NewRequestWithContext(ctx, f.Method, u.String(), body)
	if err != nil {
		cancel(nil)
		return nil, &ContentError{URL: address.Redact(u.String()), Reason: textNoURL}
	}
	for name, values := range f.Header {
		request.Header[name] = values
	}
	if request.Header.Get("User-Agent") == "" {
		request.Header.Set("User-Agent", c.config.UserAgent)
	}
	if has {
		request.SetBasicAuth(sent.user, sent.password)
	}
	answer, err := c.transportFor(u).RoundTrip(request)
	if err != nil {
		cancel(nil)
		return nil, c.connectionError(u, err)
	}
	_, reason, _ := strings.Cut(answer.Status, " ")
	watch := newWatchdog(c.config.Timeout, func() { cancel(errSlow) })
	watch.idleOnly = true
	watch.start()
	return &Stream{
		URL: u.String(), Status: answer.StatusCode, Reason: words.Printable(reason), Header: answer.Header,
		Length: answer.ContentLength,
		Body: &streamBody{reader: watch.reader(answer.Body), closer: answer.Body, watch: watch, ctx: ctx,
			cancel: cancel, client: c, url: u},
	}, nil
}

// streamBody reads a body for as long as it comes.
type streamBody struct {
	reader io.Reader
	closer io.Closer
	watch  *watchdog
	ctx    context.Context
	cancel context.CancelCauseFunc
	client *Client
	url    *url.URL
}

func (b *streamBody) Read(p []byte) (int, error) {
	n, err := b.reader.Read(p)
	switch {
	case err == nil || err == io.EOF:
		return n, err
	case errors.Is(context.Cause(b.ctx), errSlow):
		return n, &ConnectionError{URL: address.Redact(b.url.String()), Timeout: true, Err: errSlow}
	}
	return n, b.client.connectionError(b.url, err)
}

func (b *streamBody) Close() error {
	b.watch.stop()
	b.cancel(nil)
	return b.closer.Close()
}

// BasicCredentials reads an Authorization header of the kind that pip sends; ok
// is false for any other.
func BasicCredentials(header string) (user, password string, ok bool) {
	scheme, encoded, _ := strings.Cut(header, " ")
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil || !strings.EqualFold(scheme, "basic") {
		return "", "", false
	}
	return strings.Cut(string(decoded), ":")
}
