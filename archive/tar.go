package archive

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"strconv"
	"strings"
)

// A tar as Python's tarfile reads it. Python ends in silence at many a thing
// that another reader stumbles over or passes by; here such a file is refused.

const (
	tarBlock = 512
	// maximalUnpacked bounds a source archive. The largest have some 1 GB.
	maximalUnpacked = 4 << 30
	// maximalExtended bounds a long name or an extended header.
	maximalExtended = 1 << 20
	// maximalNames bounds the names of all members together.
	maximalNames = 64 << 20
)

// tarReader walks over a tar.
type tarReader struct {
	r     io.Reader
	left  int64 // of maximalUnpacked
	names int   // bytes of all names so far
	count int
}

// errTarEnd says that the tar is over.
var errTarEnd = errors.New("the end")

// fill reads exactly into. io.EOF says that there was nothing at all.
func (t *tarReader) fill(into []byte) error {
	if t.left -= int64(len(into)); t.left < 0 {
		return refuse(TooLarge, "", detailTotal, int64(maximalUnpacked))
	}
	_, err := io.ReadFull(t.r, into)
	if err != nil && err != io.EOF {
		return packedError(err)
	}
	return err
}

// skip passes over n bytes.
func (t *tarReader) skip(n int64) error {
	if t.left -= n; t.left < 0 {
		return refuse(TooLarge, "", detailTotal, int64(maximalUnpacked))
	}
	passed, err := io.CopyN(io.Discard, t.r, n)
	if err != nil {
		return packedError(err)
	}
	if passed != n {
		return refuse(Truncated, "", "")
	}
	return nil
}

// padded is the room that size bytes take.
func padded(size int64) int64 { return (size + tarBlock - 1) / tarBlock * tarBlock }

// content reads the data of a member or extended header.
func (t *tarReader) content(size int64) ([]byte, error) {
	data := make([]byte, padded(size))
	if err := t.fill(data); err != nil && len(data) > 0 {
		return nil, packedError(err)
	}
	return data[:size], nil
}

// next gives the next member, whose data follows, or errTarEnd.
func (t *tarReader) next() (Member, error) {
	var longName, longLink *string
	announced := false // a header was read that belongs to another
	block := make([]byte, tarBlock)
	for ; ; announced = true {
		switch err := t.fill(block); {
		case err == io.EOF && announced:
			return Member{}, refuse(Truncated, "", "")
		case err == io.EOF && t.count == 0:
			return Member{}, refuse(NotAnArchive, "", "")
		case err == io.EOF:
			return Member{}, errTarEnd // Python asks for no end
		case err != nil:
			return Member{}, err
		}
		if isZero(block) {
			if announced {
				return Member{}, refuse(TwoReadings, "", detailTarHeader)
			}
			return Member{}, t.finish()
		}
		header, err := parseTarHeader(block)
		if err != nil {
			return Member{}, err
		}
		switch header.kind {
		case 'L', 'K':
			place := &longName
			if header.kind == 'K' {
				place = &longLink
			}
			if *place != nil {
				return Member{}, refuse(TwoReadings, "", detailTarLongTwice)
			}
			if *place, err = t.longField(header.size); err != nil {
				return Member{}, err
			}
		case 'x', 'g':
			records, err := t.extended(header.size)
			if err != nil {
				return Member{}, err
			}
			if longName != nil || longLink != nil {
				return Member{}, refuse(TwoReadings, "", detailTarLongTwice)
			}
			if header.kind == 'x' {
				return t.afterExtended(records)
			}
			if err := checkGlobal(records); err != nil {
				return Member{}, err
			}
		default:
			if announced && header.oldFolder {
				return Member{}, refuse(TwoReadings, header.name, detailTarOldFolder)
			}
			return t.member(header, longName, longLink)
		}
	}
}

// finish passes over what follows the end: zeros alone. Python stops at the
// first block of zeros, others at the second or never.
func (t *tarReader) finish() error {
	rest := make([]byte, len(noBytes))
	for {
		n, err := t.r.Read(rest)
		if t.left -= int64(n); t.left < 0 {
			return refuse(TooLarge, "", detailTotal, int64(maximalUnpacked))
		}
		if !isZero(rest[:n]) {
			return refuse(DataAround, "", detailTarAfter)
		}
		if err == io.EOF {
			return errTarEnd
		}
		if err != nil {
			return packedError(err)
		}
	}
}

