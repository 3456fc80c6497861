package policy

import (
	"slices"
	"strings"
	"sync"

	"thresher/internal/words"
	"thresher/policy/rules"
)

// statement is one value that a file says.
type statement struct {
	field        *field
	value        any
	line, column int
}

var (
	fieldsByKey = sync.OnceValue(func() map[string]*field {
		byKey := map[string]*field{}
		all := fields()
		for i := range all {
			byKey[strings.TrimSuffix(all[i].info.Key, ".NAME")] = &all[i]
		}
		return byKey
	})
	tables = sync.OnceValue(func() map[string][]string {
		children := map[string][]string{}
		for _, field := range fields() {
			key := strings.TrimSuffix(field.info.Key, ".NAME")
			for {
				table, child := "", key
				if at := strings.LastIndex(key, "."); at >= 0 {
					table, child = key[:at], key[at+1:]
				}
				if !slices.Contains(children[table], child) {
					children[table] = append(children[table], child)
				}
				if table == "" {
					break
				}
				key = table
			}
		}
		return children
	})
)

// mostProblems is where listing the problems of a table ends: a file that has
// more is no policy, and reading it to its end would hold the run up.
const mostProblems = 200

// knownKeyOrTable says whether a text is a key, a table, or an entry of a
// table of names.
func knownKeyOrTable(text string) bool {
	if fieldsByKey()[text] != nil || tables()[text] != nil && text != "" {
		return true
	}
	for at := strings.Index(text, "."); at >= 0; {
		if parent := fieldsByKey()[text[:at]]; parent != nil {
			return strings.HasSuffix(parent.info.Key, ".NAME")
		}
		next := strings.Index(text[at+1:], ".")
		if next < 0 {
			break
		}
		at += next + 1
	}
	return false
}

var everyKeyAndTable = sync.OnceValue(func() []string {
	var all []string
	for key := range fieldsByKey() {
		all = append(all, key)
	}
	for table := range tables() {
		if table != "" {
			all = append(all, table)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
})

// checkDocument reads every value of a document, and names every problem.
func checkDocument(path string, content []byte) ([]statement, []Problem) {
	root, problems := parseDocument(path, content)
	var statements []statement
	if problems == nil {
		statements, problems = checkTable(root, "")
		problems = append(problems, contradictions(statements)...)
	}
	for i := range problems {
		problems[i].Path = path
	}
	countCharacters(content, problems)
	return statements, problems
}

func checkTable(table *node, prefix string) (statements []statement, problems []Problem) {
	if prefix == "index" {
		statements, problems = checkIndexes(table)
	}
	for _, word := range table.keys {
		if len(problems) > mostProblems {
			break
		}
		key := word.name
		if prefix != "" {
			key = prefix + "." + word.name
		}
		place := Problem{Line: word.line, Column: word.column}
		switch {
		case prefix == "index" && isIndexURL(word.name):
		case strings.Contains(word.name, "."): // quoted, so no path of ours
			place.Message = unknownKey(prefixed(prefix, words.TOMLKey(word.name)), "")
			problems = append(problems, place)
		case fieldsByKey()[key] != nil:
			value, wrong := fieldsByKey()[key].read(word.value)
			problems = append(problems, wrong...)
			if len(wrong) == 0 {
				statements = append(statements, statement{fieldsByKey()[key], value, word.line, word.column})
			}
		case tables()[key] != nil && word.value.kind == tableKind:
			inner, wrong := checkTable(word.value, key)
			statements, problems = append(statements, inner...), append(problems, wrong...)
		case tables()[key] != nil:
			place.Message = key + ": " + wrongKind(tableKind, word.value.kind)
			problems = append(problems, place)
		default:
			place.Message = unknownKey(prefixed(prefix, words.TOMLKey(word.name)), nearestKey(prefix, word.name))
			problems = append(problems, place)
		}
	}
	return statements, problems
}

// checkIndexes reads the tables of [index] that are named by an index's address.
func checkIndexes(table *node) ([]statement, []Problem) {
	named := &node{kind: tableKind, line: table.line, column: table.column}
	for _, word := range table.keys {
		if isIndexURL(word.name) {
			named.keys = append(named.keys, word)
		}
	}
	if len(named.keys) == 0 {
		return nil, nil
	}
	field := fieldsByKey()[ofIndexKey]
	value, problems := field.read(named)
	if len(problems) > 0 {
		return nil, problems
	}
	return []statement{{field, value, named.keys[0].line, named.keys[0].column}}, nil
}

func isIndexURL(name string) bool { return strings.Contains(name, "://") }

func prefixed(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}

// nearestKey returns the known key that was probably meant: one of the same
// table that is spelled alike, or one of the same name in another table.
func nearestKey(prefix, name string) string {
	if near := words.Nearest(name, tables()[prefix]); near != "" {
		return prefixed(prefix, near)
	}
	for _, key := range everyKeyAndTable() {
		if strings.HasSuffix(key, "."+name) {
			return key
		}
	}
	return ""
}

// contradictions finds what no value says alone: values of one file that
// cannot both be meant, and locks on keys that do not exist.
func contradictions(statements []statement) []Problem {
	allowed := map[string]int{}
	var least, most *statement
	var problems []Problem
	for i := range statements {
		switch values := statements[i].value.(type) {
		case []placed[rules.Allow]:
			for _, entry := range values {
				allowed[entry.value.Subject.String()] = entry.line
			}
		case []placed[rules.Sourced[string]]:
			for _, entry := range values {
				if key := entry.value.Value; statements[i].field.info.Key == "locked" && !knownKeyOrTable(key) {
					problems = append(problems,
						Problem{Line: entry.line, Column: 1,
							Message: unknownLocked(key, words.Nearest(key, everyKeyAndTable()))})
				}
			}
		case int:
			switch statements[i].field.info.Key {
			case "trust.maintainers.min":
				least = &statements[i]
			case "trust.maintainers.max":
				most = &statements[i]
			}
		}
	}
	for _, said := range statements {
		values, isDeny := said.value.([]placed[rules.Deny])
		if !isDeny {
			continue
		}
		for _, entry := range values {
			if line, both := allowed[entry.value.Name]; both {
				problems = append(problems,
					Problem{Line: entry.line, Column: 1, Message: allowedAndDenied(entry.value.Name, line)})
			}
		}
	}
	if least != nil && most != nil && least.value.(int) > most.value.(int) {
		problems = append(problems,
			Problem{Line: least.line, Column: least.column, Message: minAboveMax(least.value.(int), most.value.(int))})
	}
	return problems
}
