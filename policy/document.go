package policy

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"thresher/internal/words"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// largestFile is the size in bytes from which on a policy file is refused:
// thousands of entries fit below it, and what nests deep enough to hurt the
// parser does not.
const largestFile = 512 << 10

// deepestNesting is how deep arrays and inline tables may nest. No key needs
// more than three; the parser underneath recurses without a limit.
const deepestNesting = 32

// kind is the type of a value as TOML has it.
type kind string

const (
	stringKind   kind = "a string"
	integerKind  kind = "an integer"
	floatKind    kind = "a float"
	booleanKind  kind = "true or false"
	dateKind     kind = "a date"
	dateTimeKind kind = "a date with a time"
	timeKind     kind = "a time of day"
	arrayKind    kind = "a list"
	tableKind    kind = "a table"
)

// node is one value of a document, with the place it was written.
type node struct {
	kind         kind
	line, column int
	text         string // of a string, or the value as written
	integer      int64
	boolean      bool
	date         time.Time
	items        []*node // of a list
	keys         []key   // of a table, in the order of the document
	index        map[string]int
	defined      bool // a table that has its own header, is inline or made by a dotted key
	dotted       bool // a table made by a dotted key
	inline       bool // a table in braces, which is closed
	headers      bool // a list made of [[…]] headers
}

// key is one key of a table with its value.
type key struct {
	name         string
	line, column int
	value        *node
}

func (n *node) get(name string) *node {
	if i, found := n.index[name]; found {
		return n.keys[i].value
	}
	return nil
}

func (n *node) add(word key, value *node) {
	if n.index == nil {
		n.index = map[string]int{}
	}
	word.value = value
	n.index[word.name] = len(n.keys)
	n.keys = append(n.keys, word)
}

// parseDocument reads a TOML document into a tree that knows its places.
// go-toml's parser reads it; its decoder is not used because it drops the
// places of everything but errors, has none for a duplicate key, and takes
// seconds for a file of thousands of keys. What TOML 1.0 says of tables that
// are defined twice is judged here. Columns are in bytes.
func parseDocument(path string, content []byte) (*node, []Problem) {
	whole := func(message string) []Problem { return []Problem{{Path: path, Message: message}} }
	at := func(line, column int, message string) []Problem {
		return []Problem{{Path: path, Line: line, Column: column, Message: message}}
	}
	if len(content) > largestFile {
		return nil, whole(fileTooLarge(largestFile))
	}
	if bytes.HasPrefix(content, []byte("\xef\xbb\xbf")) {
		return nil, at(1, 1, byteOrderMark)
	}
	if offset := firstInvalid(content); offset >= 0 {
		line, column := position(content, offset)
		return nil, at(line, column, notUTF8)
	}
	if offset := tooDeep(content); offset >= 0 {
		line, column := position(content, offset)
		return nil, at(line, column, nestsTooDeep(deepestNesting))
	}
	root, problem := buildTree(content)
	if problem != nil {
		problem.Path = path
		return nil, []Problem{*problem}
	}
	return root, nil
}

// syntaxMessage is go-toml's message as thresher writes messages.
func syntaxMessage(err error) string {
	return words.Printable(strings.TrimPrefix(err.Error(), "toml: "))
}

func firstInvalid(content []byte) int {
	for offset := 0; offset < len(content); {
		character, size := utf8.DecodeRune(content[offset:])
		if character == utf8.RuneError && size <= 1 {
			return offset
		}
		offset += size
	}
	return -1
}

// tooDeep returns where brackets nest deeper than deepestNesting, or -1.
// Strings and comments are not told apart, for brackets in them that are not
// closed: no policy has thirty of those.
func tooDeep(content []byte) int {
	depth := 0
	for offset, c := range content {
		switch c {
		case '[', '{':
			if depth++; depth > deepestNesting {
				return offset
			}
		case ']', '}':
			depth = max(depth-1, 0)
		}
	}
	return -1
}

// position returns line and column, in bytes, of a byte of the content.
func position(content []byte, offset int) (line, column int) {
	before := content[:offset]
	return bytes.Count(before, []byte{'\n'}) + 1, offset - bytes.LastIndexByte(before, '\n')
}

