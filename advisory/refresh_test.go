package advisory

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// export is an OSV export on a loopback port.
type export struct {
	*httptest.Server
	mu       sync.Mutex
	records  map[string]string    // id → JSON
	dates    map[string]time.Time // id → modified
	missing  map[string]bool      // paths answered with 404
	cutAfter []int                // the next answers of all.zip end after so many bytes
	requests []string             // "GET /all.zip", with ranges
	csv      string               // instead of the true list
	noETag   bool
}

func newExport(t testing.TB) *export {
	x := &export{records: map[string]string{}, dates: map[string]time.Time{}, missing: map[string]bool{}}
	x.Server = httptest.NewServer(http.HandlerFunc(x.serve))
	t.Cleanup(x.Close)
	return x
}

var start = time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC)

// put publishes a record about package a that is fixed in a version.
func (x *export) put(id, fixed string, modified time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	text := osv(id, ecosystem(`{"introduced":"0"}`, `{"fixed":"`+fixed+`"}`))
	x.records[id] = strings.Replace(text, "2024-01-01T00:00:00Z", modified.Format(time.RFC3339Nano), 1)
	x.dates[id] = modified
}

func (x *export) withdraw(id string, modified time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	date := modified.Format(time.RFC3339Nano)
	x.records[id] = fmt.Sprintf(`{"id":%q,"modified":%q,"withdrawn":%q}`, id, date, date)
	x.dates[id] = modified
}

func (x *export) asked() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	asked := x.requests
	x.requests = nil
	slices.Sort(asked)
	return asked
}

func (x *export) serve(w http.ResponseWriter, r *http.Request) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.requests = append(x.requests, strings.TrimSpace(r.URL.Path+" "+r.Header.Get("Range")))
	if user, password, ok := r.BasicAuth(); ok && user+password != "usersecret" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/")
	switch {
	case x.missing[name]:
		http.NotFound(w, r)
	case name == "modified_id.csv":
		fmt.Fprint(w, x.list())
	case name == "all.zip":
		content := x.archive()
		if len(x.cutAfter) > 0 {
			cut := x.cutAfter[0]
			x.cutAfter = x.cutAfter[1:]
			w = &cutting{ResponseWriter: w, left: cut}
		}
		if !x.noETag {
			w.Header().Set("ETag", fmt.Sprintf(`"%d-%s"`, len(content), x.newest().Format(time.RFC3339Nano)))
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	default:
		text, known := x.records[strings.TrimSuffix(name, ".json")]
		if !known {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, text)
	}
}

func (x *export) newest() time.Time {
	var newest time.Time
	for _, date := range x.dates {
		if date.After(newest) {
			newest = date
		}
	}
	return newest
}

func (x *export) list() string {
	if x.csv != "" {
		return x.csv
	}
	ids := slices.SortedFunc(maps.Keys(x.dates), func(a, b string) int { return x.dates[b].Compare(x.dates[a]) })
	var b strings.Builder
	for _, id := range ids {
		fmt.Fprintf(&b, "%s,%s\n", x.dates[id].Format(time.RFC3339Nano), id)
	}
	return b.String()
}

