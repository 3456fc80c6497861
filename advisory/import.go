package advisory

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"thresher/internal/files"
)

// ErrNothing says that a source holds no advisory of a PyPI package.
var ErrNothing = errors.New("no advisory of a PyPI package in it")

// errRecordTooLong says that one record is larger than maxRecordSize.
var errRecordTooLong = fmt.Errorf("larger than %d MB", maxRecordSize>>20)

// Bounds of a source. The export of PyPI is some 30 MB, unpacked 300 MB.
const (
	maxUnpacked  = 8 << 30
	maxDirectory = 32 << 20 // bytes read for an archive's table of contents
)

// Source is an OSV export in the file system.
type Source struct {
	// Path is an export as OSV publishes it (all.zip), a directory of .json
	// files, or a file of one record a line (.jsonl), which may be compressed
	// (.jsonl.gz). The content decides, not the name.
	Path string
	// Now is when the import takes place.
	Now time.Time
	// Replace takes it even where it would take records away (ErrBackward).
	Replace bool
}

// Import makes the database at path out of a source, in place of what was
// there. The old data stays until the new is complete and checked; imports and
// refreshes exclude each other by a lock file beside it. Records are read one
// by one: memory does not grow with the source. It returns ErrNothing where
// there is no PyPI record in it, and ErrBackward for one that is older than what
// was there, or lacks some of it.
func Import(ctx context.Context, path string, source Source, progress func(Progress)) (Stats, error) {
	unlock, err := lock(ctx, path)
	if err != nil {
		return Stats{}, err
	}
	defer unlock()
	stats, err := importWhole(ctx, path, source, progress)
	if err != nil {
		return Stats{}, fmt.Errorf("import %s: %w", source.Path, err)
	}
	return stats, nil
}

// lock waits for the lock of the database at path, making its directory. The
// function given back lets go of it.
func lock(ctx context.Context, path string) (func(), error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	unlock, err := files.Lock(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("wait for %s.lock: %w", path, err)
	}
	if err := removeStale(dir); err != nil {
		unlock()
		return nil, fmt.Errorf("clear %s: %w", dir, err)
	}
	return unlock, nil
}

// importWhole builds the database from a file or directory, under the lock.
func importWhole(ctx context.Context, path string, source Source, progress func(Progress)) (Stats, error) {
	b, err := newBuilder(filepath.Dir(path))
	if err != nil {
		return Stats{}, err
	}
	defer b.close()
	if err := b.collectSource(ctx, source.Path, progress); err != nil {
		return Stats{}, err
	}
	now := source.Now.UTC().Round(0)
	if !source.Replace {
		if err := b.checkImport(path, now); err != nil {
			return Stats{}, err
		}
	}
	return b.writeWhole(path, Meta{Updated: now, Whole: now, Source: source.Path})
}

// checkImport holds what was collected from a file against the data at path,
// where there is any.
func (b *builder) checkImport(path string, now time.Time) error {
	base, err := Open(path)
	if errors.Is(err, ErrNoDatabase) || errors.Is(err, ErrDamaged) {
		return nil
	}
	if err != nil {
		return err
	}
	defer base.Close()
	return fromElsewhere(base).checkWhole(b, base, now)
}

// collectSource takes in a whole source.
func (b *builder) collectSource(ctx context.Context, path string, progress func(Progress)) error {
	source, err := openSource(path)
	if err != nil {
		return err
	}
	defer source.Close()
	return b.collect(ctx, func(_ context.Context, give func(item) error) error {
		return source.read(give, progress)
	})
}

// writeWhole writes a database of what was collected alone.
func (b *builder) writeWhole(path string, meta Meta) (Stats, error) {
	meta.Format = format
	meta.Newest = earlier(b.newest, meta.Updated)
	b.stats.Whole = true
	return b.write(path, nil, meta)
}

// earlier keeps a date from the future out: it would hide later changes.
func earlier(a, b time.Time) time.Time {
	if a.After(b) {
		return b
	}
	return a
}

// openedSource is a source that is open: its records may be read until Close.
type openedSource struct {
	path string
	file *os.File // nil for a directory
	size int64
}

