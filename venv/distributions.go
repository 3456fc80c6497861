package venv

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"sync"
	"time"

	"thresher/address"
	"thresher/internal/files"
	"thresher/pep"
)

// Distribution is one installed distribution as its metadata describes it.
type Distribution struct {
	Name      string // as METADATA writes it
	Canonical string // PEP 503; empty where no valid name could be read
	Version   string // as METADATA writes it
	Path      string // the .dist-info or .egg-info directory (or file, or zipped egg)
	Location  string // the directory on sys.path that it lies in

	Requires       []string // Requires-Dist lines as written, or requires.txt in that form
	RequiresPython string
	ProvidesExtra  []string // as written

	Installer string // INSTALLER, for example "pip"
	Requested bool   // REQUESTED: a person asked for it by name
	Editable  bool   // pip install -e, setup.py develop

	DirectURL   string // PEP 610, without credentials
	ArchiveHash string // PEP 610, "sha256:…"

	// Written is when the metadata was written: another one at the next look
	// says that the distribution was installed again.
	Written time.Time

	// Shadowed says that another directory, earlier on sys.path, holds a
	// distribution of the same name, or this one tells the same version twice:
	// Python and pip see the first only.
	Shadowed bool

	// Broken says what is wrong with the metadata; empty when nothing is. Name
	// and Version then come from the directory's name as far as it tells them.
	Broken string
}

// Bounds of what is read: metadata is written by whoever built the wheel.
const (
	maxEntries   = 500_000  // directory entries of one site directory
	maxPathFiles = 4_096    // .pth and .egg-link lines followed for one site directory
	maxSmallFile = 64 << 10 // INSTALLER, direct_url.json, .egg-link, .pth
	maxRequires  = 1 << 20  // requires.txt of an .egg-info
	maxEggIndex  = 64 << 20 // a zipped egg
)

// Distributions reads what is installed in siteDirs, given in the order of
// sys.path, without starting Python: every *.dist-info and *.egg-info, .egg
// directories and zipped eggs, and, as site.py and pip do, the directories
// that .pth files and .egg-link files there add. It follows importlib.metadata
// and pip 26.2 metadata/importlib. The result is in path order, by canonical
// name within a directory. A directory that does not exist counts as empty;
// one that cannot be listed is an error. Metadata that cannot be read does not
// fail the call: it is told in Broken.
func Distributions(siteDirs []string) ([]Distribution, error) {
	places, err := searchPath(siteDirs)
	if err != nil {
		return nil, err
	}
	var found []Distribution
	for _, place := range places {
		for _, entry := range place.entries {
			found = append(found, Distribution{
				Path:     filepath.Join(place.dir, entry),
				Location: place.dir,
				Editable: place.editable,
			})
		}
	}
	readAll(found)
	sort.SliceStable(found, func(i, j int) bool {
		// Places are already in path order; only the order within one is free.
		return found[i].Location == found[j].Location && found[i].sortKey() < found[j].sortKey()
	})
	markShadowed(found)
	return found, nil
}

func (d *Distribution) sortKey() string { return d.Canonical + "\x00" + d.Path }

// readAll fills in the distributions, as many at a time as there are processors.
func readAll(found []Distribution) {
	var wait sync.WaitGroup
	workers := max(runtime.GOMAXPROCS(0), 2)
	// Stripes rather than a queue: the work is even, and nothing is shared.
	for worker := range workers {
		wait.Go(func() {
			for i := worker; i < len(found); i += workers {
				found[i].read()
			}
		})
	}
	wait.Wait()
}

// markShadowed marks what pip does not list because an earlier directory has
// the name, and tells of names that one directory holds twice.
func markShadowed(found []Distribution) {
	type first struct {
		location string
		index    int
	}
	seen := map[string]first{}
	told := map[string]bool{} // name and version
	for i := range found {
		d := &found[i]
		if d.Canonical == "" {
			continue
		}
		earlier, known := seen[d.Canonical]
		switch {
		case !known:
			seen[d.Canonical] = first{d.Location, i}
		case earlier.location != d.Location || told[d.Canonical+"\x00"+d.Version]:
			d.Shadowed = true // or told twice, as some Linux distributions do
		case d.Broken == "":
			d.Broken = fmt.Sprintf(textTwice, filepath.Base(found[earlier.index].Path))
		}
		told[d.Canonical+"\x00"+d.Version] = true
	}
}

// place is one directory that Python would search.
type place struct {
	dir      string
	editable bool
	entries  []string // names of the metadata directories and files in it
}