func (x *export) archive() []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, id := range slices.Sorted(maps.Keys(x.records)) {
		f, err := w.Create(id + ".json")
		if err == nil {
			_, err = f.Write([]byte(x.records[id]))
		}
		if err != nil {
			panic(err) // a bytes.Buffer does not fail
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// cutting ends the connection after some bytes.
type cutting struct {
	http.ResponseWriter
	left int
}

func (c *cutting) Write(p []byte) (int, error) {
	if len(p) > c.left {
		_, _ = c.ResponseWriter.Write(p[:c.left])
		c.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	c.left -= len(p)
	return c.ResponseWriter.Write(p)
}

// refreshed runs a refresh at a time after start.
func (x *export) refreshed(t testing.TB, path string, after time.Duration, change ...func(*RefreshInput)) (Stats,
	error) {
	t.Helper()
	in := RefreshInput{Path: path, URL: x.URL, Now: func() time.Time { return start.Add(after) }}
	for _, c := range change {
		c(&in)
	}
	return Refresh(context.Background(), in)
}

func fixOf(t testing.TB, path, version string) string {
	t.Helper()
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	fix, err := d.Fixes("a", version)
	if err != nil {
		t.Fatal(err)
	}
	return fix
}

func (x *export) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := x.asked(); !slices.Equal(got, want) {
		t.Errorf("asked for %q, want %q", got, want)
	}
}

func TestRefresh(t *testing.T) {
	x := newExport(t)
	for i := range 10 {
		x.put(fmt.Sprintf("PYSEC-%d", i), "1", start.AddDate(0, 0, -10-i))
	}
	path := filepath.Join(t.TempDir(), "data", "advisories.db")

	// The first time it comes whole.
	stats, err := x.refreshed(t, path, 0)
	if err != nil || !stats.Whole || stats.Records != 10 {
		t.Fatalf("%+v %v", stats, err)
	}
	x.expect(t, "/all.zip")

	// Young data is left alone, without a word to anyone.
	stats, err = x.refreshed(t, path, 30*time.Minute, func(in *RefreshInput) { in.MaxAge = time.Hour })
	if err != nil || !stats.Fresh || stats.Records != 10 {
		t.Fatalf("%+v %v", stats, err)
	}
	x.expect(t)

	// Then the changes: nothing, or what is new, changed, withdrawn, deleted.
	stats, err = x.refreshed(t, path, time.Hour, func(in *RefreshInput) { in.MaxAge = time.Hour })
	if err != nil || !stats.Fresh || stats.Whole || stats.Records != 10 {
		t.Fatalf("%+v %v", stats, err)
	}
	x.expect(t, "/modified_id.csv")
	x.put("MAL-1", "9", start.Add(time.Hour))
	x.put("PYSEC-0", "2", start.Add(time.Hour))
	x.withdraw("PYSEC-1", start.Add(2*time.Hour))
	x.put("PYSEC-2", "2", start.Add(time.Hour))
	x.missing["PYSEC-2.json"] = true
	stats, err = x.refreshed(t, path, 3*time.Hour)
	if err != nil || stats.Whole || stats.Fresh || stats.Records != 9 || stats.Malware != 1 || stats.Changed != 3 ||
		stats.Withdrawn != 1 {
		t.Fatalf("%+v %v", stats, err)
	}
	x.expect(t, "/MAL-1.json", "/PYSEC-0.json", "/PYSEC-1.json", "/PYSEC-2.json", "/modified_id.csv")
	if fix := fixOf(t, path, "1.5"); fix != "9" {
		t.Errorf("fix %q", fix)
	}
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if meta := d.Meta(); meta.Count != 9 || !meta.Updated.Equal(start.Add(3*time.Hour)) || !meta.Whole.Equal(start) ||
		d.AsOf() != meta.Newest {
		t.Errorf("%+v", meta)
	}
	records, err := d.Records("a")
	if err != nil || len(records) != 9 ||
		slices.ContainsFunc(records, func(r Record) bool { return r.ID == "PYSEC-1" || r.ID == "PYSEC-2" }) {
		t.Errorf("%+v %v", records, err)
	}

	// What is known is not fetched again, also not within the overlap.
	x.missing = map[string]bool{}
	if stats, err = x.refreshed(t, path, 4*time.Hour); err != nil || stats.Changed != 1 {
		t.Fatalf("%+v %v", stats, err)
	}
	x.expect(t, "/PYSEC-2.json", "/modified_id.csv") // it is back

	// After a week whole again: deletions are in no list.
	delete(x.records, "PYSEC-5")
	if stats, err = x.refreshed(t, path, wholeAfter+time.Hour); err != nil || !stats.Whole || stats.Records != 9 {
		t.Fatalf("%+v %v", stats, err)
	}
	x.expect(t, "/all.zip")

	// The same archive need not come twice.
	if stats, err = x.refreshed(t, path, 2*wholeAfter+2*time.Hour); err != nil || !stats.Fresh || stats.Records != 9 {
		t.Fatalf("%+v %v", stats, err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); err != nil || len(left) != 2 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestRefreshTakesItWhole(t *testing.T) {
	for name, change := range map[string]func(x *export){
		"too many changes": func(x *export) {
			for i := range maxSingles + 1 {
				x.put(fmt.Sprintf("GHSA-%d", i), "1", start.Add(time.Minute))
			}
		},
		"no list": func(x *export) { x.missing["modified_id.csv"] = true },
		"a list that ends early": func(x *export) {
			x.csv = start.Add(time.Hour).Format(time.RFC3339) + ",PYSEC-0\n"
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := newExport(t)
			for i := range 3 {
				x.put(fmt.Sprintf("PYSEC-%d", i), "1", start.AddDate(0, 0, -10-i))
			}
			path := filepath.Join(t.TempDir(), "x.db")
			if _, err := x.refreshed(t, path, 0); err != nil {
				t.Fatal(err)
			}
			change(x)
			x.asked()
			stats, err := x.refreshed(t, path, time.Hour)
			if err != nil || !slices.Contains(x.asked(), "/all.zip") {
				t.Errorf("%+v %v", stats, err)
			}
		})
	}
}

// A refresh that fails says so and leaves the data as it was.
func TestRefreshThatFails(t *testing.T) {
	newer := start.Add(time.Hour).Format(time.RFC3339)
	for name, change := range map[string]func(x *export){
		"list of something else": func(x *export) { x.csv = newer + ",PYSEC-0\n<html>\n" },
		"ids that are paths":     func(x *export) { x.csv = newer + ",..%2f..%2fx\n" },
		"a record that is none": func(x *export) {
			x.put("PYSEC-9", "1", start.Add(time.Hour))
			for i := range 20 {
				x.put(fmt.Sprintf("BAD-%d", i), "1", start.Add(time.Hour))
				x.records[fmt.Sprintf("BAD-%d", i)] = "<html>"
			}
		},
		"an archive with hardly anything": func(x *export) {
			x.missing["modified_id.csv"] = true
			for id := range x.records {
				if id != "PYSEC-0" {
					delete(x.records, id)
				}
			}
		},
		"an archive that is none": func(x *export) {
			x.missing["modified_id.csv"], x.missing["all.zip"] = true, true
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := newExport(t)
			for i := range 9 {
				x.put(fmt.Sprintf("PYSEC-%d", i), "1", start.AddDate(0, 0, -10-i))
			}
			path := filepath.Join(t.TempDir(), "x.db")
			if _, err := x.refreshed(t, path, 0); err != nil {
				t.Fatal(err)
			}
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			change(x)
			if stats, err := x.refreshed(t, path, time.Hour); err == nil {
				t.Errorf("no error: %+v", stats)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the data was changed: %v", err)
			}
		})
	}
}

func TestDownloadGoesOn(t *testing.T) {
	content := func(x *export) int { x.mu.Lock(); defer x.mu.Unlock(); return len(x.archive()) }
	fresh := func() (*export, string) {
		x := newExport(t)
		for i := range 200 {
			x.put(fmt.Sprintf("PYSEC-%d", i), "1", start.AddDate(0, 0, -10))
		}
		return x, filepath.Join(t.TempDir(), "x.db")
	}
	t.Run("within a run", func(t *testing.T) {
		x, path := fresh()
		x.cutAfter = []int{10_000, 5_000}
		if stats, err := x.refreshed(t, path, 0); err != nil || stats.Records != 200 {
			t.Fatalf("%+v %v", stats, err)
		}
		x.expect(t, "/all.zip", "/all.zip bytes=10000-", "/all.zip bytes=15000-")
	})
	t.Run("in a later run", func(t *testing.T) {
		x, path := fresh()
		x.cutAfter = []int{10_000, 0, 0, 0}
		if _, err := x.refreshed(t, path, 0); !errors.Is(err, errCutOff) {
			t.Fatalf("%v", err)
		}
		x.asked()
		if stats, err := x.refreshed(t, path, 0); err != nil || stats.Records != 200 {
			t.Fatalf("%+v %v", stats, err)
		}
		x.expect(t, "/all.zip bytes=10000-")
	})
	t.Run("not with another archive", func(t *testing.T) {
		x, path := fresh()
		x.cutAfter = []int{10_000, 0, 0, 0}
		if _, err := x.refreshed(t, path, 0); err == nil {
			t.Fatal("no error")
		}
		x.put("PYSEC-NEW", "1", start)
		if stats, err := x.refreshed(t, path, 0); err != nil || stats.Records != 201 {
			t.Fatalf("%+v %v", stats, err)
		}
	})
	t.Run("not without an ETag", func(t *testing.T) {
		x, path := fresh()
		x.noETag = true
		x.cutAfter = []int{10_000}
		if stats, err := x.refreshed(t, path, 0); err != nil || stats.Records != 200 {
			t.Fatalf("%+v %v", stats, err)
		}
		x.expect(t, "/all.zip", "/all.zip")
	})
	t.Run("a remnant that is longer than the archive", func(t *testing.T) {
		x, path := fresh()
		x.cutAfter = []int{10_000, 0, 0, 0}
		if _, err := x.refreshed(t, path, 0); err == nil {
			t.Fatal("no error")
		}
		if err := os.Truncate(path+".download", int64(content(x)+10)); err != nil {
			t.Fatal(err)
		}
		if stats, err := x.refreshed(t, path, 0); err != nil || stats.Records != 200 {
			t.Fatalf("%+v %v", stats, err)
		}
	})
	t.Run("a remnant that was damaged", func(t *testing.T) {
		x, path := fresh()
		x.cutAfter = []int{10_000, 0, 0, 0}
		if _, err := x.refreshed(t, path, 0); err == nil {
			t.Fatal("no error")
		}
		remnant, err := os.ReadFile(path + ".download")
		if err != nil {
			t.Fatal(err)
		}
		remnant[5_000] ^= 0xff
		write(t, path+".download", remnant)
		if _, err := x.refreshed(t, path, 0); err == nil {
			t.Fatal("a damaged archive was taken")
		}
		if stats, err := x.refreshed(t, path, 0); err != nil || stats.Records != 200 {
			t.Fatalf("the next run does not recover: %+v %v", stats, err)
		}
	})
}

// A damaged database is replaced, and the source decides what may follow what.
func TestRefreshReplaces(t *testing.T) {
	x := newExport(t)
	x.put("PYSEC-1", "1", start.AddDate(0, 0, -1))
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "x.db"), []byte("damaged"))
	if stats, err := x.refreshed(t, path, 0); err != nil || stats.Records != 1 {
		t.Fatalf("%+v %v", stats, err)
	}
	// Data that was imported from a file is no base for anyone's changes.
	if _, err := importTo(path, write(t, filepath.Join(dir, "x.jsonl"),
		[]byte(strings.Join(threeRecords, "\n")))); err != nil {
		t.Fatal(err)
	}
	if stats, err := x.refreshed(t, path, 0); !errors.Is(err, ErrBackward) {
		t.Fatalf("another source without MAL-2: %+v %v", stats, err)
	}
	x.put("MAL-2", "1", start.AddDate(0, 0, -1))
	if stats, err := x.refreshed(t, path, 0); err != nil || !stats.Whole || stats.Records != 2 {
		t.Fatalf("%+v %v", stats, err)
	}
	// A single file by its address.
	single := func(in *RefreshInput) { in.URL += "/all.zip" }
	x.asked()
	if stats, err := x.refreshed(t, path, time.Hour, single); err != nil || !stats.Whole {
		t.Fatalf("%+v %v", stats, err)
	}
	if stats, err := x.refreshed(t, path, 2*time.Hour, single); err != nil || !stats.Fresh {
		t.Fatalf("%+v %v", stats, err)
	}
	x.expect(t, "/all.zip", "/all.zip")
}

