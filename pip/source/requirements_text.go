package source

import (
	"bytes"
	"encoding/binary"
	"errors"
	"mime"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"thresher/internal/lazyregexp"
	"thresher/pip/internal/pythontext"
	"thresher/pip/option"
)

// decoded is a requirements file as text.
type decoded struct {
	text string
	// plain tells that the bytes are the text in UTF-8 without any
	// declaration, so that every pip and locale reads the same.
	plain bool
}

var (
	codingComment = lazyregexp.New(`coding[:=][ \t\n\r\f\v]*([-\w.]+)`)
	utf8BOM       = []byte("\xef\xbb\xbf")
)

// byteOrderMarks in pip's order of looking: before 25.0 the mark of UTF-16 was
// found first in a file of UTF-32.
func (d *dialect) byteOrderMarks() []byteOrderMark {
	marks := []byteOrderMark{
		{"\xef\xbb\xbf", "utf-8"},
		{"\xff\xfe\x00\x00", "utf-32"}, {"\x00\x00\xfe\xff", "utf-32-be"},
		{"\xff\xfe", "utf-16"}, {"\xfe\xff", "utf-16-be"},
	}
	if !d.utf8First {
		marks[1], marks[2], marks[3], marks[4] = marks[3], marks[4], marks[1], marks[2]
	}
	return marks
}

type byteOrderMark struct{ mark, codec string }

// decodeFile reads the bytes of a requirements file that is no URL, as pip's
// auto_decode (before 25.0) and _decode_req_file do: a byte order mark, a
// coding comment (PEP 263) in the first two lines, or the default.
func (d *dialect) decodeFile(data []byte, environ pythontext.Environment) (decoded, error) {
	for _, m := range d.byteOrderMarks() {
		if bytes.HasPrefix(data, []byte(m.mark)) {
			text, err := decode(m.codec, data[len(m.mark):])
			return decoded{text: text, plain: m.codec == "utf-8"}, asCrash(err)
		}
	}
	rest := data
	for line := 1; line <= 2; line++ {
		var first []byte
		first, rest, _ = bytes.Cut(rest, []byte("\n"))
		if len(first) == 0 || first[0] != '#' {
			continue
		}
		if m := codingComment().FindSubmatch(first); m != nil {
			return decodeDeclared(string(m[1]), data, line)
		}
	}
	if pythontext.IsASCII(data) {
		return decoded{text: string(data), plain: true}, nil
	}
	valid := utf8.Valid(data)
	if d.utf8First && valid {
		return decoded{text: string(data), plain: true}, nil
	}
	if _, known := pythontext.LocaleEncoding(environ); !known {
		return decoded{}, &doubt{reason: reasonLocale, hint: hintLocale}
	}
	text, err := decode("utf-8", data)
	return decoded{text: text, plain: true}, asCrash(err)
}

// decodeDeclared decodes by a coding comment. Only codecs that map the bytes
// one by one to what an editor shows are followed.
func decodeDeclared(declared string, data []byte, line int) (decoded, error) {
	codec, known := codecOf(declared)
	switch {
	case codec != "":
		text, err := decode(codec, data)
		return decoded{text: text, plain: codec == "utf-8"}, asCrash(err)
	case known:
		return decoded{}, &lineDoubt{line: line, doubt: doubt{reason: codecDoubt(declared), hint: hintEncoding}}
	}
	return decoded{}, crashed(option.WrongEncoding, errors.New(unknownEncoding(declared)))
}

// lineDoubt is a doubt that belongs to one line.
type lineDoubt struct {
	line  int
	doubt doubt
}

func (l *lineDoubt) Error() string { return l.doubt.Error() }

func asCrash(err error) error {
	if err == nil {
		return nil
	}
	return crashed(option.WrongEncoding, err)
}

// decodePage reads the bytes behind a URL, as requests' Response.text does: the
// charset of the header, Latin-1 for other text, else UTF-8 (or, in pips
// below 24.1, a guess). Bytes that do not fit are replaced.
func (d *dialect) decodePage(data []byte, contentType string, file bool) (string, error) {
	if len(data) == 0 {
		return "", nil
	}
	charset := ""
	if !file {
		charset = d.responseCharset(contentType)
	}
	if charset == "" {
		if !d.guessesEncodings {
			charset = "utf-8"
		} else if pythontext.IsASCII(data) && !bytes.ContainsAny(data, "\x1b~") {
			charset = "ascii"
		} else {
			return "", &doubt{reason: reasonGuessed, hint: hintCharset}
		}
	}
	codec, known := codecOf(charset)
	if codec == "" {
		if known {
			return "", &doubt{reason: charsetDoubt(charset), hint: hintCharset}
		}
		codec = "utf-8"
	}
	text, err := decode(codec, data)
	if err != nil {
		// Python would put replacement characters; how many differs by codec.
		return "", &doubt{reason: err.Error(), hint: hintCharset}
	}
	return text, nil
}