// countCharacters turns the columns of problems from bytes into characters.
func countCharacters(content []byte, problems []Problem) {
	lines := bytes.Split(content, []byte("\n"))
	for i := range problems {
		problem := &problems[i]
		if problem.Line < 1 || problem.Line > len(lines) {
			continue
		}
		line := lines[problem.Line-1]
		problem.Column = utf8.RuneCount(line[:min(max(problem.Column-1, 0), len(line))]) + 1
	}
}

// treeBuilder builds the tree of one document.
type treeBuilder struct {
	content []byte
	parser  unstable.Parser
	lines   []int // offset of the first byte of every line
}

func buildTree(content []byte) (*node, *Problem) {
	builder := treeBuilder{content: content, lines: []int{0}}
	for offset, c := range content {
		if c == '\n' {
			builder.lines = append(builder.lines, offset+1)
		}
	}
	builder.parser.Reset(content)
	root := &node{kind: tableKind, line: 1, column: 1, defined: true}
	current := root
	for builder.parser.NextExpression() {
		expression := builder.parser.Expression()
		var problem *Problem
		switch expression.Kind {
		case unstable.Table:
			current, problem = builder.header(root, expression)
		case unstable.ArrayTable:
			current, problem = builder.arrayHeader(root, expression)
		case unstable.KeyValue:
			problem = builder.keyValue(current, expression)
		}
		if problem != nil {
			return nil, problem
		}
	}
	if err := builder.parser.Error(); err != nil {
		problem := &Problem{Message: syntaxMessage(err)}
		var located *unstable.ParserError
		if errors.As(err, &located) {
			problem.Line, problem.Column = builder.place(int(builder.parser.Range(located.Highlight).Offset))
		}
		return nil, problem
	}
	return root, nil
}

// place returns the line of a byte, and its column in bytes: counting the
// characters of every line before it is known that someone will read about it
// would take too long for a long line.
func (b *treeBuilder) place(offset int) (line, column int) {
	line, found := slices.BinarySearch(b.lines, offset)
	if !found {
		line--
	}
	return line + 1, offset - b.lines[line] + 1
}

// words returns the parts of a dotted key with their places: those of the
// tables, and the last.
func (b *treeBuilder) words(parts unstable.Iterator) (tables []key, last key, problem *Problem) {
	for parts.Next() {
		part := parts.Node()
		line, column := b.place(int(part.Raw.Offset))
		tables = append(tables, key{name: string(part.Data), line: line, column: column})
	}
	last = tables[len(tables)-1]
	if len(tables) > deepestNesting {
		return nil, last, &Problem{Line: last.line, Column: last.column, Message: nestsTooDeep(deepestNesting)}
	}
	return tables[:len(tables)-1], last, nil
}

func duplicate(word key) *Problem {
	return &Problem{Line: word.line, Column: word.column, Message: duplicateKey(word.name)}
}

// descend walks the tables that a header's key names before its last word,
// making those that are missing.
func descend(table *node, words []key) (*node, *Problem) {
	for _, word := range words {
		next := table.get(word.name)
		switch {
		case next == nil:
			next = &node{kind: tableKind, line: word.line, column: word.column}
			table.add(word, next)
		case next.kind == arrayKind && next.headers:
			next = next.items[len(next.items)-1]
		case next.kind != tableKind || next.inline:
			return nil, duplicate(word)
		}
		table = next
	}
	return table, nil
}

// descendDotted walks the tables that the dotted key of a value names before
// its last word. A table that has a header is not added to from outside.
func descendDotted(table *node, words []key) (*node, *Problem) {
	for _, word := range words {
		next := table.get(word.name)
		switch {
		case next == nil:
			next = &node{kind: tableKind, line: word.line, column: word.column, defined: true, dotted: true}
			table.add(word, next)
		case !next.dotted:
			return nil, duplicate(word)
		}
		table = next
	}
	return table, nil
}

