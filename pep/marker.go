package pep

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Marker is an environment marker of PEP 508.
type Marker struct {
	expression []markerAlternative
}

// markerAlternative is what stands between two "or": atoms that must all hold.
type markerAlternative []markerAtom

// markerAtom is a comparison, or an expression in parentheses.
type markerAtom struct {
	group       []markerAlternative // of parentheses; nil for a comparison
	left, right markerOperand
	operator    string
}

type markerOperand struct {
	text     string // a variable's name with "_" for ".", or a string's value
	variable bool
}

// maximalDepth bounds nested parentheses. Python's own parser ends before a
// thousand; no real marker has ten.
const maximalDepth = 200

// ParseMarker reads an environment marker as packaging 26.3 does. The error
// says what was expected where.
func ParseMarker(text string) (*Marker, error) {
	s := &scanner{text: text}
	expression, err := s.markerExpression(0)
	if err == nil && !s.atEnd() {
		err = s.expected("and, or, or the end of the marker")
	}
	if err != nil {
		return nil, fmt.Errorf(messageNoMarker, shorten(text), err)
	}
	return &Marker{expression: expression}, nil
}

func (s *scanner) markerExpression(depth int) ([]markerAlternative, error) {
	if depth > maximalDepth {
		return nil, fmt.Errorf(messageTooDeep, maximalDepth)
	}
	var expression []markerAlternative
	var alternative markerAlternative
	for {
		atom, err := s.markerAtom(depth)
		if err != nil {
			return nil, err
		}
		alternative = append(alternative, atom)
		if s.takeWord("and") {
			continue
		}
		expression = append(expression, alternative)
		alternative = nil
		if !s.takeWord("or") {
			return expression, nil
		}
	}
}

func (s *scanner) markerAtom(depth int) (markerAtom, error) {
	s.skipSpace()
	var atom markerAtom
	var err error
	if s.take("(") {
		atom.group, err = s.markerExpression(depth + 1)
		if err != nil {
			return atom, err
		}
		if !s.take(")") {
			return atom, s.expected(")")
		}
	} else if atom, err = s.markerComparison(); err != nil {
		return atom, err
	}
	s.skipSpace()
	return atom, nil
}

func (s *scanner) markerComparison() (markerAtom, error) {
	var atom markerAtom
	var err error
	if atom.left, err = s.markerOperand(); err != nil {
		return atom, err
	}
	s.skipSpace()
	if atom.operator = s.markerOperator(); atom.operator == "" {
		return atom, s.expected("a comparison")
	}
	s.skipSpace()
	if atom.right, err = s.markerOperand(); err != nil {
		return atom, err
	}
	atom.normaliseExtra()
	return atom, nil
}

func (s *scanner) markerOperator() string {
	if s.takeWord("in") {
		return "in"
	}
	if s.takeWord("not") {
		if s.skipSpace() && s.takeWord("in") {
			return "not in"
		}
		return ""
	}
	for _, operator := range operators {
		if s.take(operator) {
			return operator
		}
	}
	return ""
}

// markerVariables are the names that PEP 508 knows, and the spellings with a
// dot that came before it.
var markerVariables = []string{
	"python_version", "python_full_version", "os_name", "os.name", "sys_platform", "sys.platform",
	"platform_release", "platform_system", "platform_version", "platform.version",
	"platform_machine", "platform.machine",
	"platform_python_implementation", "platform.python_implementation", "python_implementation",
	"implementation_name", "implementation_version", "extra", "extras", "dependency_groups",
}

func (s *scanner) markerOperand() (markerOperand, error) {
	for _, variable := range markerVariables {
		if s.takeWord(variable) {
			name := strings.ReplaceAll(variable, ".", "_")
			if name == "python_implementation" {
				name = "platform_python_implementation"
			}
			return markerOperand{text: name, variable: true}, nil
		}
	}
	if s.position >= len(s.text) || s.text[s.position] != '"' && s.text[s.position] != '\'' {
		return markerOperand{}, s.expected("a marker variable or a quoted string")
	}
	quote := s.text[s.position]
	end := strings.IndexByte(s.text[s.position+1:], quote)
	if end < 0 {
		return markerOperand{}, errors.New(messageUnclosedString)
	}
	literal := s.text[s.position+1 : s.position+1+end]
	value, ok := unescape(literal)
	if !ok {
		return markerOperand{}, fmt.Errorf(messageBadEscape, shorten(literal))
	}
	s.position += end + 2
	return markerOperand{text: value}, nil
}

