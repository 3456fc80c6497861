package advisory

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// A table is a bbolt file that is written once, as a whole and in the order of
// its keys, and then only read. A new table takes the place of the old by a
// rename, which readers of the old do not notice.
//
// bbolt has checksums for its first two pages only, and a damaged page behind
// them could hide a key. So each value carries the key before its own and a
// checksum of both keys and the content: a key is absent only where the one
// that follows it says so. lastKey closes this chain. What is left is a file
// made on purpose, whose pages lead in a circle: it ends the process, and who
// can write it could as well write a sound one without the records.
const (
	pageSize    = 4 << 10 // bytes, the same on all machines
	batchSize   = 1 << 20 // bytes held in memory before they are written
	fillPercent = 0.9     // nothing is inserted between later
	sealSize    = 6       // checksum (4), length of the key before (2)
	lastKey     = metaKey
	// Nobody locks a finished table for writing, so there is nothing to wait
	// for; but whoever did must not hold up an install.
	lockTimeout = time.Second
)

var bucketName = []byte("advisories")

var castagnoli = sync.OnceValue(func() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) })

// errDamaged says that a table's bytes are not what was written.
var errDamaged = errors.New("damaged file")

// errNotRegular says that something else stands where a table should be.
var errNotRegular = errors.New("not a regular file")

// tableWriter writes a table. Keys are put in ascending order, lastKey last;
// then it is finished, or abandoned.
type tableWriter struct {
	path    string
	file    *bbolt.DB
	batch   *bbolt.Tx // nil where nothing waits to be written
	bucket  *bbolt.Bucket
	pending int    // bytes in batch
	before  string // the key put last
}

// newTableWriter begins a table in an empty file.
func newTableWriter(path string) (*tableWriter, error) {
	// Nothing is synced before the end: until then the file counts for nothing.
	file, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: lockTimeout, PageSize: pageSize,
		NoSync: true, NoGrowSync: true, NoFreelistSync: true, NoStatistics: true,
	})
	if err != nil {
		return nil, err
	}
	return &tableWriter{path: path, file: file}, nil
}

func (w *tableWriter) put(key string, content []byte) error {
	if key <= w.before {
		return fmt.Errorf("the entry %q was put after %q", key, w.before)
	}
	if w.batch == nil {
		if err := w.begin(); err != nil {
			return err
		}
	}
	value := seal(w.before, key, content)
	if err := w.bucket.Put([]byte(key), value); err != nil {
		return err
	}
	w.before = key
	if w.pending += len(key) + len(value); w.pending >= batchSize {
		return w.flush()
	}
	return nil
}

// begin begins a batch.
func (w *tableWriter) begin() (err error) {
	if w.batch, err = w.file.Begin(true); err != nil {
		return err
	}
	if w.bucket, err = w.batch.CreateBucketIfNotExists(bucketName); err != nil {
		return err
	}
	w.bucket.FillPercent = fillPercent
	return nil
}

// flush writes what is pending.
func (w *tableWriter) flush() error {
	batch := w.batch
	w.batch, w.pending = nil, 0
	if batch == nil {
		return nil
	}
	return batch.Commit()
}

// abandon closes the file as it is. It does no harm after finish.
func (w *tableWriter) abandon() {
	if w.batch != nil {
		_ = w.batch.Rollback() // the file is thrown away
	}
	_ = w.file.Close()
}