// searchPath gives the directories to search in the order of sys.path: each
// site directory, followed by those that its .pth files add (site.addsitedir).
func searchPath(siteDirs []string) ([]place, error) {
	var places []place
	seen := map[string]bool{}
	add := func(dir string, editable bool) ([]string, error) {
		resolved, err := filepath.EvalSymlinks(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("resolve %s: %w", dir, err)
		}
		if seen[resolved] { // lib64 is often a link to lib
			return nil, nil
		}
		seen[resolved] = true
		names, err := list(dir)
		if err != nil {
			return nil, err
		}
		found := place{dir: dir, editable: editable}
		for _, name := range names {
			switch strings.ToLower(filepath.Ext(name)) {
			case ".dist-info", ".egg-info":
				found.entries = append(found.entries, name)
			}
		}
		if strings.EqualFold(filepath.Ext(dir), ".egg") {
			found.entries = append(found.entries, "EGG-INFO")
		}
		places = append(places, found)
		return names, nil
	}
	for _, dir := range siteDirs {
		names, err := add(dir, false)
		if err != nil {
			return nil, err
		}
		developed, extra := pathLines(dir, names)
		for _, more := range extra {
			if info, err := os.Stat(more); err != nil || !info.IsDir() {
				if err == nil && info.Mode().IsRegular() && strings.EqualFold(filepath.Ext(more), ".egg") {
					places = append(places, place{dir: filepath.Dir(more), entries: []string{filepath.Base(more)}})
				}
				continue // site.py skips what does not exist
			}
			// A directory of someone's project may be unreadable without
			// making the environment so: Python skips it as well.
			if _, err := add(more, developed[more]); err != nil && !errors.Is(err, fs.ErrPermission) {
				return nil, err
			}
		}
	}
	return places, nil
}

// list gives the names in a directory, sorted. A plain file on the search path
// has none.
func list(dir string) ([]string, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	if !info.IsDir() {
		return nil, nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	defer f.Close()
	names, err := f.Readdirnames(maxEntries)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	if len(names) == maxEntries {
		return nil, fmt.Errorf("list %s: more than %d entries", dir, maxEntries)
	}
	sort.Strings(names)
	return names, nil
}

// pathLines reads the .pth and .egg-link files of a site directory: the
// directories they name, in the order in which site.py adds them, and which of
// them are projects in development.
func pathLines(dir string, names []string) (developed map[string]bool, dirs []string) {
	developed = map[string]bool{}
	follow := func(line string, develop bool) {
		line = strings.TrimRight(line, " \t\r")
		if line == "" || len(dirs) >= maxPathFiles || strings.ContainsRune(line, 0) {
			return
		}
		if !filepath.IsAbs(line) {
			line = filepath.Join(dir, line)
		}
		line = filepath.Clean(line)
		dirs = append(dirs, line)
		if develop {
			developed[line] = true
		}
	}
	for _, name := range names {
		switch filepath.Ext(name) {
		case ".egg-link":
			if text, err := files.ReadRegular(filepath.Join(dir, name), maxSmallFile); err == nil {
				first, _, _ := strings.Cut(string(text), "\n")
				follow(first, true)
			}
		case ".egg":
			// Found without easy-install.pth too: pip lists these.
			follow(name, false)
		}
	}
	for _, name := range names {
		if filepath.Ext(name) != ".pth" || strings.HasPrefix(name, ".") {
			continue
		}
		text, err := files.ReadRegular(filepath.Join(dir, name), maxRequires)
		if err != nil {
			continue // site.py goes on as well; hooks are the business of Hooks
		}
		for _, line := range strings.Split(string(text), "\n") {
			if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "import ") || strings.HasPrefix(line, "import\t") {
				continue
			}
			follow(line, strings.HasPrefix(name, "__editable__"))
		}
	}
	return developed, dirs
}

// read fills in a distribution from its Path.
func (d *Distribution) read() {
	base := filepath.Base(d.Path)
	d.nameFromPath(base)
	if strings.HasPrefix(base, "~") {
		// pip renames what it is about to remove; pip ignores it afterwards.
		d.Canonical = ""
		d.Broken = textLeftover
		return
	}
	info, err := os.Stat(d.Path)
	if err != nil {
		d.Broken = plainError(err)
		return
	}
	switch {
	case !info.IsDir() && strings.EqualFold(filepath.Ext(base), ".egg"):
		d.readZippedEgg()
		return
	case !info.IsDir():
		d.readHeaderFile(d.Path)
		return
	}
	file := filepath.Join(d.Path, "METADATA")
	if !strings.EqualFold(filepath.Ext(base), ".dist-info") {
		file = filepath.Join(d.Path, "PKG-INFO")
	}
	d.readHeaderFile(file)
	if d.Requires == nil && filepath.Base(file) == "PKG-INFO" {
		d.readRequiresTxt(filepath.Join(d.Path, "requires.txt"))
	}
	if text, err := files.ReadRegular(filepath.Join(d.Path, "INSTALLER"), maxSmallFile); err == nil {
		d.Installer, _, _ = strings.Cut(strings.TrimSpace(string(text)), "\n")
	}
	if _, err := os.Lstat(filepath.Join(d.Path, "REQUESTED")); err == nil {
		d.Requested = true
	}
	d.readDirectURL()
}

