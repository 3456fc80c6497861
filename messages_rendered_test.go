package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A reader renders the texts of one package as a person sees them: with an example
// for whatever is filled in.
type reader struct {
	directory string
	constants map[string]ast.Expr   // texts that have a name
	filled    map[string][]ast.Expr // what is filled into those of them that are formats
	missing   map[string]bool       // what has no example; for all packages
}

// newReader learns the named texts of the package in a directory, and what is
// filled into them where they are used.
func newReader(directory string, missing map[string]bool) (*reader, error) {
	r := &reader{directory: filepath.ToSlash(directory), constants: map[string]ast.Expr{}, filled: map[string][]ast.Expr{},
		missing: missing}
	paths, err := filepath.Glob(filepath.Join(directory, "*.go"))
	if err != nil {
		return nil, err
	}
	var parsed []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, file)
		for _, declared := range file.Decls {
			if general, ok := declared.(*ast.GenDecl); ok && general.Tok == token.CONST {
				r.read(general)
			}
		}
	}
	for _, file := range parsed {
		ast.Inspect(file, func(node ast.Node) bool {
			if call, ok := node.(*ast.CallExpr); ok {
				if at := r.format(call); at >= 0 {
					r.learn(call.Args[at], call.Args[at+1:])
				}
			}
			return true
		})
	}
	return r, nil
}

// learn keeps what is filled into a format that has a name, or ends with one.
func (r *reader) learn(format ast.Expr, arguments []ast.Expr) {
	if sum, ok := format.(*ast.BinaryExpr); ok {
		before, _ := r.text(sum.X)
		format, arguments = sum.Y, arguments[min(len(arguments), strings.Count(before, "%")):]
	}
	if name := r.named(format); name != "" && r.filled[name] == nil {
		r.filled[name] = arguments
	}
}

// read learns the texts of one declaration of constants.
func (r *reader) read(general *ast.GenDecl) {
	for _, spec := range general.Specs {
		value := spec.(*ast.ValueSpec)
		for i, name := range value.Names {
			if i < len(value.Values) && r.says(value.Values[i]) {
				r.constants[name.Name] = value.Values[i]
			}
		}
	}
}

// named gives the name of a text that has one.
func (r *reader) named(expression ast.Expr) string {
	if name, ok := expression.(*ast.Ident); ok && r.constants[name.Name] != nil {
		return name.Name
	}
	return ""
}

// says tells whether an expression is a text: one in quotes, several put
// together, or one that is filled in.
func (r *reader) says(expression ast.Expr) bool {
	switch e := expression.(type) {
	case *ast.BasicLit:
		return e.Kind == token.STRING
	case *ast.BinaryExpr:
		return e.Op == token.ADD && (r.says(e.X) || r.says(e.Y))
	case *ast.CallExpr:
		return r.format(e) >= 0 || helps(e) || takesAsIs(e) && r.says(e.Args[0])
	case *ast.Ident:
		return r.named(e) != ""
	}
	return false
}

// format gives which argument of a call is a format, -1 where there is none.
func (r *reader) format(call *ast.CallExpr) int {
	return slices.IndexFunc(call.Args, func(argument ast.Expr) bool {
		text, whole := r.text(argument)
		return whole && strings.Contains(text, "%")
	})
}

// helps tells the call that says what to do next.
func helps(call *ast.CallExpr) bool { return len(call.Args) == 1 && lastWord(call.Fun) == "fix" }

// takesAsIs tells the calls that make a text fit for its place and leave an
// ordinary one as it is.
func takesAsIs(call *ast.CallExpr) bool {
	switch lastWord(call.Fun) {
	case "Sprint", "Sprintf", "New", "Printable", "OneLine", "ShellWord", "ShellWords", "TOMLKey", "Redact",
		"string", "harmless",
		"short", "LastLine", "Listed", "Compact", "Round", "line", "say", "Write", "byte":
		return len(call.Args) == 1
	case "shorten", "Join":
		return len(call.Args) == 2
	}
	return false
}

// counts tells the call that writes a number of things whose noun stands there.
func (r *reader) counts(call *ast.CallExpr) bool {
	if !strings.EqualFold(lastWord(call.Fun), "counted") || len(call.Args) != 2 {
		return false
	}
	_, whole := r.text(call.Args[1])
	return whole
}

