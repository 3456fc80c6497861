package venv

import (
	"bufio"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"thresher/archive"
	"thresher/internal/files"
)

// HookKind says how a file gets to run without being asked for.
type HookKind = archive.HookKind

// The kinds of startup hooks.
const (
	PathFile      = archive.PathFile      // its import lines run at every start of Python
	StartFile     = archive.StartFile     // PEP 829
	SiteCustomize = archive.SiteCustomize // imported by site.py
	UserCustomize = archive.UserCustomize // imported by site.py
	Configuration = archive.Configuration // pyvenv.cfg

	Script HookKind = "script" // a command in the environment's scripts directory
)

// Hooks is a reading of an environment's startup hooks and scripts, to be
// compared with a later one.
type Hooks struct {
	files map[string]hook // by path
	large []digested      // of this reading
}

// digested is a large file with its digest: an environment has its interpreter under
// three names.
type digested struct {
	file   fs.FileInfo
	digest string
}

type hook struct {
	kind   HookKind
	digest string
}

// maxHook is how much of a hook is read; a longer one is known by its size too.
const maxHook = 8 << 20

// large is a file of which it pays to ask whether it was read under another name.
const large = 1 << 20

// maxRecord bounds the RECORD of one distribution. Those of the largest
// distributions are some 3 MB.
const maxRecord = 64 << 20

// SnapshotHooks reads the startup hooks of siteDirs and the files of
// scriptsDir (empty for none). A directory that does not exist counts as
// empty. Contents are hashed, so that a file written over in place is seen.
func SnapshotHooks(siteDirs []string, scriptsDir string) (Hooks, error) {
	found := Hooks{files: map[string]hook{}}
	for _, dir := range siteDirs {
		names, err := list(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return Hooks{}, err
		}
		for _, name := range names {
			if kind, ok := archive.HookOf(name); ok {
				found.add(filepath.Join(dir, name), kind)
			}
		}
	}
	if scriptsDir == "" {
		return found, nil
	}
	names, err := list(scriptsDir)
	if errors.Is(err, fs.ErrNotExist) {
		return found, nil
	}
	if err != nil {
		return Hooks{}, err
	}
	for _, name := range names {
		found.add(filepath.Join(scriptsDir, name), Script)
	}
	if configuration := filepath.Join(filepath.Dir(scriptsDir), "pyvenv.cfg"); files.IsRegular(configuration) {
		found.add(configuration, Configuration)
	}
	return found, nil
}

func (h *Hooks) add(path string, kind HookKind) {
	h.files[path] = hook{kind: kind, digest: h.digestFile(path)}
}

// digestFile gives what identifies a file's present content. What cannot be
// read is identified by why not: a change of that is a change as well.
func (h *Hooks) digestFile(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return plainError(err)
	}
	if info.IsDir() { // a package: its __init__ is what runs
		return "directory " + h.digestFile(filepath.Join(path, "__init__.py"))
	}
	if info.Size() < large {
		return digestContent(path, info)
	}
	for _, known := range h.large {
		if os.SameFile(known.file, info) {
			return known.digest
		}
	}
	digest := digestContent(path, info)
	h.large = append(h.large, digested{info, digest})
	return digest
}

