package rules_test

import (
	"strings"
	"testing"

	"thresher/policy/rules"
)

// What a wheel brings is judged by what is new of it.
func TestInside(t *testing.T) {
	hook := func(runs, seen bool, other string) rules.HookEvidence {
		return rules.HookEvidence{Path: "x.pth", Runs: runs, Seen: seen, Other: other}
	}
	of := func(hooks ...rules.HookEvidence) rules.InsideEvidence {
		return rules.InsideEvidence{Name: "x", Version: "2", Filename: "x-2-py3-none-any.whl", New: true, Hooks: hooks}
	}
	pinned, compared, known := of(hook(true, false, "")), of(hook(true, false, "")), of(hook(true, true, ""))
	pinned.Pinned, compared.Compared, known.New = true, "1", false
	replaced := of()
	replaced.Replaced = []rules.ReplacedEvidence{{Path: "y/a.py", Owner: "y"}, {Path: "bin/pip"},
		{Path: "y/b.py", Owner: "y"}}
	shadowing := of()
	shadowing.Replaced = []rules.ReplacedEvidence{{Path: "y/a.py", Owner: "y", By: "y/a.abi3.so"}, {By: "bin/git"}}
	payload := of()
	payload.Payloads = []rules.PayloadEvidence{{Path: "x/a.js", Kind: rules.HugePayload, Size: 7 << 20}, {Path: "x/b.js"}}
	tests := []struct {
		name, policy string
		evidence     rules.InsideEvidence
		rule         rules.Rule
		want         rules.Action
		says         string
	}{
		{"nothing", "", of(), rules.StartupHook, "", ""},
		{"new", "", compared, rules.StartupHook, rules.Hold, "which 1 does not have"},
		{"nothing to compare", "", of(hook(true, false, "")), rules.StartupHook, rules.Hold, "no wheel older than 90 days"},
		{"changed", "", of(hook(true, false, "1")), rules.StartupHook, rules.Hold, "with another content than in 1"},
		{"pinned", "", pinned, rules.StartupHook, rules.Block, ""},
		{"strict", "preset = \"strict\"\n", compared, rules.StartupHook, rules.Block, ""},
		{"relaxed", "preset = \"relaxed\"\n", pinned, rules.StartupHook, rules.Note, ""},
		{"off", "[rules]\nstartup-hook = \"off\"\n", compared, rules.StartupHook, "", ""},
		{"seen", "preset = \"strict\"\n", of(hook(true, true, "")), rules.StartupHook, rules.Note, "is not new"},
		{"seen, and not new here", "", known, rules.StartupHook, "", ""},
		{"one of two is new", "", of(hook(true, true, ""), hook(true, false, "")), rules.StartupHook, rules.Hold, ""},
		{"paths", "preset = \"strict\"\n", of(hook(false, false, "")), rules.StartupHook, rules.Note, "where to look"},
		{"allowed", "[allow.\"x==2\"]\nreason = \"y\"\nrules = [\"startup-hook\"]\n", compared, rules.StartupHook, "", ""},
		{"allowed for another rule", "[allow.\"x==2\"]\nreason = \"y\"\nrules = [\"cooldown\"]\n", compared,
			rules.StartupHook, rules.Hold, ""},
		{"replaces", "", replaced, rules.Replaces, rules.Block,
			"x-2-py3-none-any.whl would write over bin/pip of this environment itself, and write over y/a.py, y/b.py of y"},
		{"shadows", "", shadowing, rules.Replaces, rules.Block,
			"would have bin/git run instead of the system's commands, " +
				"and have python import y/a.abi3.so instead of modules of y"},
		{"payload", "", payload, rules.Payload, rules.Note, "a file of 7 MB (x/a.js and 1 more)"},
	}
	for _, test := range tests {
		findings := layers{user: test.policy}.settings(t).JudgeInside(test.evidence)
		if got := outcome(findings, test.rule); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		for _, finding := range findings {
			if !strings.Contains(finding.Evidence, test.says) {
				t.Errorf("%s: %q does not say %q", test.name, finding.Evidence, test.says)
			}
		}
		checkTexts(t, findings)
	}
}
