// Package setup puts thresher on a machine and takes exactly that away again.
// What is placed is written into a manifest first, so that whatever interrupts
// a setup can be repaired by another one or taken back.
//
// Guards are not in the manifest: package venv keeps its own list of them.
package setup

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"thresher/internal/files"
)

// Kind says what an entry is, and so how it is placed and taken away.
type Kind string

// The kinds of entries.
const (
	Directory Kind = "directory" // taken away where it is empty
	Program   Kind = "program"   // thresher itself
	Link      Kind = "link"      // a symbolic link to the program
	Name      Kind = "name"      // a hard link to the program, where a symbolic one takes an administrator (Windows)
	File      Kind = "file"      // taken away where nobody changed it
	Lines     Kind = "lines"     // at the end of a start-up file
	Search    Kind = "path"      // a directory on the user's PATH, where the system keeps that (Windows)
	Data      Kind = "data"      // what can be fetched again
)

// Entry is one thing on the machine that is there because of setup.
type Entry struct {
	Kind   Kind   `json:"kind"`
	Path   string `json:"path"`             // absolute
	Target string `json:"target,omitempty"` // of a link, as it is written; of a name the program's path
	SHA256 string `json:"sha256,omitempty"` // of a file, in hexadecimal
	Text   string `json:"text,omitempty"`   // of lines: every byte that was added
	Made   bool   `json:"made,omitempty"`   // of lines: the file was not there before
}

// Manifest is what one setup has placed, or was about to.
type Manifest struct {
	Version string  `json:"version"` // of the thresher that wrote it
	Root    string  `json:"root"`    // the directory that has the program in its bin
	Entries []Entry `json:"entries"` // in the order in which they are placed
}

// manifestName is the manifest's file in a state directory.
const manifestName = "setup.json"

// ReadManifest reads the manifest in a state directory; found is false where
// there is none.
func ReadManifest(state string) (manifest Manifest, found bool, err error) {
	path := filepath.Join(state, manifestName)
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Manifest{}, false, nil
	}
	if err == nil {
		err = json.Unmarshal(content, &manifest)
	}
	if err != nil {
		return Manifest{}, false, fmt.Errorf(messageReadManifest, path, err)
	}
	for _, entry := range manifest.Entries {
		if !filepath.IsAbs(entry.Path) {
			return Manifest{}, false, fmt.Errorf(messageReadManifest, path, fmt.Errorf(messageRelative, entry.Path))
		}
	}
	return manifest, true, nil
}

// Write writes the manifest into a state directory, whole or not at all.
func (m Manifest) Write(state string) error {
	content, err := json.MarshalIndent(m, "", "  ")
	if err == nil {
		err = makeState(state)
	}
	if err == nil {
		err = replace(filepath.Join(state, manifestName), append(content, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf(messageWriteManifest, filepath.Join(state, manifestName), err)
	}
	return nil
}

// Forget removes the manifest from a state directory, and its lock.
func Forget(state string) error {
	path := filepath.Join(state, manifestName)
	return errors.Join(clearTemporary(state), removeIfThere(path), removeIfThere(path+".lock"))
}

// Lock keeps other setups out of a state directory until it is released; one
// that is under way already is an error.
func Lock(state string) (release func(), err error) {
	if err := makeState(state); err != nil {
		return nil, err
	}
	release, held, err := files.TryLock(filepath.Join(state, manifestName))
	switch {
	case err != nil:
		return nil, err
	case !held:
		return nil, errors.New(messageUnderWay)
	}
	return release, nil
}

// makeState makes a state directory, which is its user's alone.
func makeState(state string) error {
	if err := os.MkdirAll(filepath.Dir(state), 0o755); err != nil {
		return err
	}
	return os.MkdirAll(state, 0o700)
}

// With gives a manifest that has these entries besides its own. What was said
// of a place before is replaced, but for whether it had been there: that is
// known from the first setup alone.
func (m Manifest) With(entries []Entry) Manifest {
	all := slices.Clone(m.Entries)
	for _, entry := range entries {
		at := slices.IndexFunc(all, func(earlier Entry) bool {
			return earlier.Kind == entry.Kind && earlier.Path == entry.Path
		})
		if at < 0 {
			all = append(all, entry)
			continue
		}
		if entry.Kind == File || entry.Kind == Lines && entry.SameLines(all[at]) {
			continue // as it was placed then, with the line break that it took
		}
		entry.Made = entry.Made || all[at].Made
		all[at] = entry
	}
	m.Entries = all
	return m
}

// SameLines tells whether two entries add the same lines, whatever line break
// they took before them.
func (e Entry) SameLines(other Entry) bool {
	return strings.TrimLeft(e.Text, "\n") == strings.TrimLeft(other.Text, "\n")
}

// MissingDirectories gives an entry for each directory that would have to be
// made for a path to have one to be in, the outermost first.
func MissingDirectories(path string) []Entry {
	var missing []Entry
	for dir := filepath.Dir(path); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		missing = append(missing, Entry{Kind: Directory, Path: dir})
	}
	slices.Reverse(missing)
	return missing
}

// replace gives a file new content, whole or not at all.
func replace(path string, content []byte, mode fs.FileMode) error {
	if err := clearTemporary(filepath.Dir(path)); err != nil {
		return err
	}
	return files.ReplaceAs(temporaryPrefix, path, content, mode)
}

// temporaryPrefix begins the names of files that have not got their place yet.
const temporaryPrefix = ".thresher-setup-"

// clearTemporary takes away what a setup that was killed has left in a
// directory. Two setups at a time are kept apart by a lock.
func clearTemporary(directory string) error {
	entries, err := os.ReadDir(directory)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, entry := range entries {
		if len(entry.Name()) > len(temporaryPrefix) && entry.Name()[:len(temporaryPrefix)] == temporaryPrefix {
			err = errors.Join(err, os.Remove(filepath.Join(directory, entry.Name())))
		}
	}
	return err
}
