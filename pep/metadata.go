package pep

import (
	"errors"
	"io"
	"strings"
	"sync"
)

// Core metadata: the header of METADATA or PKG-INFO. Several readers take
// requirements and names from the same bytes: email.parser (compat32) for every
// pip, importlib.metadata above it, and pkg_resources, which pip used alone up
// to 22.2 and below Python 3.11 still does. What is read here is what the email
// parser reads; where another reader sees more, that is told as well.

// maxMetadata bounds the header of a metadata file, in bytes. The largest on
// the public index are some 60 kB.
const maxMetadata = 4 << 20

// ErrMetadataTooLong says that the header of a metadata file goes on past any
// real one (4 MB).
var ErrMetadataTooLong = errors.New(messageMetadataTooLong)

// Field is one header field of a metadata file.
type Field struct {
	Name  string // as written
	Value string // with its continuation lines, line ends inside as they were
}

// Metadata is the header of a core metadata file. A field that the typed ones
// do not hold is had by Get and All.
type Metadata struct {
	// Name, Version and RequiresPython are the first of their fields, without
	// white space at the ends; "" for none.
	Name, Version, RequiresPython string
	// RequiresDist and ProvidesExtra are all of theirs, in order. A value may
	// hold line ends; Requirements reads them.
	RequiresDist, ProvidesExtra []string
	// Fields are all fields in order.
	Fields []Field
	// OtherVersion is what pkg_resources takes for the version where that is
	// not Version: it takes the first line of the whole file that begins with
	// "version:", in the description as well. Only ParseMetadata fills it.
	OtherVersion string
}

// ParseMetadata reads a metadata file as Python's email.message_from_bytes
// does under the policy compat32: a field's name is any printable ASCII, a
// line that begins with a blank or tab continues the field before, and the
// first line that is neither ends the header, be it empty or not. Encoded words
// (RFC 2047) are left as they are, and so are bytes that are no UTF-8, which
// pip refuses in a wheel. The one error is ErrMetadataTooLong, with what was
// read before.
func ParseMetadata(content []byte) (Metadata, error) {
	text := string(content)
	header, err := text[:headerEnd(text)], error(nil)
	if len(header) > maxMetadata {
		header, err = header[:maxMetadata], ErrMetadataTooLong
	}
	m := parseHeader(header)
	if other, ok := versionLine(text); ok && other != m.Version {
		m.OtherVersion = other
	}
	return m, err
}

// ReadMetadata is ParseMetadata for a file whose description is not worth
// reading: it stops behind the header. Errors are those of r and
// ErrMetadataTooLong; what was read before is returned with them.
func ReadMetadata(r io.Reader) (Metadata, error) {
	header, err := readHeader(r)
	return parseHeader(header), err
}

// Get gives the first field of the name given, "" for none. Names are compared
// without case.
func (m Metadata) Get(name string) string {
	for _, field := range m.Fields {
		if equalFoldASCII(field.Name, name) {
			return trimSpace(field.Value)
		}
	}
	return ""
}

// All gives all fields of the name given, in order.
func (m Metadata) All(name string) []string {
	var values []string
	for _, field := range m.Fields {
		if equalFoldASCII(field.Name, name) {
			values = append(values, trimSpace(field.Value))
		}
	}
	return values
}

var metadataBuffers = sync.Pool{New: func() any { return new(make([]byte, 0, 16<<10)) }}

// readHeader reads up to the end of the header, and gives it with all its line
// ends.
func readHeader(r io.Reader) (string, error) {
	pooled := metadataBuffers.Get().(*[]byte)
	buffer := (*pooled)[:0]
	defer func() {
		if cap(buffer) <= 256<<10 {
			*pooled = buffer[:0]
			metadataBuffers.Put(pooled)
		}
	}()
	start, searched := 0, 0 // of the line that is being read, and how far it was looked at
	for idle := 0; ; {
		if len(buffer) == cap(buffer) {
			grown := make([]byte, len(buffer), 2*cap(buffer))
			copy(grown, buffer)
			buffer = grown
		}
		n, err := r.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		for {
			length := lineLength(buffer[start:], searched-start, err != nil)
			if length == 0 {
				break
			}
			if start+length > maxMetadata {
				return string(buffer[:start]), ErrMetadataTooLong
			}
			if !isHeaderLine(buffer[start : start+length]) {
				return string(buffer[:start]), nil
			}
			start += length
			searched = start
		}
		// A "\r" at the end is looked at again: a "\n" may follow.
		searched = max(start, len(buffer)-1)
		if idle++; n > 0 {
			idle = 0
		}
		switch {
		case err == io.EOF:
			return string(buffer[:start]), nil
		case err != nil:
			return string(buffer[:start]), err
		case len(buffer) > maxMetadata:
			return string(buffer[:start]), ErrMetadataTooLong
		case idle > 100:
			return string(buffer[:start]), io.ErrNoProgress
		}
	}
}

