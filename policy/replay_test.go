package policy

import (
	"testing"

	"thresher/internal/journal"
	"thresher/policy/rules"
)

// A finding of the log is what another policy makes of its rule; one that was milder
// than its rule stays so, and an answer settles it.
func TestReplay(t *testing.T) {
	current := Default(Standard)
	strict := Default(Strict)
	answered := Default(Strict)
	subject, err := rules.ParseSubject("alpha")
	if err != nil {
		t.Fatal(err)
	}
	answered.Allow = []rules.Allow{{Subject: subject, Reason: "ours", Rules: []rules.Rule{rules.NewProject, rules.Sdist}}}
	for _, test := range []struct {
		what             string
		rule             rules.Rule
		action, observed string
		tried            *Policy
		refused          bool
	}{
		{"asked about then, and refused without a person", rules.NewProject, "block", "", current, true},
		{"held back in the gate", rules.NewProject, "hold", "", current, false},
		{"observed", rules.NewProject, "note", "block", current, true},
		{"a note where the rule asks: it had a hash", rules.DirectURL, "note", "", current, false},
		{"the same, under a policy that blocks", rules.DirectURL, "note", "", strict, false},
		{"a note of a rule that only notes, under one that blocks", rules.UnknownName, "note", "", strict, true},
		{"a question under one that blocks", rules.NewProject, "block", "", strict, true},
		{"an answer", rules.NewProject, "block", "", answered, false},
		{"malware", rules.Malware, "block", "", answered, true},
		{"what arrived unchecked is no refusal", rules.Unvouched, "block", "", strict, false},
	} {
		run := journal.Entry{Findings: []journal.Finding{{
			Subject: "alpha", Rule: string(test.rule), Action: test.action, Observed: test.observed,
		}}}
		replayed := Replay([]journal.Entry{run}, current, test.tried)
		if got := len(replayed[0].Findings) > 0; got != test.refused {
			t.Errorf("%s: refused %v, want %v: %+v", test.what, got, test.refused, replayed[0].Findings)
		}
	}
}

// What is suggested is a policy, and answers all that it can.
func TestSuggestAnswers(t *testing.T) {
	findings := []rules.Finding{
		{Subject: "Beta", Rule: rules.NewProject}, {Subject: "beta", Rule: rules.Sdist},
		{Subject: "alpha", Rule: rules.Typosquat},
		{Subject: "alpha", Rule: rules.Malware}, {Subject: "https://host.example/a.whl", Rule: rules.DirectURL},
	}
	text := AnswersTOML(SuggestAnswers(findings))
	problems := CheckContent("suggested.toml", []byte(text), rules.UserLayer, Default(Standard).Now)
	if len(problems) > 0 {
		t.Fatalf("%v\n%s", problems, text)
	}
	want := "[allow.alpha]\nreason = \"why it is right\"\n\n[allow.beta]\nreason = \"why it is right\"\n" +
		"rules = [\"new-project\", \"sdist\"]\n\n[allow.\"https://host.example/a.whl\"]\nreason = \"why it is right\"\n"
	if text != want {
		t.Errorf("%s", text)
	}
}
