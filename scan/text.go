package scan

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/fatih/color"
	"golang.org/x/text/width"

	"thresher/advisory"
	"thresher/internal/words"
)

// TextOptions say how a report is written for people.
type TextOptions struct {
	Width   int  // columns of the terminal; 0: lines may be of any length
	Colour  bool // use colours
	MaxRows int  // vulnerabilities shown of one distribution; 0: all
	Brief   bool // what is not in scope is named in one line
	// Said says of a vulnerability that an earlier report named it: what is not
	// in scope and was named is counted only. nil for none.
	Said func(name, version, id string) bool
	// SaidToday says of a vulnerability that a report of this day counted it. Where
	// that holds for all that there is to count, nothing is said. nil for none.
	SaidToday func(name, version, id string) bool
}

// row is one line of the table, by column.
type row [7]string

// The columns of a row.
const (
	columnPackage = iota
	columnVersion
	columnAdvisory
	columnSeverity
	columnFixed
	columnPublished
	columnSummary
)

// totals are what the last line counts.
type totals struct {
	standing, failing, ignored, affected int // vulnerabilities, and distributions that have one
	malware, infected                    int // findings of malware, and distributions that have one
}

// Text gives the report for people, a line each, without line ends: one line
// where nothing is known against anything, a table with what to do otherwise.
// Whatever comes from metadata or advisories has no control characters left.
func Text(results []Result, options TextOptions) []string {
	var lines []line
	for i := range results {
		if r := &results[i]; len(results) > 1 {
			lines = append(lines, line{text: r.Environment + ":", whole: true})
		}
		lines = append(lines, linesOf(&results[i], options)...)
	}
	return layOut(append(lines, ignoreNotes(results)...), options)
}

func linesOf(r *Result, options TextOptions) []line {
	var lines []line
	for _, d := range r.Broken {
		lines = append(lines, line{text: textBroken(d.Name, d.Path, d.Broken)})
	}
	for _, v := range r.Vanished {
		lines = append(lines, line{text: textVanished(v)}, line{text: textRemedy(v.Hint), whole: true})
	}
	if !r.HasDatabase {
		return append(lines, line{text: textNoDatabase(len(r.Subjects))})
	}
	age := words.Age(r.Now.Sub(r.AsOf)) + " old"
	t := count(r)
	if t.standing+t.malware == 0 {
		return append(lines, line{text: textClean(len(r.Subjects), t.ignored, age)})
	}
	rows, counted := table(r, options)
	lines = append(lines, rows...)
	if len(rows) == 0 && saidToday(counted, options) {
		return lines
	}
	return append(lines, line{text: textTotal(r, t, age) + textCounted(counted)})
}

// saidToday says whether all that is only counted was so today.
func saidToday(counted []*Subject, options TextOptions) bool {
	if options.SaidToday == nil {
		return false
	}
	for _, s := range counted {
		for _, f := range s.Findings {
			if f.Ignored == nil && !options.SaidToday(s.Name, s.Version, f.ID) {
				return false
			}
		}
	}
	return len(counted) > 0
}

func count(r *Result) totals {
	var t totals
	for i := range r.Subjects {
		s := &r.Subjects[i]
		standing := 0
		for _, f := range s.Findings {
			switch {
			case f.Ignored != nil:
				t.ignored++
			case f.Malware:
				t.malware++
			default:
				standing++
				if f.Fails {
					t.failing++
				}
			}
		}
		t.standing += standing
		if standing > 0 {
			t.affected++
		}
		if s.malware() {
			t.infected++
		}
	}
	return t
}

// malware tells whether the distribution is known for malicious code.
func (s *Subject) malware() bool {
	return slices.ContainsFunc(s.Findings, func(f Finding) bool { return f.Malware && f.Ignored == nil })
}

// line is a row of the table, or a text that goes over its whole breadth.
type line struct {
	cells row
	text  string
	whole bool     // a text that must not be broken: a command, a link
	level *Finding // gives the row its colour
}