// longField reads the long name of GNU tar.
func (t *tarReader) longField(size int64) (*string, error) {
	if size > maximalExtended {
		return nil, refuse(TooLarge, "", "")
	}
	data, err := t.content(size)
	if err != nil {
		return nil, err
	}
	text := beforeNUL(data)
	return &text, nil
}

// afterExtended reads the header that an extended one belongs to.
func (t *tarReader) afterExtended(records map[string]string) (Member, error) {
	block := make([]byte, tarBlock)
	if err := t.fill(block); err != nil {
		return Member{}, packedError(err)
	}
	header, err := parseTarHeader(block)
	if err != nil {
		return Member{}, err
	}
	switch header.kind {
	case 'L', 'K', 'x', 'g':
		return Member{}, refuse(TwoReadings, "", detailTarLongTwice)
	}
	if header.oldFolder {
		return Member{}, refuse(TwoReadings, header.name, detailTarOldFolder)
	}
	var name, link *string
	if path, ok := records["path"]; ok {
		if path = strings.TrimRight(path, "/"); path == "" {
			return Member{}, refuse(UnsafeName, "", "")
		}
		name = &path
	}
	if path, ok := records["linkpath"]; ok {
		link = &path
	}
	if text, ok := records["size"]; ok {
		size, err := strconv.ParseUint(text, 10, 62)
		// Who does not know the record reads on elsewhere.
		if err != nil || int64(size) != header.size {
			return Member{}, refuse(TwoReadings, header.name, detailTarPax)
		}
	}
	return t.member(header, name, link)
}

// member makes a member of a header and the long fields before it.
func (t *tarReader) member(header tarHeader, longName, longLink *string) (Member, error) {
	m := Member{Name: header.name, Size: header.size, Mode: unixMode(header.mode & 0o777), Link: header.link}
	if longName != nil {
		m.Name = *longName
	}
	if longLink != nil {
		m.Link = *longLink
	}
	switch header.kind {
	case '0', 0, '7':
	case '1':
		m.Mode |= fs.ModeIrregular // a hard link: of this archive's own member
	case '2':
		m.Mode |= fs.ModeSymlink
	case '5':
		m.Mode |= fs.ModeDir
	case '3', '4':
		m.Mode |= fs.ModeDevice
	case '6':
		m.Mode |= fs.ModeNamedPipe
	case 'S':
		return m, refuse(UnreadableForm, m.Name, detailTarSparse)
	default:
		return m, refuse(UnreadableForm, m.Name, detailTarType, string(rune(header.kind)))
	}
	if !m.Mode.IsRegular() && m.Size != 0 {
		return m, refuse(TwoReadings, m.Name, detailTarLinkSize)
	}
	if header.kind != '1' && header.kind != '2' {
		m.Link = ""
	}
	if m.Mode.IsDir() {
		m.Name = strings.TrimRight(m.Name, "/")
	}
	t.count++
	t.names += len(m.Name) + len(m.Link)
	switch {
	case t.count > maximalMembers:
		return m, refuse(TooLarge, "", detailMemberCount, maximalMembers)
	case t.names > maximalNames:
		return m, refuse(TooLarge, "", "")
	case m.Name == "", strings.HasPrefix(m.Name, "/"), strings.HasSuffix(m.Name, "/"),
		strings.Contains("/"+m.Name+"/", "/../"):
		return m, refuse(UnsafeName, m.Name, "")
	}
	return m, nil
}

// tarHeader is what a block says.
type tarHeader struct {
	name, link string
	kind       byte
	mode       uint32
	size       int64
	// oldFolder is a folder only by the slash at its name. Behind a header that
	// belongs to it Python took it for one until 2026, and takes it for a file since.
	oldFolder bool
}

