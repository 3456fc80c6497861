package testkit

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
)

// ConformsJSON says what of a JSON text a schema does not take.
func ConformsJSON(schema map[string]any, text string) error {
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return err
	}
	return Conforms(schema, value, "line")
}

// Conforms says what of a value a JSON Schema (draft 07) does not take, by the
// keywords that thresher's own schemas have. It is stricter in one point: a key that
// the schema does not name is wrong. at says where the value stands.
func Conforms(schema map[string]any, value any, at string) error {
	if choices, ok := schema["anyOf"].([]any); ok {
		for _, one := range choices {
			if Conforms(one.(map[string]any), value, at) == nil {
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
		number, ok := value.(float64) // of JSON
		if whole, isWhole := value.(int64); isWhole {
			number, ok = float64(whole), true
		}
		if !ok || number != math.Trunc(number) || number < schema["minimum"].(float64) {
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
			if err := Conforms(schema["items"].(map[string]any), item, at+"[]"); err != nil {
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
			if err := Conforms(inner, member, at+"."+name); err != nil {
				return err
			}
		}
	}
	return nil
}