// render gives what an expression comes to.
func (r *reader) render(expression ast.Expr) string {
	switch e := expression.(type) {
	case *ast.BasicLit:
		if text, whole := r.text(e); whole {
			return text
		}
		return e.Value
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return r.render(e.X) + r.render(e.Y)
		}
		return r.render(e.X)
	case *ast.ParenExpr:
		return r.render(e.X)
	case *ast.UnaryExpr:
		return r.render(e.X)
	case *ast.ArrayType:
		return ""
	case *ast.Ident:
		if name := r.named(e); name != "" {
			if format, whole := r.text(e); whole {
				return r.fill(format, r.filled[name])
			}
			return r.render(r.constants[name])
		}
	case *ast.CallExpr:
		switch at := r.format(e); {
		case at >= 0:
			format, _ := r.text(e.Args[at])
			return r.fill(format, e.Args[at+1:])
		case helps(e):
			return "  fix: " + r.render(e.Args[0])
		case takesAsIs(e):
			return r.render(e.Args[0])
		case r.counts(e):
			noun, _ := r.text(e.Args[1])
			return "6 " + noun + "s"
		}
	}
	return r.example(expression)
}

var verb = regexp.MustCompile(`%[-+# 0-9.]*([a-zA-Z%])`)

// fill puts examples into a format.
func (r *reader) fill(format string, arguments []ast.Expr) string {
	return verb.ReplaceAllStringFunc(format, func(found string) string {
		if found == "%%" || len(arguments) == 0 {
			return strings.TrimPrefix(found, "%")
		}
		text := r.render(arguments[0])
		arguments = arguments[1:]
		switch found[len(found)-1] {
		case 'q':
			return strconv.Quote(text)
		case 'd':
			if strings.Trim(text, "0123456789,") != "" {
				return "12"
			}
		case 'x':
			return "e9"
		}
		return text
	})
}

// example is what stands for a value.
func (r *reader) example(expression ast.Expr) string {
	name := strings.ToLower(lastWord(expression))
	if text, known := examples[r.directory+" "+name]; known {
		return text
	}
	if text, known := examples[name]; known {
		return text
	}
	r.missing[name] = true
	return "<" + name + ">"
}

// own gives the words of a text that are always the same.
func (r *reader) own(expression ast.Expr) string {
	var b strings.Builder
	ast.Inspect(expression, func(node ast.Node) bool {
		literal, ok := node.(ast.Expr)
		if !ok {
			return true
		}
		text, whole := r.text(literal)
		b.WriteString(verb.ReplaceAllString(text, ""))
		return !whole
	})
	return b.String()
}

// lastWord is the name by which an expression is known: Expires of
// entry.Expires.Format(time.DateOnly), count of len(count).
func lastWord(expression ast.Expr) string {
	switch e := expression.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		switch e.Sel.Name {
		case "Name":
			if of := lastWord(e.X); strings.EqualFold(of, "command") {
				return of + " name"
			}
		case "Format", "UTC", "Local", "String", "Base", "Get", "First", "Trim", "Error":
			return lastWord(e.X)
		}
		return e.Sel.Name
	case *ast.CallExpr:
		name := lastWord(e.Fun)
		if name == "len" || name == "float64" || name == "cmp" {
			return lastWord(e.Args[0])
		}
		return name
	case *ast.IndexExpr:
		return lastWord(e.X)
	case *ast.SliceExpr:
		return lastWord(e.X)
	case *ast.StarExpr:
		return lastWord(e.X)
	case *ast.UnaryExpr:
		return lastWord(e.X)
	}
	return "?"
}

// text gives a text that is always the same: in quotes, or put together from such
// and from what has a name.
func (r *reader) text(expression ast.Expr) (text string, whole bool) {
	switch e := expression.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.Ident:
		if constant := r.constants[e.Name]; constant != nil {
			return r.text(constant)
		}
	case *ast.BinaryExpr:
		left, wholeLeft := r.text(e.X)
		right, wholeRight := r.text(e.Y)
		return left + right, wholeLeft && wholeRight && e.Op == token.ADD
	}
	return "", false
}
