package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"thresher/internal/files"
	"thresher/internal/lazyregexp"
	"thresher/internal/words"
	"thresher/policy/rules"
)

// Following is a shared layer to be named in a policy file, with further keys that may
// sign it.
type Following struct {
	Reference      string
	AllowedSigners []string
	MinisignKeys   []string
}

// Named reads what a policy file would say of the layer once it follows it: with the
// keys that the file has, and those that come with it. A file that is missing has none.
// The error is of type *Error.
func (f Following) Named(path string, system bool) (SharedLayer, error) {
	content, err := readGuarded(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return SharedLayer{}, &Error{[]Problem{fileProblem(path, err)}}
	}
	edited, err := f.edit(path, content)
	if err != nil {
		return SharedLayer{}, err
	}
	named, problems := f.namedIn(path, edited, system)
	if len(problems) > 0 {
		return SharedLayer{}, &Error{problems}
	}
	return named, nil
}

// namedIn finds the layer in the content of a policy file.
func (f Following) namedIn(path string, content []byte, system bool) (SharedLayer, []Problem) {
	layer, file := rules.UserSharedLayer, rules.UserLayer
	if system {
		layer, file = rules.SystemSharedLayer, rules.SystemLayer
	}
	statements, problems := checkDocument(path, content)
	if len(problems) > 0 {
		return SharedLayer{}, sorted(problems)
	}
	named, problems := namedLayers(source{file: File{Layer: file, Path: path}, statements: statements}, layer)
	for _, one := range named {
		if one.Reference.String() == f.Reference {
			return one, nil
		}
	}
	return SharedLayer{}, problems
}

// Follow names a shared layer in a policy file, which is made where it is missing; for
// everybody to read where it is the system's. Every byte that stands there is kept.
func (f Following) Follow(path string, system bool) error {
	return editPolicy(path, system, func(content []byte) ([]byte, error) { return f.edit(path, content) })
}

// Unfollow takes a shared layer out of a policy file. found is false where the file does
// not name it. Keys stay: others may need them.
func Unfollow(path, reference string) (found bool, err error) {
	err = editPolicy(path, false, func(content []byte) ([]byte, error) {
		root, problems := parseDocument(path, content)
		if len(problems) > 0 {
			return nil, &Error{problems}
		}
		item := findItem(root, "from", reference)
		if item == nil {
			return content, nil
		}
		found = true
		edited, ok := withoutItem(content, item)
		if _, problems := checkDocument(path, edited); !ok || len(problems) > 0 {
			return nil, errors.New(takeOut(path, item.line))
		}
		return edited, nil
	})
	return found, err
}

// editPolicy changes a policy file under its lock.
func editPolicy(path string, system bool, edit func([]byte) ([]byte, error)) error {
	directory, mode := fs.FileMode(0o700), fs.FileMode(0o600)
	if system {
		directory, mode = 0o755, 0o644
	}
	if err := os.MkdirAll(filepath.Dir(path), directory); err != nil {
		return fmt.Errorf("write policy: %w", err)
	}
	unlock, err := files.LockBeside(path)
	if err != nil {
		return fmt.Errorf("lock policy: %w", err)
	}
	defer unlock()
	content, err := readGuarded(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &Error{[]Problem{fileProblem(path, err)}}
	}
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	edited, err := edit(content)
	if err != nil || bytes.Equal(edited, content) {
		return err
	}
	if err := replaceBehindLinks(path, edited, mode); err != nil {
		return fmt.Errorf("write policy: %w", err)
	}
	return nil
}

// edit adds the layer and its keys to the content of a policy file.
func (f Following) edit(path string, content []byte) ([]byte, error) {
	edited := content
	for _, list := range []struct {
		key    string
		values []string
	}{{"from", []string{f.Reference}}, {"allowed-signers", f.AllowedSigners}, {"minisign-keys", f.MinisignKeys}} {
		for _, value := range list.values {
			root, problems := parseDocument(path, edited)
			if len(problems) > 0 {
				countCharacters(edited, problems)
				return nil, &Error{problems}
			}
			if findItem(root, list.key, value) != nil {
				continue
			}
			changed, line := withItem(edited, root, list.key, value)
			if line > 0 {
				return nil, errors.New(putInto(path, line, list.key, value))
			}
			edited = changed
		}
	}
	if _, problems := checkDocument(path, edited); len(problems) > 0 {
		return nil, &Error{sorted(problems)}
	}
	return edited, nil
}

