package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"thresher/internal/journal"
	"thresher/internal/statuses"
)

// How far back the report goes, and how many refused runs it names.
const (
	mostWeeks    = 26
	fewestWeeks  = 8
	mostRefusals = 50
)

// refused says whether policy ended a run, or it brought what nothing had checked.
func refused(entry journal.Entry) bool {
	return entry.Status == statuses.Refused || entry.Status == statuses.Unvouched
}

// heldBack says whether something was kept from pip as if it were not there.
func heldBack(entry journal.Entry) bool {
	return slices.ContainsFunc(entry.Findings, func(f journal.Finding) bool { return f.Action == "hold" })
}

// stopping says whether a finding ends a run where nobody answers.
func stopping(f journal.Finding) bool { return f.Action == "block" || f.Action == "ask" }

// activity counts what was refused and held back, week by week and by rule, over all
// machines.
func (r *Report) activity(logs []Log) {
	thisWeek := monday(r.Made)
	first := thisWeek
	for _, log := range logs {
		for _, entry := range log.Entries {
			if week := monday(entry.Time.In(r.Made.Location())); week.Before(first) {
				first = week
			}
		}
	}
	weeks := 1
	for at := thisWeek; at.After(first) && weeks < mostWeeks; at = at.AddDate(0, 0, -7) {
		weeks++
	}
	weeks = max(weeks, fewestWeeks)
	r.Weeks = make([]Week, weeks)
	at := map[int64]int{}
	for i := range r.Weeks {
		r.Weeks[i].From = thisWeek.AddDate(0, 0, -7*(weeks-1-i))
		at[r.Weeks[i].From.Unix()] = i
	}
	r.Rules, r.Refusals = []RuleCount{}, []Refusal{}
	for _, log := range logs {
		for _, entry := range log.Entries {
			i, shown := at[monday(entry.Time.In(r.Made.Location())).Unix()]
			if !shown {
				continue
			}
			week := &r.Weeks[i]
			week.Runs++
			switch {
			case refused(entry):
				week.Refused++
			case heldBack(entry):
				week.Held++
			}
			week.Observed += count(entry.ObservedStatus == statuses.Refused)
			r.byRule(log.Machine, entry)
		}
	}
	slices.SortFunc(r.Rules, func(a, b RuleCount) int {
		return cmp.Or(cmp.Compare(b.Refused, a.Refused), cmp.Compare(b.Held, a.Held), strings.Compare(a.Rule, b.Rule))
	})
	slices.SortStableFunc(r.Refusals, func(a, b Refusal) int { return b.Time.Compare(a.Time) })
	r.Refusals = r.Refusals[:min(len(r.Refusals), mostRefusals)]
}

// byRule counts a run once for each rule that refused it or held something back.
func (r *Report) byRule(machine string, entry journal.Entry) {
	counted := map[string]bool{}
	named := false
	for _, f := range entry.Findings {
		ends := refused(entry) && stopping(f)
		if !ends && f.Action != "hold" {
			continue
		}
		if ends && !named {
			named = true
			r.Refusals = append(r.Refusals, Refusal{entry.Time, machine, entry.ID, f.Subject, f.Rule, f.Evidence})
		}
		if counted[f.Action+" "+f.Rule] {
			continue
		}
		counted[f.Action+" "+f.Rule] = true
		i := slices.IndexFunc(r.Rules, func(c RuleCount) bool { return c.Rule == f.Rule })
		if i < 0 {
			i = len(r.Rules)
			r.Rules = append(r.Rules, RuleCount{Rule: f.Rule})
		}
		c := &r.Rules[i]
		if ends {
			c.Refused++
		} else {
			c.Held++
		}
		if entry.Time.After(c.Last) {
			c.Last = entry.Time
		}
	}
}

// monday is the beginning of the week that a time lies in.
func monday(t time.Time) time.Time {
	back := (int(t.Weekday()) + 6) % 7
	return time.Date(t.Year(), t.Month(), t.Day()-back, 0, 0, 0, 0, t.Location())
}