// A server that goes back behind what is known is not followed: by its list of
// changes, by single records, or as a whole. A few deleted records are no matter.
func TestRefreshBackward(t *testing.T) {
	later := start.Add(time.Hour)
	for name, change := range map[string]func(x *export){
		"the list": func(x *export) {
			x.csv = start.AddDate(0, 0, -9).Format(time.RFC3339) + ",PYSEC-1\n" + start.AddDate(0, 0, -40).Format(time.RFC3339) +
				",PYSEC-2\n"
		},
		"single records": func(x *export) {
			list := ""
			for id := range x.records {
				list += later.Format(time.RFC3339) + "," + id + "\n"
				x.put(id, "1", start.AddDate(0, 0, -60))
			}
			x.csv = list + start.AddDate(0, 0, -50).Format(time.RFC3339) + ",OLD-1\n"
		},
		"the whole": func(x *export) {
			x.missing["modified_id.csv"] = true
			for id := range x.records {
				x.put(id, "1", start.AddDate(0, 0, -60))
			}
		},
		"most of the records": func(x *export) {
			x.missing["modified_id.csv"] = true
			for i := range 12 {
				delete(x.records, fmt.Sprintf("PYSEC-%d", i))
			}
			x.put("PYSEC-30", "1", later)
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := newExport(t)
			for i := range 30 {
				x.put(fmt.Sprintf("PYSEC-%d", i), "1", start.AddDate(0, 0, -i))
			}
			path := filepath.Join(t.TempDir(), "x.db")
			if _, err := x.refreshed(t, path, 0); err != nil {
				t.Fatal(err)
			}
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			change(x)
			for _, whole := range []bool{false, true} {
				if name == "the list" && whole {
					continue // the archive is as it was
				}
				stats, err := x.refreshed(t, path, 2*time.Hour, func(in *RefreshInput) { in.Whole = whole })
				if !errors.Is(err, ErrBackward) {
					t.Errorf("%+v %v", stats, err)
				}
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the data was changed: %v", err)
			}
			if stats, err := x.refreshed(t, path, 2*time.Hour, func(in *RefreshInput) { in.Replace = true }); err != nil ||
				!stats.Whole {
				t.Errorf("with Replace: %+v %v", stats, err)
			}
		})
	}
	x := newExport(t)
	for i := range 30 {
		x.put(fmt.Sprintf("PYSEC-%d", i), "1", start.AddDate(0, 0, -i))
	}
	path := filepath.Join(t.TempDir(), "x.db")
	if _, err := x.refreshed(t, path, 0); err != nil {
		t.Fatal(err)
	}
	delete(x.records, "PYSEC-20")
	x.put("PYSEC-30", "1", later)
	if stats, err := x.refreshed(t, path, 8*24*time.Hour); err != nil || !stats.Whole || stats.Records != 30 {
		t.Errorf("one deleted, one new: %+v %v", stats, err)
	}
}

