package gate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"thresher/address"
	"thresher/index"
	"thresher/policy/rules"
)

// wholeFirst is the size up to which a file is judged before pip is given its
// status line. A larger one is given out while it comes, and judged before its
// last byte counts.
const wholeFirst = 16 << 20

// arrival is one file on its way from its index to pip, or what came in its
// place: another status, a redirect.
type arrival struct {
	offers  []*offer
	hasten  func() // says that pip waits for it
	hurried chan struct{}

	answered chan struct{} // closed once status and header are there
	status   int
	reason   string
	header   http.Header
	length   int64  // -1 unknown
	redirect string // judged; "" none
	err      error  // no answer

	spool   *spool        // nil where the answer is no file
	judged  chan struct{} // closed once the file has its verdict
	refused *rules.Finding
	read    contents
	notes   []rules.Finding // on what it brings
	digests map[string]string
	failure error // the file ended before its end
}

// startFile fetches a file, once for all who ask. One that nobody asked for yet
// waits until fewer than allowed are on their way, or until somebody asks.
func (g *Gate) startFile(rawURL string, offers []*offer, ahead bool) *arrival {
	key := address.Key(rawURL)
	g.mutex.Lock()
	defer g.mutex.Unlock()
	a := g.arrivals[key]
	if a != nil {
		if !ahead {
			a.hasten()
		}
		return a
	}
	a = &arrival{offers: offers, answered: make(chan struct{}), judged: make(chan struct{}), hurried: make(chan struct{})}
	a.hasten = sync.OnceFunc(func() { close(a.hurried) })
	if !ahead {
		a.hasten()
	}
	if !g.background.begin(func() {
		select {
		case <-a.hurried:
		case g.fileSlots <- struct{}{}:
			defer func() { <-g.fileSlots }()
		case <-g.context.Done():
		}
		g.fetchFile(a, rawURL)
	}) {
		a.err = context.Canceled
		close(a.answered)
		close(a.judged)
		return a
	}
	g.arrivals[key] = a
	return a
}

// forgetFile lets a file go that pip has, or that could not be had.
func (g *Gate) forgetFile(rawURL string, a *arrival) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if key := address.Key(rawURL); g.arrivals[key] == a {
		delete(g.arrivals, key)
	}
	if a.spool != nil {
		a.spool.discard()
	}
}

// pipsHeader gives what of pip's request goes to the index. Conditions do not:
// what is behind a "not modified" was never read here.
func pipsHeader(header http.Header) http.Header {
	passed := http.Header{}
	for _, name := range []string{"Accept", "User-Agent", "Range", "If-Range", "Accept-Language"} {
		if values := header.Values(name); len(values) > 0 {
			passed[http.CanonicalHeaderKey(name)] = values
		}
	}
	// As pip's downloads do: the bytes are hashed as they come.
	passed.Set("Accept-Encoding", "identity")
	return passed
}

// fetchFile makes an arrival: it opens the address, follows what comes, and
// judges it.
func (g *Gate) fetchFile(a *arrival, rawURL string) {
	defer close(a.judged)
	first := a.offers[0]
	stream, err := g.config.Source.Open(g.context, index.Fetch{
		Method: http.MethodGet, URL: first.url, Index: first.indexURL, Header: pipsHeader(nil), From: first.from,
	})
	if err != nil {
		a.err = err
		close(a.answered)
		return
	}
	defer stream.Body.Close()
	a.status, a.reason, a.header, a.length = stream.Status, stream.Reason, stream.Header, stream.Length
	if location := stream.Header.Get("Location"); redirects(stream.Status) && location != "" {
		if a.redirect, a.err = g.judgeRedirect(first.url, location); a.err == nil {
			g.offerRedirect(a.redirect, a.offers)
		}
		close(a.answered)
		return
	}
	if stream.Status < http.StatusBadRequest && stream.Status != http.StatusOK {
		a.err = unusableStatus(rawURL, stream.Status)
		close(a.answered)
		return
	}
	if stream.Status != http.StatusOK {
		// The reason phrase is what pip prints.
		close(a.answered)
		return
	}
	a.neutralise()
	a.spool = newSpool(g.config.Directory)
	a.spool.keepSums(func(algorithm string) bool {
		for _, o := range a.offers {
			if o.hashes[algorithm] != "" {
				return true
			}
		}
		return false
	})
	close(a.answered)
	if err = g.receive(a, stream.Body); err != nil {
		a.failure = fmt.Errorf("fetch %s: %w", address.Redact(rawURL), err)
	} else {
		a.digests = a.spool.digests()
		a.read, a.refused = g.judgeContents(a.offers, a.spool, a.digests)
		for _, o := range a.offers {
			if a.refused == nil {
				a.refused = g.judgePageless(o, entryOf(o, a.read, a.digests))
			}
		}
		if a.refused == nil {
			a.refused, a.notes = g.judgeArrived(a.offers, a.read)
		}
		if a.refused == nil {
			var notes []rules.Finding
			a.refused, notes = g.judgePublishers(a.offers)
			a.notes = append(a.notes, notes...)
		}
	}
	a.spool.end(a.failure)
}

