package archive

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"thresher/internal/words"
)

// The directory of a zip, as Python's zipfile finds and reads it. Python
// searches the end record from the end, reckons the place of the directory from
// the record's own, and knows nothing of what the record says about that place.
// Here both must agree.

// Sizes of the records, and the bounds of a directory. The largest wheels on
// the public index have some 30,000 members.
const (
	endRecordSize    = 22
	locatorSize      = 20
	end64Size        = 56
	entrySize        = 46
	localSize        = 30
	maximalComment   = 1<<16 - 1
	maximalDirectory = 64 << 20
	maximalMembers   = 250_000
)

var (
	endSignature     = []byte("PK\x05\x06")
	end64Signature   = []byte("PK\x06\x06")
	locatorSignature = []byte("PK\x06\x07")
	entrySignature   = []byte("PK\x01\x02")
	localSignature   = []byte("PK\x03\x04")
)

// Flags of a member.
const (
	flagEncrypted  = 1 << 0
	flagDescriptor = 1 << 3 // sizes stand behind the data
	flagPatch      = 1 << 5
	flagStrong     = 1 << 6
	flagUTF8       = 1 << 11
	flagMasked     = 1 << 13
)

// ReadDirectory reads the members of a zip from the last bytes of a file of
// size bytes. Where more is needed, needFrom is not negative: the caller gives
// the file from there on, and asks again (the end record is found in the last
// 22 bytes of nearly every wheel, the directory in some 100 bytes a member
// before it). The members' own headers are not looked at: see OpenWheel and
// ReadMember. The error is a Refusal.
func ReadDirectory(tail []byte, size int64) (members []Member, needFrom int64, err error) {
	if int64(len(tail)) > size {
		tail = tail[int64(len(tail))-size:]
	}
	begin := size - int64(len(tail)) // where tail begins
	record, needFrom, err := findEnd(tail, begin, size)
	if err != nil || needFrom >= 0 {
		return nil, needFrom, err
	}
	where, needFrom, err := locate(tail, begin, record)
	if err != nil || needFrom >= 0 {
		return nil, needFrom, err
	}
	if where.start < begin {
		return nil, where.start, nil
	}
	members, err = parseDirectory(tail[where.start-begin:where.start-begin+where.size], where)
	return members, -1, err
}

// findEnd gives the place of the end record (zipfile._EndRecData).
func findEnd(tail []byte, begin, size int64) (record, needFrom int64, err error) {
	switch {
	case size < endRecordSize:
		return 0, -1, refuse(NotAnArchive, "", detailEndRecord)
	case len(tail) < endRecordSize:
		return 0, size - endRecordSize, nil
	}
	last := tail[len(tail)-endRecordSize:]
	if bytes.HasPrefix(last, endSignature) && last[20] == 0 && last[21] == 0 {
		record = size - endRecordSize
	} else {
		from := max(size-maximalComment-1-endRecordSize, 0)
		if from < begin {
			return 0, from, nil
		}
		at := bytes.LastIndex(tail[from-begin:], endSignature)
		if at < 0 {
			return 0, -1, refuse(NotAnArchive, "", detailEndRecord)
		}
		record = from + int64(at)
	}
	rest := tail[record-begin:]
	if len(rest) < endRecordSize {
		return 0, -1, refuse(Truncated, "", "")
	}
	if comment := int64(binary.LittleEndian.Uint16(rest[20:])); record+endRecordSize+comment != size {
		return 0, -1, refuse(DataAround, "", detailComment)
	}
	if bytes.Contains(rest[1:], endSignature) {
		return 0, -1, refuse(TwoReadings, "", detailSecondEnd)
	}
	return record, -1, nil
}

// extent is where the directory of a zip lies.
type extent struct{ start, size, count int64 }

