package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"thresher/internal/files"
	"thresher/internal/words"
	"thresher/pep"
	"thresher/policy/rules"
)

// AppendAllow records an answer in a policy file: it appends a table, and
// keeps every byte that stands there. Where the file has an entry for the name
// already nothing is written, and line is the one to change, as
// `path:line: text`. A file that is missing is made; one that is broken, or
// that the entry would break, is left alone with an error of type *Error.
// Reason is required, Source is ignored.
func AppendAllow(path string, entry rules.Allow) (written bool, line string, err error) {
	subject := entry.Subject.String()
	table := appendedTable{header: "[allow." + words.TOMLKey(subject) + "]"}
	table.text("reason", entry.Reason)
	table.date("expires", entry.Expires)
	if entry.Rules != nil {
		words := make([]string, len(entry.Rules))
		for i, rule := range entry.Rules {
			words[i] = quote(rule)
		}
		table.line("rules", "["+strings.Join(words, ", ")+"]")
	}
	return appendTable(path, table, func(root *node) int {
		return entryLine(root, []string{"allow"}, func(key string) bool {
			other, message := readSubject(key)
			return message == "" && other == subject
		})
	})
}

// AppendDeny denies a name, in the manner of AppendAllow.
func AppendDeny(path string, entry rules.Deny) (written bool, line string, err error) {
	name, message := readPattern(entry.Name)
	if message != "" {
		return false, "", fmt.Errorf("deny: %s", message)
	}
	table := appendedTable{header: "[deny." + words.TOMLKey(name) + "]"}
	table.text("reason", entry.Reason)
	return appendTable(path, table, func(root *node) int { return entryLine(root, []string{"deny"}, sameNameAs(name)) })
}

// AppendPrefer records what to use instead of a name, in the manner of
// AppendAllow.
func AppendPrefer(path string, entry rules.Prefer) (written bool, line string, err error) {
	name, ok := pep.ParseName(entry.Name)
	if !ok {
		return false, "", fmt.Errorf("prefer: %s", rules.NoName(entry.Name))
	}
	table := appendedTable{header: "[prefer." + words.TOMLKey(name) + "]"}
	table.text("use", entry.Use)
	return appendTable(path, table,
		func(root *node) int { return entryLine(root, []string{"prefer"}, sameNameAs(name)) })
}

// AppendBound records a temporary upper bound, in the manner of AppendAllow.
func AppendBound(path string, entry rules.Bound) (written bool, line string, err error) {
	table := appendedTable{header: "[bound." + words.TOMLKey(entry.Name) + "]"}
	table.text("below", entry.Below)
	table.text("reason", entry.Reason)
	table.date("expires", entry.Expires)
	return appendTable(path, table,
		func(root *node) int { return entryLine(root, []string{"bound"}, sameNameAs(entry.Name)) })
}

// AppendIgnore records a vulnerability that does not count for now, in the
// manner of AppendAllow.
func AppendIgnore(path string, entry Ignore) (written bool, line string, err error) {
	return appendTable(path, entry.table(), func(root *node) int { return ignoreLine(root, entry) })
}

// Check says what is wrong with an ignore as a policy file would have it.
func (i Ignore) Check() error {
	if _, problems := checkDocument("", withTable(nil, i.table())); len(problems) > 0 {
		return errors.New(problems[0].Message)
	}
	return nil
}

// table is an ignore as it is appended.
func (i Ignore) table() appendedTable {
	table := appendedTable{header: "[[scan.ignore]]"}
	table.text("id", i.ID)
	table.text("reason", i.Reason)
	table.date("expires", i.Expires)
	if i.UntilFixed {
		table.text("until", "fixed")
	}
	if i.Package != "" {
		table.text("package", i.Package)
	}
	if i.Versions != "" {
		table.text("versions", i.Versions)
	}
	return table
}

