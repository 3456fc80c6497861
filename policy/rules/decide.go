package rules

import (
	"cmp"
	"slices"

	"thresher/internal/words"
	"thresher/policy/typosquat"
)

// Decision is what all findings together come to.
type Decision struct {
	// Action is the hardest of the findings' actions; Off where nothing is to
	// be said.
	Action Action
	// Findings are those that do something, those that have the right name first, then
	// the hardest, and else in an order that does not depend on which evidence came first.
	Findings []Finding
}

// Word is the decision as `check --json` writes it: pass, note, ask or block.
func (d Decision) Word() string {
	switch d.Action {
	case Off:
		return "pass"
	case Note, Hold:
		return "note"
	case Ask:
		return "ask"
	}
	return "block"
}

// Stage is when in a run findings take effect: whether a person can be asked,
// and whether a file can still be left out.
type Stage int

// The stages.
const (
	AtTerminal      Stage = iota // before pip starts, and there is a person to ask
	WithoutTerminal              // before pip starts, and nobody can be asked
	InGate                       // while pip runs, of what nobody was asked about
	AnsweredInGate               // while pip runs, of what a person has said yes to
)

// Decide comes to a decision: what findings do at a stage. Where nobody can be
// asked the hint of what is refused is the command that records the answer.
func Decide(findings []Finding, stage Stage) Decision {
	decision := Decision{Action: Off}
	for _, finding := range findings {
		asked := finding.Action == Ask
		if asked {
			finding.Action = unasked(finding.Rule, stage)
		}
		if finding.Action == Off {
			continue
		}
		if command := AnswerCommand(finding); asked && command != "" && harder(finding.Action, Note) {
			switch {
			case hasRightName(finding):
				finding.Answer = command
			case stage != AtTerminal:
				finding.Hint = command
			}
		}
		decision.Findings = append(decision.Findings, finding)
		if harder(finding.Action, decision.Action) {
			decision.Action = finding.Action
		}
	}
	slices.SortStableFunc(decision.Findings, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(notImport(a), notImport(b)),
			cmp.Compare(Severity(b.Action), Severity(a.Action)),
			cmp.Compare(a.Subject, b.Subject),
			cmp.Compare(place(a.Rule), place(b.Rule)),
			cmp.Compare(typosquat.PlaceOf(a.Target), typosquat.PlaceOf(b.Target)),
			cmp.Compare(a.Target, b.Target),
			cmp.Compare(a.Evidence, b.Evidence),
		)
	})
	answered := map[string]bool{} // commands that a finding has already
	for i := range decision.Findings {
		if command := decision.Findings[i].Answer; answered[command] {
			decision.Findings[i].Answer = ""
		} else {
			answered[command] = true
		}
	}
	return decision
}

// Decide comes to the decision that a run goes by: where policy only observes,
// what would stop the run or leave a file out is a note that says so.
func (s *Settings) Decide(findings []Finding, stage Stage) Decision {
	decision := Decide(findings, stage)
	if !s.Observes() {
		return decision
	}
	decision.Action = Off
	for i, finding := range decision.Findings {
		decision.Findings[i] = s.Observed(finding)
		if action := decision.Findings[i].Action; harder(action, decision.Action) {
			decision.Action = action
		}
	}
	return decision
}

// Observed is a finding as a run has it: the same, or the note that it is where
// policy only observes. Malware stops a run in any case, and so does what cannot
// be read: there is nothing that could be said of it.
func (s *Settings) Observed(finding Finding) Finding {
	if s.Observes() && finding.Rule != Malware && finding.Rule != Unreadable && harder(finding.Action, Note) {
		finding.Observed, finding.Action = finding.Action, Note
	}
	return finding
}

// notImport puts the findings that have a right name for certain before all
// others.
func notImport(finding Finding) int {
	if finding.Rule == ImportName {
		return 0
	}
	return 1
}

// hasRightName says whether a finding has the right name to go on with.
func hasRightName(finding Finding) bool {
	return (finding.Rule == ImportName || finding.Rule == Typosquat) && finding.Target != ""
}

// unasked is what a question of a rule is at a stage. Without a terminal it
// blocks. Inside the gate a question about a project holds its files back, and
// a name that may or may not be an imitation is only noted: pip asks for it
// because another distribution names it.
func unasked(rule Rule, stage Stage) Action {
	info, _ := InfoOf(rule)
	switch {
	case stage == AtTerminal:
		return Ask
	case stage == AnsweredInGate:
		return Off
	case stage == InGate && rule == Typosquat:
		return Note
	case stage == InGate && info.Group == "projects":
		return Hold
	}
	return Block
}

// place is where a rule stands in the table of rules.
func place(rule Rule) int {
	return slices.IndexFunc(table, func(info Info) bool { return info.Rule == rule })
}

// AnswerCommand returns the command that records a person's answer to a
// finding, ready to be pasted; "" where the finding has no answer.
func AnswerCommand(finding Finding) string {
	info, _ := InfoOf(finding.Rule)
	switch info.Answer {
	case AnswerName, AnswerURL:
		return allowCommand(finding.Subject, "")
	case AnswerNamedRule, AnswerTemporary:
		return allowCommand(finding.Subject, finding.Rule)
	}
	return ""
}

// answerRelease returns the command that answers a rule for one release; ""
// where the version is not known.
func answerRelease(name, version string, rule Rule) string {
	if _, err := ParseSubject(name + "==" + version); err != nil {
		return ""
	}
	return allowCommand(name+"=="+version, rule)
}

// allowCommand is the command that allows a subject, for one rule alone where
// one is given.
func allowCommand(subject string, rule Rule) string {
	command := "thresher allow " + words.ShellWord(words.Printable(subject))
	if rule != "" {
		command += " --rule " + string(rule)
	}
	return command + " --reason 'why it is right'"
}

// explainCommand is the command that says more about a name.
func explainCommand(name string) string {
	return "thresher explain " + words.ShellWord(words.Printable(name))
}
