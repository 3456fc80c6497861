// Package files replaces, locks, opens and finds files as every part of
// thresher does.
package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// Unplaced begins the names of files that have not got their place yet. A process
// that is killed leaves them behind.
const Unplaced = ".thresher-"

// Replace gives a file new content: whoever reads it sees the old or the new,
// whole, also after the system went down. A link at path is replaced, not
// followed.
func Replace(path string, content []byte, mode fs.FileMode) error {
	return replace(path, Unplaced, content, mode, true)
}

// ReplaceAs is Replace with another beginning for the name that the file has
// until it gets its place.
func ReplaceAs(unplaced, path string, content []byte, mode fs.FileMode) error {
	return replace(path, unplaced, content, mode, true)
}

// Keep is Replace for what can be made again: it does not wait for the disk, and
// what the system loses when it goes down is lost.
func Keep(path string, content []byte) error { return replace(path, Unplaced, content, 0o600, false) }

func replace(path, unplaced string, content []byte, mode fs.FileMode, synced bool) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), unplaced+"*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(content)
	if err == nil {
		err = temporary.Chmod(mode)
	}
	if err == nil && synced {
		err = temporary.Sync()
	}
	err = errors.Join(err, temporary.Close())
	switch {
	case err == nil && synced:
		err = Move(temporary.Name(), path)
	case err == nil:
		err = rename(temporary.Name(), path)
	}
	if err != nil {
		// Of two errors the first is the cause.
		_ = os.Remove(temporary.Name())
	}
	return err
}

// Move moves a complete file into its place and brings the directory to disk.
func Move(from, to string) error {
	if err := rename(from, to); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(to))
	if err != nil {
		return nil // some systems open no directories; the rename has happened
	}
	defer dir.Close()
	_ = dir.Sync() // not every file system can; the content itself is synced
	return nil
}

// patience is for how long a file is moved again while somebody has its place
// open.
const patience = 2 * time.Second

// rename waits for who reads the file that is replaced: Windows lets no open file
// be replaced, and readers here have done at once.
func rename(from, to string) error {
	err := os.Rename(from, to)
	for waited := time.Millisecond; err != nil && isBusy(err) && waited < patience; waited *= 2 {
		time.Sleep(waited)
		err = os.Rename(from, to)
	}
	return err
}

// What is wrong with a file that is not read.
var (
	ErrNotRegular = errors.New("not a regular file")
	ErrTooLarge   = errors.New("too large")
)

// OpenRegular opens a regular file, also through links. A FIFO would wait for a
// writer and a device may never end, so neither is opened: ErrNotRegular.
func OpenRegular(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|nonBlocking, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// ReadRegular reads a regular file of at most limit bytes. Errors: ErrNotRegular,
// ErrTooLarge, or the system's own.
func ReadRegular(path string, limit int64) ([]byte, error) {
	f, err := OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(content)) > limit {
		err = &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limit)}
	}
	return content, err
}

// IsRegular tells whether a regular file is there, also through links.
func IsRegular(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// IsDirectory tells whether a directory is there, also through links.
func IsDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// SizeOf is the size of all regular files in a directory and below, as far as it can be
// read: what is there comes and goes.
func SizeOf(directory string) (size int64) {
	_ = filepath.WalkDir(directory, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil
		}
		if info, err := entry.Info(); err == nil {
			size += info.Size()
		}
		return nil
	})
	return size
}

// Resolved follows the links of a path as far as it is there; one that is not
// there is only cleaned.
func Resolved(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	return filepath.Clean(path)
}

// Same tells whether two paths are one file or directory, links resolved.
func Same(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

// OnPath gives the programs of these names that a PATH leads to, in its order. A
// directory that is empty or relative is passed over: what it holds depends on
// where one stands.
func OnPath(path string, names ...string) []string {
	var found []string
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue
		}
		for _, name := range names {
			if program := filepath.Join(dir, name); IsProgram(program) {
				found = append(found, program)
			}
		}
	}
	return found
}

// IsProgram tells whether a regular file is there that somebody may run.
func IsProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && (runtime.GOOS == "windows" || info.Mode().Perm()&0o111 != 0)
}
