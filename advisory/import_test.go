package advisory

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func write(t testing.TB, path string, content []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// zipped makes an archive of files given as name, content, name, content.
func zipped(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, err := w.Create(files[i])
		if err == nil {
			_, err = f.Write([]byte(files[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(content)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// importTo imports whatever was there before.
func importTo(path, source string) (Stats, error) {
	return Import(context.Background(), path, Source{Path: source, Now: time.Now(), Replace: true}, nil)
}

var threeRecords = []string{
	osv("PYSEC-1", ecosystem(`{"introduced":"0"}`, `{"fixed":"2"}`)),
	osv("MAL-2", `"versions":["1.0"]`),
	`{"id":"GHSA-3","modified":"2024-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"a"}}]}`,
}

func TestFormsOfSources(t *testing.T) {
	dir := t.TempDir()
	lines := []byte("\n" + strings.Join(threeRecords, "\n\n"))
	directory := filepath.Join(dir, "records")
	for i, text := range threeRecords {
		write(t, filepath.Join(directory, fmt.Sprint(i), "record.json"), []byte(text))
	}
	write(t, filepath.Join(directory, "README.md"), nil)
	for name, source := range map[string]string{
		"lines":      write(t, filepath.Join(dir, "a.jsonl"), lines),
		"compressed": write(t, filepath.Join(dir, "a.jsonl.gz"), gzipped(t, lines)),
		"misnamed":   write(t, filepath.Join(dir, "a.txt"), gzipped(t, lines)),
		"zip": write(t, filepath.Join(dir, "all.zip"), zipped(t, "PYSEC-1.json", threeRecords[0],
			"../../outside.json", threeRecords[1], "/etc/c.json", threeRecords[2], "notes.txt", "{", "folder.json/", "")),
		"directory": directory,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "data", "advisories.db")
			stats, err := importTo(path, source)
			if err != nil {
				t.Fatal(err)
			}
			if stats.Records != 2 || stats.Malware != 1 || stats.Names != 1 || stats.Foreign != 1 ||
				stats.Changed != 3 || !stats.Whole {
				t.Errorf("%+v", stats)
			}
			d, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			matched, err := d.Match("a", "1.0")
			if err != nil || len(matched) != 2 {
				t.Errorf("%+v %v", matched, err)
			}
			malware, err := d.Malware("a", "1.0")
			if err != nil || len(malware) != 1 || malware[0].ID != "MAL-2" {
				t.Errorf("%+v %v", malware, err)
			}
			if whole, err := d.WholeMalware("a"); err != nil || whole != nil {
				t.Errorf("%v %v", whole, err) // MAL-2 is about one version
			}
			if none, err := d.Match("absent", "1"); err != nil || none != nil {
				t.Errorf("%+v %v", none, err)
			}
			if names, err := d.Names("PYSEC-1"); err != nil || fmt.Sprint(names) != "[a]" {
				t.Errorf("%v %v", names, err)
			}
			left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
			if hidden, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); err != nil ||
				len(left) != 2 || len(hidden) != 0 {
				t.Errorf("left behind: %v %v %v", left, hidden, err) // the data and its lock
			}
		})
	}
}

// A source that cannot be used leaves the old data as it was.
func TestBadSources(t *testing.T) {
	dir := t.TempDir()
	good := write(t, filepath.Join(dir, "good.jsonl"), []byte(strings.Join(threeRecords, "\n")))
	archive := zipped(t, "a.json", threeRecords[0], "b.json", strings.Repeat(threeRecords[1], 1))
	damaged := bytes.Clone(archive)
	damaged[bytes.Index(damaged, []byte("a.json"))+20] ^= 0xff
	path := filepath.Join(dir, "data", "advisories.db")
	if _, err := importTo(path, good); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, source := range map[string]string{
		"absent":           filepath.Join(dir, "absent.zip"),
		"empty":            write(t, filepath.Join(dir, "empty.jsonl"), nil),
		"empty directory":  filepath.Dir(write(t, filepath.Join(dir, "none", "x.txt"), nil)),
		"other ecosystems": write(t, filepath.Join(dir, "npm.jsonl"), []byte(threeRecords[2])),
		"text":             write(t, filepath.Join(dir, "text.jsonl"), []byte(strings.Repeat("not a record\n", 50))),
		"cut off zip":      write(t, filepath.Join(dir, "cut.zip"), archive[:len(archive)-30]),
		"damaged zip":      write(t, filepath.Join(dir, "damaged.zip"), damaged),
		"cut off gzip": write(t, filepath.Join(dir, "cut.gz"),
			gzipped(t, []byte(strings.Repeat(threeRecords[0], 9)))[:60]),
		"mostly unreadable": write(t, filepath.Join(dir, "most.jsonl"), []byte(threeRecords[0]+strings.Repeat("\n{}", 11))),
	} {
		t.Run(name, func(t *testing.T) {
			stats, err := importTo(path, source)
			if err == nil {
				t.Fatalf("no error: %+v", stats)
			}
			if !strings.Contains(err.Error(), source) {
				t.Errorf("the error does not name the source: %v", err)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the old data was changed: %v", err)
			}
		})
	}
	if _, err := importTo(path, write(t, filepath.Join(dir, "few.jsonl"),
		[]byte(threeRecords[0]+strings.Repeat("\n{}", 10)))); err != nil {
		t.Errorf("a few unreadable records are no reason to stop: %v", err)
	}
	if _, err := importTo(filepath.Join(dir, "new", "x.db"), write(t, filepath.Join(dir, "npm.jsonl"),
		[]byte(threeRecords[2]))); !errors.Is(err, ErrNothing) {
		t.Errorf("%v", err)
	}
}

// A file that would take records away is refused, names one of them, and leaves
// the old data as it was; with Replace it is taken.
func TestImportBackward(t *testing.T) {
	later := func(id string) string {
		return strings.Replace(osv(id, `"versions":["1.0"]`), "2024-01-01T00:00:00Z", "2024-03-01T00:00:00Z", 1)
	}
	withdrawn := strings.Replace(later("MAL-2"), `"modified"`, `"withdrawn":"2024-03-01T00:00:00Z","modified"`, 1)
	dir := t.TempDir()
	path := filepath.Join(dir, "x.db")
	for _, c := range []struct {
		name, text string
		backward   string // what is said; "" where it is taken
	}{
		{"the first", threeRecords[0] + "\n" + later("MAL-2"), ""},
		{"the same again", threeRecords[0] + "\n" + later("MAL-2"), ""},
		{"older", threeRecords[0] + "\n" + threeRecords[1], "its newest record is of 2024-01-01, the newest " +
			"known of 2024-03-01"},
		{"without one", later("PYSEC-1"), "1 of the 2 known are not in it or only in an older form, MAL-2 among them"},
		{"another in its place", later("PYSEC-1") + "\n" + later("MAL-3"), "MAL-2 among them"},
		{"an older form of one", threeRecords[1] + "\n" + later("PYSEC-1"), "MAL-2 among them"},
		{"withdrawn without a later date", withdrawn + "\n" + later("PYSEC-1"), "MAL-2 among them"},
		{"withdrawn", strings.ReplaceAll(withdrawn, "2024-03", "2024-04") + "\n" + later("PYSEC-1"), ""},
	} {
		source := write(t, filepath.Join(dir, "x.jsonl"), []byte(c.text))
		before, _ := os.ReadFile(path)
		_, err := Import(context.Background(), path, Source{Path: source, Now: time.Now()}, nil)
		switch {
		case c.backward == "":
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		case !errors.Is(err, ErrBackward) || !strings.Contains(err.Error(), c.backward):
			t.Errorf("%s: %v", c.name, err)
		default:
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
				t.Errorf("%s: the data was changed: %v", c.name, err)
			}
		}
	}
	source := write(t, filepath.Join(dir, "x.jsonl"), []byte(threeRecords[0]))
	if stats, err := Import(context.Background(), path, Source{Path: source, Now: time.Now(), Replace: true},
		nil); err != nil || stats.Records != 1 {
		t.Errorf("with Replace: %+v, %v", stats, err)
	}
}

// Of records with the same id the latest counts, in whatever order they come.
func TestDuplicateIDs(t *testing.T) {
	at := func(date, fixed, more string) string {
		return strings.Replace(strings.Replace(osv("PYSEC-1", ecosystem(`{"introduced":"0"}`, `{"fixed":"`+fixed+`"}`)),
			"2024-01-01", date, 1), `"affected"`, more+`"affected"`, 1)
	}
	withdrawn := `"withdrawn":"2024-01-01T00:00:00Z",`
	for _, test := range []struct {
		name  string
		lines []string
		want  string // fixed in; empty for none
	}{
		{"later wins", []string{at("2024-01-01", "1", ""), at("2024-03-01", "3", ""), at("2024-02-01", "2", "")}, "3"},
		{"later withdrawal wins", []string{at("2024-03-01", "", withdrawn), at("2024-01-01", "1", "")}, ""},
		{"in force wins over withdrawn of the same date", []string{at("2024-01-01", "1", withdrawn),
			at("2024-01-01", "2", "")}, "2"},
		{"first of the same date wins", []string{at("2024-01-01", "1", ""), at("2024-01-01", "2", "")}, "1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			lines := append([]string{osv("OTHER-1", `"versions":["9"]`)}, test.lines...)
			d := imported(t, write(t, filepath.Join(t.TempDir(), "x.jsonl"), []byte(strings.Join(lines, "\n"))))
			fix, err := d.Fixes("a", "0.1")
			if err != nil || fix != test.want {
				t.Errorf("%q %v, want %q", fix, err, test.want)
			}
		})
	}
}

