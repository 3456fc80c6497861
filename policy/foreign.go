package policy

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"thresher/internal/words"
	"thresher/pep"
)

// Imported is what another tool's policy says, as a part of a policy file.
type Imported struct {
	TOML  string   // tables to append; "" where nothing could be taken over
	Ids   int      // how many ignores it has
	Notes []string // what was not taken over, with its line, and why
}

// longestImported is how long an ignore holds that came without an end: as long
// as an untrusted one of a project.
const longestImported = 90 * 24 * time.Hour

// anyAdvisoryID finds the ids that OSV has records under. The numbers that safety
// gives are its own, and only a text beside them tells what they stand for.
var anyAdvisoryID = regexp.MustCompile(`(?i)\b(CVE-[0-9]{4}-[0-9]{4,}|GHSA(-[0-9a-z]{4}){3}|PYSEC-[0-9]{4}-[0-9]+)\b`)

// FromSafety reads a policy of safety (.safety-policy.yml): ignored
// vulnerabilities, and from which severity on a scan fails. It reads the keys that
// safety 3.8.1 has: those of `safety check`, and those of a file with `version:
// '3.0'` for `safety scan`. An error is about YAML that cannot be read.
func FromSafety(content []byte, now time.Time) (Imported, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(content, &document); err != nil {
		return Imported{}, fmt.Errorf("%s: %w", safetyNotRead, err)
	}
	var imported Imported
	if len(document.Content) == 0 || document.Content[0].Kind != yaml.MappingNode {
		return Imported{}, errors.New(safetyNotRead)
	}
	root := document.Content[0]
	security := valueAt(root, "security")
	report := valueAt(root, "report", "dependency-vulnerabilities", "auto-ignore-in-report")
	fails := valueAt(root, "fail-scan-with-exit-code", "dependency-vulnerabilities")
	imported.failOn(security, fails)
	for _, ignores := range []*yaml.Node{valueAt(security, "ignore-vulnerabilities"), valueAt(report, "vulnerabilities")} {
		imported.ignores(ignores, now)
	}
	for _, other := range []struct {
		node *yaml.Node
		key  string
	}{
		{root, "scanning-settings"}, {root, "installation"}, {root, "security-updates"}, {report, "python"},
		{report, "cvss-severity"}, {security, "ignore-cvss-unknown-severity"},
		{valueAt(fails, "fail-on-any-of"), "exploitability"},
	} {
		found := keyOf(other.node, other.key)
		if found != nil && !isFalse(valueAt(other.node, other.key)) {
			imported.Notes = append(imported.Notes, safetyOther(found.Line, other.key))
		}
	}
	return imported, nil
}

// failOn takes over from which severity on a scan fails.
func (i *Imported) failOn(security, fails *yaml.Node) {
	level := ""
	if node := valueAt(security, "ignore-cvss-severity-below"); node != nil {
		if score, err := strconv.ParseFloat(node.Value, 64); err == nil {
			// What has less than the score is ignored there. Of a level that the score
			// lies within all counts here, rather than too little.
			from := map[string]float64{"critical": 9, "high": 7, "medium": 4, "low": 0.1}
			level = "any"
			for _, known := range []string{"critical", "high", "medium", "low"} {
				if score >= from[known] {
					level = known
					break
				}
			}
			if level != "any" && score != from[level] {
				i.Notes = append(i.Notes, safetyScore(node.Line, node.Value, level))
			}
		}
	}
	severities := valueAt(fails, "fail-on-any-of", "cvss-severity")
	if severities == nil && fails != nil {
		level = "medium" // what safety takes where the file names none
	}
	if severities != nil {
		level = lowest(severities, level)
	}
	goesOn := valueAt(security, "continue-on-vulnerability-error")
	enabled := valueAt(fails, "enabled")
	if goesOn != nil && strings.EqualFold(goesOn.Value, "true") ||
		isFalse(enabled) {
		level = "none"
	}
	if level != "" {
		i.TOML += "[scan]\nfail-on = " + words.TOMLString(level) + "\n"
	}
}

