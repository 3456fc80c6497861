package exposure

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"thresher/internal/files"
	"thresher/pep"
)

// CacheKind says which of pip's caches a file is in.
type CacheKind string

// The caches of a pip.
const (
	CachedWheel CacheKind = "wheel" // built from a source archive
	CachedFile  CacheKind = "http"  // as it was fetched
)

// Cached is one file of a cache of pip that holds one of the releases.
type Cached struct {
	Path    string
	Kind    CacheKind
	Name    string // canonical
	Version string
}

// Caches looks through pip's caches for the releases. Of what was fetched the
// file itself tells: pip keeps it under a digest of its address. What is wrong
// with a cache is in failures, and the rest is looked at all the same.
func Caches(queries Queries, directories []string) (found []Cached, failures []error) {
	var fetched []string
	for _, directory := range directories {
		wheels, err := filesBelow(filepath.Join(directory, "wheels"))
		failures = append(failures, failing(err)...)
		for _, path := range wheels {
			name, version, err := pep.ParseWheelFilename(filepath.Base(path))
			if err == nil && queries.Match(pep.CanonicalName(name), version) {
				found = append(found, Cached{path, CachedWheel, pep.CanonicalName(name), version})
			}
		}
		for _, below := range []string{"http-v2", "http"} { // since pip 23.3, and before
			kept, err := filesBelow(filepath.Join(directory, below))
			failures = append(failures, failing(err)...)
			fetched = append(fetched, kept...)
		}
	}
	type answer struct {
		name, version string
		failure       error
	}
	answers := make([]answer, len(fetched))
	workers := max(runtime.GOMAXPROCS(0), 2)
	var wait sync.WaitGroup
	for worker := range workers {
		wait.Go(func() {
			for i := worker; i < len(fetched); i += workers {
				a := &answers[i]
				a.name, a.version, a.failure = identify(fetched[i], queries)
			}
		})
	}
	wait.Wait()
	for i, a := range answers {
		failures = append(failures, failing(a.failure)...)
		if queries.Match(a.name, a.version) {
			found = append(found, Cached{fetched[i], CachedFile, a.name, a.version})
		}
	}
	slices.SortFunc(found, func(a, b Cached) int { return strings.Compare(a.Path, b.Path) })
	return found, failures
}

func failing(err error) []error {
	if err == nil {
		return nil
	}
	return []error{err}
}

// filesBelow lists the regular files below a directory; none where there is no
// such directory.
func filesBelow(directory string) (paths []string, err error) {
	err = filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // not there, or gone since
			return nil
		case err != nil:
			return fmt.Errorf("look through pip's cache: %w", err)
		case entry.Type().IsRegular():
			paths = append(paths, path)
		}
		return nil
	})
	return paths, err
}

// Starts of files.
var (
	startOfZip   = []byte("PK\x03\x04")
	startOfGzip  = []byte{0x1f, 0x8b, 8}
	startOfBzip2 = []byte("BZh")
	// startOfOldEntry is that of an answer that pip before 23.3 kept in one file,
	// headers and all (CacheControl's serializer: "cc=4,").
	startOfOldEntry = []byte("cc=")
)

// farthestStart is how far behind the start of an old entry the file begins: the
// body comes before the headers.
const farthestStart = 4096

// identify gives the distribution that a fetched file is; "" for none, such as a
// page or metadata.
func identify(path string, queries Queries) (name, version string, err error) {
	file, err := files.OpenRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", "", nil // pip has taken it away
	}
	if err != nil {
		return "", "", fmt.Errorf("look through pip's cache: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", "", fmt.Errorf("look through pip's cache: %w", err)
	}
	start := make([]byte, farthestStart)
	count, err := file.ReadAt(start, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", "", fmt.Errorf("look through pip's cache: %w", err)
	}
	start = start[:count]
	offset := 0
	if bytes.HasPrefix(start, startOfOldEntry) {
		offset = firstOf(start, startOfZip, startOfGzip, startOfBzip2)
		if offset < 0 {
			return "", "", nil
		}
		start = start[offset:]
	}
	body := io.NewSectionReader(file, int64(offset), info.Size()-int64(offset))
	switch {
	case bytes.HasPrefix(start, startOfZip):
		name, version = ofZip(body)
	case bytes.HasPrefix(start, startOfGzip):
		if stream, err := gzip.NewReader(body); err == nil {
			name, version = ofTar(stream, queries)
		}
	case bytes.HasPrefix(start, startOfBzip2):
		name, version = ofTar(bzip2.NewReader(body), queries)
	}
	return name, version, nil
}

func firstOf(text []byte, wanted ...[]byte) int {
	first := -1
	for _, one := range wanted {
		if at := bytes.Index(text, one); at >= 0 && (first < 0 || at < first) {
			first = at
		}
	}
	return first
}

// ofZip reads the name of a wheel's metadata, or of the folder that a source
// archive has everything in. What is no archive is nothing.
func ofZip(body *io.SectionReader) (name, version string) {
	archive, err := zip.NewReader(body, body.Size())
	if err != nil {
		return "", ""
	}
	for _, member := range archive.File {
		folder, _, _ := strings.Cut(member.Name, "/")
		if stem, ok := strings.CutSuffix(folder, ".dist-info"); ok {
			return nameAndVersion(stem)
		}
	}
	if len(archive.File) == 0 {
		return "", ""
	}
	folder, _, _ := strings.Cut(archive.File[0].Name, "/")
	return nameAndVersion(folder)
}

// nameAndVersion takes the folder's name at its last dash: old source archives
// have dashes in their names.
func nameAndVersion(folder string) (name, version string) {
	at := strings.LastIndexByte(folder, '-')
	if at < 0 || !pep.ValidName(folder[:at]) {
		return "", ""
	}
	return pep.CanonicalName(folder[:at]), folder[at+1:]
}

// ofTar reads the name of the folder that a source archive has everything in.
func ofTar(stream io.Reader, queries Queries) (name, version string) {
	const enough = 1 << 20 // of a first member whose header is all that is needed
	members := tar.NewReader(io.LimitReader(stream, enough))
	for {
		member, err := members.Next()
		if err != nil {
			return "", ""
		}
		folder, _, _ := strings.Cut(strings.TrimPrefix(member.Name, "./"), "/")
		if folder == "" || folder == "." || folder == "pax_global_header" {
			continue
		}
		name, version = nameAndVersion(folder)
		if !queries.names(name) {
			return "", ""
		}
		return name, version
	}
}