// redirects says whether a status has pip ask for another address.
func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect,
		http.StatusPermanentRedirect:
		return true
	}
	return false
}

// unusableStatus refuses an answer that is no file to the gate and would be one
// to pip, which takes whatever is no error (201, 203), or what lies in its cache
// (304).
func unusableStatus(rawURL string, status int) error {
	return &index.ContentError{URL: address.Redact(rawURL), Reason: fmt.Sprintf(messageNoFileStatus, status)}
}

// resumptions is how often an index is asked for the rest of a file, as pip does
// by default (from 25.1 on, `--resume-retries`).
const resumptions = 5

// receive copies a file into its spool. Where it ends before its end the index is
// asked for the rest: what came is judged as a whole, whoever sent which part.
func (g *Gate) receive(a *arrival, body io.Reader) error {
	for attempt := 0; ; attempt++ {
		_, err := io.Copy(a.spool, body)
		count, _ := a.spool.size()
		if err == nil && a.length >= 0 && count != a.length {
			err = io.ErrUnexpectedEOF
		}
		var connection *index.ConnectionError
		cut := errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &connection) && !connection.Timeout
		if !cut || attempt == resumptions || a.length >= 0 && count >= a.length {
			return err
		}
		rest := g.rest(a, count)
		if rest == nil {
			return err
		}
		defer rest.Close()
		body = rest
	}
}

// rest asks for what is missing of a file of which so many bytes are here; nil
// where it cannot be had.
func (g *Gate) rest(a *arrival, count int64) io.ReadCloser {
	first := a.offers[0]
	header := pipsHeader(nil)
	header.Set("Range", fmt.Sprintf("bytes=%d-", count))
	for _, validator := range []string{"ETag", "Last-Modified"} {
		if value := a.header.Get(validator); value != "" && !strings.HasPrefix(value, "W/") {
			header.Set("If-Range", value)
			break
		}
	}
	stream, err := g.config.Source.Open(g.context, index.Fetch{
		Method: http.MethodGet, URL: first.url, Index: first.indexURL, Header: header, From: first.from,
	})
	if err != nil {
		return nil
	}
	switch {
	case stream.Status == http.StatusPartialContent && strings.HasPrefix(stream.Header.Get("Content-Range"),
		fmt.Sprintf("bytes %d-", count)):
		return stream.Body
	case stream.Status == http.StatusOK:
		// From its beginning once more.
		if _, err := io.CopyN(io.Discard, stream.Body, count); err == nil {
			return stream.Body
		}
	}
	_ = stream.Body.Close() // nothing of it is used
	return nil
}

