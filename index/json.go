package index

import (
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"thresher/address"
)

// fileKeys says which names of the metadata member a JSON page used for a
// file: PEP 714 renamed it, and pip 23.1 and older trip over the former name.
type fileKeys uint8

const (
	wroteCoreMetadata fileKeys = 1 << iota
	wroteDistInfoMetadata
)

// A page may be hostile: 64 MiB are room for millions of files. The largest
// real ones have some 20,000.
const (
	maxFiles   = 200_000
	maxDigests = 32 // of one file
)

// pageReader reads a PEP 691 page. Members that pip acts on must have the type
// that the PEPs give them, else the page is refused; others are kept as raw
// text and rendered as they came. Of a member that stands twice the last one
// counts, as for Python.
type pageReader struct {
	scanner
	page  *Page
	links linkReader
	// problem says in words why a well-formed document is no page.
	problem string
}

// errShape stands for pageReader.problem.
var errShape = errJSON

func parseJSONPage(body []byte, page *Page, base *url.URL) (reason string) {
	text := strings.TrimPrefix(string(body), "\uFEFF")
	if !utf8.ValidString(text) {
		return textNotUTF8
	}
	r := pageReader{scanner: scanner{text: text}, page: page, links: linkReader{base: base}}
	if err := r.read(); err != nil {
		if r.problem != "" {
			return r.problem
		}
		return err.Error()
	}
	return ""
}

func (r *pageReader) shape(problem string) error {
	r.problem = problem
	return errShape
}

func (r *pageReader) read() error {
	seenFiles := false
	if r.space() != '{' {
		if err := r.value(); err != nil {
			return err
		}
		return r.shape(textNoPageObject)
	}
	var extra rawMembers
	err := r.object(func(key string) error {
		switch key {
		case "meta":
			return r.meta()
		case "name":
			r.page.Name = ""
			return r.soft(key, &extra, &r.page.Name)
		case "versions":
			return r.versions(&extra)
		case "project-status":
			return r.status(&extra)
		case "files":
			seenFiles = true
			return r.files()
		}
		return r.keep(key, &extra)
	})
	if err != nil {
		return err
	}
	if err := r.end(); err != nil {
		return err
	}
	if !seenFiles {
		return r.shape(textNoFiles)
	}
	r.page.extra = string(extra)
	return nil
}

// rawMembers are members of an object as they came, each behind a comma.
type rawMembers []byte

func (r *rawMembers) add(key, value string) {
	if *r == nil {
		*r = make([]byte, 0, len(key)+len(value)+4)
	}
	*r = append(*r, ',')
	*r = appendString(*r, key)
	*r = append(*r, ':')
	*r = append(*r, value...)
}

// keep reads any value into the raw members.
func (r *pageReader) keep(key string, extra *rawMembers) error {
	value, err := r.skip()
	if err != nil {
		return err
	}
	extra.add(key, value)
	return nil
}

// soft reads a string; null counts as absent, any other value is kept raw.
func (r *pageReader) soft(key string, extra *rawMembers, target *string) error {
	switch r.peek() {
	case '"':
		text, err := r.str()
		*target = text
		return err
	case 'n':
		return r.word("null")
	}
	return r.keep(key, extra)
}

func (r *pageReader) peek() byte {
	if r.at < len(r.text) {
		return r.text[r.at]
	}
	return 0
}

func (r *pageReader) meta() error {
	r.page.apiVersion = ""
	var extra rawMembers
	if r.peek() != '{' {
		if err := r.value(); err != nil {
			return err
		}
		return r.shape(textMeta)
	}
	err := r.object(func(key string) error {
		if key == "api-version" {
			r.page.apiVersion = ""
			return r.soft(key, &extra, &r.page.apiVersion)
		}
		return r.keep(key, &extra)
	})
	if err != nil {
		return err
	}
	r.page.metaExtra = string(extra)
	if r.page.apiVersion != "" && !knownAPIVersion(r.page.apiVersion) {
		return r.shape(textAPIVersion(r.page.apiVersion))
	}
	return nil
}

// knownAPIVersion: a client must refuse a major version it does not know
// (PEP 629).
func knownAPIVersion(version string) bool {
	major, _, _ := strings.Cut(version, ".")
	return major == "1"
}

func (r *pageReader) versions(extra *rawMembers) error {
	r.page.Versions = nil
	start := r.at
	if r.peek() == '[' {
		list := []string{}
		plain := true
		err := r.array(func() error {
			if r.peek() != '"' {
				plain = false
				return r.value()
			}
			text, err := r.str()
			if list = append(list, text); len(list) > maxFiles {
				return r.shape(textTooMany)
			}
			return err
		})
		if err != nil {
			return err
		}
		if plain {
			r.page.Versions = list
			return nil
		}
		r.at = start
	}
	return r.keep("versions", extra)
}

