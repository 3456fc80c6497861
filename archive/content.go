package archive

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// Methods of compression that every Python reads.
const (
	methodStored   = 0
	methodDeflated = 8
)

// Part is a part of a file that was fetched alone, to be read in its place.
type Part struct {
	Offset  int64 // of the first byte in the file
	Content []byte
}

// ReadAt reads at an offset of the whole file. What lies outside the part is
// io.ErrUnexpectedEOF.
func (p Part) ReadAt(into []byte, offset int64) (int, error) {
	at := offset - p.Offset
	if at < 0 || at > int64(len(p.Content)) {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(into, p.Content[at:])
	if n < len(into) {
		return n, io.ErrUnexpectedEOF
	}
	return n, nil
}

// Extent gives where in its file a member of a zip lies, with its own header:
// what has to be fetched to read it alone by way of a Part.
func (m Member) Extent() (offset, length int64) { return m.offset, m.end - m.offset }

// ReadMember reads the content of a member of a zip, whose size must not
// exceed limit bytes. Its own header must agree with the directory, its content
// with size and checksum. Errors are Refusals, or those of r.
func ReadMember(r io.ReaderAt, m Member, limit int64) ([]byte, error) {
	if m.Size > limit {
		return nil, refuse(TooLarge, m.Name, detailSizeLimit, m.Size, limit)
	}
	data, err := m.checkLocal(r)
	if err != nil {
		return nil, err
	}
	if m.Size > m.Compressed*1032+64 { // deflate makes no more of it
		return nil, refuse(Damaged, m.Name, "")
	}
	content := bytes.NewBuffer(make([]byte, 0, m.Size))
	var packed io.Reader = io.NewSectionReader(r, data, m.Compressed)
	unpacked := packed
	if m.method == methodDeflated {
		unpacked = flate.NewReader(packed)
	}
	_, err = io.Copy(content, io.LimitReader(unpacked, m.Size+1))
	switch {
	case isCorrupt(err):
		return nil, refuse(Damaged, m.Name, "")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, refuse(Truncated, m.Name, "")
	case err != nil:
		return nil, err
	case int64(content.Len()) != m.Size || crc32.ChecksumIEEE(content.Bytes()) != m.CRC:
		return nil, refuse(Damaged, m.Name, "")
	}
	return content.Bytes(), nil
}

// checkLocal compares a member's own header with the directory, and gives where
// its data begins.
func (m Member) checkLocal(r io.ReaderAt) (data int64, err error) {
	field16, field32 := binary.LittleEndian.Uint16, binary.LittleEndian.Uint32
	header := make([]byte, localSize+len(m.raw))
	if err := readAt(r, header, m.offset, m.Name); err != nil {
		return 0, err
	}
	const meaning = flagEncrypted | flagPatch | flagStrong | flagUTF8 | flagMasked
	flags := field16(header[6:])
	extraLength := int64(field16(header[28:]))
	data = m.offset + localSize + int64(len(m.raw)) + extraLength
	switch {
	case !bytes.HasPrefix(header, localSignature):
		return 0, refuse(HeadersDiffer, m.Name, detailSignature)
	case int(field16(header[26:])) != len(m.raw) || string(header[localSize:]) != m.raw:
		return 0, refuse(HeadersDiffer, m.Name, detailField, "name")
	case field16(header[8:]) != m.method:
		return 0, refuse(HeadersDiffer, m.Name, detailField, "method")
	case flags&meaning != m.flags&meaning:
		return 0, refuse(HeadersDiffer, m.Name, detailField, "flags")
	case data+m.Compressed > m.end:
		return 0, refuse(Overlapping, m.Name, "")
	}
	crc, compressed, size := field32(header[14:]), int64(field32(header[18:])), int64(field32(header[22:]))
	if compressed == 0xffffffff || size == 0xffffffff {
		extra := make([]byte, extraLength)
		if err := readAt(r, extra, data-extraLength, m.Name); err != nil {
			return 0, err
		}
		local := Member{Name: m.Name, Size: size, Compressed: compressed}
		if err := local.takeExtra(extra); err != nil {
			return 0, err
		}
		compressed, size = local.Compressed, local.Size
	}
	// Where sizes stand behind the data they may be left out here.
	same := func(here, there int64) bool { return here == there || here == 0 && flags&flagDescriptor != 0 }
	switch {
	case !same(int64(crc), int64(m.CRC)):
		return 0, refuse(HeadersDiffer, m.Name, detailField, "checksum")
	case !same(compressed, m.Compressed) || !same(size, m.Size):
		return 0, refuse(HeadersDiffer, m.Name, detailField, "size")
	}
	return data, nil
}

// readAt fills into, or says that the file is cut off.
func readAt(r io.ReaderAt, into []byte, offset int64, member string) error {
	n, err := r.ReadAt(into, offset)
	switch {
	case n == len(into):
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return refuse(Truncated, member, "")
	case err == nil:
		return io.ErrNoProgress
	}
	return err
}

// isCorrupt tells an error of deflated data.
func isCorrupt(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.As(err, &corrupt)
}
