package shim

import (
	"context"

	"thresher/evidence"
	"thresher/internal/statuses"
	"thresher/policy/rules"
	"thresher/policy/typosquat"
)

// weigh gathers evidence about the requested names that are new to the
// environment, lets it clear or confirm what the offline rules suspected, and
// asks the person where a question is left. Behind a parent's gate the parent
// has done so.
func (in *invocation) weigh(a *asked, d *door) *ending {
	if d.own == nil {
		return nil
	}
	projects := in.gather(a, d, false)
	findings := a.findings
	for _, name := range a.requestedNames() {
		if project, asked := projects[name]; asked {
			if project.Exists == rules.No && len(a.command.FindLinks) > 0 {
				project.Exists, project.Failure = rules.Unknown, messageLinksNotAsked
			}
			about, rest := split(findings, project)
			findings = append(rest, a.policy.Settle(about, project)...)
		}
	}
	stage := rules.WithoutTerminal
	if in.terminal && !a.command.NoInput {
		stage = rules.AtTerminal
	}
	decided := a.policy.Decide(findings, stage)
	a.findings = decided.Findings
	switch decided.Action {
	case rules.Block:
		in.fillHashes(a, d)
		return a.refusal()
	case rules.Ask:
		if end := in.settle(a); end != nil {
			return end
		}
		for _, f := range a.findings {
			if f.Action == rules.Ask {
				canonical := canonicalOf(a, f.Subject)
				d.judge.answer(canonical)
				d.own.JudgeAnew(canonical)
			}
		}
	}
	in.tellNotes(a, a.findings)
	if len(d.refused) > 0 {
		a.findings = append(a.findings, d.refused...)
		return &ending{status: statuses.Refused, tell: func(m *messenger) {
			m.refusals(d.refused, a.origins)
			m.refusedSummary()
		}}
	}
	return nil
}

// settle asks the person about what is in question. Who means another name gets a
// run of their own for that.
func (in *invocation) settle(a *asked) *ending {
	said := in.ask(a.findings, a.origins)
	switch {
	case said.end != nil:
		return said.end
	case !said.yes:
		return &ending{status: statuses.Refused, tell: (*messenger).refusedSummary}
	case len(said.instead) == 0:
		return nil
	}
	args, edits := in.meant(a, said.instead)
	if len(edits) > 0 {
		return &ending{status: statuses.Refused, tell: func(m *messenger) { m.meant(edits) }}
	}
	return &ending{again: args}
}

// split takes the findings about one project out of all.
func split(findings []rules.Finding, project rules.ProjectEvidence) (about, rest []rules.Finding) {
	for _, f := range findings {
		if f.Subject == project.Name || f.Subject == project.Canonical {
			about = append(about, f)
		} else {
			rest = append(rest, f)
		}
	}
	return about, rest
}

func canonicalOf(a *asked, subject string) string {
	for _, r := range a.command.Requirements {
		if r.Name == subject || r.Canonical == subject {
			return r.Canonical
		}
	}
	return subject
}

// gather asks the indexes about the requested names that are new, for as long
// as policy allows: those on the popular list, or the others.
func (in *invocation) gather(a *asked, d *door, popular bool) map[string]rules.ProjectEvidence {
	if !a.policy.Evidence.Online.Value || a.command.NoIndex {
		return nil
	}
	var subjects []evidence.Subject
	for _, r := range a.command.Requirements {
		if r.Constraint || !r.MarkerApplies || r.Name == "" || r.URL != "" || r.Locked != nil || a.isInstalled(r.Canonical) {
			continue
		}
		if (typosquat.Rank(r.Canonical) > 0) == popular {
			subjects = append(subjects, evidence.Subject{Name: r.Name, New: true, Requested: true})
		}
	}
	if len(subjects) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(in.untilInterrupted(), a.policy.Evidence.Deadline.Value.Duration())
	defer cancel()
	source := evidence.Source{
		Client: d.client, Table: a.table, Malware: d.database.wholeMalware, Now: in.start,
	}
	return source.Gather(ctx, subjects)
}

// gatherBeside asks about the popular names while pip runs: what comes of it
// are notes, which nobody has to wait for.
func (in *invocation) gatherBeside(a *asked, d *door) <-chan []rules.Finding {
	notes := make(chan []rules.Finding, 1)
	if d.own == nil {
		return notes // the parent has asked
	}
	go func() {
		var findings []rules.Finding
		for _, project := range in.gather(a, d, true) {
			for _, f := range a.policy.JudgeProject(project) {
				if f.Action == rules.Note {
					findings = append(findings, f)
				}
			}
		}
		notes <- rules.Decide(findings, rules.WithoutTerminal).Findings
	}()
	return notes
}

// notesAbout is how many notes about one name a terminal gets.
const notesAbout = 3

// tellNotes says what is worth knowing and stops nothing: lines on a terminal;
// without one they are kept for one line at the end.
func (in *invocation) tellNotes(a *asked, findings []rules.Finding) {
	var notes []rules.Finding
	for _, f := range findings {
		if f.Action == rules.Note && f.Observed == "" { // what is observed is said at the end
			notes = append(notes, f)
		}
	}
	if len(notes) == 0 {
		return
	}
	if in.width == 0 {
		a.unsaid = append(a.unsaid, notes...)
		return
	}
	count := map[string]int{}
	for _, f := range notes {
		count[f.Subject]++
		if count[f.Subject] <= notesAbout {
			in.say.finding(f, a.origins[f.Subject])
		}
	}
	for _, name := range a.requestedNames() {
		if count[name] > notesAbout {
			in.say.moreNotes(name, count[name]-notesAbout)
		}
	}
}

// tellUnsaid says in one line what notes there were, where no terminal is there
// to read them.
func (in *invocation) tellUnsaid(a *asked) {
	if len(a.unsaid) > 0 {
		in.say.notesSummary(a.unsaid)
		a.unsaid = nil
	}
}