// lineLength gives the length of the first line with its end, of which the
// bytes before from hold none; 0 where it is not known yet. Lines end with
// "\n", "\r\n" or "\r", nothing else (feedparser, io.StringIO with newline="").
func lineLength[text ~string | ~[]byte](rest text, from int, last bool) int {
	for i := from; i < len(rest); i++ {
		switch {
		case rest[i] == '\n':
			return i + 1
		case rest[i] != '\r':
		case i+1 < len(rest):
			if rest[i+1] == '\n' {
				return i + 2
			}
			return i + 1
		case last:
			return i + 1
		}
	}
	if last {
		return len(rest)
	}
	return 0
}

// isHeaderLine is feedparser's headerRE.
func isHeaderLine[text ~string | ~[]byte](line text) bool {
	if line[0] == ' ' || line[0] == '\t' || len(line) >= 5 && string(line[:5]) == "From " {
		return true
	}
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == ':':
			return true
		case c < '!' || '~' < c:
			return false
		}
	}
	return false
}

// headerEnd gives where the header of a whole file ends.
func headerEnd(text string) int {
	end := 0
	for end < len(text) {
		length := lineLength(text[end:], 0, true)
		if !isHeaderLine(text[end : end+length]) {
			break
		}
		end += length
	}
	return end
}

// parseHeader is feedparser's _parse_headers, and the policy's
// header_source_parse.
func parseHeader(header string) Metadata {
	var m Metadata
	if n := strings.Count(header, "\n"); n > 0 {
		m.Fields = make([]Field, 0, n)
	}
	// A value and the lines that continue it stand together in the text.
	valueStart := -1
	for start := 0; start < len(header); {
		length := lineLength(header[start:], 0, true)
		line := header[start : start+length]
		if line[0] != ' ' && line[0] != '\t' {
			m.finishField(header, valueStart, start)
			valueStart = -1
			colon := strings.IndexByte(line, ':')
			// A mailbox's line "From …" is passed over wherever it stands, and
			// so is a field without a name, with what would continue them.
			if !strings.HasPrefix(line, "From ") && colon > 0 {
				m.Fields = append(m.Fields, Field{Name: line[:colon]})
				valueStart = start + colon + 1
			}
		}
		start += length
	}
	m.finishField(header, valueStart, len(header))
	m.Name, m.Version, m.RequiresPython = m.Get("Name"), m.Get("Version"), m.Get("Requires-Python")
	return m
}

// finishField gives the last field its value, header[start:end]. A negative
// start is that of no field.
func (m *Metadata) finishField(header string, start, end int) {
	if start < 0 {
		return
	}
	field := &m.Fields[len(m.Fields)-1]
	field.Value = strings.TrimRight(strings.TrimLeft(header[start:end], " \t\r\n"), "\r\n")
	value := trimSpace(field.Value)
	switch {
	case equalFoldASCII(field.Name, "Requires-Dist"):
		m.RequiresDist = append(m.RequiresDist, value)
	case equalFoldASCII(field.Name, "Provides-Extra"):
		m.ProvidesExtra = append(m.ProvidesExtra, value)
	}
}

// versionLine is pkg_resources' _version_from_file.
func versionLine(text string) (version string, found bool) {
	for line := range pythonLines(text) {
		line = trimSpace(line)
		if len(line) >= len("version:") && equalFoldASCII(line[:len("version:")], "version:") {
			return trimSpace(line[len("version:"):]), true
		}
	}
	return "", false
}

// equalFoldASCII compares without case where one text is plain ASCII letters.
// strings.EqualFold would take "ſ" for "s", which Python's lower does not.
func equalFoldASCII(text, ascii string) bool {
	if len(text) != len(ascii) {
		return false
	}
	for i := 0; i < len(text); i++ {
		if lower(text[i]) != lower(ascii[i]) {
			return false
		}
	}
	return true
}
