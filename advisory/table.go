package advisory

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
)

// A table is an embedded key-value file that is written once, as a whole, and
// then only read. Readers need no lock and map no memory: a file that is cut
// short or damaged gives an error where a mapped one would give a fault, and a
// new table takes the place of the old by a rename, which readers of the old
// do not notice.
//
//	header   64 bytes: magic, place and number of slots, checksum
//	entries  key length (2), value length (4), checksum (4), key, value
//	slots    hash (8), place (8), length (4), checksum (4), half of them empty:
//	         an entry is in the first free slot from its hash on
//
// Numbers are little-endian, checksums CRC-32C.
const (
	tableMagic   = "THRESHA\x01"
	headerSize   = 64
	entryHead    = 10
	slotSize     = 24
	probeSlots   = 8 // read at a time
	maxTableKey  = 1 << 10
	maxTableItem = 256 << 20
	maxSlots     = 1 << 28
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errDamaged says that a table's bytes are not what was written.
var errDamaged = errors.New("damaged file")

type tableSlot struct {
	hash   uint64
	offset uint64
	length uint32
}

// hashKey places keys. It is a strong hash because names come from outside:
// nobody can make many of them meet in one place.
func hashKey(key string) uint64 {
	sum := sha256.Sum256([]byte(key))
	h := binary.LittleEndian.Uint64(sum[:8])
	return h | 1 // 0 marks an empty slot
}

// tableWriter writes a table. Keys must be put once each.
type tableWriter struct {
	file   *os.File
	buffer *bufio.Writer
	offset uint64
	slots  []tableSlot
}

func newTableWriter(file *os.File) (*tableWriter, error) {
	w := &tableWriter{file: file, buffer: bufio.NewWriterSize(file, 256<<10), offset: headerSize}
	_, err := w.buffer.Write(make([]byte, headerSize))
	return w, err
}

func (w *tableWriter) put(key string, value []byte) error {
	if len(key) > maxTableKey || len(value) > maxTableItem {
		return fmt.Errorf("an entry of %d bytes is larger than any real one", len(value))
	}
	var head [entryHead]byte
	binary.LittleEndian.PutUint16(head[0:], uint16(len(key)))
	binary.LittleEndian.PutUint32(head[2:], uint32(len(value)))
	sum := crc32.Update(crc32.Checksum([]byte(key), castagnoli), castagnoli, value)
	binary.LittleEndian.PutUint32(head[6:], sum)
	length := entryHead + len(key) + len(value)
	w.slots = append(w.slots, tableSlot{hash: hashKey(key), offset: w.offset, length: uint32(length)})
	w.offset += uint64(length)
	if _, err := w.buffer.Write(head[:]); err != nil {
		return err
	}
	if _, err := w.buffer.WriteString(key); err != nil {
		return err
	}
	_, err := w.buffer.Write(value)
	return err
}

// finish writes slots and header and brings the file to the disk.
func (w *tableWriter) finish() error {
	count := 16
	for count < 2*len(w.slots) {
		count *= 2
	}
	placed := make([]tableSlot, count)
	for _, slot := range w.slots {
		i := int(slot.hash>>1) & (count - 1)
		for placed[i].hash != 0 {
			i = (i + 1) & (count - 1)
		}
		placed[i] = slot
	}
	var text [slotSize]byte
	for i, slot := range placed {
		binary.LittleEndian.PutUint64(text[0:], slot.hash)
		binary.LittleEndian.PutUint64(text[8:], slot.offset)
		binary.LittleEndian.PutUint32(text[16:], slot.length)
		binary.LittleEndian.PutUint32(text[20:], slotSum(text[:20], uint64(i)))
		if _, err := w.buffer.Write(text[:]); err != nil {
			return err
		}
	}
	if err := w.buffer.Flush(); err != nil {
		return err
	}
	var header [headerSize]byte
	copy(header[:], tableMagic)
	binary.LittleEndian.PutUint64(header[8:], w.offset)
	binary.LittleEndian.PutUint64(header[16:], uint64(count))
	binary.LittleEndian.PutUint64(header[24:], uint64(len(w.slots)))
	binary.LittleEndian.PutUint32(header[headerSize-4:], crc32.Checksum(header[:headerSize-4], castagnoli))
	if _, err := w.file.WriteAt(header[:], 0); err != nil {
		return err
	}
	return w.file.Sync()
}

// slotSum is the checksum of a slot. It covers its place: an empty slot must
// not be taken for another, as it ends a search.
func slotSum(text []byte, place uint64) uint32 {
	var number [8]byte
	binary.LittleEndian.PutUint64(number[:], place)
	return crc32.Update(crc32.Checksum(number[:], castagnoli), castagnoli, text)
}

// table is an open table. It may be used from many goroutines.
type table struct {
	file    *os.File
	entries uint64 // how many
	slotsAt uint64
	slots   uint64
}

func openTable(path string) (*table, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	t, err := readTable(file)
	if err != nil {
		file.Close()
		return nil, err
	}
	return t, nil
}

func readTable(file *os.File) (*table, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: file.Name(), Err: errors.New("not a regular file")}
	}
	var header [headerSize]byte
	if _, err := file.ReadAt(header[:], 0); err != nil {
		return nil, errDamaged
	}
	sum := binary.LittleEndian.Uint32(header[headerSize-4:])
	if string(header[:8]) != tableMagic || sum != crc32.Checksum(header[:headerSize-4], castagnoli) {
		return nil, errDamaged
	}
	t := &table{
		file:    file,
		slotsAt: binary.LittleEndian.Uint64(header[8:]),
		slots:   binary.LittleEndian.Uint64(header[16:]),
		entries: binary.LittleEndian.Uint64(header[24:]),
	}
	if t.slots == 0 || t.slots > maxSlots || t.slots&(t.slots-1) != 0 || t.entries > t.slots/2 ||
		t.slotsAt < headerSize || t.slotsAt+t.slots*slotSize != uint64(info.Size()) {
		return nil, errDamaged
	}
	return t, nil
}

