package policy

import (
	"encoding/json"
	"fmt"
	"strings"

	"thresher/policy/rules"
)

// SchemaFileName is what a policy file's JSON Schema is called beside it.
func SchemaFileName(policyFile string) string {
	return strings.TrimSuffix(policyFile, ".toml") + ".schema.json"
}

// object is a JSON object of a schema.
type object = map[string]any

// JSONSchema gives the JSON Schema (draft 07, which editors read for TOML) of
// a policy file: every key with its meaning, its default and what it takes.
func JSONSchema() ([]byte, error) {
	root := table("the policy of thresher")
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	for _, field := range fields() {
		path := strings.Split(field.info.Key, ".")
		inner := root
		for _, name := range path[:len(path)-1] {
			inner = below(inner, name)
		}
		value, err := schemaOf(field.info)
		if err != nil {
			return nil, err
		}
		switch name := path[len(path)-1]; name {
		case "NAME":
			inner["additionalProperties"] = value
		case "URL":
			inner["patternProperties"] = object{"://": value}
		default:
			inner["properties"].(object)[name] = value
		}
	}
	content, err := json.MarshalIndent(root, "", "  ")
	return append(content, '\n'), err
}

func table(description string) object {
	return object{"type": "object", "description": description, "properties": object{}, "additionalProperties": false}
}

// below gives the table of a name within another, and makes it.
func below(outer object, name string) object {
	properties := outer["properties"].(object)
	if _, found := properties[name]; !found {
		properties[name] = table("[" + name + "]")
	}
	return properties[name].(object)
}

// schemaOf gives what a key takes, from the words that say so.
func schemaOf(info KeyInfo) (object, error) {
	schema, err := valueSchema(info)
	if err != nil {
		return nil, err
	}
	schema["description"] = info.Meaning
	if info.Standard != "" {
		schema["description"] = info.Meaning + "; by default " + info.Standard
	}
	return schema, nil
}

func valueSchema(info KeyInfo) (object, error) {
	text := func() object { return object{"type": "string", "minLength": 1} }
	date := object{"type": "string", "format": "date"}
	switch info.Key {
	case "allow.NAME":
		entry := table("an answer that was kept")
		names := []string{}
		for _, rule := range rules.All() {
			names = append(names, string(rule.Rule))
		}
		entry["properties"] = object{"reason": text(), "expires": date,
			"rules": object{"type": "array", "items": object{"enum": names}}}
		entry["required"] = []string{"reason"}
		return entry, nil
	case ofIndexKey:
		entry := table(info.Meaning)
		entry["properties"] = object{"cooldown": text(), "provenance": object{"type": "boolean"},
			"publisher": object{"type": "boolean"}}
		return entry, nil
	case "deny.NAME", "prefer.NAME":
		member := map[string]string{"deny.NAME": "reason", "prefer.NAME": "use"}[info.Key]
		entry := table(info.Meaning)
		entry["properties"] = object{member: text()}
		entry["required"] = []string{member}
		return object{"anyOf": []object{text(), entry}}, nil
	case "bound.NAME":
		entry := table(info.Meaning)
		entry["properties"] = object{"below": text(), "reason": text(), "expires": date}
		entry["required"] = []string{"below", "reason", "expires"}
		return entry, nil
	case "scan.ignore":
		entry := table(info.Meaning)
		entry["properties"] = object{"id": text(), "reason": text(), "expires": date, "package": text(),
			"versions": text(), "until": object{"enum": []string{"fixed"}}}
		entry["required"] = []string{"id", "reason"}
		return object{"type": "array", "items": entry}, nil
	}
	switch {
	case info.Type == "true or false":
		return object{"type": "boolean"}, nil
	case info.Type == "text":
		return object{"type": "string"}, nil
	case info.Type == "integer":
		return object{"type": "integer", "minimum": 0}, nil
	case info.Type == "length of time":
		return object{"type": "string", "pattern": "^[0-9]+ *[a-z]+$",
			"examples": []string{"36 hours", "3d", "2 weeks"}}, nil
	case info.Type == "URL or path", info.Type == "URL":
		return object{"type": "string"}, nil
	case strings.HasPrefix(info.Type, "list of "):
		return object{"type": "array", "items": text()}, nil
	}
	// "off, note or block", as choices writes it.
	words := strings.FieldsFunc(strings.ReplaceAll(info.Type, " or ", ", "),
		func(r rune) bool { return r == ',' || r == ' ' })
	if len(words) == 0 || strings.Contains(info.Type, ":") {
		return nil, fmt.Errorf("%s: there is no schema of %q", info.Key, info.Type)
	}
	return object{"enum": words}, nil
}
