package shim

import (
	"context"

	"thresher/evidence"
	"thresher/index"
	"thresher/policy/rules"
	"thresher/policy/typosquat"
)

// weigh gathers evidence about the requested names that are new to the
// environment, lets it clear or confirm what the offline rules suspected, and
// asks the person where a question is left. refused says that the run ends
// with status.
func (in *invocation) weigh(a *analysis, client *index.Client, judge *judgement) (status int, refused bool) {
	projects := in.gather(a, client, judge, false)
	findings := a.findings
	for _, name := range a.requestedNames() {
		if project, asked := projects[name]; asked {
			about, rest := split(findings, project)
			findings = append(rest, a.policy.Settle(about, project)...)
		}
	}
	stage := rules.WithoutTerminal
	if in.terminal && !a.command.NoInput {
		stage = rules.AtTerminal
	}
	verdict := rules.Decide(findings, stage)
	a.findings = verdict.Findings
	switch verdict.Action {
	case rules.Block:
		in.tellFindings(a, verdict.Findings)
		in.say.refusedSummary()
		return statusRefused, true
	case rules.Ask:
		if !in.ask(verdict.Findings, a.places) {
			in.say.refusedSummary()
			return statusRefused, true
		}
		for _, f := range verdict.Findings {
			if f.Action == rules.Ask {
				judge.answered[canonicalOf(a, f.Subject)] = true
			}
		}
	}
	in.tellNotes(a, verdict.Findings)
	return 0, false
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

func canonicalOf(a *analysis, subject string) string {
	for _, r := range a.command.Requirements {
		if r.Name == subject || r.Canonical == subject {
			return r.Canonical
		}
	}
	return subject
}

// gather asks the indexes about the requested names that are new, for as long
// as policy allows: those on the popular list, or the others.
func (in *invocation) gather(a *analysis, client *index.Client, judge *judgement, popular bool) map[string]rules.ProjectEvidence {
	if !a.policy.Evidence.Online.Value || a.command.NoIndex {
		return nil
	}
	var subjects []evidence.Subject
	for _, r := range a.command.Requirements {
		if r.Constraint || !r.MarkerApplies || r.Name == "" || r.URL != "" || r.Locked != nil || judge.isInstalled(r.Canonical) {
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
		Client: client, Pin: a.pin, Malware: judge.database.wholeMalware, Now: in.start,
	}
	urls := make([]string, len(a.command.Indexes))
	for i, setting := range a.command.Indexes {
		urls[i] = setting.Value
	}
	source.SetIndexes(urls, a.command.ExtraAt)
	return source.Gather(ctx, subjects)
}

// gatherBeside asks about the popular names while pip runs: what comes of it
// are notes, which nobody has to wait for.
func (in *invocation) gatherBeside(a *analysis, client *index.Client, judge *judgement) <-chan []rules.Finding {
	notes := make(chan []rules.Finding, 1)
	go func() {
		var findings []rules.Finding
		for _, project := range in.gather(a, client, judge, true) {
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

// tellFindings says what stopped the run, hardest first, and leaves notes out:
// a refusal must not drown.
func (in *invocation) tellFindings(a *analysis, findings []rules.Finding) {
	for _, f := range findings {
		if f.Action == rules.Block || f.Action == rules.Ask {
			in.say.finding(f, a.places[f.Subject])
		}
	}
}

// notesAbout is how many notes about one name a terminal gets.
const notesAbout = 3

// tellNotes says what is worth knowing and stops nothing: lines on a terminal;
// without one they are kept for one line at the end.
func (in *invocation) tellNotes(a *analysis, findings []rules.Finding) {
	var notes []rules.Finding
	for _, f := range findings {
		if f.Action == rules.Note {
			notes = append(notes, f)
		}
	}
	if len(notes) == 0 {
		return
	}
	if in.width == 0 {
		in.unsaid = append(in.unsaid, notes...)
		return
	}
	count := map[string]int{}
	for _, f := range notes {
		count[f.Subject]++
		if count[f.Subject] <= notesAbout {
			in.say.finding(f, a.places[f.Subject])
		}
	}
	for _, name := range a.requestedNames() {
		if count[name] > notesAbout {
			in.say.moreNotes(name, count[name]-notesAbout)
		}
	}
}

// pin gives the index that policy binds a name to, "" for none.
func (a *analysis) pin(canonical string) string {
	if pin := a.policy.PinFor(canonical); pin != nil {
		return pin.URL
	}
	return ""
}