// A record or an archive made to take the memory is passed over or refused.
func TestBombs(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: makes large files")
	}
	dir := t.TempDir()
	huge := `{"id":"HUGE-1","details":"` + strings.Repeat("a", 20<<20) + `"}`
	good := strings.Join(threeRecords, "\n")
	for name, source := range map[string]string{
		"zip":   write(t, filepath.Join(dir, "bomb.zip"), zipped(t, "huge.json", huge, "a.json", threeRecords[0])),
		"lines": write(t, filepath.Join(dir, "bomb.jsonl.gz"), gzipped(t, []byte(good+"\n"+huge+"\n"+threeRecords[0]))),
		"end":   write(t, filepath.Join(dir, "end.jsonl"), []byte(good+"\n"+huge)),
	} {
		stats, err := importTo(filepath.Join(dir, name+".db"), source)
		if err != nil || stats.Skipped != 1 || !strings.Contains(stats.Reason, "larger than") {
			t.Errorf("%s: %+v %v", name, stats, err)
		}
	}
	// An archive whose table of contents goes on and on.
	directory := write(t, filepath.Join(dir, "directory.zip"), endlessDirectory(40<<20))
	if _, err := importTo(filepath.Join(dir, "x.db"), directory); err == nil ||
		!strings.Contains(err.Error(), "table of contents") {
		t.Errorf("%v", err)
	}
}

