// Package memory keeps what runs learned for those that come later: small tables
// of which each is one file of the user's state. A reader sees a table as one
// whole change left it; a file that is not what was written is an error that
// names it, and never an empty table.
package memory

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"

	"thresher/internal/files"
	"thresher/internal/words"
)

// format is the form of the files. A later thresher reads the earlier forms.
const format = 1

// largest bounds a file, in bytes.
const largest = 64 << 20

// Table is a table of entries by key in one file. Kind says what it holds, in a
// word, so that no table is taken for another. T is what encoding/json can write.
type Table[T any] struct{ Path, Kind string }

// header is the first line of a file; the entries are the rest.
type header struct {
	Kind   string `json:"thresher"`
	Format int    `json:"format"`
	SHA256 string `json:"sha256"` // of the rest
}

// DamagedError says that a file is not a table as it was written.
type DamagedError struct {
	Path  string
	Newer bool // a newer thresher wrote it
}

// Error says which file.
func (e *DamagedError) Error() string {
	if e.Newer {
		return newerFile(e.Path)
	}
	return damagedFile(e.Path)
}

// Remedy is the command after which what was remembered is learned anew.
func (e *DamagedError) Remedy() string { return words.Remove(words.Printable(e.Path)) }

// Read gives the entries; none where there is no file yet. The error is a
// *DamagedError, or the system's own, which names the file.
func (t Table[T]) Read() (map[string]T, error) {
	content, err := files.ReadRegular(t.Path, largest)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]T{}, nil
	}
	if errors.Is(err, files.ErrNotRegular) || errors.Is(err, files.ErrTooLarge) {
		return nil, &DamagedError{Path: t.Path}
	}
	if err != nil {
		return nil, err
	}
	first, rest, _ := bytes.Cut(content, []byte("\n"))
	var head header
	if err := json.Unmarshal(first, &head); err != nil || head.Kind != t.Kind || head.Format < 1 {
		return nil, &DamagedError{Path: t.Path}
	}
	if head.Format > format {
		return nil, &DamagedError{Path: t.Path, Newer: true}
	}
	var entries map[string]T
	if sum := sha256.Sum256(rest); hex.EncodeToString(sum[:]) != head.SHA256 || json.Unmarshal(rest, &entries) != nil {
		return nil, &DamagedError{Path: t.Path}
	}
	if entries == nil {
		entries = map[string]T{}
	}
	return entries, nil
}

// Change gives the entries to change, and writes them where it says that they are
// others now. Changes of several processes come one after the other.
func (t Table[T]) Change(ctx context.Context, change func(entries map[string]T) (changed bool)) error {
	unlock, err := files.Lock(ctx, t.Path)
	if err != nil {
		return fmt.Errorf("lock %s: %w", t.Path, err)
	}
	defer unlock()
	entries, err := t.Read()
	if err != nil || !change(entries) {
		return err
	}
	rest, err := json.Marshal(entries)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(rest)
	first, err := json.Marshal(header{t.Kind, format, hex.EncodeToString(sum[:])})
	if err != nil {
		return err
	}
	return files.Replace(t.Path, append(append(first, '\n'), rest...), 0o600)
}

// Add puts entries, each in the place of what stood under its key.
func (t Table[T]) Add(ctx context.Context, entries map[string]T) error {
	if len(entries) == 0 {
		return nil
	}
	return t.Change(ctx, func(all map[string]T) bool {
		maps.Copy(all, entries)
		return true
	})
}
