package policy

import (
	"slices"
	"strings"

	"thresher/internal/journal"
	"thresher/internal/words"
	"thresher/pep"
	"thresher/policy/rules"
)

// ReplayedRun is a run of the log as another policy would have had it.
type ReplayedRun struct {
	Run      journal.Entry
	Findings []rules.Finding // that would have refused it; none where it would have gone on
}

// judgedByName are the rules that need no more than a name, and are judged anew.
// What the others found depends on what an index said then: of these the log's
// findings count.
var judgedByName = []rules.Rule{rules.Denied, rules.Unapproved, rules.Preferred, rules.Stdlib}

// Replay judges the runs of a log by another policy than the one that they were
// made under. Nothing is asked of an index: what a rule did not look at then, because
// it was off, is not known.
func Replay(runs []journal.Entry, current, tried *Policy) []ReplayedRun {
	replayed := make([]ReplayedRun, len(runs))
	for i, run := range runs {
		var findings []rules.Finding
		for _, name := range run.Requested {
			requested := rules.Requested{Name: name, Canonical: pep.CanonicalName(name), Typed: true, New: true}
			for _, f := range tried.JudgeRequested(requested, rules.NameEvidenceOf(name)) {
				certain := f.Rule == rules.Typosquat && f.Confidence == rules.High
				if certain || slices.Contains(judgedByName, f.Rule) {
					findings = append(findings, f)
				}
			}
		}
		for _, change := range run.Changed {
			if change.After != "" {
				findings = append(findings, JudgeName(tried, change.Name)...)
			}
		}
		for _, logged := range run.Findings {
			findings = append(findings, replay(run, logged, current, tried)...)
		}
		replayed[i] = ReplayedRun{run, refusing(findings)}
	}
	return replayed
}

// JudgeName judges the name of what is installed, or came along with something.
func JudgeName(tried *Policy, name string) []rules.Finding {
	return refusing(tried.JudgeDependency(name, rules.NameEvidence{}, true))
}

// replay is a finding of the log as another policy has it. One that was milder than
// its rule was so for a reason, and stays as mild.
func replay(run journal.Entry, logged journal.Finding, current, tried *Policy) []rules.Finding {
	rule := rules.Rule(logged.Rule)
	if slices.Contains(judgedByName, rule) || rule == rules.Unvouched {
		return nil
	}
	version := ""
	for _, change := range run.Changed {
		if pep.CanonicalName(change.Name) == pep.CanonicalName(logged.Subject) {
			version = change.After
		}
	}
	then := rules.Action(logged.Action)
	if logged.Observed != "" {
		then = rules.Action(logged.Observed)
	}
	if tried.HasAnswer(logged.Subject, version, rule) {
		return nil
	}
	was, now := current.Action(rule).Value, tried.Action(rule).Value
	milder := rules.Severity(then) < rules.Severity(was)
	if was == now || milder && rules.Severity(then) < rules.Severity(now) {
		now = then
	}
	return []rules.Finding{{Subject: logged.Subject, Rule: rule, Action: now, Evidence: logged.Evidence}}
}

// refusing gives the findings that refuse a run where nobody can be asked, one of a
// rule for each subject.
func refusing(findings []rules.Finding) []rules.Finding {
	var refused []rules.Finding
	for _, f := range rules.Decide(findings, rules.WithoutTerminal).Findings {
		again := slices.ContainsFunc(refused, func(other rules.Finding) bool {
			return other.Rule == f.Rule && sameSubject(other.Subject, f.Subject)
		})
		if f.Action == rules.Block && !again {
			refused = append(refused, f)
		}
	}
	return refused
}

func sameSubject(a, b string) bool { return a == b || pep.CanonicalName(a) == pep.CanonicalName(b) }

// SuggestedAnswer is an answer that findings lack.
type SuggestedAnswer struct {
	Subject string `json:"subject"` // a name in normal form, or an address
	// Rules are those that it has to name; none where it answers for the name alone.
	Rules []rules.Rule `json:"rules,omitempty"`
}

// SuggestAnswers gives the answers that findings lack, by their subjects. What has no
// answer is left out.
func SuggestAnswers(findings []rules.Finding) []SuggestedAnswer {
	var answers []SuggestedAnswer
	at := map[string]int{}
	byNameAlone := map[string]bool{}
	for _, f := range findings {
		info, _ := rules.InfoOf(f.Rule)
		subject := f.Subject
		if canonical, ok := pep.ParseName(subject); ok {
			subject = canonical
		}
		switch info.Answer {
		case rules.AnswerName, rules.AnswerURL, rules.AnswerNamedRule, rules.AnswerTemporary:
		default:
			continue
		}
		if _, err := rules.ParseSubject(subject); err != nil {
			continue
		}
		i, known := at[subject]
		if !known {
			i = len(answers)
			answers = append(answers, SuggestedAnswer{Subject: subject})
			at[subject], byNameAlone[subject] = i, true
		}
		if !slices.Contains(answers[i].Rules, f.Rule) {
			answers[i].Rules = append(answers[i].Rules, f.Rule)
		}
		byNameAlone[subject] = byNameAlone[subject] && (info.Answer == rules.AnswerName || info.Answer == rules.AnswerURL)
	}
	for i := range answers {
		if byNameAlone[answers[i].Subject] {
			answers[i].Rules = nil
		}
	}
	slices.SortFunc(answers, func(a, b SuggestedAnswer) int { return strings.Compare(a.Subject, b.Subject) })
	return answers
}

// AnswersTOML is a part of a policy file with the answers, for a person to put the
// reasons in; "" for none.
func AnswersTOML(answers []SuggestedAnswer) string {
	var text strings.Builder
	for i, answer := range answers {
		if i > 0 {
			text.WriteString("\n")
		}
		text.WriteString("[allow." + words.TOMLKey(answer.Subject) + "]\n")
		text.WriteString("reason = " + words.TOMLString(suggestedReason) + "\n")
		if len(answer.Rules) > 0 {
			quoted := make([]string, len(answer.Rules))
			for j, rule := range answer.Rules {
				quoted[j] = quote(rule)
			}
			text.WriteString("rules = [" + strings.Join(quoted, ", ") + "]\n")
		}
	}
	return text.String()
}