// endlessDirectory makes a zip that is nothing but directory entries.
func endlessDirectory(size int) []byte {
	entry := make([]byte, 46)
	copy(entry, "PK\x01\x02")
	count := size / len(entry)
	text := append([]byte("PK\x03\x04"), bytes.Repeat(entry, count)...)
	end := make([]byte, 22)
	copy(end, "PK\x05\x06")
	binary.LittleEndian.PutUint16(end[8:], uint16(count))
	binary.LittleEndian.PutUint16(end[10:], uint16(count))
	binary.LittleEndian.PutUint32(end[12:], uint32(count*len(entry)))
	binary.LittleEndian.PutUint32(end[16:], 4)
	return append(text, end...)
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "absent.db")); !errors.Is(err, ErrNoDatabase) {
		t.Errorf("%v", err)
	}
	if _, err := Open(filepath.Join(dir, "no", "such", "directory.db")); !errors.Is(err, ErrNoDatabase) {
		t.Errorf("%v", err)
	}
	if _, err := Open(dir); err == nil || errors.Is(err, ErrNoDatabase) {
		t.Errorf("%v", err)
	}
	for _, content := range []string{"", "x", strings.Repeat("\x00", 1000), strings.Repeat("\x00", 5*pageSize),
		strings.Repeat("damaged", 5*pageSize)} {
		if _, err := Open(write(t, filepath.Join(dir, "bad.db"), []byte(content))); !errors.Is(err, ErrDamaged) {
			t.Errorf("%.10q, %d bytes: %v", content, len(content), err)
		}
	}
}