// responseCharset is requests' get_encoding_from_headers.
func (d *dialect) responseCharset(contentType string) string {
	kind, parameters, _ := strings.Cut(contentType, ";")
	for _, parameter := range strings.Split(parameters, ";") {
		name, value, found := strings.Cut(pythontext.Strip(parameter), "=")
		if found && strings.EqualFold(strings.Trim(name, "\"' "), "charset") {
			return strings.Trim(strings.Trim(value, "\"' "), `'"`)
		}
	}
	kind = pythontext.Strip(kind)
	switch {
	case strings.Contains(kind, "text"):
		return "latin-1"
	case strings.Contains(kind, "application/json") && d.jsonIsUTF8:
		return "utf-8"
	}
	return ""
}

// looksOdd tells a Content-Type whose parameters Python's parser and this one
// might read differently.
func (d *dialect) looksOdd(contentType string) bool {
	if !strings.Contains(strings.ToLower(contentType), "charset") {
		return false
	}
	_, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return true
	}
	codec, _ := codecOf(parameters["charset"])
	own, _ := codecOf(d.responseCharset(contentType))
	return codec != own
}

// codecs are the names (as encodings.normalize_encoding leaves them) of what
// decode knows.
var codecs = map[string]string{
	"utf_8": "utf-8", "utf8": "utf-8", "u8": "utf-8", "utf": "utf-8", "cp65001": "utf-8", "utf_8_sig": "utf-8-sig",
	"utf_16": "utf-16", "utf16": "utf-16", "u16": "utf-16",
	"utf_16_le": "utf-16-le", "utf_16le": "utf-16-le", "unicodelittleunmarked": "utf-16-le",
	"utf_16_be": "utf-16-be", "utf_16be": "utf-16-be", "unicodebigunmarked": "utf-16-be",
	"utf_32": "utf-32", "utf32": "utf-32", "u32": "utf-32",
	"utf_32_le": "utf-32-le", "utf_32le": "utf-32-le", "utf_32_be": "utf-32-be", "utf_32be": "utf-32-be",
	"latin_1": "latin-1", "latin1": "latin-1", "latin": "latin-1", "l1": "latin-1", "iso_8859_1": "latin-1",
	"iso8859_1": "latin-1", "iso8859": "latin-1", "8859": "latin-1", "cp819": "latin-1", "ibm819": "latin-1",
	"iso_8859_1_1987": "latin-1", "iso_ir_100": "latin-1", "csisolatin1": "latin-1",
	"ascii": "ascii", "us_ascii": "ascii", "us": "ascii", "646": "ascii", "ansi_x3.4_1968": "ascii",
	"ansi_x3_4_1968": "ascii", "ansi_x3.4_1986": "ascii", "cp367": "ascii", "csascii": "ascii", "ibm367": "ascii",
	"iso646_us": "ascii", "iso_646.irv_1991": "ascii", "iso_ir_6": "ascii",
	"cp1252": "cp1252", "1252": "cp1252", "windows_1252": "cp1252",
}

// otherCodecs begin the names of what Python also knows. Each of them may show
// an editor something else than it shows pip.
var otherCodecs = lazyregexp.New(`^(` +
	`utf_?7|u7|unicode|raw_unicode|base_?64|bz2|hex|quopri|quoted|uu|rot|zip|zlib|idna|punycode|undefined` +
	`|mbcs|oem|dbcs|ansi|cp_?\d|\d+$|ibm|ms|windows|win|mac|iso|8859|latin|l\d|big5|csbig5|gb|936|hz|euc` +
	`|u?jis|shift|s_?jis|csshift|ks|korean|johab|koi8|kz|ptcp|tis|thai|hp_roman|roman8|r8|hkscs|cskoi` +
	`|csiso|csptcp|csks|cseuc|csibm|csh|arabic|asmo|cyrillic|greek|hebrew|chinese|ecma|elot|strk|rk` +
	`|gb18030|pt154|palmos|charmap|string_escape|tactis|maccyrillic|utf_` +
	`)`)

