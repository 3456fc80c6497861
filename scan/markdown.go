package scan

import (
	"bufio"
	"io"
	"strings"

	"thresher/internal/words"
)

// WriteMarkdown writes the report for a page of Markdown, such as the summary
// of a job: what Text says, with the rows as a table and the rest as a list
// below it. Nothing of metadata or advisories is taken for Markdown or HTML.
func WriteMarkdown(w io.Writer, results []Result) error {
	out := bufio.NewWriter(w)
	for i := range results {
		var rows []row
		var texts []string
		for _, l := range linesOf(&results[i], TextOptions{}) {
			if l.text == "" {
				rows = append(rows, l.cells)
			} else {
				texts = append(texts, strings.TrimSpace(l.text))
			}
		}
		if len(results) > 1 {
			_, _ = out.WriteString("**" + plain(words.OneLine(results[i].Environment)) + "**\n\n") // Flush tells
		}
		writeRows(out, rows)
		for _, text := range texts {
			_, _ = out.WriteString("- " + plain(words.OneLine(text)) + "\n")
		}
		_, _ = out.WriteString("\n")
	}
	for _, l := range ignoreNotes(results) {
		_, _ = out.WriteString("- " + plain(words.OneLine(strings.TrimSpace(l.text))) + "\n")
	}
	return out.Flush()
}

func writeRows(out *bufio.Writer, rows []row) {
	for i, cells := range rows {
		for _, cell := range cells {
			_, _ = out.WriteString("| " + plain(cell) + " ")
		}
		_, _ = out.WriteString("|\n")
		if i == 0 {
			_, _ = out.WriteString(strings.Repeat("|---", len(cells)) + "|\n")
		}
	}
	if len(rows) > 0 {
		_, _ = out.WriteString("\n")
	}
}

// markdown are the signs that mean something to GitHub Flavored Markdown 0.29
// anywhere in a line. What it would make a link of stays one: an address is
// what it says.
var markdown = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`, `<`, "&lt;", `>`, "&gt;", `&`, "&amp;", `|`, `\|`,
	`~`, `\~`, `#`, `\#`, `!`, `\!`,
)

func plain(text string) string { return markdown.Replace(text) }