// parent gives the table that a header's last word stands in.
func (b *treeBuilder) parent(root *node, header *unstable.Node) (*node, key, *Problem) {
	tables, last, problem := b.words(header.Key())
	if problem != nil {
		return nil, last, problem
	}
	parent, problem := descend(root, tables)
	return parent, last, problem
}

func (b *treeBuilder) header(root *node, expression *unstable.Node) (*node, *Problem) {
	parent, last, problem := b.parent(root, expression)
	if problem != nil {
		return nil, problem
	}
	table := parent.get(last.name)
	switch {
	case table == nil:
		table = &node{kind: tableKind, line: last.line, column: last.column}
		parent.add(last, table)
	case table.kind != tableKind || table.defined:
		return nil, duplicate(last)
	}
	table.defined = true
	return table, nil
}

func (b *treeBuilder) arrayHeader(root *node, expression *unstable.Node) (*node, *Problem) {
	parent, last, problem := b.parent(root, expression)
	if problem != nil {
		return nil, problem
	}
	list := parent.get(last.name)
	switch {
	case list == nil:
		list = &node{kind: arrayKind, headers: true, line: last.line, column: last.column}
		parent.add(last, list)
	case list.kind != arrayKind || !list.headers:
		return nil, duplicate(last)
	}
	table := &node{kind: tableKind, line: last.line, column: last.column, defined: true}
	list.items = append(list.items, table)
	return table, nil
}

func (b *treeBuilder) keyValue(table *node, expression *unstable.Node) *Problem {
	tables, last, problem := b.words(expression.Key())
	if problem != nil {
		return problem
	}
	table, problem = descendDotted(table, tables)
	if problem != nil {
		return problem
	}
	if table.get(last.name) != nil {
		return duplicate(last)
	}
	value, problem := b.value(expression.Value(), last.line, last.column)
	if problem != nil {
		return problem
	}
	table.add(last, value)
	return nil
}

// value builds one value. Not every kind of value knows its own place; the
// place of its key stands in.
func (b *treeBuilder) value(value *unstable.Node, line, column int) (*node, *Problem) {
	if value.Raw.Length > 0 {
		line, column = b.place(int(value.Raw.Offset))
	}
	built := &node{line: line, column: column, text: string(value.Data)}
	switch value.Kind {
	case unstable.String:
		built.kind = stringKind
	case unstable.Bool:
		built.kind, built.boolean = booleanKind, built.text == "true"
	case unstable.Integer:
		built.kind = integerKind
		if err := parseInteger(built.text, &built.integer); err != nil {
			return nil, &Problem{Line: line, Column: column, Message: badInteger(built.text)}
		}
	case unstable.Float:
		built.kind = floatKind
	case unstable.LocalDate:
		built.kind = dateKind
		date, err := time.Parse(time.DateOnly, built.text)
		if err != nil {
			return nil, &Problem{Line: line, Column: column, Message: badDate(built.text)}
		}
		built.date = date
	case unstable.LocalDateTime, unstable.DateTime:
		built.kind = dateTimeKind
	case unstable.LocalTime:
		built.kind = timeKind
	case unstable.Array:
		built.kind = arrayKind
		for items := value.Children(); items.Next(); {
			item, problem := b.value(items.Node(), line, column)
			if problem != nil {
				return nil, problem
			}
			built.items = append(built.items, item)
		}
	case unstable.InlineTable:
		built.kind, built.defined = tableKind, true
		for pairs := value.Children(); pairs.Next(); {
			if problem := b.keyValue(built, pairs.Node()); problem != nil {
				return nil, problem
			}
		}
		built.inline = true
	default:
		return nil, &Problem{Line: line, Column: column, Message: unknownValue(fmt.Sprint(value.Kind))}
	}
	return built, nil
}

// parseInteger reads an integer as TOML writes it. (https://toml.io/en/v1.0.0#integer)
func parseInteger(text string, into *int64) error {
	var whatever map[string]int64
	if err := toml.Unmarshal([]byte("v="+text), &whatever); err != nil {
		return err
	}
	*into = whatever["v"]
	return nil
}