// codecOf gives the codec that decode knows for one of Python's names. known
// tells that Python may know a codec of that name otherwise.
func codecOf(name string) (codec string, known bool) {
	var b strings.Builder
	gap := false
	for _, c := range strings.ToLower(name) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' {
			if gap && b.Len() > 0 {
				b.WriteByte('_')
			}
			gap = false
			b.WriteRune(c)
		} else if c < 0x80 {
			gap = true
		}
	}
	normal := b.String()
	if codec, ok := codecs[normal]; ok {
		return codec, true
	}
	if codec, ok := codecs[strings.ReplaceAll(normal, ".", "_")]; ok {
		return codec, true
	}
	return "", normal == "" || otherCodecs().MatchString(normal)
}

// decode decodes strictly, as bytes.decode(codec) does.
func decode(codec string, data []byte) (string, error) {
	switch codec {
	case "utf-8", "utf-8-sig":
		if codec == "utf-8-sig" {
			data = bytes.TrimPrefix(data, utf8BOM)
		}
		if !utf8.Valid(data) {
			at := firstInvalid(data)
			return "", errors.New(badBytes("utf-8", at, data[at]))
		}
		return string(data), nil
	case "ascii":
		for i, c := range data {
			if c >= utf8.RuneSelf {
				return "", errors.New(badBytes("ascii", i, c))
			}
		}
		return string(data), nil
	case "latin-1", "cp1252":
		return decodeSingle(codec, data)
	case "utf-16":
		if bytes.HasPrefix(data, []byte("\xfe\xff")) {
			return decode16(data[2:], binary.BigEndian)
		}
		return decode16(bytes.TrimPrefix(data, []byte("\xff\xfe")), binary.LittleEndian)
	case "utf-16-be":
		return decode16(data, binary.BigEndian)
	case "utf-16-le":
		return decode16(data, binary.LittleEndian)
	case "utf-32":
		if bytes.HasPrefix(data, []byte("\x00\x00\xfe\xff")) {
			return decode32(data[4:], binary.BigEndian)
		}
		return decode32(bytes.TrimPrefix(data, []byte("\xff\xfe\x00\x00")), binary.LittleEndian)
	case "utf-32-be":
		return decode32(data, binary.BigEndian)
	}
	return decode32(data, binary.LittleEndian)
}

