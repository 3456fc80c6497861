package rules_test

import (
	"testing"

	"thresher/policy/rules"
)

func TestDecide(t *testing.T) {
	ask := rules.Finding{Subject: "b", Rule: rules.NewProject, Action: rules.Ask}
	note := rules.Finding{Subject: "a", Rule: rules.Stale, Action: rules.Note}
	hold := rules.Finding{Subject: "c", Rule: rules.Provenance, Action: rules.Hold}
	tests := []struct {
		name     string
		findings []rules.Finding
		stage    rules.Stage
		want     rules.Action
		word     string
	}{
		{"nothing", nil, rules.AtTerminal, rules.Off, "pass"},
		{"only what is off", []rules.Finding{{Subject: "a", Action: rules.Off}}, rules.AtTerminal, rules.Off, "pass"},
		{"a note", []rules.Finding{note}, rules.AtTerminal, rules.Note, "note"},
		{"a file held back", []rules.Finding{note, hold}, rules.AtTerminal, rules.Hold, "note"},
		{"a question at a terminal", []rules.Finding{note, ask}, rules.AtTerminal, rules.Ask, "ask"},
		{"a question to nobody", []rules.Finding{note, ask}, rules.WithoutTerminal, rules.Block, "block"},
		{"an action of tomorrow", []rules.Finding{{Subject: "a", Action: "burn"}}, rules.AtTerminal, "burn", "block"},
	}
	for _, test := range tests {
		verdict := rules.Decide(test.findings, test.stage)
		if verdict.Action != test.want || verdict.Word() != test.word {
			t.Errorf("%s: %s %s, want %s %s", test.name, verdict.Action, verdict.Word(), test.want, test.word)
		}
	}
	verdict := rules.Decide([]rules.Finding{ask}, rules.WithoutTerminal)
	if want := "thresher allow b --reason 'why it is right'"; verdict.Findings[0].Hint != want {
		t.Errorf("%s, want %s", verdict.Findings[0].Hint, want)
	}
	forward := rules.Decide([]rules.Finding{note, ask, hold, {Subject: "a", Rule: rules.Funding, Action: rules.Note}},
		rules.AtTerminal)
	backward := rules.Decide([]rules.Finding{{Subject: "a", Rule: rules.Funding, Action: rules.Note}, hold, ask, note},
		rules.AtTerminal)
	for i := range forward.Findings {
		if forward.Findings[i] != backward.Findings[i] {
			t.Error("the order depends on which evidence came first")
		}
	}
	if forward.Findings[0].Action != rules.Ask {
		t.Error(forward)
	}
}

// What a question is without a person to put it to, for one rule of each kind.
func TestDecideUnasked(t *testing.T) {
	for _, test := range []struct {
		rule  rules.Rule
		stage rules.Stage
		want  rules.Action
	}{
		{rules.NewProject, rules.AtTerminal, rules.Ask},
		{rules.NewProject, rules.WithoutTerminal, rules.Block},
		{rules.NewProject, rules.InGate, rules.Hold},
		{rules.NewProject, rules.AnsweredInGate, rules.Off},
		{rules.Typosquat, rules.WithoutTerminal, rules.Block},
		{rules.Typosquat, rules.InGate, rules.Note},
		{rules.Typosquat, rules.AnsweredInGate, rules.Off},
		{rules.Unapproved, rules.InGate, rules.Block},
		{rules.Denied, rules.InGate, rules.Block},
	} {
		verdict := rules.Decide([]rules.Finding{{Subject: "x", Rule: test.rule, Action: rules.Ask, Hint: "as before"}},
			test.stage)
		if verdict.Action != test.want {
			t.Errorf("%s at stage %d: %v, want %s", test.rule, test.stage, verdict, test.want)
			continue
		}
		if test.want == rules.Off {
			continue
		}
		want := "as before"
		if answer := rules.AnswerCommand(verdict.Findings[0]); answer != "" &&
			(test.want == rules.Hold || test.want == rules.Block) {
			want = answer
		}
		if got := verdict.Findings[0].Hint; got != want {
			t.Errorf("%s at stage %d: %s, want %s", test.rule, test.stage, got, want)
		}
	}
	// What is no question stays what it is at every stage.
	for _, action := range []rules.Action{rules.Note, rules.Hold, rules.Block} {
		for stage := rules.AtTerminal; stage <= rules.AnsweredInGate; stage++ {
			if got := rules.Decide([]rules.Finding{{Rule: rules.Malware, Action: action}},
				stage).Action; got != action {
				t.Errorf("%s at stage %d: %s", action, stage, got)
			}
		}
	}
}

// Where policy only observes, a run is told what would have stopped it and goes on;
// malware and what cannot be read stop it all the same.
func TestDecideObserving(t *testing.T) {
	settings := rules.Settings{Mode: rules.Sourced[rules.Mode]{Value: rules.Observe}}
	for _, test := range []struct {
		rule              rules.Rule
		action            rules.Action
		stage             rules.Stage
		becomes, observed rules.Action
	}{
		{rules.Denied, rules.Block, rules.WithoutTerminal, rules.Note, rules.Block},
		{rules.NewProject, rules.Ask, rules.AtTerminal, rules.Note, rules.Ask},
		{rules.NewProject, rules.Ask, rules.WithoutTerminal, rules.Note, rules.Block},
		{rules.NewProject, rules.Ask, rules.InGate, rules.Note, rules.Hold},
		{rules.Cooldown, rules.Hold, rules.InGate, rules.Note, rules.Hold},
		{rules.Stale, rules.Note, rules.AtTerminal, rules.Note, ""},
		{rules.Malware, rules.Block, rules.InGate, rules.Block, ""},
		{rules.Unreadable, rules.Block, rules.AtTerminal, rules.Block, ""},
	} {
		decided := settings.Decide([]rules.Finding{{Subject: "alpha", Rule: test.rule, Action: test.action}}, test.stage)
		f := decided.Findings[0]
		if f.Action != test.becomes || f.Observed != test.observed || decided.Action != test.becomes {
			t.Errorf("%s %s at %d: %s, observed %q, decided %s; want %s, %q", test.rule, test.action, test.stage, f.Action,
				f.Observed, decided.Action, test.becomes, test.observed)
		}
		enforcing := rules.Settings{Mode: rules.Sourced[rules.Mode]{Value: rules.Enforce}}
		decided = enforcing.Decide([]rules.Finding{{Rule: test.rule, Action: test.action}}, test.stage)
		if decided.Findings[0].Observed != "" {
			t.Errorf("%s is observed by a policy that enforces", test.rule)
		}
	}
}
