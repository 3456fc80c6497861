package advisory

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"sync"
	"time"
)

// ErrNoDatabase says that there is no advisory data on this machine yet.
var ErrNoDatabase = errors.New("no advisory data on this machine")

// ErrDamaged says that the database file is not what was written. It is
// replaced by the next refresh.
var ErrDamaged = errDamaged

// Meta describes the data as a whole.
type Meta struct {
	Format  int       `json:"format"`
	Count   int       `json:"count"`   // records in force, malware included
	Malware int       `json:"malware"` // of them those of malicious code
	Names   int       `json:"names"`   // packages that have a record
	Updated time.Time `json:"updated"` // when the data was last brought up to date
	Newest  time.Time `json:"newest"`  // the newest change of a record in it
	Whole   time.Time `json:"whole"`   // when it was last taken as a whole
	Source  string    `json:"source"`  // address or path it came from, without credentials
	Remote  bool      `json:"remote"`  // Source is an address: Updated is the age of the data
	ETag    string    `json:"etag,omitempty"`
}

// format is the form of the stored records. A database of another one is
// treated as absent, so that an upgrade of thresher takes it anew.
const format = 3

// Keys of the table, in their order: packages by record, records by package,
// and at the end the description, whose counts are known last.
const (
	idKey   = "i"
	nameKey = "n"
	metaKey = "z"
)

// maxCache is the number of packages whose records are kept decoded.
const maxCache = 64

// recorded is what is kept under a record's id.
type recorded struct {
	Modified time.Time `json:"modified"`
	Names    []string  `json:"names,omitempty"` // none for a withdrawn record
	Malware  bool      `json:"malware,omitempty"`
}

// Database is the local advisory data, open for reading. It may be used from
// many goroutines and waits for no other process: a refresh leaves it as it was
// when it was opened.
type Database struct {
	table *table
	meta  Meta

	// also are further databases whose records count, each by itself.
	also    []*Database
	damaged error // why one of them does not count

	mu    sync.Mutex
	cache map[string][]Record
}

// Open opens the database at path for reading, in the same time whatever its
// size. It returns ErrNoDatabase where there is none or one of another format,
// and ErrDamaged where it is not what was written.
func Open(path string) (*Database, error) {
	t, err := openTable(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoDatabase
	}
	if err != nil {
		return nil, fmt.Errorf("open the advisory data %s: %w", path, err)
	}
	d := &Database{table: t, cache: map[string][]Record{}}
	text, err := t.get(metaKey)
	if err == nil {
		err = json.Unmarshal(text, &d.meta)
	}
	if err == nil && d.meta.Format != format {
		t.Close()
		return nil, ErrNoDatabase
	}
	if err != nil {
		t.Close()
		return nil, fmt.Errorf("open the advisory data %s: %w", path, errors.Join(errDamaged, err))
	}
	return d, nil
}

// OpenAll opens the first of the databases at paths that is there, which the
// description is of; the records of the others that are there count as well.
// Where none is there the error is that of the first, a damaged one before one
// that is not there; one that cannot be read for any other reason than those of
// Open is an error.
func OpenAll(paths ...string) (*Database, error) {
	var opened *Database
	var first, damaged error
	for _, path := range paths {
		d, err := Open(path)
		switch {
		case errors.Is(err, ErrDamaged):
			damaged = cmp.Or(damaged, err)
		case errors.Is(err, ErrNoDatabase):
			first = cmp.Or(first, err)
		case err != nil:
			if opened != nil {
				_ = opened.Close() // it was only read
			}
			return nil, err
		case opened == nil:
			opened = d
		default:
			opened.also = append(opened.also, d)
		}
	}
	if opened != nil {
		opened.damaged = damaged
		return opened, nil
	}
	return nil, cmp.Or(damaged, first, ErrNoDatabase)
}

// Damaged is why records of one of the databases that OpenAll was given do not
// count; nil where all that is there could be read.
func (d *Database) Damaged() error { return d.damaged }

// Close closes the files.
func (d *Database) Close() error {
	err := d.table.Close()
	for _, other := range d.also {
		err = errors.Join(err, other.Close())
	}
	return err
}

// Meta gives the description of the data.
func (d *Database) Meta() Meta { return d.meta }

// Count gives the number of records in force, malware included.
func (d *Database) Count() int { return d.meta.Count }

// Updated gives when the data was last brought up to date.
func (d *Database) Updated() time.Time { return d.meta.Updated }

// AsOf gives the time up to which the data is known to be complete: that of the
// newest change in it. When it was fetched says nothing of that, since a source
// may stand still.
func (d *Database) AsOf() time.Time {
	if d.meta.Newest.IsZero() {
		return d.meta.Updated
	}
	return d.meta.Newest
}

// Records gives all records of a package, by its canonical name, in the order
// of their ids. They are shared: do not change them.
func (d *Database) Records(canonical string) ([]Record, error) {
	d.mu.Lock()
	records, known := d.cache[canonical]
	d.mu.Unlock()
	if known {
		return records, nil
	}
	text, err := d.table.get(nameKey + canonical)
	if err == nil && text != nil {
		records, err = decodeRecords(text)
	}
	if err != nil {
		return nil, fmt.Errorf("read the advisories of %s: %w", canonical, err)
	}
	for _, other := range d.also {
		more, err := other.Records(canonical)
		if err != nil {
			return nil, err
		}
		records = union(records, more)
	}
	d.mu.Lock()
	if len(d.cache) >= maxCache {
		clear(d.cache)
	}
	d.cache[canonical] = records
	d.mu.Unlock()
	return records, nil
}