func firstInvalid(data []byte) int {
	for i := 0; i < len(data); {
		c, size := utf8.DecodeRune(data[i:])
		if c == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
	return 0
}

// windows1252 are the characters of the bytes 0x80 to 0x9f; 0 is none.
var windows1252 = [32]rune{
	'€', 0, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0, 'Ž', 0,
	0, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0, 'ž', 'Ÿ',
}

func decodeSingle(codec string, data []byte) (string, error) {
	var b strings.Builder
	b.Grow(len(data))
	for i, c := range data {
		character := rune(c)
		if codec == "cp1252" && c >= 0x80 && c <= 0x9f {
			if character = windows1252[c-0x80]; character == 0 {
				return "", errors.New(badBytes("charmap", i, c))
			}
		}
		b.WriteRune(character)
	}
	return b.String(), nil
}

func decode16(data []byte, order binary.ByteOrder) (string, error) {
	var b strings.Builder
	for i := 0; i < len(data); i += 2 {
		if i+1 == len(data) {
			return "", errors.New(badBytes("utf-16", i, data[i]))
		}
		c := rune(order.Uint16(data[i:]))
		if utf16.IsSurrogate(c) {
			if i+3 >= len(data) {
				return "", errors.New(badBytes("utf-16", i, data[i]))
			}
			pair := utf16.DecodeRune(c, rune(order.Uint16(data[i+2:])))
			if pair == utf8.RuneError {
				return "", errors.New(badBytes("utf-16", i, data[i]))
			}
			c = pair
			i += 2
		}
		b.WriteRune(c)
	}
	return b.String(), nil
}

func decode32(data []byte, order binary.ByteOrder) (string, error) {
	var b strings.Builder
	for i := 0; i < len(data); i += 4 {
		if i+3 >= len(data) {
			return "", errors.New(badBytes("utf-32", i, data[i]))
		}
		c := order.Uint32(data[i:])
		if c > utf8.MaxRune || utf16.IsSurrogate(rune(c)) {
			return "", errors.New(badBytes("utf-32", i, data[i]))
		}
		b.WriteRune(rune(c))
	}
	return b.String(), nil
}

// logicalLine is a line of a requirements file after pip's join_lines and
// ignore_comments, and before its variables are expanded.
type logicalLine struct {
	number int // of the first physical line, as pip counts
	text   string
}

// logicalLines follows pip's preprocess up to the comments.
func logicalLines(text string) []logicalLine {
	var lines []logicalLine
	add := func(number int, line string) {
		if line = pythontext.Strip(withoutComment(line)); line != "" {
			lines = append(lines, logicalLine{number: number, text: line})
		}
	}
	var joined strings.Builder
	first, joining := 0, false
	for i, line := range splitLines(text) {
		number := i + 1
		comment := isComment(line)
		if strings.HasSuffix(line, `\`) && !comment {
			if !joining {
				first, joining = number, true
			}
			joined.WriteString(strings.Trim(line, `\`))
			continue
		}
		if comment {
			line = " " + line // so that it is found as one after joining
		}
		if !joining {
			add(number, line)
			continue
		}
		joined.WriteString(line)
		add(first, joined.String())
		joined.Reset()
		joining = false
	}
	if joining {
		add(first, joined.String())
	}
	return lines
}

// isComment tells whether a physical line is nothing but a comment.
func isComment(line string) bool {
	return strings.HasPrefix(strings.TrimLeftFunc(line, pythontext.IsSpace), "#")
}

// withoutComment cuts at the first "#" that begins the line or follows white
// space, and that white space with it.
func withoutComment(line string) string {
	for from := 0; ; {
		at := strings.IndexByte(line[from:], '#')
		if at < 0 {
			return line
		}
		at += from
		if at == 0 {
			return ""
		}
		if before := strings.TrimRightFunc(line[:at], pythontext.IsSpace); len(before) < at {
			return before
		}
		from = at + 1
	}
}

// splitLines is str.splitlines(): every line separator of Unicode counts.
func splitLines(text string) []string {
	lines := make([]string, 0, strings.Count(text, "\n")+1)
	start := 0
	for i := 0; i < len(text); {
		width := lineSeparator(text[i:])
		if width == 0 {
			i++
			continue
		}
		lines = append(lines, text[start:i])
		i += width
		start = i
	}
	if start < len(text) {
		lines = append(lines, text[start:])
	}
	return lines
}

// lineSeparator gives the length in bytes of the line separator that the text
// begins with, 0 where it begins with none.
func lineSeparator(text string) int {
	switch c := text[0]; {
	case c == '\r':
		if len(text) > 1 && text[1] == '\n' {
			return 2
		}
		return 1
	case c >= '\n' && c <= '\f' || c >= 0x1c && c <= 0x1e:
		return 1
	case c == 0xc2 && strings.HasPrefix(text, "\u0085"):
		return 2
	case c == 0xe2 && (strings.HasPrefix(text, "\u2028") || strings.HasPrefix(text, "\u2029")):
		return 3
	}
	return 0
}

// lineVariable is what pip expands in a requirements file.
var lineVariable = lazyregexp.New(`\$\{([A-Z0-9_]+)\}`)

// maximalLine bounds a line before and after its variables are expanded,
// maximalNested how often one that names others is put in.
const (
	maximalLine   = 1 << 20
	maximalNested = 1000
)

// expandVariables follows pip's expand_env_variables: every ${NAME} that is set
// and not empty, in order of appearance, not in what was put in before, unless
// the same name appears again. It also gives the names that were replaced.
func expandVariables(line string, environ pythontext.Environment) (string, []string, error) {
	if !strings.Contains(line, "${") {
		return line, nil, nil
	}
	var used []string
	nested := 0
	settled := map[string]bool{}
	for _, m := range lineVariable().FindAllStringSubmatch(line, -1) {
		if settled[m[1]] {
			continue
		}
		value := environ.Get(m[1])
		if value == "" {
			settled[m[1]] = true
			continue
		}
		if !utf8.ValidString(value) {
			return "", nil, &doubt{reason: "${" + m[1] + "}: " + reasonVariableBytes, hint: hintVariable}
		}
		settled[m[1]] = true // replacing again changes nothing,
		if strings.Contains(value, "${") {
			settled = map[string]bool{} // unless something is put in anew
			if nested++; nested > maximalNested {
				return "", nil, &doubt{reason: reasonTooLong, hint: hintVariable}
			}
		}
		used = append(used, m[1])
		if len(line)+strings.Count(line, m[0])*len(value) > maximalLine {
			return "", nil, &doubt{reason: reasonTooLong, hint: hintVariable}
		}
		line = strings.ReplaceAll(line, m[0], value)
	}
	return line, used, nil
}
