package policy

import (
	"encoding/json"
	"strings"
	"time"

	"thresher/internal/words"
	"thresher/policy/rules"
)

// MarshalJSON writes a setting as `thresher policy show --json` does.
func (s Setting) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Key   string      `json:"key"`
		Value string      `json:"value"`
		Layer rules.Layer `json:"layer"`
		Path  string      `json:"path"`
		Line  int         `json:"line"`
		Date  time.Time   `json:"date,omitzero"`
	}{s.Key, s.Value, s.Layer, s.Path, s.Line, s.Date.UTC().Round(time.Second)})
}

// Show returns every value in force, in the order of docs/policy.md, each with
// the layer that said it and the date of that.
func (p *Policy) Show() []Setting {
	var settings []Setting
	for _, field := range fields() {
		settings = append(settings, field.show(p)...)
	}
	for i := range settings {
		settings[i].Value = words.Printable(settings[i].Value)
		for _, file := range p.Files {
			if file.Layer == settings[i].Layer && file.Path == settings[i].Path {
				settings[i].Date = file.Changed
			}
		}
	}
	return settings
}

// Init returns a policy file in which every key stands with its default and
// its meaning, all as comments: it says nothing until a line is changed. It
// names the schema that editors complete and check it by, where that is not
// "".
func Init(schema string) []byte {
	var text strings.Builder
	if schema != "" {
		text.WriteString("#:schema ./" + schema + "\n") // as editors of TOML read it
	}
	text.WriteString(initHeading)
	section := ""
	for _, field := range fields() {
		if field.info.Layers == SharedOnly {
			continue
		}
		table, name := "", field.info.Key
		if at := strings.Index(name, "."); at >= 0 {
			table, name = name[:at], name[at+1:]
		}
		example, isCollection := initExamples[field.info.Key]
		if isCollection {
			name = ""
		}
		if table != section && !strings.HasPrefix(example, "[") {
			text.WriteString("\n[" + table + "]\n")
			section = table
		}
		if isCollection {
			text.WriteString("\n# " + field.info.Meaning + "\n" + commented(example))
			continue
		}
		text.WriteString(commented(name + " = " + field.info.Standard + " # " + field.info.Meaning + "\n"))
	}
	return []byte(text.String())
}

func commented(text string) string {
	var lines strings.Builder
	for line := range strings.Lines(text) {
		lines.WriteString("#" + line)
	}
	return lines.String()
}