// Several processes at once ask the server once.
func TestParallelRefresh(t *testing.T) {
	x := newExport(t)
	x.put("PYSEC-1", "1", start.AddDate(0, 0, -1))
	path := filepath.Join(t.TempDir(), "x.db")
	var wait sync.WaitGroup
	for range 6 {
		wait.Go(func() {
			if stats, err := x.refreshed(t, path, 0, func(in *RefreshInput) { in.MaxAge = time.Hour }); err != nil ||
				stats.Records != 1 {
				t.Errorf("%+v %v", stats, err)
			}
		})
	}
	wait.Wait()
	x.expect(t, "/all.zip")
}

// Neither errors nor the database hold what an address has of credentials.
// A refresh that waits for another tells how far that one is.
func TestWatchesAnotherRefresh(t *testing.T) {
	path := filepath.Join(t.TempDir(), "advisories.db")
	told := make(chan Progress, 100)
	r := &refresher{RefreshInput: RefreshInput{Path: path, Progress: func(at Progress) { told <- at }}}
	stop := r.watchOther()
	if err := os.WriteFile(path+".download", []byte("12345"), 0o644); err != nil {
		t.Fatal(err)
	}
	if at := <-told; at.Stage != "download" || at.Done != 5 {
		t.Errorf("%+v", at)
	}
	stop()
}