// parseTarHeader reads a block (TarInfo.frombuf). All numbers must be readable:
// Python ends without a word at one that is not.
func parseTarHeader(block []byte) (tarHeader, error) {
	damaged := refuse(TwoReadings, "", detailTarHeader)
	for _, field := range [][]byte{block[108:116], block[116:124], block[136:148], block[329:337], block[337:345]} {
		if _, ok := tarNumber(field); !ok {
			return tarHeader{}, damaged
		}
	}
	sum, sumOK := tarNumber(block[148:156])
	mode, modeOK := tarNumber(block[100:108])
	size, sizeOK := tarNumber(block[124:136])
	if !sumOK || !modeOK || !sizeOK || size < 0 || mode < 0 || !sumMatches(block, sum) {
		return tarHeader{}, damaged
	}
	header := tarHeader{
		name: beforeNUL(block[:100]), link: beforeNUL(block[157:257]), kind: block[156],
		mode: uint32(mode), size: size,
	}
	if header.kind == 0 && strings.HasSuffix(header.name, "/") {
		header.kind, header.oldFolder = '5', true
	}
	if header.kind == '5' {
		header.name = strings.TrimRight(header.name, "/")
	}
	if prefix := beforeNUL(block[345:500]); prefix != "" && !strings.ContainsRune("LKS", rune(header.kind)) {
		// Python takes it for the beginning of the name in every format.
		if !bytes.Equal(block[257:263], []byte("ustar\x00")) {
			return tarHeader{}, refuse(TwoReadings, header.name, detailTarPrefix)
		}
		header.name = prefix + "/" + header.name
	}
	return header, nil
}

// sumMatches compares the checksum, of signed or of unsigned bytes.
func sumMatches(block []byte, sum int64) bool {
	unsigned, signed := int64(8*' '), int64(8*' ')
	for i, c := range block {
		if i < 148 || 156 <= i {
			unsigned += int64(c)
			signed += int64(int8(c))
		}
	}
	return sum == unsigned || sum == signed
}

// tarNumber reads a number: octal digits with blanks around, or GNU's binary
// form. Python's int takes more ("0o7", "1_0", "+1"), which is not read here.
func tarNumber(field []byte) (int64, bool) {
	if field[0] == 0x80 || field[0] == 0xff {
		var n int64
		for i, c := range field[1:] {
			// More than eight bytes must repeat the sign.
			if len(field)-1-i > 8 {
				if c != 0 && field[0] == 0x80 || c != 0xff && field[0] == 0xff {
					return 0, false
				}
				continue
			}
			n = n<<8 | int64(c)
		}
		if len(field)-1 < 8 && field[0] == 0xff {
			n -= 1 << (8 * (len(field) - 1))
		}
		return n, (n < 0) == (field[0] == 0xff)
	}
	text := strings.Trim(beforeNUL(field), " ")
	if text == "" {
		return 0, true
	}
	n, err := strconv.ParseUint(text, 8, 62)
	return int64(n), err == nil
}

func beforeNUL(field []byte) string {
	if i := bytes.IndexByte(field, 0); i >= 0 {
		field = field[:i]
	}
	return string(field)
}

var noBytes [64 << 10]byte

// isZero tells whether up to 64 kB are all zero.
func isZero(block []byte) bool { return bytes.Equal(block, noBytes[:len(block)]) }

// extended reads the records of an extended header: "%d %s=%s\n".
func (t *tarReader) extended(size int64) (map[string]string, error) {
	if size > maximalExtended {
		return nil, refuse(TooLarge, "", "")
	}
	data, err := t.content(size)
	if err != nil {
		return nil, err
	}
	damaged := refuse(TwoReadings, "", detailTarPax)
	records := map[string]string{}
	for len(data) > 0 {
		digits, _, found := bytes.Cut(data[:min(len(data), 20)], []byte(" "))
		length, err := strconv.ParseUint(string(digits), 10, 31)
		if !found || err != nil || digits[0] == '0' || int(length) < len(digits)+4 || int(length) > len(data) ||
			data[length-1] != '\n' {
			return nil, damaged
		}
		key, value, found := strings.Cut(string(data[len(digits)+1:length-1]), "=")
		_, again := records[key]
		// Python below 3.13 finds "hdrcharset" inside of values, too.
		if !found || key == "" || again || strings.ContainsAny(key, "\n\x00") || strings.Contains(value, "hdrcharset=") {
			return nil, damaged
		}
		switch {
		case key == "hdrcharset":
			return nil, damaged
		case strings.HasPrefix(key, "GNU.sparse"):
			return nil, refuse(UnreadableForm, "", detailTarSparse)
		case (key == "path" || key == "linkpath" || key == "size") && strings.Contains(value, "\x00"):
			return nil, damaged
		}
		records[key] = value
		data = data[length:]
	}
	return records, nil
}

// checkGlobal refuses what would speak of every member that follows.
func checkGlobal(records map[string]string) error {
	for _, key := range []string{"path", "linkpath", "size"} {
		if _, given := records[key]; given {
			return refuse(TwoReadings, "", detailTarPaxGlobal, key)
		}
	}
	return nil
}
