package policy

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// conforms says what of a value a schema does not take: the keywords that
// JSONSchema writes, as draft 07 has them.
func conforms(schema map[string]any, value any, at string) error {
	if choices, ok := schema["anyOf"].([]any); ok {
		for _, one := range choices {
			if conforms(one.(map[string]any), value, at) == nil {
				return nil
			}
		}
		return fmt.Errorf("%s: none of %v takes %v", at, choices, value)
	}
	if enum, ok := schema["enum"].([]any); ok && !slices.Contains(enum, value) {
		return fmt.Errorf("%s: %v is not one of %v", at, value, enum)
	}
	switch kind := schema["type"]; kind {
	case "boolean":
		if _, ok := value.(bool); !ok {
			return fmt.Errorf("%s: %v is no boolean", at, value)
		}
	case "integer":
		if number, ok := value.(int64); !ok || float64(number) < schema["minimum"].(float64) {
			return fmt.Errorf("%s: %v is no number from %v on", at, value, schema["minimum"])
		}
	case "string":
		text := fmt.Sprint(value)
		if _, isText := value.(string); !isText && schema["format"] != "date" {
			return fmt.Errorf("%s: %v is no text", at, value)
		}
		if pattern, ok := schema["pattern"].(string); ok && !regexp.MustCompile(pattern).MatchString(text) {
			return fmt.Errorf("%s: %q does not match %s", at, text, pattern)
		}
		if least, ok := schema["minLength"].(float64); ok && len(text) < int(least) {
			return fmt.Errorf("%s: it is empty", at)
		}
	case "array":
		items, ok := value.([]any)
		if !ok {
			return fmt.Errorf("%s: %v is no list", at, value)
		}
		for _, item := range items {
			if err := conforms(schema["items"].(map[string]any), item, at+"[]"); err != nil {
				return err
			}
		}
	case "object":
		table, ok := value.(map[string]any)
		if !ok {
			return fmt.Errorf("%s: %v is no table", at, value)
		}
		required, _ := schema["required"].([]any)
		for _, name := range required {
			if _, found := table[name.(string)]; !found {
				return fmt.Errorf("%s: %v is missing", at, name)
			}
		}
		for name, member := range table {
			inner, known := schema["properties"].(map[string]any)[name].(map[string]any)
			patterns, _ := schema["patternProperties"].(map[string]any)
			for pattern, of := range patterns {
				if !known && regexp.MustCompile(pattern).MatchString(name) {
					inner, known = of.(map[string]any)
				}
			}
			if !known {
				inner, known = schema["additionalProperties"].(map[string]any)
			}
			if !known {
				return fmt.Errorf("%s: there is no key %s", at, name)
			}
			if err := conforms(inner, member, at+"."+name); err != nil {
				return err
			}
		}
	}
	return nil
}

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
		return conforms(schema, document, "policy")
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