func digestContent(path string, info fs.FileInfo) string {
	f, err := files.OpenRegular(path)
	if err != nil {
		return plainError(err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, io.LimitReader(f, maxHook)); err != nil {
		return plainError(err)
	}
	return fmt.Sprintf("%d %s", info.Size(), hex.EncodeToString(sum.Sum(nil)))
}

// HookChange is one startup hook or script that came, changed or went.
type HookChange struct {
	Path  string
	Kind  HookKind
	What  string // "added", "changed" or "removed"
	Owner string // canonical name of the distribution whose RECORD names it; empty for none
	// Runs says that the hook runs code by itself: a .start file, a
	// customisation, or a .pth file with an import line.
	Runs bool
	// Replaces says that the file belongs to the environment itself, which pip's
	// next start relies on, and came from elsewhere: its interpreter, its pip,
	// its activation, its pyvenv.cfg.
	Replaces bool
}

// HooksChanged compares two readings. The RECORD of every distribution is
// looked at for the owner of what changed, and only when something did. The
// order is by path.
func HooksChanged(before, after Hooks, distributions []Distribution) []HookChange {
	var changes []HookChange
	for path, now := range after.files {
		earlier, known := before.files[path]
		switch {
		case !known:
			changes = append(changes, HookChange{Path: path, Kind: now.kind, What: "added", Runs: runs(path, now.kind)})
		case earlier.digest != now.digest:
			changes = append(changes, HookChange{Path: path, Kind: now.kind, What: "changed", Runs: runs(path, now.kind)})
		}
	}
	for path, earlier := range before.files {
		if _, still := after.files[path]; !still {
			changes = append(changes, HookChange{Path: path, Kind: earlier.kind, What: "removed"})
		}
	}
	sort.Slice(changes, func(i, j int) bool { return changes[i].Path < changes[j].Path })
	if len(changes) > 0 {
		nameOwners(changes, distributions)
	}
	for i, change := range changes {
		own := change.Kind == Configuration || change.Kind == Script && archive.OwnScript(filepath.Base(change.Path))
		changes[i].Replaces = own && change.What != "removed" && change.Owner != "pip"
	}
	return changes
}

// runs tells whether a hook executes code when Python starts. A .pth file that
// cannot be read is taken for one that does.
func runs(path string, kind HookKind) bool {
	switch kind {
	case Script, Configuration:
		return false
	case PathFile:
		text, err := files.ReadRegular(path, maxHook)
		if err != nil {
			return true
		}
		return archive.HasImportLine(text)
	}
	return true
}

// nameOwners fills in Owner from the RECORD files.
func nameOwners(changes []HookChange, distributions []Distribution) {
	wanted := make(map[string]int, len(changes))
	for i, change := range changes {
		wanted[filepath.Clean(change.Path)] = i
	}
	for _, d := range distributions {
		if d.Canonical == "" {
			continue
		}
		// An unreadable RECORD names nothing, so that what it would have
		// named stands as owned by no one: the safe side.
		_ = eachRecorded(d, func(path string) {
			// Who writes over pip's files counts rather than pip.
			if i, ok := wanted[path]; ok && (changes[i].Owner == "" || changes[i].Owner == "pip") {
				changes[i].Owner = d.Canonical
			}
		})
	}
}

// HasHook tells whether a distribution has a startup hook of the content given
// (sha256, in hex): at the path given below its site-packages, or as another
// .pth or .start file, whose name does not matter.
func HasHook(d Distribution, path, sum string) bool {
	found := false
	// An unreadable RECORD names nothing, so that the hook counts as new.
	_ = eachRecorded(d, func(recorded string) {
		below, err := filepath.Rel(d.Location, recorded)
		if found || err != nil {
			return
		}
		below = filepath.ToSlash(below)
		kind, isHook := archive.HookOf(below)
		if !isHook || below != path && (kind != PathFile && kind != StartFile || filepath.Ext(below) != filepath.Ext(path)) {
			return
		}
		text, err := files.ReadRegular(recorded, maxHook)
		digest := sha256.Sum256(text)
		found = err == nil && hex.EncodeToString(digest[:]) == sum
	})
	return found
}

// FileInPip gives a file of pip's own package that another distribution's
// RECORD names as its own; "" for none. Installed, it took the place of pip's.
func FileInPip(d Distribution) string {
	if d.Canonical == "pip" {
		return ""
	}
	taken := ""
	// What cannot be read says nothing. pip itself writes RECORD, with all that
	// it put in place.
	_ = eachRecorded(d, func(path string) {
		if (taken == "" || strings.HasSuffix(taken, ".pyc")) && strings.HasPrefix(path, filepath.Join(d.Location, "pip")+
			string(filepath.Separator)) {
			taken = path
		}
	})
	return taken
}

// eachRecorded calls visit with the absolute path of every file that the
// distribution's RECORD (or installed-files.txt) names.
func eachRecorded(d Distribution, visit func(path string)) error {
	f, err := files.OpenRegular(filepath.Join(d.Path, "RECORD"))
	base := d.Location
	if errors.Is(err, fs.ErrNotExist) {
		f, err = files.OpenRegular(filepath.Join(d.Path, "installed-files.txt"))
		base = d.Path
	}
	if err != nil {
		return fmt.Errorf("read the files of %s: %w", d.Name, err)
	}
	defer f.Close()
	if err := readRecord(f, func(path string) {
		if !filepath.IsAbs(path) {
			path = filepath.Join(base, filepath.FromSlash(path))
		}
		visit(filepath.Clean(path))
	}); err != nil {
		return fmt.Errorf("read the files of %s: %w", d.Name, err)
	}
	return nil
}

// readRecord reads RECORD, comma-separated values of which the first is a path
// (PEP 376, PEP 627).
func readRecord(r io.Reader, visit func(path string)) error {
	lines := csv.NewReader(bufio.NewReaderSize(io.LimitReader(r, maxRecord), 32<<10))
	lines.FieldsPerRecord = -1
	lines.LazyQuotes = true
	lines.ReuseRecord = true
	for {
		fields, err := lines.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if fields[0] != "" {
			visit(fields[0])
		}
	}
}
