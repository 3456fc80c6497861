// Package progress shows how far long work is, on a terminal.
package progress

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Bar is one line on a terminal that is written over and over. Its methods are
// called by one goroutine at a time.
type Bar struct {
	Out   io.Writer
	Width int // columns of the terminal; 0 there is none, and nothing is shown

	start time.Time
	last  time.Time
	shown bool
}

// quiet is how long work may take before it is shown, and between is the time
// between two pictures of it.
const (
	quiet   = time.Second
	between = 100 * time.Millisecond
)

// Show draws the bar anew: what is being done, how far it is and how much there
// is, in words, and the same as numbers; a total of 0 is not known. Before a
// second has passed nothing is drawn.
func (b *Bar) Show(stage, doneText, totalText string, done, total int64) {
	if b.Width == 0 {
		return
	}
	now := time.Now()
	if b.start.IsZero() {
		b.start = now
	}
	if now.Sub(b.start) < quiet || now.Sub(b.last) < between {
		return
	}
	b.last, b.shown = now, true
	_, _ = fmt.Fprintf(b.Out, "\r\x1b[K%s", b.picture(stage, doneText, totalText, done, total))
}

// picture is the line as it is drawn.
func (b *Bar) picture(stage, doneText, totalText string, done, total int64) string {
	text := fmt.Sprintf("thresher: %s %s", stage, doneText)
	if total > 0 {
		const cells = 24
		full := int(cells * min(done, total) / total)
		text += fmt.Sprintf(" of %s [%s%s]", totalText, strings.Repeat("#", full), strings.Repeat(".", cells-full))
	}
	if len(text) >= b.Width {
		text = text[:b.Width-1]
	}
	return text
}

// Clear takes the bar off the terminal.
func (b *Bar) Clear() {
	if b.shown {
		_, _ = fmt.Fprint(b.Out, "\r\x1b[K")
		b.shown = false
	}
}
