// Package webpage shows a report as one HTML page that needs nothing beside it: no
// script at all, and no style, font or picture from elsewhere.
package webpage

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"

	"thresher/report"
)

//go:embed webpage.css
var style string

//go:embed webpage.html
var text string

// mark is how a page tells that it is one of these, within its first bytes.
const (
	mark       = `<meta name="generator" content="thresher report">`
	markWithin = 512
)

// IsReport says whether a file's beginning is that of a page written by Write.
func IsReport(beginning []byte) bool {
	return bytes.Contains(beginning[:min(len(beginning), markWithin)], []byte(mark))
}

// page is parsed when a page is written: each pip command starts this program.
var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{"day": day, "moment": moment}).Parse(text))
})

// Write writes the page. What came from packages, logs and policies is escaped; of
// what remains, characters that cannot be seen or that turn the direction of a text
// are shown as U+FFFD.
func Write(w io.Writer, r *report.Report) error {
	var written bytes.Buffer
	if err := page().Execute(&written, viewOf(r)); err != nil {
		return err
	}
	_, err := io.WriteString(w, strings.Map(visible, written.String()))
	return err
}

func visible(character rune) rune {
	if character == '\n' || unicode.IsPrint(character) {
		return character
	}
	return unicode.ReplacementChar
}

// security is the page's own rule for the browser: nothing but its style counts, so
// that even what slipped through could load and run nothing.
func security() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'"
}

func day(t time.Time) string { return t.Format("2 January 2006") }

func moment(t time.Time) string { return t.Format("2 January 2006, 15:04 MST") }