// locate reads the end record and the zip64 record before it, where there is
// one (zipfile._EndRecData64, _RealGetContents).
func locate(tail []byte, begin, record int64) (where extent, needFrom int64, err error) {
	field16, field32, field64 := binary.LittleEndian.Uint16, binary.LittleEndian.Uint32, binary.LittleEndian.Uint64
	end := tail[record-begin:]
	if field16(end[4:]) != 0 && field16(end[4:]) != 0xffff || field16(end[6:]) != 0 && field16(end[6:]) != 0xffff {
		return where, -1, refuse(TwoReadings, "", detailDisks)
	}
	here, total := uint64(field16(end[8:])), uint64(field16(end[10:]))
	size, offset := uint64(field32(end[12:])), uint64(field32(end[16:]))
	directoryEnd := record
	if place := record - locatorSize; place >= 0 {
		if from := max(place-end64Size, 0); from < begin {
			return where, from, nil
		}
		if locator := tail[place-begin:]; bytes.HasPrefix(locator, locatorSignature) {
			directoryEnd = place - end64Size
			if directoryEnd < 0 || !bytes.HasPrefix(tail[directoryEnd-begin:], end64Signature) ||
				field64(locator[8:]) != uint64(directoryEnd) {
				return where, -1, refuse(TwoReadings, "", detailZip64Place)
			}
			end64 := tail[directoryEnd-begin:]
			if field32(locator[4:]) != 0 || field32(locator[16:]) > 1 || field32(end64[16:]) != 0 || field32(end64[20:]) != 0 {
				return where, -1, refuse(TwoReadings, "", detailDisks)
			}
			if field64(end64[4:]) != end64Size-12 { // more would follow
				return where, -1, refuse(TwoReadings, "", detailZip64Place)
			}
			agree := func(old *uint64, sentinel, value uint64) bool {
				same := *old == sentinel || *old == value
				*old = value
				return same
			}
			if !agree(&here, 0xffff, field64(end64[24:])) || !agree(&total, 0xffff, field64(end64[32:])) ||
				!agree(&size, 0xffffffff, field64(end64[40:])) || !agree(&offset, 0xffffffff, field64(end64[48:])) {
				return where, -1, refuse(TwoReadings, "", detailZip64Differs)
			}
		}
	}
	switch {
	case here != total:
		return where, -1, refuse(TwoReadings, "", detailDisks)
	case size > maximalDirectory:
		return where, -1, refuse(TooLarge, "", detailDirectorySize, size)
	case total > maximalMembers:
		return where, -1, refuse(TooLarge, "", detailMemberCount, maximalMembers)
	}
	where = extent{start: directoryEnd - int64(size), size: int64(size), count: int64(total)}
	switch {
	case where.start < 0:
		return where, -1, refuse(Truncated, "", "")
	case uint64(where.start) != offset:
		// Python takes what is too much for a program before the archive.
		return where, -1, refuse(DataAround, "", detailOffset, where.start, offset)
	}
	return where, -1, nil
}

// parseDirectory reads the entries, and checks all that they alone can tell.
func parseDirectory(directory []byte, where extent) ([]Member, error) {
	members := make([]Member, 0, min(where.count, int64(len(directory)/entrySize)))
	for len(directory) > 0 {
		if int64(len(members)) == where.count {
			return nil, refuse(TwoReadings, "", detailCount, len(members)+1, where.count)
		}
		if len(directory) < entrySize || !bytes.HasPrefix(directory, entrySignature) {
			return nil, refuse(TwoReadings, "", detailDirectory)
		}
		nameLength := int(binary.LittleEndian.Uint16(directory[28:]))
		extraLength := int(binary.LittleEndian.Uint16(directory[30:]))
		length := entrySize + nameLength + extraLength + int(binary.LittleEndian.Uint16(directory[32:]))
		if len(directory) < length {
			return nil, refuse(TwoReadings, "", detailDirectory)
		}
		member, err := parseEntry(directory[:length], nameLength, extraLength)
		if err != nil {
			return nil, err
		}
		members = append(members, member)
		directory = directory[length:]
	}
	if int64(len(members)) != where.count {
		return nil, refuse(TwoReadings, "", detailCount, len(members), where.count)
	}
	if err := layOut(members, where.start); err != nil {
		return nil, err
	}
	if err := checkUnique(members); err != nil {
		return nil, err
	}
	return members, checkPlaces(members)
}

