package inside

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"thresher/archive"
)

// Piece is a part of a file.
type Piece struct {
	archive.Part
	Total int64 // size of the whole file, in bytes
}

// Ranges reads length bytes of a file from offset on, or its last length bytes
// where offset is negative. A shorter file is given whole.
type Ranges func(ctx context.Context, offset, length int64) (Piece, error)

// ErrNoRanges says that a server gives no part of a file alone.
var ErrNoRanges = errors.New(messageNoRanges)

// maximalAhead bounds what is read of one wheel by parts, and maximalParts how
// often its server is asked.
const (
	maximalAhead = 8 << 20
	maximalParts = 12
)

// FirstRange is how many bytes of a wheel's end are read at first: all of a
// small one, and of others what holds the directory of nine in ten. size is 0
// where the index does not say.
func FirstRange(size int64) int64 {
	switch {
	case size == 0:
		return smallestRange
	case size <= wholeRange:
		return size
	}
	return min(max(size/rangeShare, smallestRange), largestRange)
}

// What FirstRange goes by; docs/gate.md has the measurement.
const (
	wholeRange    = 64 << 10
	smallestRange = 32 << 10
	largestRange  = 256 << 10
	rangeShare    = 50
)

// Ahead reads by parts what a wheel of size bytes brings; size is 0 where it is
// not known. Commands of entry points are left out where commands is false, so
// that one part is enough for most wheels. What is given was not compared with
// any hash of the file. Errors are ErrNoRanges, refusals of archive, or those of
// ranges.
func Ahead(ctx context.Context, filename string, size int64, ranges Ranges, commands bool) (Contents, error) {
	members, read, err := readEnd(ctx, size, ranges)
	if err != nil {
		return Contents{}, err
	}
	return describe(members, filename, commands, read)
}

// Paths reads by parts where pip would put the members of a wheel.
func Paths(ctx context.Context, size int64, ranges Ranges) (map[Path]bool, error) {
	members, _, err := readEnd(ctx, size, ranges)
	if err != nil {
		return nil, err
	}
	paths := make(map[Path]bool, len(members))
	for _, m := range members {
		if !m.IsFolder() {
			paths[PathOf(m.Name)] = true
		}
	}
	return paths, nil
}

// Metadata reads by parts the core metadata of a wheel, for an index that does not
// offer it by itself. Errors are those of Ahead.
func Metadata(ctx context.Context, size int64, ranges Ranges) ([]byte, error) {
	members, read, err := readEnd(ctx, size, ranges)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		directory, file, _ := strings.Cut(m.Name, "/")
		if file == "METADATA" && strings.HasSuffix(directory, ".dist-info") {
			return read(m, maximalMetadata)
		}
	}
	return nil, errors.New(messageNoMetadata)
}

// maximalMetadata is the largest METADATA that is read by parts, in bytes.
const maximalMetadata = 1 << 20

// Path is where a file is installed.
type Path struct {
	Scheme archive.Scheme
	Name   string // in it
}

// PathOf is archive.Place as one value.
func PathOf(member string) Path {
	scheme, name := archive.Place(member)
	return Path{scheme, name}
}

// readEnd reads the directory of a wheel, and gives what reads its members.
func readEnd(ctx context.Context, size int64, ranges Ranges) ([]archive.Member, reader, error) {
	asked, length := int64(-1), FirstRange(size)
	if size > 0 {
		asked = size - length
	}
	tail, err := ranges(ctx, asked, length)
	if err != nil {
		return nil, nil, err
	}
	if size > 0 && tail.Total != size {
		return nil, nil, fmt.Errorf(messageOtherSize, tail.Total, size)
	}
	size = tail.Total
	parts := 1
	fetch := func(offset, length int64) (archive.Part, error) {
		if parts++; length > maximalAhead || parts > maximalParts {
			return archive.Part{}, errors.New(messageTooFar)
		}
		piece, err := ranges(ctx, offset, length)
		if err == nil && piece.Total != size {
			err = fmt.Errorf(messageOtherSize, piece.Total, size)
		}
		return piece.Part, err
	}
	for {
		members, from, err := archive.ReadDirectory(tail.Content, size)
		if err != nil {
			return nil, nil, err
		}
		if from < 0 {
			return members, func(m archive.Member, limit int64) ([]byte, error) {
				offset, length := m.Extent()
				part := tail.Part
				if offset < part.Offset {
					if m.Compressed > limit {
						return archive.ReadMember(part, m, limit) // says what is wrong
					}
					fetched, err := fetch(offset, length)
					if err != nil {
						return nil, err
					}
					part = fetched
				}
				return archive.ReadMember(part, m, limit)
			}, nil
		}
		if from >= tail.Offset {
			return nil, nil, errors.New(messageOtherPart)
		}
		before, err := fetch(from, tail.Offset-from)
		if err != nil {
			return nil, nil, err
		}
		tail.Part = archive.Part{Offset: from, Content: append(before.Content, tail.Content...)}
	}
}
