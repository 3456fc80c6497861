package policy

import (
	"cmp"
	"slices"
)

// Verdict is what all findings together come to.
type Verdict struct {
	// Action is the hardest of the findings' actions; Off where nothing is to
	// be said.
	Action Action
	// Findings are those that do something, the hardest first, and else in an
	// order that does not depend on which evidence came first.
	Findings []Finding
}

// Word is the verdict as `check --json` writes it: pass, note, ask or block.
func (v Verdict) Word() string {
	switch v.Action {
	case Off:
		return "pass"
	case Note, Hold:
		return "note"
	case Ask:
		return "ask"
	}
	return "block"
}

// Decide comes to a verdict. Without a terminal nobody can be asked: ask is
// block, and the finding's hint is the command that records the answer.
func Decide(findings []Finding, interactive bool) Verdict {
	verdict := Verdict{Action: Off}
	for _, finding := range findings {
		if finding.Action == Off {
			continue
		}
		if finding.Action == Ask && !interactive {
			finding.Action = Block
			if command := AnswerCommand(finding); command != "" {
				finding.Hint = command
			}
		}
		verdict.Findings = append(verdict.Findings, finding)
		if severity(finding.Action) > severity(verdict.Action) {
			verdict.Action = finding.Action
		}
	}
	slices.SortStableFunc(verdict.Findings, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(severity(b.Action), severity(a.Action)),
			cmp.Compare(a.Subject, b.Subject),
			cmp.Compare(place(a.Rule), place(b.Rule)),
			cmp.Compare(a.Target, b.Target),
			cmp.Compare(a.Evidence, b.Evidence),
		)
	})
	return verdict
}

// place is where a rule stands in the table of rules.
func place(rule Rule) int {
	return slices.IndexFunc(ruleTable, func(info RuleInfo) bool { return info.Rule == rule })
}

// InGate returns findings as they count inside a run, where nobody can be
// asked. What a person has answered with yes before pip started is no question
// any more. Otherwise a question about a project holds its files back, and a
// name that may or may not be an imitation is only noted: pip asks for it
// because another distribution names it. Other questions block.
func InGate(findings []Finding, answered bool) []Finding {
	counting := slices.Clone(findings)
	for i := range counting {
		finding := &counting[i]
		if finding.Action != Ask {
			continue
		}
		info, _ := ruleInfo(finding.Rule)
		switch {
		case answered:
			finding.Action = Off
		case finding.Rule == Typosquat:
			finding.Action = Note
		case info.Group == "projects":
			finding.Action = Hold
		default:
			finding.Action = Block
		}
		if command := AnswerCommand(*finding); command != "" && severity(finding.Action) > severity(Note) {
			finding.Hint = command
		}
	}
	return counting
}

// AnswerCommand returns the command that records a person's answer to a
// finding, ready to be pasted; "" where the finding has no answer.
func AnswerCommand(finding Finding) string {
	info, _ := ruleInfo(finding.Rule)
	command := "thresher allow " + shellQuoted(finding.Subject)
	const why = " --reason 'why it is right'"
	switch info.Answer {
	case AnswerName, AnswerURL:
		return command + why
	case AnswerNamedRule, AnswerTemporary:
		return command + " --rule " + string(finding.Rule) + why
	}
	return ""
}