// findItem finds a value of a list of [policy]; nil for none.
func findItem(root *node, key, value string) *node {
	table := root.get("policy")
	if table == nil {
		return nil
	}
	list := table.get(key)
	if list == nil {
		return nil
	}
	at := slices.IndexFunc(list.items, func(item *node) bool { return item.kind == stringKind && item.text == value })
	if at < 0 {
		return nil
	}
	return list.items[at]
}

// withItem adds a value at the end of a list of [policy]. Where that is not possible
// line is the one that a person has to change.
func withItem(content []byte, root *node, key, value string) (edited []byte, line int) {
	quoted := words.TOMLString(value)
	table := root.get("policy")
	if table == nil {
		return withTable(content, appendedTable{header: "[policy]", lines: []string{key + " = [" + quoted + "]"}}), 0
	}
	list := table.get(key)
	switch {
	case list != nil && len(list.items) > 0:
		last := list.items[len(list.items)-1]
		start, end, ok := tokenOf(content, last)
		if !ok {
			return nil, last.line
		}
		between := ", "
		if before := content[lineStart(content, start):start]; len(bytes.TrimSpace(before)) == 0 {
			between = ",\n" + string(before) // one a line
		}
		return splice(content, end, end, between+quoted), 0
	case list != nil && list.kind == arrayKind:
		at := offsetOf(content, list.line, 1)
		empty := emptyList().FindSubmatchIndex(content[at:])
		if empty == nil || string(content[at+empty[2]:at+empty[3]]) != key {
			return nil, list.line
		}
		return splice(content, at+empty[4], at+empty[5], quoted), 0
	case list != nil || table.kind != tableKind || table.inline || table.dotted || !table.defined:
		return nil, max(table.line, 1)
	}
	end := offsetOf(content, table.line+1, 1)
	added := key + " = [" + quoted + "]\n"
	if end == len(content) && !bytes.HasSuffix(content, []byte("\n")) {
		added = "\n" + added
	}
	return splice(content, end, end, added), 0
}

// emptyList is a line with a list that has nothing in it.
var emptyList = lazyregexp.New(`^[ \t]*([a-z-]+)[ \t]*=[ \t]*\[([ \t]*)\]`)

// withoutItem takes a value out of its list, with the comma behind or before it.
func withoutItem(content []byte, item *node) ([]byte, bool) {
	start, end, ok := tokenOf(content, item)
	if !ok {
		return nil, false
	}
	rest := bytes.TrimLeft(content[end:], " \t")
	switch {
	case bytes.HasPrefix(rest, []byte(",")):
		end = len(content) - len(rest) + 1
		if line := lineStart(content, start); len(bytes.TrimSpace(content[line:start])) == 0 &&
			bytes.HasPrefix(bytes.TrimLeft(content[end:], " \t\r"), []byte("\n")) {
			start, end = line, end+bytes.IndexByte(content[end:], '\n')+1
		} else {
			end = len(content) - len(bytes.TrimLeft(content[end:], " \t"))
		}
	default:
		if before := bytes.TrimRight(content[:start], " \t\r\n"); bytes.HasSuffix(before, []byte(",")) {
			start = len(before) - 1
		}
	}
	return splice(content, start, end, ""), true
}

// tokenOf gives the place of a string as it is written, where it is written plainly.
func tokenOf(content []byte, item *node) (start, end int, ok bool) {
	start = offsetOf(content, item.line, item.column)
	for _, quote := range []string{`"`, `'`} {
		if written := quote + item.text + quote; bytes.HasPrefix(content[start:], []byte(written)) {
			return start, start + len(written), true
		}
	}
	return 0, 0, false
}

// offsetOf gives the byte at a line and column, in bytes; the end where there is none.
func offsetOf(content []byte, line, column int) int {
	offset := 0
	for ; line > 1; line-- {
		at := bytes.IndexByte(content[offset:], '\n')
		if at < 0 {
			return len(content)
		}
		offset += at + 1
	}
	return min(offset+column-1, len(content))
}

func lineStart(content []byte, offset int) int {
	return bytes.LastIndexByte(content[:offset], '\n') + 1
}

func splice(content []byte, start, end int, text string) []byte {
	return slices.Concat(content[:start], []byte(text), content[end:])
}
