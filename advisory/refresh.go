package advisory

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"thresher/address"
)

// DefaultURL is where OSV publishes its export of the PyPI ecosystem: all.zip,
// modified_id.csv and ID.json lie below it.
const DefaultURL = "https://osv-vulnerabilities.storage.googleapis.com/PyPI"

// Bounds of a refresh.
const (
	maxSingles   = 400                // records fetched one by one; more are taken as a whole
	maxDownload  = 1 << 30            // bytes of all.zip
	maxChanges   = 64 << 20           // bytes of modified_id.csv
	wholeAfter   = 7 * 24 * time.Hour // the list of changes does not tell of deleted records
	parallelGets = 8
	// How often a download that is cut off is taken up within one run.
	downloadAttempts = 4
	// Changes are looked at again for this long: records are published out of
	// the order of their dates. What is known already costs a look-up each.
	overlap = 24 * time.Hour
)

// RefreshInput says what to refresh, from where.
type RefreshInput struct {
	Path string // of the database
	// URL is the directory of an export (all.zip, modified_id.csv, ID.json),
	// or a single .zip, .jsonl or .jsonl.gz file. Empty means DefaultURL.
	URL      string
	Client   *http.Client
	Agent    string           // User-Agent; empty leaves Go's
	Now      func() time.Time // nil means time.Now
	MaxAge   time.Duration    // younger data is left as it is; 0 refreshes always
	Whole    bool             // take it whole even where the changes would do
	Replace  bool             // take it even where it would take records away (ErrBackward); it is taken whole
	Progress func(Progress)   // may be nil; called from one goroutine at a time
}

// Refresh brings the database up to date. The first time, and once a week, it
// takes the whole export; in between it reads the list of changes down to the
// last one known and fetches those records. A download that was cut off goes
// on where it ended. The old data stays until the new is complete and checked.
// Other refreshes of the same file wait, and then find the work done. A source
// that is older than the data, or lacks much of it, is refused with ErrBackward.
func Refresh(ctx context.Context, in RefreshInput) (Stats, error) {
	if in.URL == "" {
		in.URL = DefaultURL
	}
	if in.Now == nil {
		in.Now = time.Now
	}
	if in.Client == nil {
		in.Client = http.DefaultClient
	}
	source, err := url.Parse(in.URL)
	if err != nil || (source.Scheme != "https" && source.Scheme != "http") || source.Host == "" {
		return Stats{}, errors.New("the address of the advisory data is no http or https address")
	}
	client := *in.Client
	client.CheckRedirect = keepScheme
	in.Client = &client
	r := &refresher{RefreshInput: in, source: source}
	if stats, fresh := r.young(); fresh {
		return stats, nil // without waiting for the lock
	}
	watched := r.watchOther()
	unlock, err := lock(ctx, in.Path)
	watched()
	if err != nil {
		return Stats{}, err
	}
	defer unlock()
	stats, err := r.run(ctx)
	if err != nil {
		return Stats{}, fmt.Errorf("refresh the advisories from %s: %w", address.Redact(r.URL), brief{err})
	}
	return stats, nil
}

// lookAtOther is the time between two looks at what another refresh has done.
const lookAtOther = 200 * time.Millisecond

// watchOther tells, until the function that it gives has returned, how far
// another refresh of the same file is, which this one waits for: what it
// downloads and builds lies beside the database.
func (r *refresher) watchOther() (stop func()) {
	if r.Progress == nil {
		return func() {}
	}
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(lookAtOther)
		defer ticker.Stop()
		before := int64(0)
		for {
			select {
			case <-ended:
				return
			case <-ticker.C:
			}
			if size := sizeBeside(r.Path); size != before {
				before = size
				r.Progress(Progress{Stage: "download", Done: size})
			}
		}
	}()
	return func() { close(ended); <-done }
}

// sizeBeside is the size of all that lies in the directory of a database.
func sizeBeside(path string) (size int64) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return 0 // not made yet
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil {
			size += info.Size()
		}
	}
	return size
}

