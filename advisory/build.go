package advisory

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"thresher/internal/files"

	"golang.org/x/sync/errgroup"
)

// item is one record still to be read: load may be called from any goroutine.
type item struct {
	label string // file or line, for messages
	load  func() ([]byte, error)
}

// Stats tells what an import or refresh took in.
type Stats struct {
	Records   int    // in force afterwards, malware included
	Malware   int    // of them those of malicious code
	Names     int    // packages that have a record
	Changed   int    // records read in this run
	Withdrawn int    // of them withdrawn
	Foreign   int    // of them about other ecosystems only
	Skipped   int    // of them unreadable
	Reason    string // why the first of these was skipped
	Whole     bool   // the data was taken as a whole
	Fresh     bool   // the data was young enough, or nothing had changed
}

// Progress tells how far an import or refresh is. Total is 0 where not known.
type Progress struct {
	Stage string // "download", "import" or "changes"
	Done  int64  // bytes, for "changes" records
	Total int64
}

// Amount writes a part of what a stage has to do: megabytes, or records.
func (p Progress) Amount(n int64) string {
	if p.Stage == "changes" {
		return strconv.FormatInt(n, 10)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// errTooManySkipped says that a source is not what it should be.
var errTooManySkipped = errors.New("too many records cannot be read")

// tolerated tells how many unreadable records are accepted: a publisher's slip
// must not stop all updates, a wrong or broken source must.
func tolerated(total int) int { return max(10, total/100) }

// builder collects parsed records outside of memory: their stored form goes to
// a spool file, only its place is kept.
type builder struct {
	spool  *os.File
	length int64
	seen   map[string]*pending
	stats  Stats
	newest time.Time
}

// pending is the latest version of a record among those collected.
type pending struct {
	sequence  int
	modified  time.Time
	withdrawn bool
	malware   bool
	parts     []part
}

// part is the stored form of a record for one package, in the spool.
type part struct {
	name   string
	offset int64
	length int
}

func newBuilder(dir string) (*builder, error) {
	spool, err := os.CreateTemp(dir, temporaryPrefix+"*")
	if err != nil {
		return nil, err
	}
	return &builder{spool: spool, seen: map[string]*pending{}}, nil
}

func (b *builder) close() {
	b.spool.Close()
	os.Remove(b.spool.Name())
}

// parsed is the outcome of one item.
type parsed struct {
	sequence int
	label    string
	record   parsedRecord
	texts    map[string][]byte // stored form by package
	err      error             // the record cannot be used
}

// collect takes in all items that source gives. Items are parsed on all
// processors; a bounded number of them is in memory at a time.
func (b *builder) collect(ctx context.Context, source func(ctx context.Context, give func(item) error) error) error {
	type numbered struct {
		item
		sequence int
	}
	group, ctx := errgroup.WithContext(ctx)
	items := make(chan numbered, 16)
	results := make(chan parsed, 16)
	group.Go(func() error {
		defer close(items)
		sequence := 0
		return source(ctx, func(next item) error {
			sequence++
			select {
			case items <- numbered{next, sequence}:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	workers, workCtx := errgroup.WithContext(ctx)
	for range max(runtime.GOMAXPROCS(0), 1) {
		workers.Go(func() error {
			for next := range items {
				result, err := parseItem(next.item)
				if err != nil {
					return err
				}
				result.sequence = next.sequence
				select {
				case results <- result:
				case <-workCtx.Done():
					return workCtx.Err()
				}
			}
			return nil
		})
	}
	group.Go(func() error {
		defer close(results)
		return workers.Wait()
	})
	group.Go(func() error {
		for result := range results {
			if err := b.take(result); err != nil {
				return err
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return err
	}
	if b.stats.Skipped > tolerated(b.stats.Changed) {
		return fmt.Errorf("%w: %d of %d, the first: %s", errTooManySkipped, b.stats.Skipped, b.stats.Changed, b.stats.Reason)
	}
	return nil
}

// parseItem reads and parses one item. An error is one of the source as a
// whole, as a failed read; what is wrong with the record is in the result.
func parseItem(next item) (parsed, error) {
	result := parsed{label: next.label}
	text, err := next.load()
	if errors.Is(err, errRecordTooLong) {
		result.err = err
		return result, nil
	}
	if err != nil {
		return parsed{}, fmt.Errorf("read %s: %w", next.label, err)
	}
	result.record, result.err = parseOSV(text)
	if result.err != nil {
		return result, nil
	}
	result.texts = make(map[string][]byte, len(result.record.packages))
	for name, record := range result.record.packages {
		stored, err := json.Marshal(record)
		if err != nil {
			result.err = err // a date that JSON cannot hold
			return result, nil
		}
		result.texts[name] = stored
	}
	return result, nil
}

// take puts one result into the spool. Of two records with the same id the
// later modified counts, then the one in force, then the first.
func (b *builder) take(result parsed) error {
	b.stats.Changed++
	if result.err != nil {
		if b.stats.Skipped++; b.stats.Reason == "" {
			b.stats.Reason = fmt.Sprintf("%s: %v", result.label, result.err)
		}
		return nil
	}
	record := result.record
	if record.modified.After(b.newest) {
		b.newest = record.modified
	}
	if record.foreign {
		b.stats.Foreign++
	}
	if record.withdrawn {
		b.stats.Withdrawn++
	}
	next := &pending{sequence: result.sequence, modified: record.modified, withdrawn: record.withdrawn,
		malware: record.malware}
	if earlier := b.seen[record.id]; earlier != nil && !next.replaces(earlier) {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(result.texts)) {
		text := result.texts[name]
		if _, err := b.spool.WriteAt(text, b.length); err != nil {
			return err
		}
		next.parts = append(next.parts, part{name: name, offset: b.length, length: len(text)})
		b.length += int64(len(text))
	}
	b.seen[record.id] = next
	return nil
}

func (p *pending) replaces(earlier *pending) bool {
	switch {
	case !p.modified.Equal(earlier.modified):
		return p.modified.After(earlier.modified)
	case p.withdrawn != earlier.withdrawn:
		return !p.withdrawn
	}
	return p.sequence < earlier.sequence
}

// forget takes ids out of the data: records that the publisher has deleted.
func (b *builder) forget(ids []string) {
	for _, id := range ids {
		b.seen[id] = &pending{withdrawn: true}
	}
}

// write makes the database file at path out of base (nil for none) and what
// was collected, checks it, and puts it in the place of the old one.
func (b *builder) write(path string, base *Database, meta Meta) (Stats, error) {
	dir := filepath.Dir(path)
	file, err := os.CreateTemp(dir, temporaryPrefix+"*")
	if err != nil {
		return Stats{}, err
	}
	defer os.Remove(file.Name()) // gone already where all went well
	if err := file.Close(); err != nil {
		return Stats{}, err
	}
	meta, err = b.fill(file.Name(), base, meta)
	if err != nil {
		return Stats{}, err
	}
	if meta.Count == 0 {
		return Stats{}, ErrNothing
	}
	if base != nil {
		base.Close() // Windows replaces no file that is open; a second Close does no harm
	}
	// The check maps the whole file: what building it took goes back first, so
	// that the two do not add up.
	debug.FreeOSMemory()
	if err := check(file.Name(), meta); err != nil {
		return Stats{}, fmt.Errorf("check what was written: %w", err)
	}
	if err := files.Move(file.Name(), path); err != nil {
		return Stats{}, err
	}
	stats := b.stats
	stats.Records, stats.Malware, stats.Names = meta.Count, meta.Malware, meta.Names
	return stats, nil
}

// fill writes all entries into the empty file at path and gives the description
// with its counts.
func (b *builder) fill(path string, base *Database, meta Meta) (Meta, error) {
	changed, err := b.changed(base)
	if err != nil {
		return meta, err
	}
	w, err := newTableWriter(path)
	if err != nil {
		return meta, err
	}
	defer w.abandon() // closed already where all went well
	keys := make([]string, 0, len(changed)+len(b.seen))
	for name := range changed {
		keys = append(keys, nameKey+name)
	}
	for id := range b.seen {
		keys = append(keys, idKey+id)
	}
	slices.Sort(keys)
	putUntil := func(limit string) error {
		for len(keys) > 0 && keys[0] < limit {
			if err := b.putChanged(w, keys[0], changed, base, &meta); err != nil {
				return err
			}
			keys = keys[1:]
		}
		return nil
	}
	if base != nil {
		if err := base.table.each(func(key string, content []byte) error {
			if err := putUntil(key); err != nil {
				return err
			}
			return b.carryOver(w, key, content, changed, &meta)
		}); err != nil {
			return meta, err
		}
	}
	if err := putUntil(metaKey); err != nil {
		return meta, err
	}
	text, err := json.Marshal(meta)
	if err == nil {
		err = w.put(metaKey, text)
	}
	if err == nil {
		err = w.finish()
	}
	return meta, err
}

// changed gives the packages whose entries must be written anew, each with the
// ids collected for it; none where it only loses a record.
func (b *builder) changed(base *Database) (map[string][]string, error) {
	byName := map[string][]string{}
	for id, record := range b.seen {
		for _, p := range record.parts {
			byName[p.name] = append(byName[p.name], id)
		}
	}
	if base == nil {
		return byName, nil
	}
	for id := range b.seen {
		before, err := base.recorded(id)
		if err != nil {
			return nil, err
		}
		for _, name := range before.Names {
			if _, known := byName[name]; !known {
				byName[name] = nil
			}
		}
	}
	return byName, nil
}

// putChanged writes one entry that this run changed. A package that has no
// record left gets none.
func (b *builder) putChanged(w *tableWriter, key string, changed map[string][]string,
	base *Database, meta *Meta) error {
	if name, ok := strings.CutPrefix(key, nameKey); ok {
		text, err := b.packageText(name, changed[name], base)
		if err != nil || text == nil {
			return err
		}
		meta.Names++
		return w.put(key, text)
	}
	id := strings.TrimPrefix(key, idKey)
	record := b.seen[id]
	entry := recorded{Modified: record.modified, Malware: record.malware}
	for _, p := range record.parts {
		entry.Names = append(entry.Names, p.name)
	}
	meta.count(entry)
	text, err := json.Marshal(entry)
	if err != nil {
		return err
	}
	return w.put(key, text)
}

// count adds a record to the counts, if it is in force.
func (m *Meta) count(entry recorded) {
	if len(entry.Names) == 0 {
		return
	}
	m.Count++
	if entry.Malware {
		m.Malware++
	}
}

// carryOver copies an entry of the old database that nothing changed.
func (b *builder) carryOver(w *tableWriter, key string, content []byte, changed map[string][]string, meta *Meta) error {
	kind, rest := key[:min(1, len(key))], key[min(1, len(key)):]
	switch kind {
	case nameKey:
		if _, rewritten := changed[rest]; rewritten {
			return nil
		}
		meta.Names++
	case idKey:
		if _, rewritten := b.seen[rest]; rewritten {
			return nil
		}
		var entry recorded
		if err := json.Unmarshal(content, &entry); err != nil {
			return errDamaged
		}
		meta.count(entry)
	default:
		return nil // the description is written anew
	}
	return w.put(key, content)
}

// packageText gives the stored form of a package's records: those of base that
// were not collected anew, and those collected, in the order of their ids. It
// is nil where none is left.
func (b *builder) packageText(name string, ids []string, base *Database) ([]byte, error) {
	type stored struct {
		id   string
		text []byte
	}
	var all []stored
	if base != nil {
		text, err := base.table.get(nameKey + name)
		if err != nil {
			return nil, err
		}
		var before []json.RawMessage
		if text != nil {
			if err := json.Unmarshal(text, &before); err != nil {
				return nil, errDamaged
			}
		}
		for _, raw := range before {
			var head struct {
				ID string `json:"id"`
			}
			if err := json.Unmarshal(raw, &head); err != nil {
				return nil, errDamaged
			}
			if _, anew := b.seen[head.ID]; !anew {
				all = append(all, stored{head.ID, raw})
			}
		}
	}
	for _, id := range ids {
		for _, p := range b.seen[id].parts {
			if p.name != name {
				continue
			}
			text := make([]byte, p.length)
			if _, err := b.spool.ReadAt(text, p.offset); err != nil {
				return nil, err
			}
			all = append(all, stored{id, text})
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	slices.SortFunc(all, func(a, b stored) int { return cmp.Compare(a.id, b.id) })
	texts := make([][]byte, len(all))
	for i, s := range all {
		texts[i] = s.text
	}
	return slices.Concat([]byte("["), bytes.Join(texts, []byte(",")), []byte("]")), nil
}

// check reads a new database file through before it replaces the old one.
func check(path string, meta Meta) error {
	d, err := Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	if d.meta.Count != meta.Count || d.meta.Names != meta.Names || d.meta.Malware != meta.Malware {
		return errDamaged
	}
	return d.table.each(func(key string, content []byte) error {
		if !strings.HasPrefix(key, nameKey) {
			return nil
		}
		if !json.Valid(content) {
			return fmt.Errorf("%w: the records of %s", errDamaged, key[len(nameKey):])
		}
		return nil
	})
}

// temporaryPrefix marks files that a run leaves behind only when it is killed.
const temporaryPrefix = ".advisories-"

// removeStale takes away what killed runs left. It is called under the lock,
// so no living run owns these files.
func removeStale(dir string) error {
	matches, err := filepath.Glob(filepath.Join(dir, temporaryPrefix+"*"))
	if err != nil {
		return nil // a directory name with brackets: they stay
	}
	for _, path := range matches {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
