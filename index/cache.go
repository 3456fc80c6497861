package index

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"thresher/address"
	"thresher/internal/files"
)

// What a connection is worth, from the weakest to the strongest. Only answers
// of the same worth answer for each other, so that what was taken from a host
// whose certificate nobody checked is never given out as verified.
const (
	trustNone       = ""           // plain http: anyone on the way may have written it; never cached
	trustUnverified = "unverified" // a --trusted-host
	trustLoopback   = "loopback"   // this machine
	trustVerified   = "verified"
	trustUnknown    = "unknown" // no hop yet
)

var trustOrder = map[string]int{trustNone: 0, trustUnverified: 1, trustLoopback: 2, trustVerified: 3, trustUnknown: 4}

func weaker(a, b string) string {
	if trustOrder[a] < trustOrder[b] {
		return a
	}
	return b
}

func (c *Client) trustOf(u *url.URL) string {
	switch {
	case trusts(c.trusted, originOf(u)):
		return trustUnverified
	case u.Scheme == "https":
		return trustVerified
	case address.IsLoopback(u.Hostname()):
		return trustLoopback
	}
	return trustNone
}

// cacheKey is what one answer belongs to. It holds a user's name, and never a
// password: what was fetched with credentials is always confirmed by the index
// with the credentials of the day (see freshness).
type cacheKey struct {
	Kind    string // "page", "project", …: what was asked for
	Address string // without credentials
	User    string
	Trust   string // and for verified ones the roots' fingerprint
}

func (k cacheKey) filename() string {
	h := sha256.New()
	for _, part := range []string{k.Kind, k.Address, k.User, k.Trust} {
		h.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	return hex.EncodeToString(h.Sum(nil)[:20])
}

// cacheEntry is one answer on disk: this as one line of JSON, then the body.
// When the index last confirmed it is the file's modification time.
type cacheEntry struct {
	Key          cacheKey
	URL          string // after redirects, without credentials
	ContentType  string
	ETag         string `json:",omitempty"`
	LastModified string `json:",omitempty"`
	Fresh        int64  // seconds for which it need not be confirmed
	Length       int
	CRC          uint32

	body      []byte
	confirmed time.Time
	path      string
}

// fresh tells whether the entry answers without asking. A time of
// confirmation in the future, a changed clock, does not.
func (e *cacheEntry) fresh(now time.Time) bool {
	return e.within(time.Duration(e.Fresh)*time.Second, now)
}

// within tells whether the entry was confirmed less than this ago.
func (e *cacheEntry) within(span time.Duration, now time.Time) bool {
	age := now.Sub(e.confirmed)
	return age >= 0 && age < span
}

var castagnoli = sync.OnceValue(func() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) })

// diskCache keeps answers in files that are replaced as a whole, so that runs
// side by side see an old or a new one. What is broken is a miss.
type diskCache struct {
	dir  string
	size int64
	now  func() time.Time
	note func(string)

	tidy sync.Once
	work sync.WaitGroup
}

const (
	cacheVersion   = "pages-1"
	maxEntryHeader = 64 << 10
)

// openCache gives nil, with a note, where the directory cannot be used.
func openCache(dir string, size int64, now func() time.Time, note func(string)) *diskCache {
	dir = filepath.Join(dir, cacheVersion)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		note(noteCache("make its directory", err))
		return nil
	}
	info, err := os.Lstat(dir)
	if err != nil {
		note(noteCache("look at its directory", err))
		return nil
	}
	if !info.IsDir() || !files.IsMineAlone(info) {
		note(noteCacheOwner(dir))
		return nil
	}
	return &diskCache{dir: dir, size: size, now: now, note: note}
}

func (d *diskCache) wait() { d.work.Wait() }

// load gives the entry of a key, nil where there is none that can be read.
func (d *diskCache) load(key cacheKey) *cacheEntry {
	path := filepath.Join(d.dir, key.filename())
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	// Both of the same file, which another run may replace meanwhile.
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() > d.size {
		return nil
	}
	content := make([]byte, info.Size())
	if _, err := io.ReadFull(f, content); err != nil {
		return nil
	}
	header, body, ok := bytes.Cut(content, []byte("\n"))
	if !ok || len(header) > maxEntryHeader {
		return nil
	}
	var e cacheEntry
	if json.Unmarshal(header, &e) != nil || e.Key != key || e.Length != len(body) ||
		e.CRC != crc32.Checksum(body, castagnoli()) {
		return nil
	}
	if !headerValue(e.ETag) || !headerValue(e.LastModified) {
		return nil
	}
	e.body, e.confirmed, e.path = body, info.ModTime(), path
	return &e
}