// brief is an error that says why a host could not be reached, without the
// address that was dialled and the name server that was asked.
type brief struct{ error }

func (b brief) Unwrap() error { return b.error }

func (b brief) Error() string {
	var resolving *net.DNSError
	var dialling *net.OpError
	switch {
	case errors.As(b.error, &resolving):
		return resolving.Err // "no such host"
	case errors.As(b.error, &dialling) && dialling.Timeout():
		return "timed out"
	case errors.As(b.error, &dialling):
		var called *os.SyscallError
		if errors.As(dialling.Err, &called) {
			return called.Err.Error() // "connection refused"
		}
		return dialling.Err.Error()
	}
	return b.error.Error()
}

type refresher struct {
	RefreshInput
	source *url.URL
}

// keepScheme follows redirects as Go does, but never from https to http.
func keepScheme(request *http.Request, via []*http.Request) error {
	switch {
	case len(via) >= 10:
		return errors.New("redirected more than ten times")
	case request.URL.Scheme != "https" && via[0].URL.Scheme == "https":
		return errors.New("redirected from https to an address without encryption")
	}
	return nil
}

// young tells whether the data is younger than MaxAge.
func (r *refresher) young() (Stats, bool) {
	if r.MaxAge <= 0 || r.Whole || r.Replace {
		return Stats{}, false
	}
	d, err := Open(r.Path)
	if err != nil {
		return Stats{}, false
	}
	defer d.Close()
	age := r.Now().Sub(d.meta.Updated)
	if age < 0 || age >= r.MaxAge { // a date from the future proves nothing
		return Stats{}, false
	}
	return statsOf(d.meta), true
}

func statsOf(meta Meta) Stats {
	return Stats{Records: meta.Count, Malware: meta.Malware, Names: meta.Names, Fresh: true}
}

// run refreshes under the lock.
func (r *refresher) run(ctx context.Context) (Stats, error) {
	if stats, fresh := r.young(); fresh { // another process was faster
		return stats, nil
	}
	base, err := Open(r.Path)
	switch {
	case errors.Is(err, ErrNoDatabase), errors.Is(err, ErrDamaged):
		return r.whole(ctx, nil)
	case err != nil:
		return Stats{}, err
	}
	defer base.Close()
	sameSource := base.meta.Remote && base.meta.Source == address.Redact(r.URL)
	if r.Whole || r.Replace || !sameSource || r.single() || r.Now().Sub(base.meta.Whole) >= wholeAfter {
		return r.whole(ctx, base)
	}
	stats, err := r.changes(ctx, base)
	if errors.Is(err, errTakeWhole) {
		return r.whole(ctx, base)
	}
	return stats, err
}

// single tells whether the address is one file rather than an export's directory.
func (r *refresher) single() bool {
	for _, suffix := range []string{".zip", ".jsonl", ".jsonl.gz"} {
		if strings.HasSuffix(r.source.Path, suffix) {
			return true
		}
	}
	return false
}

// whole downloads the export and builds the database anew.
func (r *refresher) whole(ctx context.Context, base *Database) (Stats, error) {
	from := r.source
	if !r.single() {
		from = r.source.JoinPath("all.zip")
	}
	now := r.Now().UTC().Round(0)
	known := ""
	if base != nil && base.meta.Remote && base.meta.Source == address.Redact(r.URL) && !r.Whole && !r.Replace {
		known = base.meta.ETag
	}
	archive, err := r.download(ctx, from, known)
	if err != nil {
		return Stats{}, err
	}
	if archive.unchanged {
		meta := base.meta
		meta.Updated, meta.Whole = now, now
		return r.restamp(base, meta)
	}
	meta := Meta{Updated: now, Whole: now, Source: address.Redact(r.URL), Remote: true, ETag: archive.etag}
	stats, err := r.build(ctx, archive.path, meta, base)
	// Also when it failed: a complete download that cannot be used would fail
	// again, and a broken one must not be continued.
	if removed := removeDownload(archive.path); err == nil {
		err = removed
	}
	return stats, err
}