func parseEntry(entry []byte, nameLength, extraLength int) (Member, error) {
	field16, field32 := binary.LittleEndian.Uint16, binary.LittleEndian.Uint32
	raw := entry[entrySize : entrySize+nameLength]
	m := Member{
		raw: string(raw), flags: field16(entry[8:]), method: field16(entry[10:]),
		CRC: field32(entry[16:]), Compressed: int64(field32(entry[20:])), Size: int64(field32(entry[24:])),
		offset: int64(field32(entry[42:])), Mode: unixMode(field32(entry[38:]) >> 16),
	}
	m.Name = m.raw
	switch {
	case m.flags&flagUTF8 != 0 && !utf8.Valid(raw):
		return m, refuse(UnsafeName, m.raw, detailNotUTF8)
	case m.flags&flagUTF8 == 0 && !isASCII(m.raw):
		// No error is possible: all 256 bytes have a character.
		m.Name, _ = charmap.CodePage437.NewDecoder().String(m.raw)
	}
	if strings.HasSuffix(m.Name, "/") {
		m.Mode = m.Mode.Perm() | fs.ModeDir
	} else {
		m.Mode &^= fs.ModeDir // Python goes by the name alone
	}
	switch {
	case m.flags&(flagEncrypted|flagStrong|flagMasked) != 0:
		return m, refuse(Encrypted, m.Name, "")
	case m.flags&flagPatch != 0 || field16(entry[6:])&0xff > 63:
		return m, refuse(UnsupportedFlag, m.Name, "")
	case m.method != methodStored && m.method != methodDeflated:
		return m, refuse(UnknownMethod, m.Name, "")
	case field16(entry[34:]) != 0 && field16(entry[34:]) != 0xffff:
		return m, refuse(TwoReadings, m.Name, detailDisks)
	}
	if err := checkName(m.Name); err != nil {
		return m, err
	}
	if err := m.takeExtra(entry[entrySize+nameLength : entrySize+nameLength+extraLength]); err != nil {
		return m, err
	}
	if m.IsFolder() && m.Size != 0 {
		return m, refuse(SameName, m.Name, detailFolderContent)
	}
	if m.method == methodStored && m.Size != m.Compressed {
		return m, refuse(HeadersDiffer, m.Name, "")
	}
	return m, nil
}

// takeExtra reads the zip64 sizes, and refuses a second name (ZipInfo._decodeExtra).
func (m *Member) takeExtra(extra []byte) error {
	long := false
	for len(extra) >= 4 {
		kind, length := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if 4+length > len(extra) {
			return refuse(TwoReadings, m.Name, detailExtra)
		}
		data := extra[4 : 4+length]
		extra = extra[4+length:]
		switch kind {
		case extraZip64:
			if long { // which of the two counts?
				return refuse(TwoReadings, m.Name, detailExtra)
			}
			long = true
			for _, field := range []*int64{&m.Size, &m.Compressed, &m.offset} {
				if *field != 0xffffffff {
					continue
				}
				if len(data) < 8 || data[7]&0x80 != 0 {
					return refuse(TwoReadings, m.Name, detailExtra)
				}
				*field = int64(binary.LittleEndian.Uint64(data))
				data = data[8:]
			}
		case extraUnicodePath:
			// Python 3.12 began to take it for the name.
			if len(data) < 5 || string(data[5:]) != m.Name {
				return refuse(TwoReadings, m.Name, detailUnicodePath, words.Printable(string(data[min(5, len(data)):])))
			}
		}
	}
	return nil
}

// Extra fields that mean something to Python.
const (
	extraZip64       = 0x0001
	extraUnicodePath = 0x7075
)

// layOut gives each member its end, and refuses members that share bytes.
func layOut(members []Member, directory int64) error {
	order := make([]int, len(members))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return int(min(max(members[a].offset-members[b].offset, -1), 1)) })
	if len(order) > 0 && members[order[0]].offset != 0 {
		return refuse(DataAround, "", detailBefore, members[order[0]].offset)
	}
	for i, index := range order {
		m := &members[index]
		m.end = directory
		if i+1 < len(order) {
			m.end = members[order[i+1]].offset
		}
		room := m.end - m.offset - localSize - int64(len(m.raw))
		if room < 0 || m.Compressed > room {
			return refuse(Overlapping, m.Name, "")
		}
	}
	return nil
}

func isASCII(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
