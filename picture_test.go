//go:build unix

package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestPagesPicture holds the README's picture to what docs/days.md shows, which
// TestPages holds to what is printed: `go test . -run Pages -update` writes
// both.
func TestPagesPicture(t *testing.T) {
	var shown [][]string
	for _, b := range blocksOf(t, filepath.Join("docs", "days.md")) {
		if b.picture {
			shown = append(shown, b.lines)
		}
	}
	if len(shown) != 2 {
		t.Fatalf("docs/days.md has %d blocks for the picture", len(shown))
	}
	path := filepath.Join("docs", "days.svg")
	want := picture(shown[0], shown[1])
	if err := xml.Unmarshal([]byte(want), new(struct{})); err != nil {
		t.Fatal(err)
	}
	if *update && read(t, path) != want {
		write(t, path, want, 0o644)
	}
	if read(t, path) != want {
		t.Errorf("%s is not what docs/days.md shows; fix: go test . -run Pages -update", path)
	}
}

// The measures of the picture, in pixels but for the columns.
const (
	pictureColumns = 96
	cellWidth      = 8
	lineHeight     = 19
	margin         = 16
)

// picture draws two terminals, one below the other, as SVG. Its colours suit
// light pages and dark ones.
func picture(good, bad []string) string {
	var body strings.Builder
	y := margin
	for _, terminal := range []struct {
		title string
		lines []string
	}{{"a good day", good}, {"a bad day", bad}} {
		lines := wrapped(terminal.lines)
		height := (len(lines)+2)*lineHeight + margin/2
		fmt.Fprintf(&body, "<rect class=\"window\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"8\"/>\n", margin/2, y,
			pictureColumns*cellWidth+margin, height)
		fmt.Fprintf(&body, "<text class=\"title\" x=\"%d\" y=\"%d\">%s</text>\n", margin, y+lineHeight, terminal.title)
		for i, line := range lines {
			fmt.Fprintf(&body, "<text xml:space=\"preserve\" class=\"%s\" x=\"%d\" y=\"%d\">%s</text>\n", classOf(line), margin,
				y+(i+2)*lineHeight+margin/4, escaped(line))
		}
		y += height + margin
	}
	width := pictureColumns*cellWidth + 2*margin
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="pip through thresher">
<!-- written by go test . -run Pages -update from docs/days.md -->
<style>
text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #24292f }
.window { fill: #f6f8fa; stroke: #d0d7de }
.title { fill: #57606a; font-style: italic }
.typed { font-weight: bold }
.bad { fill: #b31d28 }
.fix { fill: #0a6640 }
.good { fill: #0a6640 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.window { fill: #161b22; stroke: #30363d }
.title { fill: #8b949e }
.bad { fill: #ff7b72 }
.fix, .good { fill: #7ee787 }
}
</style>
%s</svg>
`, width, y, width, y, body.String())
}

// wrapped breaks lines at the picture's width, between words where it can.
func wrapped(lines []string) []string {
	var out []string
	for _, line := range lines {
		indent := ""
		for len([]rune(line)) > pictureColumns {
			runes := []rune(line)
			at := strings.LastIndex(string(runes[:pictureColumns]), " ")
			if at <= len(indent)+8 {
				at = len(string(runes[:pictureColumns]))
			}
			out = append(out, line[:at])
			indent = "    "
			line = indent + strings.TrimLeft(line[at:], " ")
		}
		out = append(out, line)
	}
	return out
}

// classOf is how a line is coloured.
func classOf(line string) string {
	text := strings.TrimPrefix(line, "thresher: ")
	switch {
	case strings.HasPrefix(line, "$ "):
		return "typed"
	case strings.HasPrefix(text, "refused"), strings.Contains(text, "failing at"):
		return "bad"
	case strings.HasPrefix(strings.TrimSpace(text), "fix: "), strings.HasPrefix(strings.TrimSpace(text), "fix: "),
		strings.HasPrefix(strings.TrimSpace(text), "edit: "):
		return "fix"
	case strings.Contains(text, "no known vulnerabilities"):
		return "good"
	}
	return "said"
}

func escaped(text string) string {
	var out bytes.Buffer
	if err := xml.EscapeText(&out, []byte(text)); err != nil {
		panic(err) // a buffer takes everything
	}
	return out.String()
}
