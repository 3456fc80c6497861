package archive

import (
	"bytes"
	"iter"
	"strings"
)

// HasImportLine tells whether any Python from 3.8 on runs code of a .pth file:
// whether a line begins with "import" and a blank or tab (site.addpackage).
// Python up to 3.12 decodes the file by the locale and splits lines at \n, \r
// and \r\n; since 3.13 it takes UTF-8, with a mark before it or not, then the
// locale, and splits where str.splitlines does. A line of any of these counts.
func HasImportLine(pth []byte) bool {
	for line := range pathLines(pth) {
		if isImportLine(line) {
			return true
		}
	}
	return false
}

func isImportLine(line string) bool {
	return strings.HasPrefix(line, "import ") || strings.HasPrefix(line, "import\t")
}

// pathLines gives the lines of a .pth file as one Python or another splits it.
// In the encodings of ISO 8859 the byte 0x85 ends a line, as do two characters
// of three bytes in UTF-8; splitting too often makes a line too many only.
func pathLines(pth []byte) iter.Seq[string] {
	text := string(bytes.TrimPrefix(pth, []byte("\ufeff")))
	text = strings.NewReplacer("\u2028", "\n", "\u2029", "\n").Replace(text)
	return func(yield func(string) bool) {
		for len(text) > 0 {
			end := 0
			for end < len(text) && !endsLine(text[end]) {
				end++
			}
			if !yield(text[:end]) {
				return
			}
			text = text[min(end+1, len(text)):]
		}
	}
}

func endsLine(c byte) bool {
	switch c {
	case '\n', '\r', '\v', '\f', 0x1c, 0x1d, 0x1e, 0x85:
		return true
	}
	return false
}