// table gives the rows of everything that stands, by distribution, each with
// what brings it and what to do: malware first, then what fails, then the rest.
// What Said knows is left out of them, and given as counted.
func table(r *Result, options TextOptions) (lines []line, counted []*Subject) {
	subjects := make([]*Subject, len(r.Subjects))
	for i := range r.Subjects {
		subjects[i] = &r.Subjects[i]
	}
	slices.SortStableFunc(subjects, func(a, b *Subject) int { return cmp.Compare(b.urgency(), a.urgency()) })
	lines = []line{{cells: tableHead}}
	var aside []*Subject
	for _, s := range subjects {
		var standing []*Finding
		for i := range s.Findings {
			if s.Findings[i].Ignored == nil {
				standing = append(standing, &s.Findings[i])
			}
		}
		if len(standing) == 0 {
			continue
		}
		if options.Brief && !slices.ContainsFunc(standing, func(f *Finding) bool { return f.InScope || f.Malware }) {
			if options.Said != nil && !slices.ContainsFunc(standing, func(f *Finding) bool {
				return !options.Said(s.Name, s.Version, f.ID)
			}) {
				counted = append(counted, s)
			} else {
				aside = append(aside, s)
			}
			continue
		}
		for i, f := range standing {
			if options.MaxRows > 0 && i == options.MaxRows {
				lines = append(lines, line{text: textMore(len(standing)-i, s.Name)})
				break
			}
			lines = append(lines, line{cells: cells(s, f), level: f})
		}
		lines = append(lines, advice(s, standing)...)
	}
	if len(lines) == 1 {
		lines = nil // a head alone
	}
	if len(aside) > 0 {
		lines = append(lines, line{text: textAside(aside)})
	}
	return lines, counted
}

// urgency orders distributions in the table.
func (s *Subject) urgency() int {
	switch {
	case s.malware():
		return 2
	case slices.ContainsFunc(s.Findings, func(f Finding) bool { return f.Fails }):
		return 1
	}
	return 0
}

// advice gives the lines under a distribution's rows.
func advice(s *Subject, standing []*Finding) []line {
	var lines []line
	if brought := textBrought(s); brought != "" {
		lines = append(lines, line{text: brought})
	}
	lines = append(lines, line{text: textFix(s)})
	for _, f := range standing {
		if f.Expired != nil {
			lines = append(lines, line{text: textExpired(f)},
				line{text: textRemedy(textIgnore(f.Expired.ID, f.Expired.Reason)), whole: true})
		}
	}
	for _, next := range textNext(s) {
		lines = append(lines, line{text: textRemedy(next), whole: true})
	}
	if link := standing[0].Link; link != "" {
		lines = append(lines, line{text: textSee(link), whole: true})
	}
	return lines
}

func cells(s *Subject, f *Finding) row {
	fixed := textNoFix
	if len(f.FixedIn) > 0 {
		fixed = shorten(words.OneLine(f.FixedIn[0]), 40)
	}
	published := ""
	if !f.Published.IsZero() {
		published = f.Published.Format(time.DateOnly)
	}
	return row{shorten(words.OneLine(s.Name), 60), shorten(words.OneLine(s.Version), 40), f.ID, levelText(f), fixed,
		published, words.OneLine(f.Summary)}
}

// layOut sets the columns so that rows fit the terminal: the dates go first,
// then the summary is cut, then it goes, then the other columns are cut.
func layOut(lines []line, options TextOptions) []string {
	var widths [7]int
	for _, l := range lines {
		if l.text == "" {
			for i, cell := range l.cells {
				widths[i] = max(widths[i], columns(cell))
			}
		}
	}
	if options.Width > 0 {
		fit(&widths, options.Width)
	}
	var out []string
	for _, l := range lines {
		if l.text != "" {
			text := words.OneLine(l.text)
			if l.whole {
				out = append(out, text)
			} else {
				out = append(out, wrap(text, options.Width)...)
			}
			continue
		}
		var b strings.Builder
		for i, cell := range l.cells {
			if widths[i] == 0 {
				continue
			}
			cell = shorten(cell, widths[i])
			padding := strings.Repeat(" ", widths[i]-columns(cell)+2)
			if i == columnSeverity && l.level != nil && options.Colour {
				cell = paint(l.level, cell)
			}
			b.WriteString(cell)
			b.WriteString(padding)
		}
		out = append(out, strings.TrimRight(b.String(), " "))
	}
	return out
}