func openSource(path string) (*openedSource, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	switch {
	case info.IsDir():
		return &openedSource{path: path}, nil
	case !info.Mode().IsRegular():
		return nil, errors.New("neither a file nor a directory")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &openedSource{path: path, file: file, size: info.Size()}, nil
}

func (s *openedSource) Close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// read gives every record of the source.
func (s *openedSource) read(give func(item) error, progress func(Progress)) error {
	if s.file == nil {
		return readDirectory(s.path, give)
	}
	var magic [4]byte
	n, err := s.file.ReadAt(magic[:], 0)
	if err != nil && err != io.EOF {
		return err
	}
	report := func(done int64) {
		if progress != nil {
			progress(Progress{Stage: "import", Done: done, Total: s.size})
		}
	}
	counted := &countingReader{Reader: s.file, report: report}
	switch head := magic[:n]; {
	case bytes.HasPrefix(head, []byte("PK")):
		return readZip(s.file, s.size, give, report)
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		unpacked, err := gzip.NewReader(bufio.NewReaderSize(counted, 256<<10))
		if err != nil {
			return err
		}
		return readLines(unpacked, give)
	}
	return readLines(counted, give)
}

// readDirectory gives the .json files in a directory and below it.
func readDirectory(root string, give func(item) error) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() || filepath.Ext(path) != ".json" {
			return nil
		}
		// A link to a file counts as the file; a link to a directory, which
		// could lead in a circle, is not followed.
		if !files.IsRegular(path) {
			return err
		}
		return give(item{label: path, load: func() ([]byte, error) {
			file, err := os.Open(path)
			if err != nil {
				return nil, err
			}
			defer file.Close()
			return readRecord(file)
		}})
	})
}

// readZip gives the .json files of an archive. Their names are used for
// messages only; nothing is written under them.
func readZip(file *os.File, size int64, give func(item) error, report func(int64)) error {
	limited := &limitedReaderAt{ReaderAt: file}
	limited.left.Store(maxDirectory)
	archive, err := zip.NewReader(limited, size)
	if err != nil {
		return fmt.Errorf("not a complete zip archive: %w", err)
	}
	limited.left.Store(1 << 62)
	var unpacked, packed int64
	for _, f := range archive.File {
		if f.FileInfo().IsDir() || !strings.HasSuffix(f.Name, ".json") {
			continue
		}
		unpacked += int64(min(f.UncompressedSize64, maxRecordSize))
		if unpacked > maxUnpacked {
			return fmt.Errorf("unpacks to more than %d GB", maxUnpacked>>30)
		}
		if err := give(item{label: fmt.Sprintf("%.120q", f.Name), load: func() ([]byte, error) {
			content, err := f.Open()
			if err != nil {
				return nil, err
			}
			defer content.Close()
			return readRecord(content)
		}}); err != nil {
			return err
		}
		packed += int64(f.CompressedSize64)
		report(packed)
	}
	report(size)
	return nil
}

// readRecord reads the text of one record.
func readRecord(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxRecordSize+1))
	if err == nil && len(text) > maxRecordSize {
		return nil, errRecordTooLong
	}
	return text, err
}

// readLines gives one record a line. Empty lines count for nothing; a line
// that is too long is passed over without being held.
func readLines(r io.Reader, give func(item) error) error {
	limited := &io.LimitedReader{R: r, N: maxUnpacked}
	lines := bufio.NewReaderSize(limited, 256<<10)
	for number := 1; ; number++ {
		line, err := nextLine(lines)
		if limited.N <= 0 {
			return fmt.Errorf("unpacks to more than %d GB", maxUnpacked>>30)
		}
		end := err == io.EOF
		if err != nil && !end && !errors.Is(err, errRecordTooLong) {
			return err
		}
		if len(bytes.TrimSpace(line)) > 0 || errors.Is(err, errRecordTooLong) {
			problem := err
			if end {
				problem = nil
			}
			if err := give(item{label: fmt.Sprintf("line %d", number), load: func() ([]byte, error) {
				return line, problem
			}}); err != nil {
				return err
			}
		}
		if end {
			return nil
		}
	}
}

// nextLine reads to the next line end.
func nextLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	tooLong := false
	for {
		piece, err := r.ReadSlice('\n')
		if len(line)+len(piece) > maxRecordSize {
			tooLong, line = true, nil
		}
		if !tooLong {
			line = append(line, piece...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case tooLong && (err == nil || err == io.EOF):
			return nil, errRecordTooLong // the end of the input shows at the next call
		default:
			return line, err
		}
	}
}

// limitedReaderAt gives up after a number of bytes: archive/zip reads as many
// directory entries as it finds, whatever the archive says their number is.
type limitedReaderAt struct {
	io.ReaderAt
	left atomic.Int64
}

func (l *limitedReaderAt) ReadAt(p []byte, offset int64) (int, error) {
	if l.left.Add(-int64(len(p))) < 0 {
		return 0, fmt.Errorf("its table of contents is larger than %d MB", maxDirectory>>20)
	}
	return l.ReaderAt.ReadAt(p, offset)
}

// countingReader reports how much was read.
type countingReader struct {
	io.Reader
	done   int64
	report func(int64)
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.done += int64(n)
	c.report(c.done)
	return n, err
}