func (r *refresher) build(ctx context.Context, archive string, meta Meta, base *Database) (Stats, error) {
	b, err := newBuilder(filepath.Dir(r.Path))
	if err != nil {
		return Stats{}, err
	}
	defer b.close()
	if err := b.collectSource(ctx, archive, r.Progress); err != nil {
		return Stats{}, err
	}
	if base != nil && !r.Replace {
		allowed := fromElsewhere(base)
		if base.meta.Remote && base.meta.Source == meta.Source {
			allowed = fromSameSource(base)
		}
		if err := allowed.checkWhole(b, base, meta.Updated); err != nil {
			return Stats{}, err
		}
	}
	return b.writeWhole(r.Path, meta)
}

// restamp writes the same data with another description.
func (r *refresher) restamp(base *Database, meta Meta) (Stats, error) {
	b, err := newBuilder(filepath.Dir(r.Path))
	if err != nil {
		return Stats{}, err
	}
	defer b.close()
	return r.update(b, base, meta)
}

// update writes base with what was collected.
func (r *refresher) update(b *builder, base *Database, meta Meta) (Stats, error) {
	meta.Count, meta.Malware, meta.Names = 0, 0, 0 // counted anew
	stats, err := b.write(r.Path, base, meta)
	stats.Fresh = err == nil && len(b.seen) == 0
	return stats, err
}

// errTakeWhole says that the changes cannot be followed one by one.
var errTakeWhole = errors.New("too much has changed")

// changes reads the list of changes and fetches the records that it names.
func (r *refresher) changes(ctx context.Context, base *Database) (Stats, error) {
	now := r.Now().UTC().Round(0)
	ids, newest, err := r.changedSince(ctx, base)
	if err != nil {
		return Stats{}, err
	}
	b, err := newBuilder(filepath.Dir(r.Path))
	if err != nil {
		return Stats{}, err
	}
	defer b.close()
	if len(ids) > 0 {
		if err := r.fetchSingles(ctx, b, ids); err != nil {
			return Stats{}, err
		}
		if err := fromSameSource(base).checkChanges(b, base); err != nil {
			return Stats{}, err
		}
	}
	meta := base.meta
	meta.Updated = now
	if newest.After(meta.Newest) {
		meta.Newest = earlier(newest, now)
	}
	return r.update(b, base, meta)
}

// changedSince reads modified_id.csv, "DATE,ID" or "DATE,PyPI/ID" a line with
// the latest first, down to a day before the newest change that base has, and
// names the records that base does not have in that form.
func (r *refresher) changedSince(ctx context.Context, base *Database) (ids []string, newest time.Time, err error) {
	answer, err := r.get(ctx, r.source.JoinPath("modified_id.csv"), nil)
	if err != nil {
		return nil, newest, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		if answer.StatusCode == http.StatusNotFound {
			return nil, newest, errTakeWhole // a mirror of all.zip alone
		}
		return nil, newest, fmt.Errorf("modified_id.csv: %s", answer.Status)
	}
	lines := bufio.NewScanner(io.LimitReader(answer.Body, maxChanges))
	seen := map[string]bool{}
	reached := false
	for number := 1; lines.Scan(); number++ {
		date, id, ok := strings.Cut(strings.TrimSpace(lines.Text()), ",")
		modified, dateErr := time.Parse(time.RFC3339Nano, date)
		id = id[strings.LastIndexByte(id, '/')+1:]
		if !ok || dateErr != nil || !validID(id) {
			if number == 1 && dateErr != nil {
				continue // a heading
			}
			return nil, newest, fmt.Errorf("modified_id.csv: line %d is no change", number)
		}
		if newest.IsZero() {
			newest = modified
			if err := fromSameSource(base).checkNewest(newest, base); err != nil {
				return nil, newest, err
			}
		}
		if modified.Before(base.meta.Newest.Add(-overlap)) {
			reached = true
			break
		}
		if seen[id] {
			continue
		}
		seen[id] = true
		known, err := base.recorded(id)
		if err != nil {
			return nil, newest, err
		}
		if known.Modified.Truncate(time.Second).Equal(modified.Truncate(time.Second)) {
			continue
		}
		if ids = append(ids, id); len(ids) > maxSingles {
			return nil, newest, errTakeWhole
		}
	}
	if err := lines.Err(); err != nil {
		return nil, newest, fmt.Errorf("modified_id.csv: %w", err)
	}
	if !reached && base.meta.Count > len(seen) {
		// It ended before the last change known: an unfinished answer, or
		// another list than the one that was followed so far.
		return nil, newest, errTakeWhole
	}
	return ids, newest, nil
}