// A database of an earlier form counts as absent.
// Records of all databases count, in all the forms that they have; what may
// loosen something has to be in each.
func TestOpenAll(t *testing.T) {
	dir := t.TempDir()
	record := func(id, name, event string) string {
		return `{"id":"` + id + `","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"PyPI","name":"` +
			name +
			`"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}` + event + `]}]}]}` + "\n"
	}
	one, two, missing := filepath.Join(dir, "one", "a.db"), filepath.Join(dir, "two", "a.db"),
		filepath.Join(dir, "none", "a.db")
	importFrom := func(path, text string) {
		t.Helper()
		source := write(t, filepath.Join(dir, "source.jsonl"), []byte(text))
		if _, err := Import(context.Background(), path, Source{Path: source, Now: time.Now()}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := OpenAll(missing, one); !errors.Is(err, ErrNoDatabase) {
		t.Errorf("without any: %v", err)
	}
	importFrom(one, record("MAL-1", "nasty", "")+record("PYSEC-1", "shared", `,{"fixed":"2"}`)+
		record("PYSEC-2", "shared", ""))
	importFrom(two, record("MAL-2", "another", "")+record("PYSEC-1", "shared", `,{"fixed":"3"}`))
	d, err := OpenAll(missing, two, one)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if d.Count() != 2 {
		t.Errorf("described is another than the first: %+v", d.Meta())
	}
	for name, want := range map[string]string{"nasty": "MAL-1", "another": "MAL-2"} {
		if ids, err := d.WholeMalware(name); err != nil || len(ids) != 1 || ids[0] != want {
			t.Errorf("%s: %v, %v", name, ids, err)
		}
	}
	found, err := d.Vulnerabilities("shared", "2.5")
	if err != nil || len(found) != 2 || len(found[0].Records) != 1 || len(found[1].Records) != 1 {
		t.Errorf("shared 2.5: %+v, %v", found, err)
	}
	before, after := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Now()
	for _, c := range []struct {
		fix      string
		uploaded time.Time
		want     int
	}{
		{"3", before, 1}, // there when both were written
		{"3", after, 0},  // only one of them names it
		{"3", time.Time{}, 0},
		{"2", before, 0}, // one of them names it, the other still has it
	} {
		ids, err := d.FixedBy("shared", "1", c.fix, c.uploaded)
		if err != nil || len(ids) != c.want {
			t.Errorf("fixed by shared %s of %s: %v, %v", c.fix, c.uploaded, ids, err)
		}
	}
	if ids, err := d.alone().FixedBy("shared", "1", "3", after); err != nil || len(ids) != 1 {
		t.Errorf("fixed by shared 3 by the one that names it: %v, %v", ids, err)
	}
	if names, err := d.Names("MAL-1"); err != nil || len(names) != 1 {
		t.Errorf("names of MAL-1: %v, %v", names, err)
	}
}

func TestEarlierFormat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	w, err := newTableWriter(path)
	if err == nil {
		err = w.put(metaKey, fmt.Appendf(nil, `{"format":%d,"count":1}`, format-1))
	}
	if err == nil {
		err = w.finish()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); !errors.Is(err, ErrNoDatabase) {
		t.Errorf("%v", err)
	}
}

// The order of keys is what shows that one is missing.
func TestTableOrder(t *testing.T) {
	w, err := newTableWriter(filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer w.abandon()
	if err := w.put("nb", nil); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"na", "nb", ""} {
		if err := w.put(key, nil); err == nil {
			t.Errorf("%q was put after nb", key)
		}
	}
}

// damageable gives the bytes of a database of several levels of pages.
func damageable(t *testing.T, dir string) []byte {
	t.Helper()
	var lines []string
	for i := range 600 {
		text := strings.ReplaceAll(osv(fmt.Sprintf("PYSEC-%d", i), ecosystem(`{"introduced":"0"}`, `{"fixed":"2"}`)),
			`"name":"A"`, fmt.Sprintf(`"name":"A%d"`, i/2))
		if i == 300 { // one whose records need pages of their own
			text = strings.Replace(text, `"affected"`, `"aliases":["`+strings.Repeat(`CVE-2024-1","`, 900)+`CVE-2"],"affected"`,
				1)
		}
		lines = append(lines, text)
	}
	path := filepath.Join(dir, "x.db")
	if _, err := importTo(path, write(t, filepath.Join(dir, "x.jsonl"), []byte(strings.Join(lines, "\n")))); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return whole
}

// No damage that happens to the file gives anything but an error or what was
// written: no record is missing in silence, and nothing faults.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	whole := damageable(t, dir)
	try := func(content []byte, what string) (sound bool) {
		d, err := Open(write(t, filepath.Join(dir, "damaged.db"), content))
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("%s: %v", what, err)
			}
			return false
		}
		defer d.Close()
		if d.Count() != 600 {
			t.Errorf("%s: %+v", what, d.Meta())
		}
		sound = true
		look := func(name string, want int) {
			matched, err := d.Match(name, "1.0")
			if err == nil && len(matched) != want {
				t.Errorf("%s: %s has %d records, want %d", what, name, len(matched), want)
			}
			if err != nil && !errors.Is(err, ErrDamaged) {
				t.Errorf("%s: %v", what, err)
			}
			sound = sound && err == nil
		}
		for i := 0; i < 300; i += 7 {
			look(fmt.Sprint("a", i), 2)
			look(fmt.Sprintf("a%d-", i), 0)
		}
		entries := 0
		err = d.table.each(func(string, []byte) error { entries++; return nil })
		if err == nil && entries != 901 || err != nil && !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %d entries, %v", what, entries, err)
		}
		return sound && err == nil
	}
	if !try(whole, "nothing") {
		t.Fatal("the whole file is not sound")
	}
	for cut := 0; cut < len(whole); cut += pageSize/2 - 1 {
		if try(whole[:cut], fmt.Sprintf("cut at %d", cut)) {
			t.Errorf("cut at %d: nothing noticed", cut)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 300 {
		changed := bytes.Clone(whole)
		at := random.IntN(len(changed))
		if i%2 == 0 { // in the structure, at the beginning of a page
			at = at/pageSize*pageSize + random.IntN(200)
		}
		changed[at] ^= byte(1 + random.IntN(255))
		try(changed, fmt.Sprintf("byte %d", at))
	}
	for page := 0; page < len(whole)/pageSize; page++ { // as a disk loses them
		changed := bytes.Clone(whole)
		clear(changed[page*pageSize : (page+1)*pageSize])
		try(changed, fmt.Sprintf("page %d lost", page))
	}
}

// A file that is cut while it is open gives errors, too.
func TestCutWhileOpen(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "cut.db"), damageable(t, dir))
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := os.Truncate(path, 2*pageSize); err != nil {
		t.Skipf("skipped: this system does not cut a file that is mapped: %v", err)
	}
	if matched, err := d.Match("a7", "1.0"); !errors.Is(err, ErrDamaged) {
		t.Errorf("%v %v", matched, err)
	}
}

