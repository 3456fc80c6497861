package index

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"thresher/address"
	"thresher/pep"
)

// acceptPage is what pip asks with: JSON before HTML (PEP 691).
const acceptPage = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01"

const acceptJSONPage = "application/vnd.pypi.simple.v1+json"

// document is a text from an index or its cache.
type document struct {
	body        []byte
	contentType string
	url         string // after redirects, without credentials
	fetched     time.Time
	cached      bool   // the body is the cache's, whether it was confirmed or not
	keep        func() // puts it into the cache; call it once it could be read
}

// request says what document to get.
type request struct {
	kind       string
	address    address.URL
	scope      scope
	accept     string
	limit      int64
	check      func(http.Header) string
	revalidate bool          // do not take a fresh entry without asking
	lifetime   time.Duration // at least so long it is fresh; 0 is as the index says
	lasts      time.Duration // so long it is taken without asking, whatever else says otherwise; 0 not
	forget     bool          // the entry is of no use: ask without it
}

// get gives a document from the cache, by asking whether it still holds, or anew.
func (c *Client) get(ctx context.Context, r request) (*document, error) {
	bare := r.address
	u, problem := readURL(bare)
	if problem != "" {
		return nil, &ContentError{URL: r.address.String(), Reason: problem}
	}
	if u.Scheme == "file" {
		return readLocal(u, r.limit, c.config.Now())
	}
	trust := c.trustOf(u)
	key := func(user string) cacheKey { return c.key(r.kind, u, user, trust) }
	// A query may be a secret, which has no place on the disk.
	caching := c.cache != nil && trust != trustNone && u.RawQuery == ""
	loaded := map[string]*cacheEntry{}
	load := func(user string) *cacheEntry {
		if !caching || r.forget {
			return nil
		}
		e, ok := loaded[user]
		if !ok {
			e = c.cache.load(key(user))
			loaded[user] = e
		}
		return e
	}
	if own := r.lasts > 0 && trust != trustUnverified; !r.revalidate || own {
		sent, has := c.credentialsFor(u, bare, r.scope, false)
		now := c.config.Now()
		if e := load(sent.user); e != nil && (!r.revalidate && e.fresh(now) || own && !has && e.within(r.lasts, now)) {
			return &document{body: e.body, contentType: e.ContentType, url: e.URL, fetched: e.confirmed, cached: true,
				keep: func() {}}, nil
		}
	}
	a, err := c.fetch(ctx, question{
		address: r.address, scope: r.scope, accept: r.accept, limit: r.limit, check: r.check, revalidate: r.revalidate,
		known: func(user, location string) *cacheEntry {
			// Only the address that gave the entry can confirm it: a
			// redirect may lead elsewhere today.
			if e := load(user); e != nil && e.URL == location && (e.ETag != "" || e.LastModified != "") {
				return e
			}
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	now := c.config.Now()
	if e := a.unchanged; e != nil {
		c.cache.confirm(e)
		return &document{body: e.body, contentType: e.ContentType, url: e.URL, fetched: now, cached: true, keep: func() {}},
			nil
	}
	d := &document{body: a.body, contentType: a.header.Get("Content-Type"), url: a.url, fetched: now, keep: func() {}}
	fresh, store := freshness(a.header, a.sent, a.trust)
	if r.lifetime > 0 && !a.sent && a.trust != trustUnverified {
		fresh = r.lifetime
	}
	e := &cacheEntry{
		Key: key(a.user), URL: a.url, ContentType: d.contentType,
		ETag: a.header.Get("ETag"), LastModified: a.header.Get("Last-Modified"), Fresh: int64(fresh / time.Second),
	}
	worth := e.Fresh > 0 || e.ETag != "" || e.LastModified != ""
	if caching && store && worth && !strings.Contains(a.url, "?") && trustOrder[a.trust] >= trustOrder[trust] &&
		headerValue(e.ETag) && headerValue(e.LastModified) {
		d.keep = func() { c.cache.store(e, a.body) }
	}
	return d, nil
}

func (c *Client) key(kind string, u *url.URL, user, trust string) cacheKey {
	if trust == trustVerified {
		trust += " " + c.roots()
	}
	return cacheKey{Kind: kind, Address: u.String(), User: user, Trust: trust}
}

// readLocal reads a file URL; of a directory its index.html, as pip does.
func readLocal(u *url.URL, limit int64, now time.Time) (*document, error) {
	location := u.String()
	path, ok := address.FilePath(location)
	if !ok {
		return nil, &notFound{address.Redact(location), http.StatusNotFound}
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "index.html")
		location = strings.TrimRight(location, "/") + "/index.html"
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &notFound{address.Redact(location), http.StatusNotFound}
	case err != nil:
		return nil, &ContentError{URL: address.Redact(location), Reason: withoutPath(err).Error()}
	case !info.Mode().IsRegular():
		return nil, &ContentError{URL: address.Redact(location), Reason: textDirectory}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, &ContentError{URL: address.Redact(location), Reason: withoutPath(err).Error()}
	}
	defer f.Close()
	body, err := io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		return nil, &ContentError{URL: address.Redact(location), Reason: withoutPath(err).Error()}
	case int64(len(body)) > limit:
		return nil, &ContentError{URL: address.Redact(location), Reason: textTooLarge(limit)}
	}
	kind := "text/plain"
	if strings.HasSuffix(path, ".html") || strings.HasSuffix(path, ".htm") {
		kind = "text/html"
	}
	return &document{body: body, contentType: kind, url: location, fetched: now, keep: func() {}}, nil
}

// pageAddress gives the address of a project's page as pip does: the index URL
// as it is written, a slash, the canonical name, a slash.
func pageAddress(indexURL, name string) (scope, string, error) {
	if !pep.ValidName(name) {
		return scope{}, "", errors.New(textName(name))
	}
	base := indexBase(indexURL)
	s, problem := newScope(base)
	if problem != "" {
		return s, "", errors.New(textIndexURL(address.Redact(indexURL) + ": " + problem))
	}
	return s, strings.TrimRight(base, "/") + "/" + pep.CanonicalName(name) + "/", nil
}

// indexBase makes a file URL of an index that is a local folder.
func indexBase(indexURL string) string {
	if strings.Contains(indexURL, "://") || strings.HasPrefix(indexURL, "file:") {
		return indexURL
	}
	if path, err := filepath.Abs(indexURL); err == nil {
		return address.PathToURL(path)
	}
	return indexURL
}

// Page gives name's page of the index at indexURL: the base as the user
// configured it, credentials and all.
// Errors: ErrNotFound, *AuthError, *StatusError, *ConnectionError,
// *ContentError, the context's own, or one about a name that is none.
func (c *Client) Page(ctx context.Context, indexURL, name string) (*Page, error) {
	s, location, err := pageAddress(indexURL, name)
	if err != nil {
		return nil, err
	}
	return c.page(ctx, request{
		kind: "page", address: address.Parse(location), scope: s, lasts: c.config.MaxAge,
		revalidate: c.config.Revalidate != nil && c.config.Revalidate(pep.CanonicalName(name)),
	}, pep.CanonicalName(name))
}

func (c *Client) page(ctx context.Context, r request, name string) (*Page, error) {
	r.accept, r.limit, r.check = acceptPage, c.config.MaxBody, checkPageType
	d, err := c.get(ctx, r)
	if err != nil {
		return nil, err
	}
	page, err := ParsePage(d.contentType, d.body, d.url, name)
	if err != nil && d.cached && !r.forget {
		// Another version of this program may have kept what this one
		// cannot read.
		r.forget = true
		return c.page(ctx, r, name)
	}
	if err != nil {
		return nil, err
	}
	page.Fetched = d.fetched
	d.keep()
	return page, nil
}

func checkPageType(header http.Header) string {
	if contentType := header.Get("Content-Type"); !isPageType(contentType) {
		return textContentType(contentType)
	}
	return ""
}

// isPageType compares by prefix, as pip does (collector.py, _ensure_api_header).
func isPageType(contentType string) bool {
	kind := strings.ToLower(contentType)
	return strings.HasPrefix(kind, "text/html") ||
		strings.HasPrefix(kind, "application/vnd.pypi.simple.v1+html") ||
		strings.HasPrefix(kind, acceptJSONPage)
}

// StalePage gives the page that the cache remembers, however old, with Stale
// set, and asks nobody. It returns ErrNotFound where nothing is remembered.
func (c *Client) StalePage(_ context.Context, indexURL, name string) (*Page, error) {
	s, location, err := pageAddress(indexURL, name)
	if err != nil {
		return nil, err
	}
	own := address.Parse(location)
	u, problem := readURL(own)
	if problem != "" {
		return nil, &ContentError{URL: address.Redact(location), Reason: problem}
	}
	if trust := c.trustOf(u); c.cache != nil && trust != trustNone {
		sent, _ := c.credentialsFor(u, own, s, false)
		if e := c.cache.load(c.key("page", u, sent.user, trust)); e != nil {
			page, err := ParsePage(e.ContentType, e.body, e.URL, pep.CanonicalName(name))
			if err != nil {
				return nil, err
			}
			page.Fetched, page.Stale = e.confirmed, true
			return page, nil
		}
	}
	return nil, &notFound{address.Redact(location), http.StatusNotFound}
}

// ParsePage reads a page. pageURL is where it came from after redirects and
// what relative links are resolved against; name is the project asked for.
// It returns a *ContentError where the page is none.
func ParsePage(contentType string, body []byte, pageURL, name string) (*Page, error) {
	bare := address.Bare(pageURL)
	page := &Page{Name: name, URL: bare}
	base, problem := readURL(address.Parse(bare))
	if problem == "" && !isPageType(contentType) {
		problem = textContentType(contentType)
	}
	if problem == "" {
		if strings.HasPrefix(strings.ToLower(contentType), acceptJSONPage) {
			page.JSON = true
			problem = parseJSONPage(body, page, base)
		} else {
			problem = parseHTMLPage(body, charsetOf(contentType), page, base)
		}
	}
	if problem != "" {
		return nil, &ContentError{URL: address.Redact(pageURL), Reason: problem}
	}
	// The files are looked at as those of the project that was asked for.
	if name != "" && pep.CanonicalName(page.Name) != pep.CanonicalName(name) {
		page.Name = name
	}
	return page, nil
}

// charsetOf gives the charset of a content type in lower case, "" for none.
func charsetOf(contentType string) string {
	_, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return strings.ToLower(parameters["charset"])
}

// FindLinksPage fetches a page of links (--find-links). Files are those links
// that pip would take for a distribution. Errors are those of Page.
func (c *Client) FindLinksPage(ctx context.Context, rawURL string) (*Page, error) {
	base, _, _ := strings.Cut(indexBase(rawURL), "#")
	s, problem := newScope(base)
	if problem != "" {
		return nil, &ContentError{URL: address.Redact(rawURL), Reason: problem}
	}
	return c.page(ctx, request{kind: "links", address: address.Parse(base), scope: s, revalidate: true}, "")
}

// Get fetches a text, and never from the cache: a requirements file that is a
// URL. Errors are those of Page.
func (c *Client) Get(ctx context.Context, rawURL string) (*Document, error) {
	return c.GetAtMost(ctx, rawURL, c.config.MaxBody)
}

// GetAtMost is Get for a text of at most so many bytes.
func (c *Client) GetAtMost(ctx context.Context, rawURL string, limit int64) (*Document, error) {
	location, _, _ := strings.Cut(rawURL, "#")
	s, problem := newScope(location)
	if problem != "" {
		return nil, &ContentError{URL: address.Redact(rawURL), Reason: problem}
	}
	d, err := c.get(ctx, request{kind: "text", address: address.Parse(location), scope: s, accept: "*/*",
		limit:      limit,
		revalidate: true, forget: true})
	if err != nil {
		return nil, err
	}
	return &Document{URL: d.url, ContentType: d.contentType, Charset: charsetOf(d.contentType), Body: d.body}, nil
}

const maxMetadata = 16 << 20

// Metadata gives the core metadata of a file (PEP 658), checked against the
// digests that the page names. It returns ErrNotFound where the page says that
// there is none, and otherwise the errors of Page.
func (c *Client) Metadata(ctx context.Context, indexURL string, f *File) ([]byte, error) {
	if !f.CoreMetadata {
		return nil, ErrNotFound
	}
	s, problem := newScope(indexBase(indexURL))
	if problem != "" {
		return nil, errors.New(textIndexURL(address.Redact(indexURL) + ": " + problem))
	}
	r := request{kind: "metadata", address: address.Parse(f.URL + ".metadata"), scope: s,
		accept: "*/*", limit: maxMetadata}
	if f.MetadataHashes["sha256"] != "" {
		// What has the digest that the page names is right for ever.
		r.kind += " " + f.MetadataHashes["sha256"]
		r.lifetime = 365 * 24 * time.Hour
	}
	for {
		d, err := c.get(ctx, r)
		if err != nil {
			return nil, err
		}
		if matches(d.body, f.MetadataHashes) {
			d.keep()
			return d.body, nil
		}
		if !d.cached {
			return nil, &ContentError{URL: r.address.String(), Reason: textNoMetadata}
		}
		r.forget = true
	}
}

// matches compares every digest whose algorithm is worth comparing.
func matches(body []byte, digests map[string]string) bool {
	for name, want := range digests {
		var h hash.Hash
		switch name {
		case "sha256":
			h = sha256.New()
		case "sha384":
			h = sha512.New384()
		case "sha512":
			h = sha512.New()
		default:
			continue
		}
		h.Write(body)
		if !strings.EqualFold(hex.EncodeToString(h.Sum(nil)), want) {
			return false
		}
	}
	return true
}