// simpleEscapes are Python's escapes of one letter.
var simpleEscapes = map[byte]string{
	'\\': "\\", '\'': "'", '"': "\"", 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t",
	'v': "\v", '\n': "",
}

// unescape reads the inside of a Python string literal, as which packaging
// evaluates it. Named characters (\N{…}) and lone surrogates are not read.
func unescape(literal string) (string, bool) {
	if !strings.ContainsAny(literal, "\\\n\r\x00") {
		return literal, utf8.ValidString(literal)
	}
	var b strings.Builder
	for i := 0; i < len(literal); {
		c := literal[i]
		if c == '\n' || c == '\r' || c == 0 {
			return "", false
		}
		i++
		if c != '\\' {
			b.WriteByte(c)
			continue
		}
		if i == len(literal) {
			return "", false
		}
		c = literal[i]
		if replacement, ok := simpleEscapes[c]; ok {
			b.WriteString(replacement)
			i++
			continue
		}
		size, base := 0, 16
		switch {
		case c == 'x':
			size = 2
		case c == 'u':
			size = 4
		case c == 'U':
			size = 8
		case '0' <= c && c <= '7':
			base = 8
			for size < 3 && i+size < len(literal) && '0' <= literal[i+size] && literal[i+size] <= '7' {
				size++
			}
			i-- // there is no letter to pass
		case c == 'N' || c == '\r' || c == 0:
			return "", false
		default:
			b.WriteByte('\\') // an escape that Python does not know stays as it is
			continue
		}
		i++
		if i+size > len(literal) {
			return "", false
		}
		value, err := strconv.ParseUint(literal[i:i+size], base, 32)
		if err != nil || !utf8.ValidRune(rune(value)) || value > utf8.MaxRune {
			return "", false
		}
		b.WriteRune(rune(value))
		i += size
	}
	return b.String(), utf8.ValidString(b.String())
}

// normaliseExtra gives the name compared with "extra" its canonical form
// (PEP 685), as packaging does when it reads a marker.
func (a *markerAtom) normaliseExtra() {
	switch {
	case a.left.variable && a.left.text == "extra" && !a.right.variable:
		a.right.text = CanonicalName(a.right.text)
	case a.right.variable && isSetVariable(a.right.text) && !a.left.variable,
		a.right.variable && a.right.text == "extra" && !a.left.variable:
		a.left.text = CanonicalName(a.left.text)
	}
}

func isSetVariable(name string) bool { return name == "extras" || name == "dependency_groups" }

// Evaluate tells whether the marker holds in the environment given (the
// variables of PEP 508) with any one of the extras, or with none where none is
// given, as pip asks. An error says that a variable has no value (a set such as
// "extras" has none outside lock files), or that a comparison is not defined.
func (m *Marker) Evaluate(environment map[string]string, extras ...string) (bool, error) {
	if len(extras) == 0 {
		extras = []string{""}
	}
	for _, extra := range extras {
		holds, err := evaluateExpression(m.expression, environment, CanonicalName(extra))
		if err != nil || holds {
			return holds, err
		}
	}
	return false, nil
}

// evaluateExpression evaluates every part, as packaging does, so that an error
// in one is not hidden by another.
func evaluateExpression(expression []markerAlternative, environment map[string]string, extra string) (bool, error) {
	holds := false
	for _, alternative := range expression {
		all := true
		for i := range alternative {
			atom := &alternative[i]
			var result bool
			var err error
			if atom.group != nil {
				result, err = evaluateExpression(atom.group, environment, extra)
			} else {
				result, err = atom.evaluate(environment, extra)
			}
			if err != nil {
				return false, err
			}
			all = all && result
		}
		holds = holds || all
	}
	return holds, nil
}

func (a *markerAtom) evaluate(environment map[string]string, extra string) (bool, error) {
	left, right := a.left.text, a.right.text
	var key string
	var err error
	if a.left.variable {
		key = left
		left, err = lookUp(environment, extra, key)
	} else {
		// Where neither side is a variable, packaging takes the right one for it.
		key = right
		right, err = lookUp(environment, extra, key)
	}
	if err != nil {
		return false, err
	}
	switch key {
	case "python_version", "python_full_version", "implementation_version", "platform_release":
		clause := trimSpace(a.operator + right)
		if specifier, end := scanSpecifier(clause); end > 0 && end == len(clause) {
			return Specifiers{list: []Specifier{specifier}}.Contains(left, true), nil
		}
	}
	switch a.operator {
	case "==", "<=", ">=":
		return left == right, nil
	case "!=":
		return left != right, nil
	case "<", ">":
		return false, nil
	case "in":
		return strings.Contains(right, left), nil
	case "not in":
		return !strings.Contains(right, left), nil
	}
	return false, fmt.Errorf(messageNoComparison, a.operator, left, right)
}

