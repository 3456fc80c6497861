package webpage

import (
	"fmt"
	"time"

	"thresher/report"
)

// activity is the drawing of the weeks, and what was refused.
type activity struct {
	Any        bool
	Head, None string
	Lines      []axis
	Bars       []weekBar
	Labels     []label
	Rules      []ruleRow
	Refusals   []refusalRow
	Weeks      []report.Week
}

// axis is a horizontal line with its number.
type axis struct {
	Y, Text int
	Label   string
}

// weekBar is one part of a week's bar: across in percent, upward in pixels.
type weekBar struct {
	Class, Title string
	X, Width     float64
	Y, Height    float64
}

type label struct {
	X    float64
	Text string
}

type ruleRow struct {
	report.RuleCount
	Last string
}

type refusalRow struct {
	report.Refusal
	When string
}

// The measures of the drawing: pixels, but for what is across, in percent.
const (
	chartTop    = 18
	chartBottom = 158
	chartLeft   = 7.0
	chartWidth  = 93.0
	mostLabels  = 6
	smallest    = 2.0 // that a week with one run has
)

func activityOf(r *report.Report) activity {
	var a activity
	runs, refused, held, observed := 0, 0, 0, 0
	most := 1
	for _, week := range r.Weeks {
		runs, refused, held = runs+week.Runs, refused+week.Refused, held+week.Held
		observed += week.Observed
		most = max(most, week.Refused+week.Held)
	}
	span := fmt.Sprintf("%d weeks", len(r.Weeks))
	a.None = "There were no runs in the last " + span + "."
	if runs > 0 {
		a.None = fmt.Sprintf("Nothing was refused and nothing held back in %s of the last %s.", counted(runs, "run"), span)
	}
	if observed > 0 {
		a.None += fmt.Sprintf(" %s would have been refused but for mode = \"observe\".", counted(observed, "run"))
	}
	a.Any = refused+held > 0
	a.Head = fmt.Sprintf("In the last %s %s refused and %s went on with something held back, of %s.", span,
		were(refused), number(held), counted(runs, "run"))
	if observed > 0 {
		a.Head += fmt.Sprintf(" %s would have been refused but for mode = \"observe\".", counted(observed, "run"))
	}
	a.draw(r.Weeks, roundUp(most))
	for _, c := range r.Rules {
		a.Rules = append(a.Rules, ruleRow{c, ago(r.Made, &c.Last)})
	}
	for _, one := range r.Refusals[:min(len(r.Refusals), mostRefusals)] {
		a.Refusals = append(a.Refusals, refusalRow{one, one.Time.In(r.Made.Location()).Format("2 Jan 2006 15:04")})
	}
	for i := len(r.Weeks) - 1; i >= 0; i-- {
		a.Weeks = append(a.Weeks, r.Weeks[i])
	}
	return a
}

func were(count int) string {
	if count == 1 {
		return "1 run was"
	}
	return number(count) + " runs were"
}

// draw makes the bars, with the refused runs below and those with holds on them.
func (a *activity) draw(weeks []report.Week, most int) {
	const height = chartBottom - chartTop
	for _, value := range []int{0, most / 2, most} {
		if value == 0 && len(a.Lines) > 0 {
			continue // of one there is no half
		}
		y := chartBottom - height*value/most
		a.Lines = append(a.Lines, axis{y, y - 4, number(value)})
	}
	step := chartWidth / float64(len(weeks))
	every := (len(weeks) + mostLabels - 1) / mostLabels
	for i, week := range weeks {
		x, y := chartLeft+step*float64(i), float64(chartBottom)
		for _, part := range []struct {
			class, what string
			count       int
		}{{"stopped", "refused", week.Refused}, {"held", "with holds", week.Held}} {
			if part.count == 0 {
				continue
			}
			tall := max(float64(height*part.count)/float64(most), smallest)
			y -= tall
			a.Bars = append(a.Bars, weekBar{
				Class: part.class, X: rounded(x + step*0.15), Width: rounded(step * 0.7), Y: rounded(y), Height: rounded(tall),
				Title: fmt.Sprintf("week from %s: %s %s", shortDay(week.From), counted(part.count, "run"), part.what),
			})
		}
		if (len(weeks)-1-i)%every == 0 {
			a.Labels = append(a.Labels, label{rounded(x + step/2), shortDay(week.From)})
		}
	}
}

// roundUp gives the next number that halves well.
func roundUp(count int) int {
	unit := 1
	for count > unit*10 {
		unit *= 10
	}
	for _, factor := range []int{1, 2, 4, 6, 8, 10} {
		if count <= unit*factor {
			return unit * factor
		}
	}
	return count
}

func shortDay(t time.Time) string { return t.Format("2 Jan") }
