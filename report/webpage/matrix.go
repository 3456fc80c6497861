package webpage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"thresher/report"
)

// How large the matrix gets. Environments that have the same of everything in it share
// a column where there are more than few.
const (
	mostRows    = 100
	mostColumns = 40
	fewColumns  = 12
)

// matrix has packages in its rows and environments in its columns.
type matrix struct {
	Head, None, LeftOut string
	Many                bool // columns, whose names are written upright then
	Columns             []column
	Rows                []matrixRow
}

type column struct{ Label, Title, More string }

type matrixRow struct {
	Name  string
	Cells []cell
}

type cell struct{ Text, Class, Title string }

// vulnerableOf counts the versions of a package with a known vulnerability.
func vulnerableOf(p report.Package) int {
	count := 0
	for _, v := range p.Versions {
		if v.Vulnerable {
			count++
		}
	}
	return count
}

// matrixOf takes the packages that stand in several versions: vulnerable ones first,
// then those with the most versions.
func matrixOf(r *report.Report) matrix {
	var m matrix
	var differing []report.Package
	for _, p := range r.Packages {
		if len(p.Versions) > 1 {
			differing = append(differing, p)
		}
	}
	shared := 0
	for _, p := range r.Packages {
		if p.Environments > 1 {
			shared++
		}
	}
	switch {
	case len(r.Environments) < 2:
		m.None = "There is only one environment, and nothing to compare it with."
		if len(r.Environments) == 0 {
			m.None = "There is no environment to compare."
		}
		return m
	case shared == 0:
		m.None = "No two environments have a package in common."
		return m
	case len(differing) == 0:
		m.None = fmt.Sprintf("%s, and each in one version everywhere.",
			upperFirst(shareOf(shared)))
		return m
	}
	slices.SortStableFunc(differing, func(a, b report.Package) int {
		return cmp.Or(cmp.Compare(vulnerableOf(b), vulnerableOf(a)), cmp.Compare(len(b.Versions), len(a.Versions)),
			cmp.Compare(b.Environments, a.Environments))
	})
	rows := differing[:min(len(differing), mostRows)]
	cells := make([][]cell, len(r.Environments)) // by environment, then row
	for id := range cells {
		cells[id] = make([]cell, len(rows))
		for i := range rows {
			cells[id][i] = cell{Text: "·", Class: "none"}
		}
	}
	for i, p := range rows {
		for place, v := range p.Versions {
			for _, id := range v.Environments {
				cells[id][i] = cellOf(p.Name, v, place == 0)
			}
		}
	}
	groups := alike(r, cells)
	m.Head = fmt.Sprintf("%s, %s of them in several versions.", upperFirst(shareOf(shared)), number(len(differing)))
	if len(groups) < len(r.Environments) {
		m.Head += " Environments with the same versions of these share a column, and those without them have none."
	}
	shown := groups[:min(len(groups), mostColumns)]
	m.Many = len(shown) > fewColumns
	for _, group := range shown {
		m.Columns = append(m.Columns, columnOf(r, group))
	}
	for i, p := range rows {
		row := matrixRow{Name: p.Name}
		for _, group := range shown {
			row.Cells = append(row.Cells, cells[group[0]][i])
		}
		m.Rows = append(m.Rows, row)
	}
	m.LeftOut = strings.TrimSpace(
		leftOut(len(differing), mostRows, "packages", "the vulnerable ones, then those in the most versions") + " " +
			leftOut(len(groups), mostColumns, "columns", "those that stand for the most environments"))
	return m
}

func shareOf(count int) string {
	if count == 1 {
		return "1 package is in more than one environment"
	}
	return number(count) + " packages are in more than one environment"
}

func upperFirst(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

func cellOf(name string, v report.Version, newest bool) cell {
	c := cell{Text: v.Version}
	if !newest {
		c = cell{v.Version + " ↓", "old", name + " " + v.Version + ", older than in another environment"}
	}
	if v.Vulnerable {
		c.Text, c.Class, c.Title = c.Text+" !", "bad", name+" "+v.Version+" has a known vulnerability"
	}
	return c
}

// alike groups environments by what they have of the rows, and leaves out those that
// have nothing of them: each by itself where they are few. The largest groups come
// first, by name within a size.
func alike(r *report.Report, cells [][]cell) [][]int {
	together := len(r.Environments) > fewColumns
	var groups [][]int
	at := map[string]int{}
	for id, column := range cells {
		var key strings.Builder
		empty := true
		for _, c := range column {
			key.WriteString(c.Text + "\x00")
			empty = empty && c.Class == "none"
		}
		if empty {
			continue
		}
		if i, seen := at[key.String()]; seen && together {
			groups[i] = append(groups[i], id)
			continue
		}
		at[key.String()] = len(groups)
		groups = append(groups, []int{id})
	}
	slices.SortStableFunc(groups, func(a, b []int) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(r.Environments[a[0]].Label, r.Environments[b[0]].Label))
	})
	return groups
}

func columnOf(r *report.Report, group []int) column {
	c := column{Label: r.Environments[group[0]].Label}
	if more := len(group) - 1; more > 0 {
		c.More = "+" + number(more)
	}
	var paths []string
	for _, id := range group[:min(len(group), mostPlaces)] {
		path := r.Environments[id].Path
		if len(r.Machines) > 1 {
			path = r.Environments[id].Machine + ": " + path
		}
		paths = append(paths, path)
	}
	if more := len(group) - mostPlaces; more > 0 {
		paths = append(paths, fmt.Sprintf("and %s more", number(more)))
	}
	c.Title = strings.Join(paths, "\n")
	return c
}
