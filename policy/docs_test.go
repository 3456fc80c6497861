package policy

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"thresher/policy/rules"
)

// page reads a page of docs and returns its sections of the third level: title
// without the quotes, and text.
func page(t *testing.T, name string) (whole string, sections map[string]string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	sections = map[string]string{}
	for _, part := range strings.Split("\n"+string(content), "\n### ")[1:] {
		part, _, _ = strings.Cut(part, "\n## ")
		title, text, _ := strings.Cut(part, "\n")
		sections[strings.Trim(title, "`")] = text
	}
	return string(content), sections
}

// oneLine undoes the wrapping of a text.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// keys gives every key of a policy file, in the order of docs/policy.md.
func keys() []KeyInfo {
	infos := make([]KeyInfo, len(fields()))
	for i, field := range fields() {
		infos[i] = field.info
	}
	return infos
}

func TestPolicyPageHasEveryKey(t *testing.T) {
	whole, sections := page(t, "policy.md")
	var known []string
	for _, info := range keys() {
		known = append(known, info.Key)
		if strings.HasPrefix(info.Key, "rules.") {
			row := "| `" + info.Key + "` | "
			at := strings.Index(whole, row)
			if at < 0 {
				t.Errorf("%s is missing", info.Key)
				continue
			}
			line, _, _ := strings.Cut(whole[at:], "\n")
			want := "| `" + strings.Join([]string{unquote(info.Relaxed), unquote(info.Standard), unquote(info.Strict)},
				"` | `") + "` |"
			if !strings.HasSuffix(line, want) {
				t.Errorf("%s: %s, want %s", info.Key, line, want)
			}
			rule, _ := rules.InfoOf(rules.Rule(strings.TrimPrefix(info.Key, "rules.")))
			for _, action := range rule.Actions {
				if !strings.Contains(line, "`"+string(action)+"`") {
					t.Errorf("%s: %s is missing", info.Key, action)
				}
			}
			continue
		}
		text, found := sections[info.Key]
		if !found {
			t.Errorf("%s is missing", info.Key)
			continue
		}
		prose := oneLine(text)
		wanted := []string{"Value: " + info.Type}
		if info.Standard != "" {
			wanted = append(wanted, "Default: `"+info.Standard+"`")
		}
		if info.Relaxed != info.Standard {
			wanted = append(wanted, "`"+info.Relaxed+"` in relaxed")
		}
		if info.Strict != info.Standard {
			wanted = append(wanted, "`"+info.Strict+"` in strict")
		}
		if info.Layers != EveryLayer {
			wanted = append(wanted, "Counts in "+string(info.Layers)+" only")
		}
		for _, want := range wanted {
			if !strings.Contains(prose, want) {
				t.Errorf("%s: %q is missing", info.Key, want)
			}
		}
		_, rest, _ := strings.Cut(text, "```toml\n")
		example, _, found := strings.Cut(rest, "```")
		statements, problems := checkDocument("example", []byte(example))
		if !found || len(problems) > 0 {
			t.Errorf("%s: example %q: %v", info.Key, example, problems)
		}
		if !slices.ContainsFunc(statements, func(said statement) bool { return said.field.info.Key == info.Key }) {
			t.Errorf("%s: its example does not say it", info.Key)
		}
	}
	for title := range sections {
		if !slices.Contains(known, title) {
			t.Errorf("there is no key %s", title)
		}
	}
}

func unquote(text string) string { return strings.Trim(text, `"`) }

func TestRulesPageHasEveryRule(t *testing.T) {
	_, sections := page(t, "rules.md")
	for _, info := range rules.All() {
		text, found := sections[string(info.Rule)]
		if !found {
			t.Errorf("%s is missing", info.Rule)
			continue
		}
		delete(sections, string(info.Rule))
		prose := oneLine(text)
		wanted := []string{
			"- Looks at: ", "- Change: ", "- Answer: ",
			"- Default: relaxed `" + string(info.Relaxed) + "`, standard `" + string(info.Standard) + "`, strict `" +
				string(info.Strict) + "`.",
		}
		if len(info.Actions) > 1 {
			for _, action := range info.Actions {
				wanted = append(wanted, "`"+string(action)+"`")
			}
		} else {
			wanted = append(wanted, "it cannot be changed")
		}
		switch info.Answer {
		case rules.NoAnswer:
			wanted = append(wanted, "- Answer: none")
		case rules.AnswerName:
			wanted = append(wanted, "`thresher allow NAME --reason")
		case rules.AnswerNamedRule:
			wanted = append(wanted, "--rule "+string(info.Rule))
		case rules.AnswerTemporary:
			wanted = append(wanted, "--expires")
		case rules.AnswerURL:
			wanted = append(wanted, "`thresher allow URL --reason")
		case rules.AnswerPin:
			wanted = append(wanted, "pin = {")
		case rules.AnswerRelease:
			wanted = append(wanted, "`thresher allow NAME==VERSION --rule "+string(info.Rule), "--expires")
		case rules.AnswerIgnore:
			wanted = append(wanted, "`thresher ignore ID")
		}
		for _, want := range wanted {
			if !strings.Contains(prose, want) {
				t.Errorf("%s: %q is missing", info.Rule, want)
			}
		}
	}
	for title := range sections {
		t.Errorf("there is no rule %s", title)
	}
}
