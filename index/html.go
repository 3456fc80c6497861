package index

import (
	"bytes"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// parseHTMLPage reads the anchors of a PEP 503 page as pip's HTMLLinkParser
// does: every <a> with an href, the first <base> that has one. Only links that
// pip would take for a distribution become files. Of an attribute that stands
// twice the first counts, as HTML says (for Python the last).
func parseHTMLPage(body []byte, charset string, page *Page, base *url.URL) (reason string) {
	text, ok := decodeText(body, charset)
	if !ok {
		return textCharset + ": " + Printable(charset)
	}
	var anchors []map[string]string
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
			anchors = append(anchors, attributes(tokens, more))
		case "base":
			if href, ok := attributes(tokens, more)["href"]; ok && !baseSeen {
				if reference, err := url.Parse(escapeStray(href)); err == nil && base != nil {
					base = base.ResolveReference(reference)
					baseSeen = true
				}
			}
		case "meta":
			if reason := readMeta(attributes(tokens, more), page); reason != "" {
				return reason
			}
		}
	}
	links := linkReader{base: base}
	for _, a := range anchors {
		readAnchor(a, &links, page)
	}
	return ""
}

func attributes(tokens *html.Tokenizer, more bool) map[string]string {
	found := map[string]string{}
	for more {
		var key, value []byte
		key, value, more = tokens.TagAttr()
		found[string(key)] = string(value)
	}
	return found
}

func readMeta(a map[string]string, page *Page) (reason string) {
	switch strings.ToLower(a["name"]) {
	case "pypi:repository-version": // PEP 629
		if !knownAPIVersion(a["content"]) {
			return textAPIVersion(a["content"])
		}
	case "pypi:project-status": // PEP 792
		page.Status = strings.ToLower(strings.TrimSpace(a["content"]))
	case "pypi:project-status-reason":
		page.StatusReason = a["content"]
	}
	return ""
}

func readAnchor(a map[string]string, links *linkReader, page *Page) {
	href := a["href"]
	if href == "" {
		return
	}
	l, ok := links.read(href)
	if !ok {
		// Pages hold links of any kind; only what looks like a distribution
		// is worth a word.
		path, _, _ := strings.Cut(href, "#")
		path, _, _ = strings.Cut(path, "?")
		if isArchive(strings.TrimSpace(path)) || strings.Contains(href, "egg=") {
			page.noteUnreadable(href)
		}
		return
	}
	if !isArchive(l.filename) {
		return
	}
	f := File{Filename: l.filename, URL: l.url, RequiresPython: a["data-requires-python"], Provenance: a["data-provenance"]}
	if l.hash != "" {
		f.Hashes = map[string]string{l.hash: l.hashValue}
	}
	if reason, ok := a["data-yanked"]; ok { // PEP 592
		f.Yanked, f.YankedReason = true, reason
	}
	metadata, ok := a["data-core-metadata"]
	if !ok {
		metadata, ok = a["data-dist-info-metadata"]
	}
	if ok {
		// "true", a digest, or what pip takes for no digest supplied. "false"
		// is no value of PEP 658, but its sense is plain.
		f.CoreMetadata = !strings.EqualFold(metadata, "false")
		if name, value, isDigest := strings.Cut(metadata, "="); isDigest {
			f.MetadataHashes = map[string]string{name: value}
		}
	}
	if signed, ok := a["data-gpg-sig"]; ok {
		has := strings.EqualFold(signed, "true")
		f.GPGSignature = &has
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
