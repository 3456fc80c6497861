package rules_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"thresher/policy"
	"thresher/policy/rules"
)

// Every rule of finding.go is in the table, once, with sensible defaults.
func TestRuleTable(t *testing.T) {
	content, err := os.ReadFile("finding.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[rules.Rule]bool{}
	for _, info := range rules.All() {
		if seen[info.Rule] {
			t.Errorf("%s stands twice", info.Rule)
		}
		seen[info.Rule] = true
		for _, action := range []rules.Action{info.Relaxed, info.Standard, info.Strict} {
			if !slices.Contains(info.Actions, action) {
				t.Errorf("%s: a preset chooses %s", info.Rule, action)
			}
		}
		if got := preset(policy.Standard).Action(info.Rule).Value; got != info.Standard {
			t.Errorf("%s: %s, want %s", info.Rule, got, info.Standard)
		}
	}
	for line := range strings.Lines(string(content)) {
		if _, rest, is := strings.Cut(line, " Rule = \""); is {
			name, _, _ := strings.Cut(rest, "\"")
			if !seen[rules.Rule(name)] {
				t.Errorf("%s is in no table", name)
			}
		}
	}
	if got := preset(policy.Standard).Action("no such rule").Value; got != rules.Block {
		t.Errorf("a rule that nobody knows does %s", got)
	}
}

// The defaults that the design names for the standard preset.
func TestStandardIsWhatTheDesignSays(t *testing.T) {
	want := map[rules.Rule]rules.Action{}
	for _, rule := range []rules.Rule{rules.Unreadable, rules.Malware, rules.Denied, rules.Quarantined,
		rules.InsecureURL, rules.Unvouched, rules.Unapproved, rules.Replaces, rules.IndexChanged} {
		want[rule] = rules.Block
	}
	for _, rule := range []rules.Rule{
		rules.ImportName, rules.Invented, rules.Typosquat, rules.NewProject, rules.DirectURL,
	} {
		want[rule] = rules.Ask
	}
	for _, rule := range []rules.Rule{rules.Cooldown, rules.Provenance, rules.StartupHook, rules.Bounded,
		rules.Publisher} {
		want[rule] = rules.Hold
	}
	for _, info := range rules.All() {
		expected := want[info.Rule]
		if expected == "" {
			expected = rules.Note
		}
		if info.Standard != expected {
			t.Errorf("%s: %s, want %s", info.Rule, info.Standard, expected)
		}
	}
}