// lowest returns the lowest severity of a list, and another level for an empty one.
func lowest(severities *yaml.Node, otherwise string) string {
	for _, known := range []struct{ label, level string }{
		{"none", "any"}, {"low", "low"}, {"medium", "medium"}, {"high", "high"}, {"critical", "critical"},
	} {
		isKnown := func(node *yaml.Node) bool { return strings.EqualFold(node.Value, known.label) }
		if slices.ContainsFunc(severities.Content, isKnown) {
			return known.level
		}
	}
	return otherwise
}

// ignores takes over the vulnerabilities that do not count.
func (i *Imported) ignores(node *yaml.Node, now time.Time) {
	if node == nil || node.Kind != yaml.MappingNode {
		return
	}
	for at := 0; at+1 < len(node.Content); at += 2 {
		key, value := node.Content[at], node.Content[at+1]
		entry := Ignore{Reason: "taken over from safety"}
		if reason := valueAt(value, "reason"); reason != nil && strings.TrimSpace(reason.Value) != "" {
			entry.Reason = words.OneLine(reason.Value)
		}
		entry.Expires = now.Add(longestImported)
		if expires := valueAt(value, "expires"); expires != nil && len(expires.Value) >= len(time.DateOnly) {
			day, err := time.Parse(time.DateOnly, expires.Value[:len(time.DateOnly)])
			switch {
			case err != nil:
				i.Notes = append(i.Notes, safetyDay(expires.Line, expires.Value))
			case !day.After(now):
				i.Notes = append(i.Notes, safetyExpired(key.Line, key.Value, day))
				continue
			default:
				entry.Expires = day
			}
		}
		texts := strings.Join([]string{key.Value, entry.Reason, comments(key), comments(value)}, "\n")
		if value.Kind == yaml.MappingNode {
			for _, inner := range value.Content {
				texts += "\n" + comments(inner)
			}
		}
		found := anyAdvisoryID.FindAllString(texts, -1)
		if len(found) == 0 {
			i.Notes = append(i.Notes, safetyOwnNumber(key.Line, key.Value))
			continue
		}
		slices.Sort(found)
		// An ignore of version 3 may be for single requirements: "==1.26.4".
		only := []string{""}
		if specifications := valueAt(value, "specifications"); specifications != nil && len(specifications.Content) > 0 {
			only = nil
			for _, specification := range specifications.Content {
				only = append(only, strings.TrimSpace(specification.Value))
			}
		}
		for _, id := range slices.Compact(found) {
			entry.ID = id
			if !strings.HasPrefix(strings.ToUpper(id), "GHSA") { // whose letters are small
				entry.ID = strings.ToUpper(id)
			}
			for _, entry.Versions = range only {
				i.ignore(entry, key.Line)
			}
		}
	}
}

// ignore takes over one ignore, which a line of the file is about.
func (i *Imported) ignore(entry Ignore, line int) {
	err := entry.Check()
	if _, unread := pep.ParseSpecifiers(entry.Versions); err == nil {
		err = unread
	}
	if err != nil {
		i.Notes = append(i.Notes, fmt.Sprintf("line %d: %v", line, err))
		return
	}
	table := entry.table()
	if i.TOML != "" {
		i.TOML += "\n"
	}
	i.TOML += table.header + "\n" + strings.Join(table.lines, "\n") + "\n"
	i.Ids++
}

func isFalse(node *yaml.Node) bool { return node != nil && strings.EqualFold(node.Value, "false") }

func comments(node *yaml.Node) string {
	return node.HeadComment + "\n" + node.LineComment + "\n" + node.FootComment
}

// valueAt finds a value by the keys on the way to it; nil where there is none.
func valueAt(node *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		if node == nil || node.Kind != yaml.MappingNode {
			return nil
		}
		var next *yaml.Node
		for at := 0; at+1 < len(node.Content); at += 2 {
			if node.Content[at].Value == key {
				next = node.Content[at+1]
			}
		}
		node = next
	}
	return node
}

// keyOf finds the key itself, for its line.
func keyOf(node *yaml.Node, key string) *yaml.Node {
	if node == nil || node.Kind != yaml.MappingNode {
		return nil
	}
	for at := 0; at+1 < len(node.Content); at += 2 {
		if node.Content[at].Value == key {
			return node.Content[at]
		}
	}
	return nil
}