// union adds records that are not there in this form. Of two forms of a record
// both count: which of them is the truth cannot be told.
func union(records, more []Record) []Record {
	all := slices.Clone(records)
	for _, record := range more {
		if !slices.ContainsFunc(records, func(r Record) bool { return reflect.DeepEqual(r, record) }) {
			all = append(all, record)
		}
	}
	slices.SortStableFunc(all, func(a, b Record) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// FixedBy gives the ids of the vulnerabilities of a version, malware apart, that
// another version fixes for certain: none of the databases knows it there, and
// every one of them by itself has a record that names that version as the fix, or
// was last changed after its upload, so that whoever wrote it could have seen it.
// It is what lets a release pass that is otherwise too young; a zero time is
// unknown.
func (d *Database) FixedBy(canonical, version, fix string, uploaded time.Time) ([]string, error) {
	still, err := d.Vulnerabilities(canonical, fix)
	if err != nil {
		return nil, err
	}
	var agreed []string
	for i, one := range append([]*Database{d.alone()}, d.also...) {
		records, err := one.Records(canonical)
		if err != nil {
			return nil, err
		}
		var ids []string
		for _, v := range Group(records, version) {
			stands := slices.ContainsFunc(still, func(other Vulnerability) bool { return other.Names(v.ID) })
			if !v.Malware && !stands && v.knowsFix(records, fix, uploaded) {
				ids = append(ids, v.ID)
			}
		}
		if i == 0 {
			agreed = ids
		}
		agreed = slices.DeleteFunc(agreed, func(id string) bool { return !slices.Contains(ids, id) })
	}
	return agreed, nil
}

// knowsFix tells whether one of the records of a vulnerability speaks of a
// version that was uploaded at this time.
func (v *Vulnerability) knowsFix(records []Record, fix string, uploaded time.Time) bool {
	if !uploaded.IsZero() && v.Modified.After(uploaded) {
		return true
	}
	parsed := parseVersion(fix)
	return slices.ContainsFunc(records, func(r Record) bool {
		return slices.Contains(v.Records, r.ID) && r.fixedBy(parsed)
	})
}

// alone is the first of the databases without the others.
func (d *Database) alone() *Database {
	if len(d.also) == 0 {
		return d
	}
	return &Database{table: d.table, meta: d.meta, cache: map[string][]Record{}}
}

// Match gives the records that are about this version of a package, malware
// included, in the order of their ids. Any version string may be asked for.
func (d *Database) Match(canonical, version string) ([]Record, error) {
	records, err := d.Records(canonical)
	if err != nil {
		return nil, err
	}
	return match(records, version), nil
}

func match(records []Record, text string) []Record {
	if len(records) == 0 {
		return nil
	}
	v := parseVersion(text)
	var matched []Record
	for i := range records {
		if records[i].affects(v) {
			matched = append(matched, records[i])
		}
	}
	return matched
}

// Malware gives the records that call this version malicious.
func (d *Database) Malware(canonical, version string) ([]Record, error) {
	matched, err := d.Match(canonical, version)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(matched, func(r Record) bool { return !r.Malware(version) }), nil
}

// Vulnerabilities gives what is known against this version of a package, one
// entry for each vulnerability however many records describe it; see Group.
func (d *Database) Vulnerabilities(canonical, version string) ([]Vulnerability, error) {
	records, err := d.Records(canonical)
	if err != nil {
		return nil, err
	}
	return Group(records, version), nil
}

// Fixes gives the lowest version above this one that none of the records about
// this version is about any more. It is empty where there is no record, or
// none that names a fix.
func (d *Database) Fixes(canonical, version string) (string, error) {
	matched, err := d.Match(canonical, version)
	if err != nil || len(matched) == 0 {
		return "", err
	}
	if fixes := cleanFixes(matched, parseVersion(version)); len(fixes) > 0 {
		return fixes[0], nil
	}
	return "", nil
}

// IsFix gives the ids of the records that name exactly this version as a fix:
// what lets a release pass that is otherwise too young.
func (d *Database) IsFix(canonical, text string) ([]string, error) {
	records, err := d.Records(canonical)
	if err != nil {
		return nil, err
	}
	v := parseVersion(text)
	var ids []string
	for i := range records {
		if records[i].fixedBy(v) && !records[i].affects(v) {
			ids = append(ids, records[i].ID)
		}
	}
	return ids, nil
}

func (r *Record) fixedBy(v version) bool {
	for _, span := range r.Ranges {
		for _, event := range span {
			if event.Fixed != "" && (event.Fixed == v.text || parseVersion(event.Fixed).equals(v)) {
				return true
			}
		}
	}
	return false
}

// Names gives the packages that a record is about, by its id; none where there
// is no such record in force.
func (d *Database) Names(id string) ([]string, error) {
	var names []string
	for _, one := range append([]*Database{d}, d.also...) {
		entry, err := one.recorded(id)
		if err != nil {
			return nil, err
		}
		names = append(names, entry.Names...)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func (d *Database) recorded(id string) (recorded, error) {
	var entry recorded
	text, err := d.table.get(idKey + id)
	if err == nil && text != nil {
		err = json.Unmarshal(text, &entry)
	}
	if err != nil {
		return recorded{}, fmt.Errorf("read the advisory %s: %w", id, err)
	}
	return entry, nil
}