// minSummary is the narrowest summary worth showing.
const minSummary = 16

func fit(widths *[7]int, limit int) {
	total := func() int {
		sum := -2
		for _, w := range widths {
			if w > 0 {
				sum += w + 2
			}
		}
		return sum
	}
	over := func() int { return total() - limit }
	if over() > 0 && widths[columnSummary]-over() < minSummary {
		widths[columnPublished] = 0
	}
	if over() > 0 {
		if widths[columnSummary] -= over(); widths[columnSummary] < minSummary {
			widths[columnSummary] = 0
		}
	}
	for over() > 0 {
		widest := columnPackage
		for _, i := range []int{columnVersion, columnFixed} { // an id that is cut is none
			if widths[i] > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= 4 {
			return // there is no terminal this narrow
		}
		widths[widest]--
	}
}

// paint colours a severity by how much it asks for attention.
func paint(f *Finding, text string) string {
	attributes := []color.Attribute{color.FgYellow}
	switch {
	case f.Malware:
		attributes = []color.Attribute{color.Bold, color.FgHiWhite, color.BgRed}
	case f.Severity == advisory.Critical, f.Severity == advisory.High:
		attributes = []color.Attribute{color.Bold, color.FgRed}
	case f.Severity == advisory.Low, f.Severity == advisory.None:
		attributes = []color.Attribute{color.FgCyan}
	}
	c := color.New(attributes...)
	c.EnableColor() // the caller has decided; the package's own guess is not asked
	return c.Sprint(text)
}

// ignoreNotes tells of ignores: answers to malware, and those that a file nobody
// trusted brings. Those that match nothing are for who looks at the policy: in
// another environment they may.
func ignoreNotes(results []Result) []line {
	var lines []line
	told := map[Ignore]bool{}
	for _, r := range results {
		for _, i := range r.UsedIgnores {
			if (i.Untrusted || i.Release != "") && !told[i] {
				told[i] = true
				lines = append(lines, line{text: textUsedIgnore(i)})
			}
		}
	}
	return lines
}

// Unused gives the ignores that match nothing in any of the environments.
func Unused(results []Result) []Ignore {
	used := map[Ignore]bool{}
	for _, r := range results {
		for _, i := range r.UsedIgnores {
			used[i] = true
		}
	}
	var found []Ignore
	for _, r := range results {
		for _, i := range r.UnusedIgnores {
			if r.HasDatabase && !used[i] {
				used[i] = true // told once
				found = append(found, i)
			}
		}
	}
	return found
}

// columns gives how many columns of a terminal a text takes.
func columns(text string) int {
	sum := 0
	for _, c := range text {
		sum += runeColumns(c)
	}
	return sum
}

func runeColumns(c rune) int {
	if c < 0x300 {
		return 1
	}
	if unicode.In(c, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(c).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// shorten cuts a text to a number of columns, with "…" in place of the rest.
func shorten(text string, limit int) string {
	if columns(text) <= limit {
		return text
	}
	sum := 0
	for at, c := range text {
		if sum += runeColumns(c); sum > limit-1 {
			return text[:at] + "…"
		}
	}
	return text
}

// wrap breaks a text at spaces, the lines after the first further in.
func wrap(text string, limit int) []string {
	if limit < 20 || columns(text) <= limit {
		return []string{text}
	}
	indent := text[:len(text)-len(strings.TrimLeft(text, " "))]
	var lines []string
	current := indent
	empty := true
	for _, word := range strings.Fields(text) {
		if !empty && columns(current)+1+columns(word) > limit {
			lines = append(lines, current)
			current, empty = indent+"  ", true
		}
		if !empty {
			current += " "
		}
		current += word
		empty = false
	}
	return append(lines, current)
}