func sameNameAs(name string) func(key string) bool {
	return func(key string) bool {
		other, ok := rules.CanonicalPattern(key)
		return ok && other == name
	}
}

// appendedTable is a table to be appended.
type appendedTable struct {
	header string
	lines  []string
}

func (t *appendedTable) line(name, value string) { t.lines = append(t.lines, name+" = "+value) }

func (t *appendedTable) text(name, value string) { t.line(name, words.TOMLString(value)) }

func (t *appendedTable) date(name string, day time.Time) {
	if !day.IsZero() {
		t.line(name, day.UTC().Format(time.DateOnly))
	}
}

// entryLine returns the line of an entry of a table, 0 where there is none. A
// table in braces cannot be appended to: its own line is the one to change.
func entryLine(root *node, table []string, is func(key string) bool) int {
	for _, word := range table {
		next := root.get(word)
		if next == nil || next.kind != tableKind {
			return 0
		}
		root = next
	}
	for _, word := range root.keys {
		if is(word.name) {
			return word.line
		}
	}
	if root.inline {
		return root.line
	}
	return 0
}

func ignoreLine(root *node, entry Ignore) int {
	name, _ := pep.ParseName(entry.Package) // none is "", and stands for every distribution
	scan := root.get("scan")
	if scan == nil || scan.kind != tableKind {
		return 0
	}
	list := scan.get("ignore")
	if list == nil || list.kind != arrayKind {
		if scan.inline {
			return scan.line
		}
		return 0
	}
	entries, _ := readIgnores(list)
	for _, other := range entries {
		if strings.EqualFold(other.value.ID, entry.ID) && other.value.Package == name &&
			other.value.Versions == entry.Versions {
			return other.line
		}
	}
	if !list.headers {
		return list.line
	}
	return 0
}

// appendTable appends a table to a file, unless find returns the line of what
// stands there already.
func appendTable(path string, table appendedTable, find func(*node) int) (written bool, line string, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return false, "", fmt.Errorf("write policy: %w", err)
	}
	unlock, err := files.LockBeside(path)
	if err != nil {
		return false, "", fmt.Errorf("lock policy: %w", err)
	}
	defer unlock()
	mode := fs.FileMode(0o600)
	content, err := readGuarded(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return false, "", &Error{[]Problem{fileProblem(path, err)}}
	default:
		info, err := os.Stat(path)
		if err != nil {
			return false, "", fmt.Errorf("write policy: %w", err)
		}
		mode = info.Mode().Perm()
	}
	root, problems := parseDocument(path, content)
	if len(problems) > 0 {
		countCharacters(content, problems)
		return false, "", &Error{problems}
	}
	if at := find(root); at > 0 {
		return false, lineToChange(path, at, lineOf(content, at)), nil
	}
	appended := withTable(content, table)
	if _, problems := checkDocument(path, appended); len(problems) > 0 {
		return false, "", &Error{sorted(problems)}
	}
	if err := replaceBehindLinks(path, appended, mode); err != nil {
		return false, "", fmt.Errorf("write policy: %w", err)
	}
	return true, "", nil
}

// withTable appends a table in the manner of the file: its line ends, and an
// empty line between what stands there and what comes.
func withTable(content []byte, table appendedTable) []byte {
	end := "\n"
	if bytes.Contains(content, []byte("\r\n")) {
		end = "\r\n"
	}
	appended := slices.Clone(content)
	if len(content) > 0 {
		if !bytes.HasSuffix(content, []byte("\n")) {
			appended = append(appended, end...)
		}
		appended = append(appended, end...)
	}
	for _, line := range append([]string{table.header}, table.lines...) {
		appended = append(append(appended, line...), end...)
	}
	return appended
}

func lineOf(content []byte, number int) string {
	lines := bytes.Split(content, []byte("\n"))
	if number < 1 || number > len(lines) {
		return ""
	}
	return strings.TrimSpace(string(lines[number-1]))
}