func TestCredentials(t *testing.T) {
	x := newExport(t)
	x.put("PYSEC-1", "1", start.AddDate(0, 0, -1))
	path := filepath.Join(t.TempDir(), "x.db")
	address := strings.Replace(x.URL, "http://", "http://user:secret@", 1) + "?signature=token"
	with := func(in *RefreshInput) { in.URL = address }
	if _, err := x.refreshed(t, path, 0, with); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil || bytes.Contains(content, []byte("secret")) || bytes.Contains(content, []byte("token")) {
		t.Errorf("%v %s", err, content)
	}
	x.Close()
	_, err = x.refreshed(t, path, time.Hour, with)
	if err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "token") {
		t.Errorf("%v", err)
	}
	for _, bad := range []string{"file:///etc/passwd", "x", "https://", "http://user:secret@[::1"} {
		_, err := Refresh(context.Background(), RefreshInput{Path: path, URL: bad})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestRefreshKeepsEncryption(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	secure := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	defer secure.Close()
	_, err := Refresh(context.Background(), RefreshInput{Path: filepath.Join(t.TempDir(), "x.db"), URL: secure.URL,
		Client: secure.Client()})
	if err == nil || !strings.Contains(err.Error(), "without encryption") {
		t.Errorf("%v", err)
	}
}

// Why a host cannot be reached is told in its own words, without what was
// dialled and which name server was asked.
func TestRefreshUnreachable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + listener.Addr().String()
	listener.Close()
	noHost := &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "osv.example",
			Server: "192.0.2.1:53"}}
	})}
	for _, test := range []struct {
		client *http.Client
		url    string
		want   string
	}{
		{nil, address, "refresh the advisories from " + address + ": connection refused"},
		{noHost, "https://osv.example/all", "refresh the advisories from https://osv.example/all: no such host"},
	} {
		_, err := Refresh(context.Background(), RefreshInput{Path: filepath.Join(t.TempDir(), "advisories.db"), URL: test.url,
			Client: test.client})
		if err == nil || err.Error() != test.want {
			t.Errorf("Refresh fails with %v, want %s", err, test.want)
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