func (t *table) Close() error { return t.file.Close() }

// get gives the value of a key; nil where there is none.
func (t *table) get(key string) ([]byte, error) {
	hash := hashKey(key)
	at := hash >> 1 & (t.slots - 1)
	var text [probeSlots * slotSize]byte
	for probed := uint64(0); probed < t.slots; {
		count := min(probeSlots, t.slots-at)
		part := text[:count*slotSize]
		if _, err := t.file.ReadAt(part, int64(t.slotsAt+at*slotSize)); err != nil {
			return nil, fmt.Errorf("%w: %w", errDamaged, err)
		}
		for i := at; len(part) > 0; i, part = i+1, part[slotSize:] {
			if binary.LittleEndian.Uint32(part[20:]) != slotSum(part[:20], i) {
				return nil, errDamaged
			}
			switch binary.LittleEndian.Uint64(part) {
			case 0:
				return nil, nil
			case hash:
				found, value, err := t.entry(binary.LittleEndian.Uint64(part[8:]), binary.LittleEndian.Uint32(part[16:]))
				if err != nil {
					return nil, err
				}
				if found == key {
					return value, nil
				}
			}
		}
		probed += count
		at = (at + count) & (t.slots - 1)
	}
	return nil, nil
}

// entry reads one entry of a known length.
func (t *table) entry(offset uint64, length uint32) (key string, value []byte, err error) {
	if length < entryHead || length > maxTableKey+maxTableItem+entryHead ||
		offset < headerSize || offset+uint64(length) > t.slotsAt {
		return "", nil, errDamaged
	}
	text := make([]byte, length)
	if _, err := t.file.ReadAt(text, int64(offset)); err != nil {
		return "", nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return splitEntry(text)
}

func splitEntry(text []byte) (key string, value []byte, err error) {
	keyLength := int(binary.LittleEndian.Uint16(text))
	valueLength := int(binary.LittleEndian.Uint32(text[2:]))
	sum := binary.LittleEndian.Uint32(text[6:])
	content := text[entryHead:]
	if keyLength+valueLength != len(content) || sum != crc32.Checksum(content, castagnoli) {
		return "", nil, errDamaged
	}
	return string(content[:keyLength]), content[keyLength:], nil
}

// each visits all entries in the order they were put. The value is valid
// during the call only.
func (t *table) each(visit func(key string, value []byte) error) error {
	r := bufio.NewReaderSize(io.NewSectionReader(t.file, headerSize, int64(t.slotsAt)-headerSize), 256<<10)
	var seen uint64
	var text []byte
	for at := uint64(headerSize); at < t.slotsAt; {
		head, err := r.Peek(entryHead)
		if err != nil {
			return errDamaged
		}
		length := uint64(entryHead) + uint64(binary.LittleEndian.Uint16(head)) + uint64(binary.LittleEndian.Uint32(head[2:]))
		if at+length > t.slotsAt {
			return errDamaged
		}
		if uint64(cap(text)) < length {
			text = make([]byte, length, 2*length)
		}
		text = text[:length]
		if _, err := io.ReadFull(r, text); err != nil {
			return errDamaged
		}
		key, value, err := splitEntry(text)
		if err != nil {
			return err
		}
		if err := visit(key, value); err != nil {
			return err
		}
		at += length
		seen++
	}
	if seen != t.entries {
		return errDamaged
	}
	return nil
}
