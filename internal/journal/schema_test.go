package journal

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"thresher/internal/testkit"
)

// The schema has every field of an entry and no other, with the same kind, and says
// which are always there; docs/log.md has them all.
func TestSchemaHasEveryField(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "log.md"))
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal([]byte(JSONSchema()), &root); err != nil {
		t.Fatal(err)
	}
	sameFields(t, reflect.TypeFor[Entry](), root, string(page), "")
}

func sameFields(t *testing.T, kind reflect.Type, schema map[string]any, page, below string) {
	t.Helper()
	properties := schema["properties"].(map[string]any)
	seen := map[string]bool{}
	for i := range kind.NumField() {
		name, options, _ := strings.Cut(kind.Field(i).Tag.Get("json"), ",")
		seen[name] = true
		property, found := properties[name].(map[string]any)
		if !found {
			t.Errorf("the schema has no %s%s", below, name)
			continue
		}
		if !strings.Contains(page, "| `"+below+name+"` | "+property["description"].(string)) {
			t.Errorf("docs/log.md lacks: | `%s%s` | %s", below, name, property["description"])
		}
		always := options == "" || name == "schema"
		if required := slices.Contains(schema["required"].([]any), any(name)); required != always {
			t.Errorf("%s%s: required %v, always there %v", below, name, required, always)
		}
		if of := kind.Field(i).Type; of.Kind() == reflect.Slice && of.Elem().Kind() == reflect.Struct {
			sameFields(t, of.Elem(), property["items"].(map[string]any), page, below+name+"[].")
		}
	}
	for name := range properties {
		if !seen[name] {
			t.Errorf("an entry has no %s%s", below, name)
		}
	}
}

// What is appended fits the schema, empty as well as full; what does not fit is seen.
func TestAppendedLinesFitTheSchema(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal([]byte(JSONSchema()), &schema); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "log.jsonl")
	full := Entry{
		Time: time.Now(), Argv: []string{"install", "alpha"}, Requested: []string{"alpha"}, Status: 20, ObservedStatus: 21,
		Findings:        []Finding{{Subject: "alpha", Rule: "denied", Action: "note", Observed: "block", Evidence: "why"}},
		Changed:         []Change{{Name: "alpha", After: "1.0", SHA256: strings.Repeat("0a", 32)}},
		Vulnerabilities: []Vulnerability{{Name: "alpha", Version: "1.0", ID: "PYSEC-2026-1"}}, Note: "a word",
	}
	for _, entry := range []Entry{{Time: time.Now()}, full, fullEntry("0123abcd"), NamesAlone(fullEntry("0123abce"))} {
		if err := Append(path, entry); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		if err := testkit.ConformsJSON(schema, line); err != nil {
			t.Errorf("%v\n%s", err, line)
		}
		for right, wrong := range map[string]string{
			`"schema":1`: `"schema":2`, `"cwd"`: `"directory"`, `"pip_ran":false`: `"pip_ran":0`, `"argv":[`: `"argv":{"a":[`,
		} {
			other := strings.Replace(line, right, wrong, 1)
			if other == line || testkit.ConformsJSON(schema, other) == nil {
				t.Errorf("it takes %s", other)
			}
		}
	}
}