func (r *pageReader) status(extra *rawMembers) error {
	r.page.Status, r.page.StatusReason = "", ""
	var status, state string
	var unknown rawMembers
	switch r.peek() {
	case '{':
		err := r.object(func(key string) error {
			switch key {
			case "status":
				return r.soft(key, &unknown, &status)
			case "state": // the word of PEP 792's own text
				return r.soft(key, &unknown, &state)
			case "reason":
				return r.soft(key, &unknown, &r.page.StatusReason)
			}
			return r.keep(key, &unknown)
		})
		if err != nil {
			return err
		}
		if status == "" {
			status = state
		}
	default:
		if err := r.soft("project-status", extra, &status); err != nil {
			return err
		}
	}
	r.page.Status = strings.ToLower(strings.TrimSpace(status))
	return nil
}

func (r *pageReader) files() error {
	r.page.Files = nil
	r.page.Unreadable = nil
	if r.peek() != '[' {
		if err := r.value(); err != nil {
			return err
		}
		return r.shape(textNoFiles)
	}
	// A file takes some 600 bytes, on indexes with short URLs 250.
	files := make([]File, 0, min((len(r.text)-r.at)/500+4, 40_000))
	err := r.array(func() error {
		if len(files) == maxFiles {
			return r.shape(textTooMany)
		}
		files = append(files, File{})
		keep, err := r.file(&files[len(files)-1])
		if err == nil && !keep {
			files = files[:len(files)-1]
		}
		return err
	})
	if err != nil {
		return err
	}
	r.page.Files = files
	return nil
}

// file reads one file. keep is false for one without a URL, which pip skips,
// and for one that is put among the unreadable.
func (r *pageReader) file(f *File) (keep bool, err error) {
	if r.peek() != '{' {
		if err := r.value(); err != nil {
			return false, err
		}
		return false, r.shape(textFileObject)
	}
	var extra rawMembers
	var written, declared string
	hasURL := false
	coreMember, distInfoMember := metadataMember{}, metadataMember{}
	err = r.object(func(key string) error {
		switch key {
		case "filename":
			declared = ""
			return r.soft(key, &extra, &declared)
		case "url":
			hasURL, err = r.nullable("url", &written)
			return err
		case "hashes":
			f.Hashes = nil
			return r.digests("hashes", &f.Hashes)
		case "requires-python":
			f.RequiresPython = ""
			_, err := r.nullable(key, &f.RequiresPython)
			return err
		case "size":
			return r.size(f, &extra)
		case "upload-time":
			f.uploadText = ""
			return r.soft(key, &extra, &f.uploadText)
		case "yanked":
			return r.yanked(f)
		case "core-metadata":
			return r.metadata(&coreMember)
		case "dist-info-metadata":
			return r.metadata(&distInfoMember)
		case "provenance":
			f.Provenance = ""
			return r.soft(key, &extra, &f.Provenance)
		case "gpg-sig":
			return r.signature(f, &extra)
		}
		return r.keep(key, &extra)
	})
	if err != nil || !hasURL {
		return false, err
	}
	l, ok := r.links.read(written)
	if !ok {
		r.page.noteUnreadable(written)
		return false, nil
	}
	f.URL, f.Filename = l.url, l.filename
	if declared != l.filename {
		f.declared = declared
	}
	if l.hash != "" {
		// pip lets the URL's own digest win over that of the member.
		hashes := map[string]string{l.hash: l.hashValue}
		for name, value := range f.Hashes {
			if name != l.hash {
				hashes[name] = value
			}
		}
		f.Hashes = hashes
	}
	f.UploadTime = parseTime(f.uploadText)
	if coreMember.wrote {
		f.keys |= wroteCoreMetadata
	}
	if distInfoMember.wrote {
		f.keys |= wroteDistInfoMetadata
	}
	member := coreMember
	if member.null || !member.wrote {
		member = distInfoMember
	}
	f.CoreMetadata, f.MetadataHashes = member.exists, member.hashes
	f.extra = string(extra)
	return true, nil
}

// noteUnreadable remembers a link that was left out; ten are enough to say so.
func (p *Page) noteUnreadable(written string) {
	if len(p.Unreadable) < 10 {
		p.Unreadable = append(p.Unreadable, address.Redact(written))
	}
}