// fetchSingles fetches records one by one.
func (r *refresher) fetchSingles(ctx context.Context, b *builder, ids []string) error {
	var gone []string
	type fetched struct {
		id   string
		text []byte
		err  error
	}
	limit := make(chan struct{}, parallelGets)
	results := make(chan fetched, len(ids)) // never blocks a sender
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, id := range ids {
		go func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			text, err := r.fetchSingle(ctx, id)
			results <- fetched{id, text, err}
		}()
	}
	return b.collectThen(ctx, func(_ context.Context, give func(item) error) error {
		for done := range ids {
			result := <-results
			switch {
			case errors.Is(result.err, fs.ErrNotExist):
				gone = append(gone, result.id)
			case result.err != nil:
				return result.err
			default:
				if err := give(item{label: result.id, load: func() ([]byte, error) { return result.text, nil }}); err != nil {
					return err
				}
			}
			if r.Progress != nil {
				r.Progress(Progress{Stage: "changes", Done: int64(done + 1), Total: int64(len(ids))})
			}
		}
		return nil
	}, func() { b.forget(gone) })
}

// collectThen collects, and does one more thing when all went well.
func (b *builder) collectThen(ctx context.Context, source func(context.Context, func(item) error) error,
	then func()) error {
	if err := b.collect(ctx, source); err != nil {
		return err
	}
	then()
	return nil
}

// fetchSingle fetches one record; fs.ErrNotExist says that there is none.
func (r *refresher) fetchSingle(ctx context.Context, id string) ([]byte, error) {
	answer, err := r.get(ctx, r.source.JoinPath(id+".json"), nil)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
		return readRecord(answer.Body)
	case http.StatusNotFound, http.StatusGone:
		return nil, fs.ErrNotExist
	}
	return nil, fmt.Errorf("%s.json: %s", id, answer.Status)
}

// get asks for an address. Errors do not carry it: it may hold credentials.
func (r *refresher) get(ctx context.Context, from *url.URL, header http.Header) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from.String(), nil)
	if err != nil {
		return nil, errors.New("the address cannot be asked for")
	}
	for name, values := range header {
		request.Header[name] = values
	}
	if r.Agent != "" {
		request.Header.Set("User-Agent", r.Agent)
	}
	answer, err := r.Client.Do(request)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return nil, err
	}
	return answer, nil
}

// archive is a downloaded export.
type archive struct {
	path      string
	etag      string
	unchanged bool // the server says that it is the one known; there is no file
}

// download fetches the export to a file beside the database. A connection that
// breaks is taken up again, in this run and in later ones.
func (r *refresher) download(ctx context.Context, from *url.URL, known string) (archive, error) {
	for attempt := 1; ; attempt++ {
		got, err := r.downloadOnce(ctx, from, known)
		if err == nil || attempt == downloadAttempts || !errors.Is(err, errCutOff) || ctx.Err() != nil {
			return got, err
		}
	}
}

// errCutOff says that a download ended before its time; what came is kept.
var errCutOff = errors.New("the download was cut off")