// Who has the old data open goes on with it.
func TestReplacedWhileOpen(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: Windows replaces no file that is open")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "x.db")
	source := write(t, filepath.Join(dir, "x.jsonl"), []byte(strings.Join(threeRecords, "\n")))
	if _, err := importTo(path, source); err != nil {
		t.Fatal(err)
	}
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := importTo(path, write(t, source, []byte(threeRecords[0]))); err != nil {
		t.Fatal(err)
	}
	if matched, err := d.Match("a", "1.0"); err != nil || len(matched) != 2 {
		t.Errorf("%+v %v", matched, err)
	}
}

// Imports, and readers beside them, do not disturb each other.
func TestParallelUse(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.db")
	source := write(t, filepath.Join(dir, "x.jsonl"), []byte(strings.Join(threeRecords, "\n")))
	if _, err := importTo(path, source); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 5 {
				if _, err := importTo(path, source); err != nil {
					t.Error(err)
				}
			}
		})
		wait.Go(func() {
			for range 50 {
				d, err := Open(path)
				if err != nil {
					t.Error(err)
					return
				}
				if matched, err := d.Match("a", "1.0"); err != nil || len(matched) != 2 {
					t.Error(matched, err)
				}
				d.Close()
			}
		})
	}
	wait.Wait()
}

func TestImportStopsWhenTold(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.db")
	unlock, err := lock(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	source := write(t, filepath.Join(dir, "x.jsonl"), []byte(threeRecords[0]))
	if _, err := Import(ctx, path, Source{Path: source, Now: time.Now()}, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}