// nullable reads a string or null, and nothing else.
func (r *pageReader) nullable(key string, target *string) (present bool, err error) {
	switch r.peek() {
	case '"':
		*target, err = r.str()
		return true, err
	case 'n':
		*target = ""
		return false, r.word("null")
	}
	if err := r.value(); err != nil {
		return false, err
	}
	return false, r.shape(textMember(key))
}

// digests reads an object of strings, or null.
func (r *pageReader) digests(key string, target *map[string]string) error {
	switch r.peek() {
	case '{':
		hashes := make(map[string]string, 1)
		err := r.object(func(name string) error {
			if r.peek() != '"' {
				if err := r.value(); err != nil {
					return err
				}
				return r.shape(textMember(key))
			}
			value, err := r.str()
			if hashes[name] = value; len(hashes) > maxDigests {
				return r.shape(textMember(key))
			}
			return err
		})
		*target = hashes
		return err
	case 'n':
		return r.word("null")
	}
	if err := r.value(); err != nil {
		return err
	}
	return r.shape(textMember(key))
}

func (r *pageReader) size(f *File, extra *rawMembers) error {
	f.Size = 0
	value, err := r.skip()
	if err != nil || value == "null" {
		return err
	}
	if size, err := strconv.ParseInt(value, 10, 64); err == nil && size >= 0 {
		f.Size = size
		return nil
	}
	extra.add("size", value)
	return nil
}

func (r *pageReader) yanked(f *File) error {
	f.Yanked, f.YankedReason = false, ""
	switch r.peek() {
	case 't':
		f.Yanked = true
		return r.word("true")
	case 'f':
		return r.word("false")
	case 'n':
		return r.word("null")
	case '"':
		reason, err := r.str()
		// An empty reason is no yank (PEP 691, pip's from_json).
		f.Yanked, f.YankedReason = reason != "", reason
		return err
	}
	if err := r.value(); err != nil {
		return err
	}
	return r.shape(textMember("yanked"))
}

// metadataMember is one of the two names under which PEP 658's metadata stands.
type metadataMember struct {
	wrote, null, exists bool
	hashes              map[string]string
}

func (r *pageReader) metadata(m *metadataMember) error {
	*m = metadataMember{wrote: true}
	switch r.peek() {
	case 't':
		m.exists = true
		return r.word("true")
	case 'f':
		return r.word("false")
	case 'n':
		m.null = true
		return r.word("null")
	case '"':
		text, err := r.str()
		m.exists = text != ""
		return err
	}
	m.exists = true
	return r.digests("core-metadata", &m.hashes)
}

func (r *pageReader) signature(f *File, extra *rawMembers) error {
	f.GPGSignature = nil
	value, err := r.skip()
	if err != nil || value == "null" {
		return err
	}
	if value == "true" || value == "false" {
		signed := value == "true"
		f.GPGSignature = &signed
		return nil
	}
	extra.add("gpg-sig", value)
	return nil
}

// parseTime reads an ISO 8601 time; one without a zone is UTC. It gives the
// zero time for what is none.
func parseTime(text string) time.Time {
	// The form that PEP 700 asks for: 2024-01-17T16:53:12.779164Z
	if len(text) >= 20 && text[4] == '-' && text[7] == '-' && text[10] == 'T' && text[13] == ':' && text[16] == ':' &&
		text[len(text)-1] == 'Z' {
		year, ok1 := number(text[0:4])
		month, ok2 := number(text[5:7])
		day, ok3 := number(text[8:10])
		hour, ok4 := number(text[11:13])
		minute, ok5 := number(text[14:16])
		second, ok6 := number(text[17:19])
		fraction := text[19 : len(text)-1]
		nanosecond, ok7 := 0, fraction == ""
		if len(fraction) > 1 && len(fraction) <= 10 && fraction[0] == '.' {
			nanosecond, ok7 = number(fraction[1:])
			for i := len(fraction) - 1; i < 9; i++ {
				nanosecond *= 10
			}
		}
		if ok1 && ok2 && ok3 && ok4 && ok5 && ok6 && ok7 &&
			1 <= month && month <= 12 && 1 <= day && day <= daysIn(year, month) && hour < 24 && minute < 60 && second < 60 {
			return time.Date(year, time.Month(month), day, hour, minute, second, nanosecond, time.UTC)
		}
	}
	for _, layout := range []string{
		time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00",
		"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999",
		"2006-01-02T15:04:05.999999999-0700", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02",
	} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

func number(digits string) (int, bool) {
	n := 0
	for i := 0; i < len(digits); i++ {
		c := digits[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}