func (r *refresher) downloadOnce(ctx context.Context, from *url.URL, known string) (archive, error) {
	path := r.Path + ".download"
	notes := path + ".json"
	header := http.Header{"Accept-Encoding": {"identity"}}
	length, validator := resumable(path, notes, address.Redact(r.URL))
	switch {
	case length > 0:
		header.Set("Range", fmt.Sprintf("bytes=%d-", length))
		header.Set("If-Range", validator)
	case known != "":
		header.Set("If-None-Match", known)
	}
	answer, err := r.get(ctx, from, header)
	if err != nil {
		return archive{}, err
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
		length = 0
	case http.StatusNotModified:
		return archive{unchanged: true}, nil
	case http.StatusPartialContent:
		var start int64
		if _, err := fmt.Sscanf(answer.Header.Get("Content-Range"), "bytes %d-", &start); err != nil || start != length {
			return archive{}, errors.New("the server sent another part than was asked for")
		}
	case http.StatusRequestedRangeNotSatisfiable:
		// What is there is no part of what the server has: begin again.
		if err := removeDownload(path); err != nil {
			return archive{}, err
		}
		return archive{}, fmt.Errorf("%w: %s", errCutOff, answer.Status)
	default:
		return archive{}, errors.New(answer.Status)
	}
	total := int64(0)
	if answer.ContentLength > 0 {
		total = length + answer.ContentLength
	}
	if total > maxDownload {
		return archive{}, fmt.Errorf("larger than %d MB", maxDownload>>20)
	}
	if err := r.store(answer, path, length, total); err != nil {
		return archive{}, err
	}
	return archive{path: path, etag: answer.Header.Get("ETag")}, nil
}

// store appends an answer to what is there, from length on.
func (r *refresher) store(answer *http.Response, path string, length, total int64) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := file.Truncate(length); err != nil {
		return err
	}
	if err := noteDownload(path+".json", address.Redact(r.URL), answer.Header); err != nil {
		return err
	}
	if _, err := file.Seek(length, io.SeekStart); err != nil {
		return err
	}
	var failed error // of the connection, to be told from one of the disk
	body := &countingReader{Reader: readErrors{answer.Body, &failed}, done: length, report: func(done int64) {
		if r.Progress != nil {
			r.Progress(Progress{Stage: "download", Done: done, Total: total})
		}
	}}
	if _, err := io.Copy(file, io.LimitReader(body, maxDownload-length+1)); err != nil {
		if failed != nil {
			return fmt.Errorf("%w: %w", errCutOff, err)
		}
		return err
	}
	if body.done > maxDownload {
		return fmt.Errorf("larger than %d MB", maxDownload>>20)
	}
	return file.Close()
}

// readErrors keeps the error that ended a reading.
type readErrors struct {
	io.Reader
	failed *error
}

func (r readErrors) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil && err != io.EOF {
		*r.failed = err
	}
	return n, err
}

func removeDownload(path string) error {
	for _, name := range []string{path, path + ".json"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// partial is what is known of a download that has not ended; it lies beside it.
type partial struct {
	Source    string `json:"source"`
	Validator string `json:"validator"` // ETag or Last-Modified
}

// resumable tells how much of a cut-off download is there, and by what it is
// known to the server.
func resumable(path, notes, source string) (length int64, validator string) {
	var before partial
	text, err := os.ReadFile(notes)
	if err != nil || json.Unmarshal(text, &before) != nil || before.Source != source || before.Validator == "" {
		return 0, ""
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() > maxDownload {
		return 0, ""
	}
	return info.Size(), before.Validator
}

// noteDownload notes what is being downloaded. An answer with nothing to know
// it by again is not continued.
func noteDownload(notes, source string, header http.Header) error {
	now := partial{Source: source, Validator: header.Get("ETag")}
	if strings.HasPrefix(now.Validator, "W/") {
		now.Validator = "" // a weak one does not vouch for bytes
	}
	if now.Validator == "" {
		now.Validator = header.Get("Last-Modified")
	}
	text, err := json.Marshal(now)
	if err != nil {
		return err
	}
	return os.WriteFile(notes, text, 0o644)
}
