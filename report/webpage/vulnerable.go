package webpage

import (
	"fmt"
	"strings"
	"time"

	"thresher/internal/words"
	"thresher/report"
)

// vulnerabilities are the table of them, and how old those are that stand.
type vulnerabilities struct {
	list[vulnerabilityRow]
	Standing int
	Ages     []ageRow
}

type vulnerabilityRow struct {
	Package, Versions, ID, Link, Summary string
	Severity, SeverityClass              string
	Age, Fix, FixClass                   string
	Held                                 []string
	Where                                where
}

// ageRow is one row of bars.
type ageRow struct {
	Name, Text string
	Count      int
	Bars       []bar
}

// bar is a part of a row, in percent of its width.
type bar struct {
	Class    string
	X, Width float64
}

const oneDay = 24 * time.Hour

// ages are how long a vulnerability has been public, each up to its length.
var ages = []struct {
	name string
	most time.Duration
}{
	{"up to a week", 7 * oneDay}, {"up to a month", 30 * oneDay}, {"up to 3 months", 90 * oneDay},
	{"up to a year", 365 * oneDay}, {"longer", 1 << 62}, {"not known", -1},
}

func vulnerabilitiesOf(r *report.Report) vulnerabilities {
	var v vulnerabilities
	type kinds struct{ fixed, open, malware int }
	byAge := make([]kinds, len(ages))
	ignored, unfixed := 0, 0
	for _, one := range r.Vulnerabilities {
		if len(one.Standing) == 0 {
			ignored++
		} else {
			v.Standing++
			of := &byAge[ageOf(r.Made, one.Published)]
			switch {
			case one.Malware:
				of.malware++
			case one.Fix != "":
				of.fixed++
			default:
				of.open++
				unfixed++
			}
		}
		if len(v.Rows) < mostVulnerabilities {
			v.Rows = append(v.Rows, rowOf(r, one))
		}
	}
	most := 1
	for _, of := range byAge {
		most = max(most, of.fixed+of.open+of.malware)
	}
	for i, of := range byAge {
		row := ageRow{Name: ages[i].name, Count: of.fixed + of.open + of.malware}
		if row.Count == 0 && ages[i].most < 0 {
			continue
		}
		row.Text = fmt.Sprintf("%d with a fix, %d without, %d malware", of.fixed, of.open, of.malware)
		x := 0.0
		for _, part := range []struct {
			class string
			count int
		}{{"stopped", of.malware}, {"held", of.open}, {"fixed", of.fixed}} {
			if width := 100 * float64(part.count) / float64(most); width > 0 {
				row.Bars = append(row.Bars, bar{part.class, rounded(x), rounded(width)})
				x += width
			}
		}
		v.Ages = append(v.Ages, row)
	}
	v.None = "Nothing that is installed has a known vulnerability."
	switch {
	case v.Standing == 0:
		v.Head = counted(ignored, "known vulnerability is ignored") + ", and no other stands."
		if ignored != 1 {
			v.Head = number(ignored) + " known vulnerabilities are ignored, and no other stands."
		}
	default:
		v.Head = fmt.Sprintf("%s in %s of %s; %s a fix.", vulnerabilityCount(v.Standing),
			counted(r.Summary.Vulnerable, "package"), counted(r.Summary.Packages, "package"), has(v.Standing-unfixed))
		if ignored > 0 {
			v.Head += " " + number(ignored) + " more ignored."
		}
	}
	v.LeftOut = leftOut(len(r.Vulnerabilities), mostVulnerabilities, "vulnerabilities", "the most severe")
	return v
}

func vulnerabilityCount(count int) string {
	if count == 1 {
		return "1 known vulnerability"
	}
	return number(count) + " known vulnerabilities"
}

func ageOf(now time.Time, published *time.Time) int {
	if published == nil {
		return len(ages) - 1
	}
	age := now.Sub(*published)
	for i := range ages {
		if age <= ages[i].most {
			return i
		}
	}
	return len(ages) - 2
}

func rowOf(r *report.Report, v report.Vulnerability) vulnerabilityRow {
	row := vulnerabilityRow{
		Package: v.Package, Versions: words.Listed(v.Versions), ID: v.ID, Link: v.Link, Summary: v.Summary, Held: v.Held,
		Severity: v.Severity, Age: "not known",
	}
	if v.Published != nil {
		row.Age = words.Age(max(r.Made.Sub(*v.Published), 0))
	}
	switch {
	case v.Malware:
		row.Severity, row.SeverityClass = "malware", "bad"
	case v.Score > 0:
		row.Severity = fmt.Sprintf("%s %.1f", v.Severity, v.Score)
	case v.Severity == "unknown":
		row.Severity = "not rated"
	}
	switch v.Severity {
	case "critical", "high":
		row.SeverityClass = "bad"
	case "medium", "unknown":
		row.SeverityClass = strings.TrimSpace(row.SeverityClass + " warn")
	}
	if v.Malware {
		row.SeverityClass = "bad"
	}
	switch {
	case v.Malware:
		row.Fix, row.FixClass = "take it out", "bad"
	case v.Fix == "":
		row.Fix, row.FixClass = "no fix yet", "warn"
	default:
		row.Fix, row.FixClass = "in "+v.Fix, "good"
		if len(v.Held) > 0 {
			row.Fix, row.FixClass = row.Fix+", kept back", "warn"
		}
	}
	row.Where = whereOf(r, v)
	return row
}

// whereOf names the environments that a vulnerability stands in, or how many they are.
func whereOf(r *report.Report, v report.Vulnerability) where {
	var w where
	for _, id := range v.Standing[:min(len(v.Standing), mostPlaces)] {
		w.All = append(w.All, r.Environments[id].Label)
	}
	switch count := len(v.Standing); {
	case count == 0:
		w.Text, w.All = "ignored", nil
	case count == 1:
		w.Text, w.All = w.All[0], nil
	default:
		w.Text = counted(count, "environment")
		if more := count - mostPlaces; more > 0 {
			w.All = append(w.All, fmt.Sprintf("and %s more", number(more)))
		}
	}
	if count := len(v.Ignored); count > 0 {
		w.Ignored = "ignored in " + counted(count, "environment")
	}
	return w
}

// rounded keeps numbers of a drawing short.
func rounded(value float64) float64 { return float64(int(value*100+0.5)) / 100 }
