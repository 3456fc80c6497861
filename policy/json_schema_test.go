package policy

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"thresher/internal/testkit"
)

// Every example of docs/policy.md, every default and the file that `policy
// init` writes are taken by the schema; what the policy refuses, it refuses.
func TestJSONSchema(t *testing.T) {
	content, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(content, &schema); err != nil {
		t.Fatal(err)
	}
	check := func(text string) error {
		var document map[string]any
		if err := toml.Unmarshal([]byte(text), &document); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		return testkit.Conforms(schema, document, "policy")
	}
	whole, _ := page(t, "policy.md")
	examples := 0
	for _, part := range strings.Split(whole, "```toml\n")[1:] {
		example, _, _ := strings.Cut(part, "```")
		examples++
		if err := check(example); err != nil {
			t.Errorf("%v\n%s", err, example)
		}
	}
	if examples < 40 {
		t.Errorf("only %d examples were found", examples)
	}
	for _, info := range keys() {
		for _, value := range []string{info.Relaxed, info.Standard, info.Strict} {
			if value == "" {
				continue
			}
			if err := check(info.Key + " = " + value); err != nil {
				t.Error(err)
			}
		}
	}
	for _, wrong := range []string{
		`pressert = "strict"`, `preset = "hard"`, `preset = true`, `[rules]` + "\ntyposquat = \"sometimes\"",
		`[cooldown]` + "\nrelease = 3",
		`[allow.grain]` + "\nexpires = 2030-01-31", `[deny.grain]` + "\nwhy = \"x\"",
		`[trust]` + "\npopular-rank = \"all\"",
		`[[scan.ignore]]` + "\nreason = \"x\"", `[cooldown]` + "\nexcept = \"acme\"",
	} {
		if check(wrong) == nil {
			t.Errorf("it takes %s", wrong)
		}
	}
}