// nameFromPath takes name and version from the name of the metadata directory:
// all that is known where the metadata itself cannot be read.
func (d *Distribution) nameFromPath(base string) {
	if base == "EGG-INFO" {
		base = filepath.Base(filepath.Dir(d.Path))
	}
	stem := strings.TrimSuffix(base, filepath.Ext(base))
	name, rest, _ := strings.Cut(stem, "-")
	version, _, _ := strings.Cut(rest, "-py") // egg names end in -py3.11
	d.setName(name)
	d.Version = version
}

// setName sets the name where it is one.
func (d *Distribution) setName(name string) bool {
	if !pep.ValidName(name) {
		if d.Name == "" {
			d.Name = name
		}
		return false
	}
	d.Name = name
	d.Canonical = pep.CanonicalName(name)
	return true
}

func (d *Distribution) readHeaderFile(path string) {
	f, err := files.OpenRegular(path)
	if err != nil {
		d.Broken = fmt.Sprintf(textUnreadable, filepath.Base(path), plainError(err))
		return
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil {
		d.Written = info.ModTime()
	}
	d.takeHeaders(filepath.Base(path), f)
}

// takeHeaders reads the header part of METADATA or PKG-INFO.
func (d *Distribution) takeHeaders(file string, r io.Reader) {
	metadata, err := pep.ReadMetadata(r)
	if err != nil {
		d.Broken = fmt.Sprintf(textUnreadable, file, plainError(err))
	}
	switch {
	case metadata.Name == "":
		d.broken(fmt.Sprintf(textNoField, file, "Name"))
	case !d.setName(metadata.Name):
		d.broken(fmt.Sprintf(textBadName, file, metadata.Name))
	}
	if metadata.Version == "" {
		d.broken(fmt.Sprintf(textNoField, file, "Version"))
	} else {
		d.Version = metadata.Version
	}
	d.Requires = metadata.RequiresDist
	d.RequiresPython, d.ProvidesExtra = metadata.RequiresPython, metadata.ProvidesExtra
}

// broken keeps the first thing found wrong.
func (d *Distribution) broken(what string) {
	if d.Broken == "" {
		d.Broken = what
	}
}

// directURL is the part of PEP 610's direct_url.json that is used.
type directURL struct {
	URL     string `json:"url"`
	Archive *struct {
		Hash   string            `json:"hash"`
		Hashes map[string]string `json:"hashes"`
	} `json:"archive_info"`
	Dir *struct {
		Editable bool `json:"editable"`
	} `json:"dir_info"`
}

func (d *Distribution) readDirectURL() {
	text, err := files.ReadRegular(filepath.Join(d.Path, "direct_url.json"), maxSmallFile)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var origin directURL
	if err == nil {
		err = json.Unmarshal(text, &origin)
	}
	if err != nil {
		d.broken(fmt.Sprintf(textUnreadable, "direct_url.json", plainError(err)))
		return
	}
	d.DirectURL = address.Bare(origin.URL) // PEP 610 asks installers not to record user and password; not all obey
	if origin.Dir != nil && origin.Dir.Editable {
		d.Editable = true
	}
	if origin.Archive == nil {
		return
	}
	if sum := origin.Archive.Hashes["sha256"]; sum != "" {
		d.ArchiveHash = "sha256:" + sum
	} else if algorithm, sum, ok := strings.Cut(origin.Archive.Hash, "="); ok {
		d.ArchiveHash = algorithm + ":" + sum
	}
}

// readRequiresTxt reads setuptools' requires.txt.
func (d *Distribution) readRequiresTxt(path string) {
	text, err := files.ReadRegular(path, maxRequires)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		d.broken(fmt.Sprintf(textUnreadable, "requires.txt", plainError(err)))
		return
	}
	d.Requires, _ = pep.ParseRequiresTxt(text)
}

// readZippedEgg reads EGG-INFO/PKG-INFO out of an .egg archive.
func (d *Distribution) readZippedEgg() {
	f, err := files.OpenRegular(d.Path)
	if err != nil {
		d.Broken = plainError(err)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() > maxEggIndex {
		d.Broken = fmt.Sprintf(textUnreadable, filepath.Base(d.Path), "larger than any egg")
		return
	}
	archive, err := zip.NewReader(f, info.Size())
	if err != nil {
		d.Broken = fmt.Sprintf(textUnreadable, filepath.Base(d.Path), plainError(err))
		return
	}
	for _, file := range archive.File {
		if file.Name != "EGG-INFO/PKG-INFO" {
			continue
		}
		content, err := file.Open()
		if err != nil {
			d.Broken = fmt.Sprintf(textUnreadable, file.Name, plainError(err))
			return
		}
		defer content.Close()
		d.takeHeaders(file.Name, content)
		return
	}
	d.Broken = fmt.Sprintf(textUnreadable, "EGG-INFO/PKG-INFO", "not in the archive")
}

// plainError drops the path from a file system error: the caller names the file.
func plainError(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// What Broken says.
const (
	textTwice      = "the same directory also holds %s: one of the two is a remnant"
	textLeftover   = "left behind by an uninstall that was interrupted"
	textUnreadable = "%s cannot be read: %s"
	textNoField    = "%s has no %s"
	textBadName    = "%s has %q for a name"
)
