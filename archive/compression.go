package archive

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"io"
	"strings"
)

// form is how pip unpacks a source archive.
type form int

const (
	formUnknown form = iota
	formZip
	formGzip
	formBzip2
	formXz
	formTar // compressed or not: Python looks
)

// formOf goes by the end of a file's name, as pip's unpack_file and untar_file
// do. pip asks the response's content type first: a server that calls a
// .tar.gz "application/zip" has it unpacked as one.
func formOf(filename string) form {
	name := strings.ToLower(filename)
	ends := func(endings ...string) bool {
		for _, ending := range endings {
			if strings.HasSuffix(name, ending) {
				return true
			}
		}
		return false
	}
	switch {
	case ends(".zip"):
		return formZip
	case ends(".tar.gz", ".tgz"):
		return formGzip
	case ends(".tar.bz2", ".tbz"):
		return formBzip2
	case ends(".tar.xz", ".txz", ".tlz", ".tar.lz", ".tar.lzma"):
		return formXz
	case ends(".tar"):
		return formTar
	}
	return formUnknown
}

// unpack gives the tar in r. What is compressed by xz or lzma is refused: no
// index has taken such a file for years, and reading it safely needs a library.
func unpack(r io.Reader, filename string) (io.Reader, error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	found := formOf(filename)
	if found == formTar {
		found = sniff(buffered)
	}
	switch found {
	case formGzip:
		return newGzipReader(buffered)
	case formBzip2:
		return bzip2.NewReader(buffered), nil
	case formTar:
		return buffered, nil
	case formXz:
		return nil, refuse(UnreadableForm, "", detailCompressedTar)
	}
	return nil, refuse(UnreadableForm, "", detailUnknownEnding)
}

// sniff tells what tarfile.open(mode="r") finds behind ".tar": it tries the
// compressions first.
func sniff(buffered *bufio.Reader) form {
	begin, _ := buffered.Peek(6) // an error shows when it is read
	switch {
	case bytes.HasPrefix(begin, []byte("\x1f\x8b")):
		return formGzip
	case bytes.HasPrefix(begin, []byte("BZh")):
		return formBzip2
	case bytes.HasPrefix(begin, []byte("\xfd7zXZ\x00")), bytes.HasPrefix(begin, []byte("\x5d\x00\x00")),
		bytes.HasPrefix(begin, []byte("\x28\xb5\x2f\xfd")): // xz, lzma, zstandard
		return formXz
	}
	return formTar
}

// gzipReader reads gzip members one behind the other, with zeros between and
// behind them, as Python's gzip does. Anything else behind one is refused;
// Python refuses it as well, unless it has no need to look there.
type gzipReader struct {
	packed   *bufio.Reader
	unpacked *gzip.Reader
}

func newGzipReader(packed *bufio.Reader) (*gzipReader, error) {
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		return nil, packedError(err)
	}
	unpacked.Multistream(false)
	return &gzipReader{packed, unpacked}, nil
}

func (g *gzipReader) Read(into []byte) (int, error) {
	for {
		n, err := g.unpacked.Read(into)
		if err != io.EOF {
			return n, err
		}
		if n > 0 {
			return n, nil
		}
		for {
			next, err := g.packed.ReadByte()
			if err != nil {
				return 0, err // io.EOF: all was read
			}
			if next != 0 {
				break
			}
		}
		if err := g.packed.UnreadByte(); err != nil {
			return 0, err
		}
		if err := g.unpacked.Reset(g.packed); err != nil {
			return 0, refuse(DataAround, "", detailAfterGzip)
		}
		g.unpacked.Multistream(false)
	}
}

// packedError makes a refusal of what the decompressors say.
func packedError(err error) error {
	var corrupt bzip2.StructuralError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return refuse(Truncated, "", "")
	case errors.Is(err, gzip.ErrHeader):
		return refuse(NotAnArchive, "", "")
	case errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt), isCorrupt(err):
		return refuse(Damaged, "", "")
	}
	return err
}