// finish closes the table and brings it to the disk.
func (w *tableWriter) finish() error {
	if err := w.flush(); err != nil {
		return err
	}
	var size int64
	if err := w.file.View(func(tx *bbolt.Tx) error {
		size = tx.Size()
		return nil
	}); err != nil {
		return err
	}
	if err := w.file.Close(); err != nil {
		return err
	}
	file, err := os.OpenFile(w.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	// bbolt makes a file larger than its content on some systems; a finished
	// table is as long as it says, which shows when it was cut.
	if err := file.Truncate(size); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return file.Close()
}

// seal gives the value under which an entry's content is stored.
func seal(before, key string, content []byte) []byte {
	value := make([]byte, 0, sealSize+len(before)+len(content))
	value = binary.LittleEndian.AppendUint32(value, 0)
	value = binary.LittleEndian.AppendUint16(value, uint16(len(before)))
	value = append(value, before...)
	value = append(value, content...)
	binary.LittleEndian.PutUint32(value, sealSum(key, value))
	return value
}

// unseal gives the key before an entry and its content, both as parts of value.
func unseal(key string, value []byte) (before string, content []byte, err error) {
	if len(value) < sealSize || binary.LittleEndian.Uint32(value) != sealSum(key, value) {
		return "", nil, errDamaged
	}
	length := int(binary.LittleEndian.Uint16(value[4:]))
	if rest := value[sealSize:]; length <= len(rest) {
		return string(rest[:length]), rest[length:], nil
	}
	return "", nil, errDamaged
}

func sealSum(key string, value []byte) uint32 {
	return crc32.Update(crc32.Checksum([]byte(key), castagnoli()), castagnoli(), value[4:])
}

// table is an open table. It may be used from many goroutines.
type table struct {
	file *bbolt.DB
}

func openTable(path string) (*table, error) {
	var size int64 // of the file that was opened: another may take its place at any time
	open := func(path string, flag int, mode fs.FileMode) (*os.File, error) {
		// A pipe would be waited for.
		if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
			return nil, &fs.PathError{Op: "read", Path: path, Err: errNotRegular}
		}
		file, err := os.OpenFile(path, flag, mode)
		if err != nil {
			return nil, err
		}
		info, err := file.Stat()
		switch {
		case err != nil:
		case !info.Mode().IsRegular():
			err = &fs.PathError{Op: "read", Path: path, Err: errNotRegular}
		case info.Size() < 2*pageSize:
			err = errDamaged
		default:
			size = info.Size()
			return file, nil
		}
		file.Close()
		return nil, err
	}
	t := &table{}
	err := guarded(func() (err error) {
		t.file, err = bbolt.Open(path, 0, &bbolt.Options{
			ReadOnly: true, OpenFile: open, Timeout: lockTimeout, NoStatistics: true,
		})
		return err
	})
	if errors.Is(err, bolterrors.ErrInvalid) || errors.Is(err, bolterrors.ErrChecksum) ||
		errors.Is(err, bolterrors.ErrVersionMismatch) {
		err = fmt.Errorf("%w: %w", errDamaged, err)
	}
	if err != nil {
		return nil, err
	}
	if err := t.view(func(tx *bbolt.Tx, _ *bbolt.Cursor) error {
		if tx.Size() != size {
			return errDamaged
		}
		return nil
	}); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

// Close closes the file. A second Close does no harm.
func (t *table) Close() error { return t.file.Close() }

// get gives the content of a key; nil where there is none.
func (t *table) get(key string) ([]byte, error) {
	var content []byte
	err := t.view(func(_ *bbolt.Tx, cursor *bbolt.Cursor) error {
		found, value := cursor.Seek([]byte(key))
		if found == nil {
			return errDamaged // there is always lastKey
		}
		before, stored, err := unseal(string(found), value)
		switch {
		case err != nil:
			return err
		case string(found) == key:
			content = append([]byte{}, stored...) // value lies in the file
		case string(found) < key || before >= key:
			return errDamaged
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return content, nil
}

// each visits all entries in the order of their keys. The content is valid
// during the call only.
func (t *table) each(visit func(key string, content []byte) error) error {
	return t.view(func(_ *bbolt.Tx, cursor *bbolt.Cursor) error {
		last := ""
		for found, value := cursor.First(); found != nil; found, value = cursor.Next() {
			key := string(found)
			before, content, err := unseal(key, value)
			if err != nil {
				return err
			}
			if before != last || key <= last {
				return errDamaged
			}
			if err := visit(key, content); err != nil {
				return err
			}
			last = key
		}
		if last != lastKey {
			return errDamaged
		}
		return nil
	})
}

// view reads the table.
func (t *table) view(read func(*bbolt.Tx, *bbolt.Cursor) error) error {
	return guarded(func() error {
		return t.file.View(func(tx *bbolt.Tx) error {
			bucket := tx.Bucket(bucketName)
			if bucket == nil {
				return errDamaged
			}
			return read(tx, bucket.Cursor())
		})
	})
}

// guarded makes errors of the panics with which bbolt answers a page that makes
// no sense, and of the faults of reading where the mapped file has nothing.
func guarded(read func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("%w: %v", errDamaged, problem)
		}
	}()
	return read()
}
