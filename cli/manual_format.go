package cli

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/fatih/color"
)

// formatted makes of one of our Markdown pages what reads well on a terminal so
// many columns wide: headings in bold, paragraphs wrapped, tables in columns, links
// by the page's name. Blocks that are typed stay as they are.
func formatted(page string, columns int) string {
	const widest = 96
	columns = min(max(columns, 40), widest)
	var out strings.Builder
	var paragraph []string
	var table [][]string
	bold := color.New(color.Bold)
	flush := func() {
		if len(paragraph) > 0 {
			indent := ""
			if item.MatchString(paragraph[0]) {
				indent = "  "
			}
			out.WriteString(wrapped(plain(strings.Join(paragraph, " ")), columns, indent) + "\n")
			paragraph = nil
		}
		if len(table) > 0 {
			out.WriteString(inColumns(table, columns))
			table = nil
		}
	}
	fenced := false
	for _, line := range strings.Split(strings.TrimRight(page, "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, "```"):
			flush()
			fenced = !fenced
		case fenced:
			out.WriteString("    " + line + "\n")
		case strings.HasPrefix(line, "#"):
			flush()
			out.WriteString(bold.Sprint(plain(strings.TrimLeft(line, "# "))) + "\n")
		case strings.HasPrefix(line, "|"):
			if len(paragraph) > 0 {
				flush()
			}
			if !rule.MatchString(line) {
				table = append(table, cells(line))
			}
		case strings.TrimSpace(line) == "":
			flush()
			out.WriteString("\n")
		case strings.HasPrefix(line, "    ") && len(paragraph) == 0:
			out.WriteString(line + "\n")
		default:
			if len(table) > 0 || item.MatchString(line) {
				flush()
			}
			paragraph = append(paragraph, strings.TrimSpace(line))
		}
	}
	flush()
	return out.String()
}

var (
	rule   = regexp.MustCompile(`^\|[-:| ]+\|$`)
	item   = regexp.MustCompile(`^([-*]|[0-9]+\.) `)
	link   = regexp.MustCompile(`!?\[([^\]]*)\]\(([^)]*)\)`)
	strong = regexp.MustCompile(`\*\*([^*]+)\*\*`)
)

// plain takes the marks out of a line. A link to a page of ours is what shows it.
func plain(line string) string {
	line = link.ReplaceAllStringFunc(line, func(found string) string {
		parts := link.FindStringSubmatch(found)
		text, to := parts[1], parts[2]
		if name, _, _ := strings.Cut(to, "#"); strings.HasSuffix(name, ".md") && !strings.Contains(name, "/") {
			shows := "thresher manual " + strings.TrimSuffix(name, ".md")
			if text == name {
				return shows
			}
			return text + " (" + shows + ")"
		}
		return text
	})
	line = strong.ReplaceAllString(line, "$1")
	return strings.ReplaceAll(line, "`", "")
}

// cells are those of a table's line, without their marks.
func cells(line string) []string {
	// A bar within a cell is written with a backslash.
	line = strings.ReplaceAll(strings.Trim(strings.TrimSpace(line), "|"), `\|`, "\x00")
	var found []string
	for _, cell := range strings.Split(line, "|") {
		found = append(found, strings.ReplaceAll(plain(strings.TrimSpace(cell)), "\x00", "|"))
	}
	return found
}

// inColumns writes a table with its columns under each other; where that is wider
// than the terminal, each row as an item with its cells below.
func inColumns(rows [][]string, columns int) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	total := 0
	for _, w := range widths {
		total += w + 2
	}
	var out strings.Builder
	for at, row := range rows {
		if total <= columns+2 {
			line := ""
			for i, cell := range row {
				line += cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2)
			}
			out.WriteString(strings.TrimRight(line, " ") + "\n")
			continue
		}
		if at == 0 {
			continue // what the columns are called: the rows say it
		}
		out.WriteString(wrapped("- "+row[0], columns, "  ") + "\n")
		for i, cell := range row[1:] {
			if cell != "" {
				if title := rows[0][i+1]; title != "" {
					cell = title + ": " + cell
				}
				out.WriteString(wrapped("  "+cell, columns, "    ") + "\n")
			}
		}
	}
	return out.String()
}

// wrapped breaks a text between words; further lines are indented.
func wrapped(text string, columns int, indent string) string {
	lead := text[:len(text)-len(strings.TrimLeft(text, " "))]
	line := lead
	var lines []string
	for _, word := range strings.Fields(text) {
		switch {
		case strings.TrimSpace(line) == "":
			line += word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > columns:
			lines = append(lines, line)
			line = indent + word
		default:
			line += " " + word
		}
	}
	return strings.Join(append(lines, line), "\n")
}

// printManual writes a page as it is where a program reads it; for a person at a
// terminal it is formatted, and shown by the pager: PAGER, or less where it is.
func (p *program) printManual(page string) error {
	if p.width == 0 {
		return p.printPage(page)
	}
	text := formatted(page, p.width)
	pager := strings.Fields(p.environment["PAGER"])
	if len(pager) == 0 {
		pager = []string{"less", "-FRX"}
	}
	path, err := lookUp(pager[0], p.environment["PATH"])
	if err != nil {
		return p.printPage(text)
	}
	command := exec.Command(path, pager[1:]...)
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(text), os.Stdout, os.Stderr
	command.Env = p.environ
	return command.Run()
}