// headerValue tells whether text can stand in a request's header.
func headerValue(text string) bool {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c < 0x20 && c != '\t' || c == 0x7f {
			return false
		}
	}
	return len(text) < 4<<10
}

func (d *diskCache) store(e *cacheEntry, body []byte) {
	e.Length, e.CRC = len(body), crc32.Checksum(body, castagnoli())
	if int64(len(body)) > d.size/4 {
		return // one answer is not to push out all others
	}
	header, err := json.Marshal(e)
	if err == nil && len(header) > maxEntryHeader {
		return
	}
	if err == nil {
		err = d.replace(filepath.Join(d.dir, e.Key.filename()), header, body)
	}
	if err != nil {
		d.note(noteCache("write a page", withoutPath(err)))
		return
	}
	d.tidy.Do(func() {
		d.work.Add(1)
		go func() {
			defer d.work.Done()
			d.shrink()
		}()
	})
}

// replace writes an entry, as old as the client's clock says.
func (d *diskCache) replace(path string, header, body []byte) error {
	if err := files.Keep(path, slices.Concat(header, []byte{'\n'}, body)); err != nil {
		return err
	}
	now := d.now()
	return os.Chtimes(path, now, now)
}

// withoutPath leaves the name of a temporary file out, which differs each time.
func withoutPath(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}

// confirm notes that the index said an entry still holds.
func (d *diskCache) confirm(e *cacheEntry) {
	now := d.now()
	e.confirmed = now
	if err := os.Chtimes(e.path, now, now); err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.note(noteCache("renew a page", withoutPath(err)))
	}
}

// shrink removes the entries that were confirmed longest ago until the cache
// is within its size, and temporary files that a killed run left.
func (d *diskCache) shrink() {
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		d.note(noteCache("list its directory", withoutPath(err)))
		return
	}
	type file struct {
		path string
		size int64
		time time.Time
	}
	var kept []file
	var total int64
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		path := filepath.Join(d.dir, entry.Name())
		if strings.HasPrefix(entry.Name(), files.Unplaced) {
			if d.now().Sub(info.ModTime()) > time.Hour {
				_ = os.Remove(path)
			}
			continue
		}
		kept = append(kept, file{path, info.Size(), info.ModTime()})
		total += info.Size()
	}
	if total <= d.size {
		return
	}
	sort.Slice(kept, func(i, j int) bool { return kept[i].time.Before(kept[j].time) })
	for _, f := range kept {
		// Down to nine tenths, so that not every run has to do this.
		if total <= d.size/10*9 {
			return
		}
		if os.Remove(f.path) == nil {
			total -= f.size
		}
	}
}

// longestFresh bounds what an index can ask for: a page that says it holds for
// a year would hide a quarantine for a year.
const longestFresh = 10 * time.Minute

// freshness reads Cache-Control, Expires and Age (RFC 9111). store is false for
// what must not be kept. Answers to credentials are never fresh.
func freshness(header http.Header, sent bool, trust string) (fresh time.Duration, store bool) {
	if strings.Contains(strings.Join(header.Values("Vary"), ","), "*") {
		return 0, false
	}
	maxAge, known, revalidate := time.Duration(0), false, false
	for _, directive := range strings.Split(strings.Join(header.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch strings.ToLower(name) {
		case "no-store":
			return 0, false
		case "no-cache":
			revalidate = true
		case "max-age":
			if seconds, err := strconv.ParseInt(strings.Trim(value, `"`), 10, 64); err == nil && seconds >= 0 {
				maxAge, known = time.Duration(min(seconds, 1<<31))*time.Second, true
			}
		}
	}
	if !known {
		expires, err1 := http.ParseTime(header.Get("Expires"))
		date, err2 := http.ParseTime(header.Get("Date"))
		if err1 == nil && err2 == nil {
			maxAge = max(0, expires.Sub(date))
		}
	}
	if seconds, err := strconv.ParseInt(header.Get("Age"), 10, 64); err == nil && seconds > 0 {
		maxAge -= time.Duration(min(seconds, 1<<31)) * time.Second
	}
	if revalidate || sent || trust == trustUnverified {
		return 0, true
	}
	return min(max(0, maxAge), longestFresh), true
}
