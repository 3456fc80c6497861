package policy

import (
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"

	"thresher/internal/words"
	"thresher/policy/rules"
)

// FuzzPolicy feeds the reader whatever a checkout may hold. It must not crash
// or hang, and what go-toml refuses it must refuse; every problem has a place
// or is about the whole file, and shows nothing that a terminal would obey. A
// file that is read must not loosen the policy.
func FuzzPolicy(f *testing.F) {
	f.Add(example)
	f.Add(string(Init("policy.schema.json")))
	for _, attempts := range disarming {
		for _, attempt := range attempts {
			f.Add(attempt.project)
			f.Add(attempt.user)
		}
	}
	for _, content := range []string{"[[a]]\n[a.b]\n", "a.b.c = 1\n[a.b]\nd = 2", "x = [[[[", "\"\" = 1",
		"a = {b = {c = 1}}", "[[scan.ignore]]\n[scan]\n", "d = 1979-05-27T07:32:00Z", "i = 0xdeadbeef", "a = '''\n'''",
		"[ a . \"b.c\" ]"} {
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content string) {
		statements, problems := checkDocument("p", []byte(content))
		var whatever map[string]any
		if err := toml.Unmarshal([]byte(content), &whatever); err != nil && len(problems) == 0 {
			t.Errorf("go-toml refuses it: %v", err)
		}
		lines := strings.Count(content, "\n") + 1
		for _, problem := range problems {
			if text := problem.String(); text != words.Printable(text) && len(text) < words.LongestShown {
				t.Errorf("%q would reach the terminal", text)
			}
			if problem.Message == "" || problem.Line < 0 || problem.Line > lines || problem.Line > 0 &&
				problem.Column < 1 {
				t.Errorf("%+v in %d lines", problem, lines)
			}
		}
		if len(problems) > 0 {
			return
		}
		project := source{File{Layer: rules.ProjectLayer, Path: "p"}, statements, false, nil}
		policy := merge([]source{project}, LoadInput{Now: today})
		latest := today.Add(longestUntrustedIgnore.Duration())
		for _, ignore := range policy.Scan.Ignore {
			if !ignore.Untrusted || ignore.Expires.IsZero() || ignore.Expires.After(latest) {
				t.Errorf("%+v", ignore)
			}
		}
		plain := Default(Standard)
		for _, rule := range rules.All() {
			if rules.Severity(policy.Action(rule.Rule).Value) < rules.Severity(plain.Action(rule.Rule).Value) {
				t.Errorf("%s is %s", rule.Rule, policy.Action(rule.Rule).Value)
			}
		}
		entries := len(policy.Allow) + len(policy.Pin) + len(policy.Cooldown.Except) +
			len(policy.Trust.Organisations) + len(policy.Locked)
		if entries > 0 ||
			!policy.Venv.Require.Value || policy.SwitchOff.WithoutTerminal.Value ||
			policy.Cooldown.Release.Value < plain.Cooldown.Release.Value ||
			policy.Scan.IgnoreForever.Value || !policy.Upgrade.Always.Value || policy.Update.Advisories.Value != "" {
			t.Errorf("%q has disarmed its user", content)
		}
	})
}

// FuzzAppend appends whatever a person or a script may give: what is written
// can be read, and what stood there stands there.
func FuzzAppend(f *testing.F) {
	f.Add("# mine\n", "foo", "because", int64(0))
	f.Add("[deny]\nx = \"y\"", "X", "\"\\\x00", int64(1800000000))
	f.Add("allow = {}\n", "https://h.example/\"]\n[rules]", "]", int64(1))
	f.Fuzz(func(t *testing.T, before, name, reason string, seconds int64) {
		table := appendedTable{header: "[allow." + words.TOMLKey(name) + "]"}
		table.text("reason", reason)
		if seconds > 0 && seconds < 1<<37 {
			table.date("expires", time.Unix(seconds, 0))
		}
		_, broken := checkDocument("p", []byte(before))
		after := withTable([]byte(before), table)
		if !strings.HasPrefix(string(after), before) {
			t.Error("bytes were lost")
		}
		if len(broken) > 0 {
			return
		}
		statements, problems := checkDocument("p", after)
		if len(problems) > 0 {
			return
		}
		policy := merge([]source{{File{Layer: rules.UserLayer, Path: "p"}, statements, false, nil}}, LoadInput{Now: today})
		entry := policy.Allow[len(policy.Allow)-1]
		for _, allow := range policy.Allow {
			if allow.Line > entry.Line {
				entry = allow
			}
		}
		if want, _ := readSubject(name); entry.Subject.String() != want || entry.Reason != reason {
			t.Errorf("%q %q came back as %+v", name, reason, entry)
		}
	})
}
