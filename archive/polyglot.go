package archive

import (
	"bytes"
	"encoding/binary"
	"io"
)

// A source archive that is a tar and a zip. pip goes by the content type that
// the index gave before it looks at the name, so that the index could choose
// which of the two was judged and which is built.

// lastBytes keeps the end of what is written to it: all that Python searches
// for the end record of a zip.
type lastBytes struct {
	kept []byte
	size int64 // of all that was written
}

const lastBytesKept = endRecordSize + maximalComment + 1

func (l *lastBytes) Write(p []byte) (int, error) {
	l.size += int64(len(p))
	l.kept = append(l.kept, p...)
	if len(l.kept) > 4*lastBytesKept {
		l.kept = append(l.kept[:0], l.kept[len(l.kept)-lastBytesKept:]...)
	}
	return len(p), nil
}

// holdZip tells whether Python could open what was written as a zip. A record
// that leads to no directory, as chance makes one, is none.
func (l *lastBytes) holdZip() bool {
	end := l.kept[max(len(l.kept)-lastBytesKept, 0):]
	at := bytes.LastIndex(end, endSignature)
	if at < 0 || len(end)-at < endRecordSize {
		return false
	}
	record := l.size - int64(len(end)-at)
	start := record - int64(binary.LittleEndian.Uint32(end[at+12:]))
	if place := at - locatorSize; place >= 0 && bytes.HasPrefix(end[place:], locatorSignature) {
		return true
	}
	if start < 0 {
		return false
	}
	directory := start - (l.size - int64(len(end)))
	return directory < 0 || start == record || bytes.HasPrefix(end[directory:], entrySignature)
}

// refuseTarToo refuses a zip that begins with the header of a tar.
func refuseTarToo(r io.ReaderAt, size int64) error {
	if size < tarBlock {
		return nil
	}
	block := make([]byte, tarBlock)
	if err := readAt(r, block, 0, ""); err != nil {
		return err
	}
	if sum, ok := tarNumber(block[148:156]); ok && sumMatches(block, sum) {
		return refuse(TwoReadings, "", detailTarToo)
	}
	return nil
}