func lookUp(environment map[string]string, extra, key string) (string, error) {
	if key == "extra" {
		return extra, nil
	}
	value, ok := environment[key]
	if !ok || isSetVariable(key) {
		return "", fmt.Errorf(messageNoSuchVariable, shorten(key))
	}
	if key == "python_full_version" && strings.HasSuffix(value, "+") {
		// Python built between two tags calls itself "3.13.0a1+".
		value += "local"
	}
	return value, nil
}

// Certain tells whether every packaging from 20.4 on evaluates the marker alike:
// a variable on the left of a comparison that all of them know, and texts that
// none of them takes for versions. Older ones compare all that looks like one as
// versions.
func (m *Marker) Certain() bool { return isCertain(m.expression) }

func isCertain(expression []markerAlternative) bool {
	for _, alternative := range expression {
		for i := range alternative {
			atom := &alternative[i]
			if atom.group != nil && !isCertain(atom.group) || atom.group == nil && !atom.isCertain() {
				return false
			}
		}
	}
	return true
}

func (a *markerAtom) isCertain() bool {
	contains := a.operator == "in" || a.operator == "not in"
	variable, literal := a.left, a.right
	if contains && a.right.variable {
		variable, literal = a.right, a.left
	}
	if !variable.variable || literal.variable {
		return false
	}
	switch variable.text {
	case "python_version", "python_full_version":
		specifier, end := scanSpecifier(a.operator + literal.text)
		return contains || end > 0 && end == len(a.operator+literal.text) && specifier.Operator != "==="
	case "os_name", "sys_platform", "platform_system", "platform_machine", "platform_python_implementation",
		"implementation_name", "extra":
		_, isVersion := parseVersion(strings.TrimSuffix(literal.text, ".*"))
		return contains || (a.operator == "==" || a.operator == "!=") && !isVersion
	}
	return false
}

// Extras gives the canonical names that the marker compares "extra" with, each once.
func (m *Marker) Extras() []string {
	var names []string
	collectExtras(m.expression, &names)
	slices.Sort(names)
	return slices.Compact(names)
}

func collectExtras(expression []markerAlternative, names *[]string) {
	for _, alternative := range expression {
		for _, atom := range alternative {
			switch {
			case atom.group != nil:
				collectExtras(atom.group, names)
			case atom.left.variable && atom.left.text == "extra" && !atom.right.variable:
				*names = append(*names, atom.right.text)
			case atom.right.variable && atom.right.text == "extra" && !atom.left.variable:
				*names = append(*names, atom.left.text)
			}
		}
	}
}

// String gives the marker as packaging prints it, e.g.
// `python_version < "3.9" and (os_name == "nt" or extra == "all")`.
func (m *Marker) String() string {
	var b strings.Builder
	expression := m.expression
	for isWrapped(expression) {
		expression = expression[0][0].group
	}
	writeExpression(&b, expression)
	return b.String()
}

// isWrapped tells an expression that is nothing but one pair of parentheses.
func isWrapped(expression []markerAlternative) bool {
	return len(expression) == 1 && len(expression[0]) == 1 && expression[0][0].group != nil
}

func writeExpression(b *strings.Builder, expression []markerAlternative) {
	for i, alternative := range expression {
		if i > 0 {
			b.WriteString(" or ")
		}
		for j := range alternative {
			if j > 0 {
				b.WriteString(" and ")
			}
			atom := &alternative[j]
			if atom.group == nil {
				b.WriteString(atom.left.quoted() + " " + atom.operator + " " + atom.right.quoted())
				continue
			}
			group := atom.group
			for isWrapped(group) {
				group = group[0][0].group
			}
			if len(group) == 1 && len(group[0]) == 1 {
				// One comparison needs no parentheses.
				writeExpression(b, group)
				continue
			}
			b.WriteByte('(')
			writeExpression(b, group)
			b.WriteByte(')')
		}
	}
}

// quoted writes a string in the quotes that it does not hold itself.
func (o markerOperand) quoted() string {
	switch {
	case o.variable:
		return o.text
	case strings.Contains(o.text, `"`):
		return "'" + o.text + "'"
	}
	return `"` + o.text + `"`
}
