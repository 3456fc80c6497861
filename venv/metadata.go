package venv

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// Bounds of a metadata header. The largest on the public index are some 60 kB.
const (
	maxHeader = 4 << 20   // all header lines together
	maxField  = 128 << 10 // one field with its continuation lines
	maxFields = 20_000    // Requires-Dist lines
)

// headers are the fields of METADATA or PKG-INFO that are used.
type headers struct {
	name, version, requiresPython string
	requires                      []string
}

var headerBuffers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 8<<10) }}

// errHeaderTooLong says that a header went past maxHeader.
var errHeaderTooLong = errors.New("the header is longer than any real one")

// readHeaders reads the header of a core metadata file as Python's email
// parser does: it ends at the first empty line or the first line that is no
// field; of fields that may stand once the first counts; line ends are \n,
// \r\n or \r. No more than maxHeader bytes are read, the description never.
// What was read up to an error is returned with it.
func readHeaders(r io.Reader) (headers, error) {
	buffer := headerBuffers.Get().(*bufio.Reader)
	buffer.Reset(io.LimitReader(r, maxHeader+1))
	defer func() {
		buffer.Reset(nil)
		headerBuffers.Put(buffer)
	}()
	p := headerParser{}
	total := 0
	for {
		line, err := buffer.ReadSlice('\n')
		total += len(line)
		if total > maxHeader {
			p.finish()
			return p.found, errHeaderTooLong
		}
		full := errors.Is(err, bufio.ErrBufferFull)
		if err != nil && err != io.EOF && !full {
			p.finish()
			return p.found, err
		}
		if done := p.chunk(line, err == io.EOF); done || p.err != nil || err == io.EOF {
			p.finish()
			return p.found, p.err
		}
	}
}

// headerParser takes a header in chunks and keeps the fields that matter.
type headerParser struct {
	found headers
	err   error

	partial []byte // a line that has not ended yet
	long    bool   // partial went past maxField and was cut
	field   string // lower-case name of the field being read
	value   []byte
	started bool // a line was seen
	cr      bool // the last chunk ended with \r: a \n now belongs to it
}

// chunk takes bytes up to and including a line end, a part of a long line, or
// the last of the input. It says whether the header is over.
func (p *headerParser) chunk(text []byte, last bool) bool {
	if p.cr && len(text) > 0 && text[0] == '\n' {
		text = text[1:]
	}
	p.cr = bytes.HasSuffix(text, []byte("\r"))
	for len(text) > 0 {
		end := bytes.IndexAny(text, "\r\n")
		if end < 0 {
			p.keep(text)
			break
		}
		p.keep(text[:end])
		if text[end] == '\r' && end+1 < len(text) && text[end+1] == '\n' {
			end++
		}
		text = text[end+1:]
		if p.line() {
			return true
		}
	}
	if last && len(p.partial) > 0 {
		return p.line()
	}
	return false
}

func (p *headerParser) keep(text []byte) {
	if room := maxField - len(p.partial); len(text) > room {
		text, p.long = text[:max(room, 0)], true
	}
	p.partial = append(p.partial, text...)
}

// line takes the line in partial. It says whether the header is over.
func (p *headerParser) line() bool {
	line := p.partial
	defer func() { p.partial, p.long, p.started = p.partial[:0], false, true }()
	if len(line) == 0 {
		return true
	}
	if line[0] == ' ' || line[0] == '\t' {
		if p.wanted() && len(p.value) < maxField {
			p.value = append(append(p.value, '\n'), line...)
		}
		return false
	}
	p.finish()
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok || len(name) == 0 || bytes.ContainsAny(name, " \t\x00") {
		// A first line "From …" is a mailbox's; any other ends the header.
		return p.started || !bytes.HasPrefix(line, []byte("From "))
	}
	p.field = strings.ToLower(string(name))
	if p.wanted() {
		if p.long {
			p.err = fmt.Errorf("the field %s is longer than any real one", p.field)
			return true
		}
		p.value = append(p.value[:0], value...)
	}
	return false
}

func (p *headerParser) wanted() bool {
	switch p.field {
	case "name", "version", "requires-python", "requires-dist":
		return true
	}
	return false
}

// finish puts the field read so far where it belongs.
func (p *headerParser) finish() {
	if p.wanted() {
		value := strings.TrimSpace(string(p.value))
		switch p.field {
		case "name":
			setOnce(&p.found.name, value)
		case "version":
			setOnce(&p.found.version, value)
		case "requires-python":
			setOnce(&p.found.requiresPython, value)
		case "requires-dist":
			if len(p.found.requires) < maxFields {
				p.found.requires = append(p.found.requires, value)
			}
		}
	}
	p.field, p.value = "", p.value[:0]
}

func setOnce(field *string, value string) {
	if *field == "" {
		*field = value
	}
}
