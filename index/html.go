package index

import (
	"bytes"
	"net/url"
	"strings"
	"unicode/utf8"

	"thresher/address"
	"thresher/internal/words"

	"golang.org/x/net/html"
)

// parseHTMLPage reads the anchors of a PEP 503 page as pip's HTMLLinkParser
// does: every <a> with an href, the first <base> that has one. Only links that
// pip would take for a distribution become files. Of an attribute that stands
// twice the first counts, as HTML says (for Python the last).
func parseHTMLPage(body []byte, charset string, page *Page, base *url.URL) (reason string) {
	text, ok := decodeText(body, charset)
	if !ok {
		return textCharset + ": " + words.Printable(charset)
	}
	var anchors []anchorTag
	baseSeen := false
	tokens := html.NewTokenizer(bytes.NewReader(text))
	tokens.SetMaxBuf(1 << 20)
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			if tokens.Err() == html.ErrBufferExceeded {
				return textTooLarge(1 << 20)
			}
			break // the end: HTML has no other
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		name, more := tokens.TagName()
		switch string(name) {
		case "a":
			var a anchorTag
			attributes(tokens, more, a.set)
			if a.href == "" {
				continue
			}
			if len(anchors) == maxFiles {
				return textTooMany
			}
			anchors = append(anchors, a)
		case "base":
			attributes(tokens, more, func(key, value string) {
				if key != "href" || baseSeen || base == nil {
					return
				}
				if reference, err := url.Parse(address.Quoted(value)); err == nil {
					base = base.ResolveReference(reference)
					baseSeen = true
				}
			})
		case "meta":
			var property, content string
			attributes(tokens, more, func(key, value string) {
				switch key {
				case "name":
					property = value
				case "content":
					content = value
				}
			})
			if reason := readMeta(property, content, page); reason != "" {
				return reason
			}
		}
	}
	links := linkReader{base: base}
	page.Files = make([]File, 0, len(anchors))
	for i := range anchors {
		anchors[i].read(&links, page)
	}
	return ""
}

func attributes(tokens *html.Tokenizer, more bool, each func(key, value string)) {
	for more {
		var key, value []byte
		key, value, more = tokens.TagAttr()
		each(string(key), string(value))
	}
}

func readMeta(name, content string, page *Page) (reason string) {
	switch strings.ToLower(name) {
	case "pypi:repository-version": // PEP 629
		if !knownAPIVersion(content) {
			return textAPIVersion(content)
		}
	case "pypi:project-status": // PEP 792
		page.Status = strings.ToLower(strings.TrimSpace(content))
	case "pypi:project-status-reason":
		page.StatusReason = content
	}
	return ""
}

// anchorTag is an <a> with the attributes that the PEPs name.
type anchorTag struct {
	href                     string
	requiresPython           string // PEP 503
	yanked                   bool   // PEP 592
	yankedReason             string
	coreMetadata             string // PEP 714
	distInfoMetadata         string // PEP 658
	hasCore, hasDistInfo     bool
	provenance, gpgSignature string // PEP 740, PEP 503
}

func (a *anchorTag) set(key, value string) {
	switch key {
	case "href":
		a.href = value
	case "data-requires-python":
		a.requiresPython = value
	case "data-yanked":
		a.yanked, a.yankedReason = true, value
	case "data-core-metadata":
		a.coreMetadata, a.hasCore = value, true
	case "data-dist-info-metadata":
		a.distInfoMetadata, a.hasDistInfo = value, true
	case "data-provenance":
		a.provenance = value
	case "data-gpg-sig":
		a.gpgSignature = value
	}
}

func (a *anchorTag) read(links *linkReader, page *Page) {
	l, ok := links.read(a.href)
	if !ok {
		// Pages hold links of any kind; only what looks like a distribution
		// is worth a word.
		path, _, _ := strings.Cut(a.href, "#")
		path, _, _ = strings.Cut(path, "?")
		if address.IsLinkedArchive(strings.TrimSpace(path)) || strings.Contains(a.href, "egg=") {
			page.noteUnreadable(a.href)
		}
		return
	}
	if !address.IsLinkedArchive(l.filename) {
		return
	}
	f := File{
		Filename: l.filename, URL: l.url, RequiresPython: a.requiresPython, Provenance: a.provenance,
		Yanked: a.yanked, YankedReason: a.yankedReason,
	}
	if l.hash != "" {
		f.Hashes = map[string]string{l.hash: l.hashValue}
	}
	metadata, offered := a.coreMetadata, a.hasCore
	if !offered {
		metadata, offered = a.distInfoMetadata, a.hasDistInfo
	}
	if offered {
		// "true", a digest, or what pip takes for no digest supplied. "false"
		// is no value of PEP 658, but its sense is plain.
		f.CoreMetadata = !strings.EqualFold(metadata, "false")
		if name, value, isDigest := strings.Cut(metadata, "="); isDigest {
			f.MetadataHashes = map[string]string{name: value}
		}
	}
	if a.gpgSignature != "" {
		signed := strings.EqualFold(a.gpgSignature, "true")
		f.GPGSignature = &signed
	}
	page.Files = append(page.Files, f)
}

// decodeText makes UTF-8 of a text. Every byte of the two Western charsets is
// read; of UTF-8, what is none becomes U+FFFD.
func decodeText(body []byte, charset string) ([]byte, bool) {
	switch charset {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		body = bytes.TrimPrefix(body, []byte("\uFEFF"))
		if utf8.Valid(body) {
			return body, true
		}
		return bytes.ToValidUTF8(body, []byte("\uFFFD")), true
	case "iso-8859-1", "latin-1", "latin1", "iso8859-1", "windows-1252", "cp1252":
		out := make([]byte, 0, len(body)+len(body)/8)
		for _, c := range body {
			// What differs between the two, 0x80 to 0x9f, is no letter of
			// a URL in either.
			out = utf8.AppendRune(out, rune(c))
		}
		return out, true
	}
	return nil, false
}
