package index

import (
	"html"
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// RenderJSON writes the page as PEP 691 JSON with all that came: fields that
// are not known here are kept as they were. What a caller changed in a File
// is what is written.
//
// Free text of the index, which pip prints, is written as shown has it.
func RenderJSON(p *Page) []byte {
	size := 512 + len(p.extra) + len(p.metaExtra)
	for i := range p.Files {
		f := &p.Files[i]
		size += len(f.URL) + len(f.Filename) + len(f.extra) + len(f.YankedReason) + len(f.RequiresPython) +
			len(f.Provenance) + 420
	}
	out := make([]byte, 0, size)
	version := p.apiVersion
	if version == "" {
		version = "1.0"
	}
	// Raw members stand before the known ones: of two of the same name the
	// last one counts.
	out = append(out, `{"meta":{`...)
	if p.metaExtra != "" {
		out = append(out, p.metaExtra[1:]...)
		out = append(out, ',')
	}
	out = append(out, `"api-version":`...)
	out = appendString(out, shown(version))
	out = append(out, '}')
	out = append(out, p.extra...)
	out = append(out, `,"name":`...)
	out = appendString(out, shown(p.Name))
	if p.Status != "" || p.StatusReason != "" {
		out = append(out, `,"project-status":{"status":`...)
		out = appendString(out, shown(p.Status))
		if p.StatusReason != "" {
			out = append(out, `,"reason":`...)
			out = appendString(out, shown(p.StatusReason))
		}
		out = append(out, '}')
	}
	if p.Versions != nil {
		out = append(out, `,"versions":[`...)
		for i, version := range p.Versions {
			if i > 0 {
				out = append(out, ',')
			}
			out = appendString(out, shown(version))
		}
		out = append(out, ']')
	}
	out = append(out, `,"files":[`...)
	for i := range p.Files {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendFile(out, &p.Files[i])
	}
	return append(out, ']', '}')
}

func appendFile(out []byte, f *File) []byte {
	out = append(out, '{')
	if f.extra != "" {
		out = append(out, f.extra[1:]...)
		out = append(out, ',')
	}
	out = append(out, `"filename":`...)
	if f.declared != "" {
		out = appendString(out, shown(f.declared))
	} else {
		out = appendString(out, f.Filename)
	}
	out = append(out, `,"url":`...)
	out = appendString(out, f.URL)
	out = append(out, `,"hashes":`...)
	out = appendDigests(out, f.Hashes)
	if f.RequiresPython != "" {
		out = append(out, `,"requires-python":`...)
		out = appendString(out, shown(f.RequiresPython))
	}
	if f.Size != 0 {
		out = append(out, `,"size":`...)
		out = strconv.AppendInt(out, f.Size, 10)
	}
	if text := uploadTime(f); text != "" {
		out = append(out, `,"upload-time":`...)
		out = appendString(out, text)
	}
	out = append(out, `,"yanked":`...)
	switch {
	case f.Yanked:
		if reason := shown(f.YankedReason); reason != "" {
			out = appendString(out, reason)
		} else {
			out = append(out, "true"...) // an empty text would be no reason to pip, and no yank
		}
	default:
		out = append(out, "false"...)
	}
	if f.keys&wroteDistInfoMetadata != 0 {
		out = append(out, `,"dist-info-metadata":`...)
		out = appendMetadata(out, f)
	}
	if f.CoreMetadata || f.keys&wroteCoreMetadata != 0 {
		out = append(out, `,"core-metadata":`...)
		out = appendMetadata(out, f)
	}
	if f.Provenance != "" {
		out = append(out, `,"provenance":`...)
		out = appendString(out, f.Provenance)
	}
	if f.GPGSignature != nil {
		out = append(out, `,"gpg-sig":`...)
		out = strconv.AppendBool(out, *f.GPGSignature)
	}
	return append(out, '}')
}

// uploadTime gives the time as the index wrote it, unless a caller changed it.
func uploadTime(f *File) string {
	if f.uploadText != "" && f.UploadTime.Equal(parseTime(f.uploadText)) {
		return f.uploadText
	}
	if f.UploadTime.IsZero() {
		return ""
	}
	return f.UploadTime.UTC().Format("2006-01-02T15:04:05.000000Z")
}

func appendMetadata(out []byte, f *File) []byte {
	switch {
	case !f.CoreMetadata:
		return append(out, "false"...)
	case len(f.MetadataHashes) > 0:
		return appendDigests(out, f.MetadataHashes)
	}
	return append(out, "true"...)
}

func appendDigests(out []byte, hashes map[string]string) []byte {
	out = append(out, '{')
	if len(hashes) == 1 {
		for name, value := range hashes {
			out = appendString(out, name)
			out = append(out, ':')
			out = appendString(out, value)
		}
		return append(out, '}')
	}
	for i, name := range sortedNames(hashes) {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendString(out, name)
		out = append(out, ':')
		out = appendString(out, hashes[name])
	}
	return append(out, '}')
}

func sortedNames(hashes map[string]string) []string {
	names := make([]string, 0, len(hashes))
	for name := range hashes {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// RenderHTML writes the page as PEP 503 HTML for pips that know no JSON, with
// both names of the metadata attribute (PEP 714). Upload times and sizes have
// no place in HTML.
func RenderHTML(p *Page) []byte {
	var b strings.Builder
	size := 512
	for i := range p.Files {
		f := &p.Files[i]
		size += len(f.URL) + len(f.Filename) + len(f.RequiresPython) + len(f.YankedReason) + len(f.Provenance) + 360
	}
	b.Grow(size)
	version := p.apiVersion
	if version == "" {
		version = "1.0"
	}
	b.WriteString("<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n")
	meta(&b, "pypi:repository-version", shown(version))
	if p.Status != "" {
		meta(&b, "pypi:project-status", shown(p.Status))
	}
	if p.StatusReason != "" {
		meta(&b, "pypi:project-status-reason", shown(p.StatusReason))
	}
	b.WriteString("<title>Links for " + html.EscapeString(shown(p.Name)) + "</title>\n</head>\n<body>\n")
	for i := range p.Files {
		anchor(&b, &p.Files[i])
	}
	b.WriteString("</body>\n</html>\n")
	return []byte(b.String())
}

func meta(b *strings.Builder, name, content string) {
	b.WriteString(`<meta name="` + name + `" content="` + html.EscapeString(content) + "\">\n")
}

func anchor(b *strings.Builder, f *File) {
	b.WriteString(`<a href="` + html.EscapeString(f.URL))
	if name, value := strongest(f.Hashes); name != "" {
		// Quoted, for pip reads more words than the digest from a fragment.
		b.WriteString("#" + name + "=" + url.QueryEscape(value))
	}
	b.WriteByte('"')
	if f.RequiresPython != "" {
		attribute(b, "data-requires-python", shown(f.RequiresPython))
	}
	if f.Yanked {
		attribute(b, "data-yanked", shown(f.YankedReason))
	}
	if f.CoreMetadata {
		value := "true"
		if name, digest := strongest(f.MetadataHashes); name != "" {
			value = name + "=" + digest
		}
		attribute(b, "data-core-metadata", value)
		attribute(b, "data-dist-info-metadata", value)
	}
	if f.GPGSignature != nil {
		attribute(b, "data-gpg-sig", strconv.FormatBool(*f.GPGSignature))
	}
	if f.Provenance != "" {
		attribute(b, "data-provenance", f.Provenance)
	}
	b.WriteString(">" + html.EscapeString(f.Filename) + "</a><br>\n")
}

func attribute(b *strings.Builder, name, value string) {
	b.WriteString(" " + name + `="` + html.EscapeString(value) + `"`)
}

// strongest gives the one digest that fits into a URL's fragment: sha256,
// which every pip knows, else the strongest that pip takes.
func strongest(hashes map[string]string) (name, value string) {
	if value := hashes["sha256"]; value != "" {
		return "sha256", value
	}
	for _, name := range hashNames {
		if value := hashes[name]; value != "" {
			return name, value
		}
	}
	return "", ""
}