// neutralise takes out of an answer's header what could have pip read the file as
// another than the one that is judged: pip goes by a Content-Disposition before
// the address, and by the Content-Type before the name (pip 26.3
// network/download.py, utils/unpacking.py). Only where the address that pip
// began with names no archive, as some code forges have it, the header's name is
// the file's, or that of where the redirect led. pip takes no such file for a
// wheel.
func (a *arrival) neutralise() {
	disposition := a.header.Get("Content-Disposition")
	a.header.Del("Content-Disposition")
	a.header.Set("Content-Type", "application/octet-stream")
	if address.IsArchive(a.offers[0].filename) {
		return
	}
	name := lastSegment(a.offers[0].url)
	if _, parameters, err := mime.ParseMediaType(disposition); err == nil && parameters["filename"] != "" {
		name = path.Base(strings.ReplaceAll(parameters["filename"], `\`, "/"))
	}
	if !address.IsArchive(name) || strings.EqualFold(path.Ext(name), ".whl") {
		return
	}
	a.header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	for i, o := range a.offers {
		named := *o
		named.filename = name
		a.offers[i] = &named
	}
}

// judgeRedirectIn is judgeRedirect for whoever has a context of their own.
func (g *Gate) judgeRedirectIn(_ context.Context, asked, location string) (string, error) {
	return g.judgeRedirect(asked, location)
}

// judgeRedirect judges one hop.
func (g *Gate) judgeRedirect(asked, location string) (string, error) {
	indexes := make([]string, len(g.config.Indexes))
	for i, configured := range g.config.Indexes {
		indexes[i] = configured.URL
	}
	return g.config.Source.Redirected(g.context, asked, location, indexes)
}

// serveFile answers for an address that is offered.
func (g *Gate) serveFile(w http.ResponseWriter, r *http.Request, rawURL string, offers []*offer) {
	if blocked := offers[0].blocked; blocked != nil {
		g.record(offers[0].name, offers[0].version, *blocked)
		refuse(w, r, http.StatusForbidden, refusal(*blocked))
		return
	}
	user, password, _ := g.pipsCredentials(r)
	if r.Method == http.MethodHead || r.Header.Get("Range") != "" && !g.arriving(rawURL) {
		g.servePart(w, r, rawURL, offers, user, password)
		return
	}
	a := g.startFile(rawURL, offers, false)
	if !wait(r.Context(), a.answered) {
		return
	}
	if a.status == http.StatusUnauthorized && user+password != "" && g.authenticate(offers[0].url, user, password) {
		g.forgetFile(rawURL, a)
		a = g.startFile(rawURL, offers, false)
		if !wait(r.Context(), a.answered) {
			return
		}
	}
	if a.err != nil || a.spool == nil {
		g.serveNoFile(w, r, rawURL, a)
		g.forgetFile(rawURL, a)
		return
	}
	if !a.isLarge(r.Context()) {
		if !wait(r.Context(), a.judged) {
			return
		}
		g.serveWhole(w, r, rawURL, a)
		return
	}
	g.serveStream(w, r, rawURL, a)
}

// arriving says whether a file is already fetched, or on its way.
func (g *Gate) arriving(rawURL string) bool {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.arrivals[address.Key(rawURL)] != nil
}

// wait says whether done was closed before ctx ended.
func wait(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}

// isLarge says whether a file is given out while it comes, rather than once it
// is judged.
func (a *arrival) isLarge(ctx context.Context) bool {
	if 0 <= a.length && a.length <= wholeFirst {
		return false
	}
	for {
		select {
		case <-a.judged:
			return false // it is here already
		case <-ctx.Done():
			return false
		default:
		}
		if a.length > wholeFirst {
			return true
		}
		if count, ended := a.spool.size(); count > wholeFirst {
			return true
		} else if ended {
			return false
		}
		a.spool.await(wholeFirst)
	}
}

// await waits until more than size bytes are there, or the end.
func (s *spool) await(size int64) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for s.count <= size && !s.ended {
		s.changed.Wait()
	}
}

// serveWhole answers with a file that has its verdict.
func (g *Gate) serveWhole(w http.ResponseWriter, r *http.Request, rawURL string, a *arrival) {
	if reason := g.conclude(rawURL, a); reason != "" {
		status := http.StatusForbidden
		if a.failure != nil {
			status = gatewayTimeout
		}
		refuse(w, r, status, reason)
		g.forgetFile(rawURL, a)
		return
	}
	a.spool.hold()
	defer a.spool.release()
	count, _ := a.spool.size()
	copyHeader(w.Header(), a.header)
	if r.Header.Get("Range") != "" {
		http.ServeContent(w, r, "", time.Time{}, io.NewSectionReader(a.spool, 0, count))
		return
	}
	w.Header().Set("Content-Length", fmt.Sprint(count))
	w.WriteHeader(http.StatusOK)
	if err := a.spool.follow(w); err != nil {
		panic(http.ErrAbortHandler) // pip is gone
	}
	if count > inMemory {
		g.forgetFile(rawURL, a)
	}
}

// serveStream gives out a large file while it comes. pip's side asks for the
// verdict by the ticket before it lets pip have the end.
func (g *Gate) serveStream(w http.ResponseWriter, r *http.Request, rawURL string, a *arrival) {
	ticket := g.nextTicket(rawURL, a)
	a.spool.hold()
	defer a.spool.release()
	copyHeader(w.Header(), a.header)
	w.Header().Set(headerTicket, ticket)
	if a.length >= 0 {
		w.Header().Set("Content-Length", fmt.Sprint(a.length))
	} else {
		// No chunks: their end would be taken for the file's.
		w.Header().Set("Connection", "close")
		w.Header().Set("Transfer-Encoding", "identity")
	}
	w.WriteHeader(http.StatusOK)
	if err := a.spool.follow(flushing(w)); err != nil {
		panic(http.ErrAbortHandler) // the ticket tells why
	}
}

// flushing has every block go out as it comes, so that pip's progress is that of
// the network.
func flushing(w http.ResponseWriter) io.Writer {
	if flusher, ok := w.(http.Flusher); ok {
		return flushingWriter{w, flusher}
	}
	return w
}

type flushingWriter struct {
	io.Writer
	flusher http.Flusher
}

func (f flushingWriter) Write(p []byte) (int, error) {
	n, err := f.Writer.Write(p)
	f.flusher.Flush()
	return n, err
}

// ticket is a file that is being given out.
type ticket struct {
	url     string
	arrival *arrival
}

func (g *Gate) nextTicket(rawURL string, a *arrival) string {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	id := fmt.Sprint(len(g.tickets) + 1)
	g.tickets[id] = ticket{rawURL, a}
	return id
}

// serveVerdict tells pip's side how a file that was given out while it came was
// judged: the number of its bytes, or why it is refused.
func (g *Gate) serveVerdict(w http.ResponseWriter, r *http.Request) {
	g.mutex.Lock()
	given, ok := g.tickets[r.Header.Get(headerTicket)]
	g.mutex.Unlock()
	if !ok {
		refuse(w, r, http.StatusNotFound, messageNoSuchPlace)
		return
	}
	if !wait(r.Context(), given.arrival.judged) {
		return
	}
	reason := g.conclude(given.url, given.arrival)
	count, _ := given.arrival.spool.size()
	g.forgetFile(given.url, given.arrival)
	if reason != "" {
		refuse(w, r, http.StatusForbidden, reason)
		return
	}
	_, _ = fmt.Fprint(w, count)
}

// conclude enters what became of a file that pip asked for: into the ledger
// where it is let through. It gives why it is not.
func (g *Gate) conclude(rawURL string, a *arrival) (reason string) {
	first := a.offers[0]
	switch {
	case a.failure != nil:
		g.failFile(rawURL, first, a.failure)
		return oneLine("thresher: " + unfetched(a.failure))
	case a.refused != nil:
		g.record(first.name, first.version, *a.refused)
		return refusal(*a.refused)
	}
	for _, o := range a.offers { // pip may have been given the metadata after the file was judged
		if problem := g.unlikeMetadata(o, a.read); problem != "" {
			finding := unlikeOffered(o, problem)
			g.record(o.name, o.version, finding)
			return refusal(finding)
		}
	}
	for _, o := range a.offers {
		g.enter(entryOf(o, a.read, a.digests), a.notes...)
		g.notePayloads(o, a.read)
		g.publishedTaken(o)
	}
	return ""
}

// serveNoFile answers with what came in the place of a file.
func (g *Gate) serveNoFile(w http.ResponseWriter, r *http.Request, rawURL string, a *arrival) {
	switch {
	case a.err != nil:
		var content *index.ContentError
		if errors.As(a.err, &content) {
			finding := unreadableAddress(a.offers[0], content.Reason)
			g.record(a.offers[0].name, a.offers[0].version, finding)
			refuse(w, r, http.StatusForbidden, refusal(finding))
			return
		}
		g.failFile(rawURL, a.offers[0], a.err)
		refuse(w, r, gatewayTimeout, oneLine("thresher: "+unfetched(a.err)))
	case a.redirect != "":
		copyHeader(w.Header(), a.header)
		w.Header().Set("Location", g.onPipsSide(a.redirect))
		w.WriteHeader(a.status)
	default:
		g.serveStatus(w, r, a.status, a.reason, a.header)
	}
}

// serveStatus passes an error status on: pip knows best what it makes of it, and
// a 401 has it ask.
func (g *Gate) serveStatus(w http.ResponseWriter, r *http.Request, status int, reason string, header http.Header) {
	var kept []string
	for _, value := range header.Values("WWW-Authenticate") {
		kept = append(kept, "WWW-Authenticate: "+strings.NewReplacer("\r", " ", "\n", " ").Replace(value))
	}
	refuse(w, r, status, reason, kept...)
}

// servePart answers HEAD, and a range of a file that is not here: what pip reads
// of metadata before it decides (fast-deps). The file itself is fetched whole.
func (g *Gate) servePart(w http.ResponseWriter, r *http.Request, rawURL string, offers []*offer,
	user, password string) {
	first := offers[0]
	stream, err := g.config.Source.Open(r.Context(), index.Fetch{
		Method: r.Method, URL: first.url, Index: first.indexURL, Header: pipsHeader(r.Header), From: first.from,
		User: user, Password: password,
	})
	if err != nil {
		g.serveNoFile(w, r, rawURL, &arrival{offers: offers, err: err})
		return
	}
	defer stream.Body.Close()
	if location := stream.Header.Get("Location"); redirects(stream.Status) && location != "" {
		a := &arrival{offers: offers, status: stream.Status, header: stream.Header}
		if a.redirect, a.err = g.judgeRedirect(first.url, location); a.err == nil {
			g.offerRedirect(a.redirect, offers)
		}
		g.serveNoFile(w, r, rawURL, a)
		return
	}
	if stream.Status == http.StatusOK && r.Method == http.MethodGet {
		// The server knows no ranges and sends the whole file, which is judged.
		_ = stream.Body.Close()
		whole := r.Clone(r.Context())
		whole.Header.Del("Range")
		g.serveFile(w, whole, rawURL, offers)
		return
	}
	if stream.Status >= 400 {
		g.serveStatus(w, r, stream.Status, stream.Reason, stream.Header)
		return
	}
	if stream.Status != http.StatusPartialContent && (stream.Status != http.StatusOK || r.Method != http.MethodHead) {
		g.serveNoFile(w, r, rawURL, &arrival{offers: offers, err: unusableStatus(rawURL, stream.Status)})
		return
	}
	copyHeader(w.Header(), stream.Header)
	if stream.Length >= 0 {
		w.Header().Set("Content-Length", fmt.Sprint(stream.Length))
	}
	w.WriteHeader(stream.Status)
	if _, err := io.Copy(w, stream.Body); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// copyHeader passes an answer's header on, but for what concerns one connection
// and what is the gate's to say.
func copyHeader(to, from http.Header) {
	for name, values := range from {
		if strings.HasPrefix(name, "Thresher-") {
			continue
		}
		to[name] = values
	}
	for _, name := range append([]string{"Content-Length"}, hopByHop...) {
		to.Del(name)
	}
}
