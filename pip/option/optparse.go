package option

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"thresher/pip/internal/pythontext"
	"thresher/pip/internal/release"
)

// Value is the value of one destination after environment,
// configuration and command line.
type Value struct {
	Set    bool      // said by the user anywhere
	Argv   bool      // said on the command line
	Truth  bool      // of store_true and store_false
	Number int64     // of counts and integers
	Float  float64   // of floats
	Text   string    // of store, "~" expanded where pip does
	List   []Setting // of append
	Calls  []Call    // of callbacks, in the order they were made
	Origin Origin    // where the last value came from
}

// Call is one call of an option's callback.
type Call struct {
	Option *Spec
	Value  string
	Origin Origin
}

// Values is optparse's Values: one entry per destination.
type Values map[string]*Value

// Of gives the destination's value, an empty one where the pip has no such
// option.
func (v Values) Of(dest string) *Value {
	if value := v[dest]; value != nil {
		return value
	}
	return &Value{}
}

// End says that pip would end while reading options.
type End struct {
	Help       bool // --help: prints and exits with 0
	Failure    *Failure
	Unreadable *Unreadable
}

// Reader reads words against one command's table, as optparse with
// pip's ConfigOptionParser does.
type Reader struct {
	Table   *CommandTable
	Version string
	Expand  func(path string) string
	Dir     string
	// Exact is set where the table is not that of this very pip: then
	// abbreviations and unknown options cannot be told.
	Exact  bool
	Values Values
	Uses   []Use
}

// Use is one option as it stood on the command line.
type Use struct {
	Option *Spec
	Name   string // the full spelling
	Value  string // as written
}

// Defaults sets every destination to the value pip starts from.
func (r *Reader) Defaults() {
	r.Values = Values{}
	for _, option := range r.Table.Options {
		if option.Dest == "" || option.Action == "help" {
			continue
		}
		value := r.Values[option.Dest]
		if value == nil {
			value = &Value{}
			r.Values[option.Dest] = value
		}
		if option.Default == "" {
			continue
		}
		switch {
		case option.Action == "store_true" || option.Action == "store_false":
			value.Truth = option.Default == "true"
		case option.Type == "float":
			value.Float, _ = strconv.ParseFloat(option.Default, 64)
		case option.Type == "int" || option.Action == "count":
			value.Number, _ = strconv.ParseInt(option.Default, 10, 64)
		default:
			value.Text = option.Default
		}
	}
}

// Update applies environment and configuration: _update_defaults. Its order
// of failures is pip's: the first item that is refused ends pip.
func (r *Reader) Update(items []Item) *End {
	late := map[string]*Value{}
	for _, item := range items {
		option := r.Table.byName["--"+item.Key]
		if option == nil {
			continue
		}
		if option.Dest == "" || option.Action == "help" {
			continue
		}
		value := r.Values[option.Dest]
		switch option.Action {
		case "store_true", "store_false":
			truth, ok := pythontext.Boolean(item.Value)
			if !ok {
				return Failed(2, WrongValue, item.Origin.Place)
			}
			*value = Value{Set: true, Truth: truth, Origin: item.Origin}
		case "count":
			number := int64(0)
			if truth, ok := pythontext.Boolean(item.Value); ok {
				if truth {
					number = 1
				}
			} else {
				var err error
				number, err = plainInteger(item.Value)
				// Before 20.3 only a boolean would do.
				if err != nil || number < 0 || !release.AtLeast(r.Version, "20.3") {
					return Failed(2, WrongValue, item.Origin.Place)
				}
			}
			*value = Value{Set: true, Number: number, Origin: item.Origin}
		case "append":
			list := []Setting{}
			for _, word := range pythontext.Split(item.Value) {
				checked, ok := r.check(option, word)
				if !ok {
					return Failed(3, WrongValue, item.Origin.Place)
				}
				list = append(list, Setting{Value: checked.Text, Origin: item.Origin})
			}
			*value = Value{Set: true, List: list, Origin: item.Origin}
		case "callback":
			checked, ok := r.check(option, item.Value)
			if !ok {
				return Failed(1, WrongValue, item.Origin.Place)
			}
			call := Call{Option: option, Value: checked.Text, Origin: item.Origin}
			if end := r.checkCall(call, true); end != nil {
				return end
			}
			called := late[option.Dest]
			if called == nil {
				called = &Value{Set: true}
				late[option.Dest] = called
			}
			called.Calls = append(called.Calls, call)
			called.Origin = item.Origin
		default:
			checked, ok := r.check(option, item.Value)
			if !ok {
				return Failed(3, WrongValue, item.Origin.Place)
			}
			checked.Set, checked.Origin = true, item.Origin
			*value = checked
		}
	}
	// What callbacks left behind beats plain values of the same destination,
	// wherever these stand: PIP_NO_CACHE_DIR beats PIP_CACHE_DIR.
	for dest, called := range late {
		*r.Values[dest] = *called
	}
	return nil
}

// plainInteger is int() without optparse's prefixes.
func plainInteger(text string) (int64, error) {
	digits := pythontext.Strip(text)
	sign := ""
	if strings.HasPrefix(digits, "-") || strings.HasPrefix(digits, "+") {
		sign, digits = digits[:1], digits[1:]
	}
	digits = pythontext.ASCIIDigits(digits)
	if digits == "" || strings.HasPrefix(digits, "_") || strings.HasSuffix(digits, "_") ||
		strings.Contains(digits, "__") {
		return 0, strconv.ErrSyntax
	}
	digits = strings.ReplaceAll(digits, "_", "")
	if strings.Trim(digits, "0123456789") != "" {
		return 0, strconv.ErrSyntax
	}
	number, err := strconv.ParseInt(sign+digits, 10, 64)
	if err != nil {
		number = 1 << 62
	}
	return number, nil
}

// check is Option.check_value: the value in its type; ok is false for what is none
// of that type.
func (r *Reader) check(option *Spec, text string) (value Value, ok bool) {
	switch option.Type {
	case "int":
		number, err := pythontext.Integer(text)
		if errors.Is(err, strconv.ErrRange) {
			// Python's integers have no bound; pip then takes it as very many.
			number, err = 1<<62, nil
		}
		if err != nil {
			return Value{}, false
		}
		return Value{Number: number, Text: text}, true
	case "float":
		number, err := pythontext.Float(text)
		if err != nil {
			return Value{}, false
		}
		return Value{Float: number, Text: text}, true
	case "choice":
		for _, choice := range option.Choices {
			if choice == text {
				return Value{Text: text}, true
			}
		}
		return Value{}, false
	case "path":
		return Value{Text: r.Expand(text)}, true
	}
	return Value{Text: text}, true
}

// Arguments reads the words of the command line. interspersed is optparse's:
// without it the first positional ends the options. The result is the
// positionals, each with its place in args.
func (r *Reader) Arguments(args []string, place func(int) string, interspersed bool) ([]Setting, *End) {
	type word struct {
		text  string
		index int
	}
	rest := make([]word, len(args))
	for i, text := range args {
		rest[i] = word{text, i}
	}
	var positionals []Setting
	take := func(w word) {
		positionals = append(positionals, Setting{Value: w.text, Origin: Origin{Kind: FromArgv, Place: place(w.index)}})
	}
	for len(rest) > 0 {
		w := rest[0]
		switch {
		case w.text == "--":
			for _, w := range rest[1:] {
				take(w)
			}
			return positionals, nil
		case strings.HasPrefix(w.text, "--"):
			rest = rest[1:]
			name, value, explicit := strings.Cut(w.text, "=")
			option, end := r.match(name)
			if end != nil {
				return nil, end
			}
			switch {
			case option.TakesValue() && !explicit:
				if len(rest) == 0 {
					return nil, Failed(2, WrongValue, name)
				}
				value = rest[0].text
				rest = rest[1:]
			case !option.TakesValue() && explicit:
				return nil, Failed(2, WrongValue, name)
			}
			if end := r.apply(option, option.match(name), value, Origin{FromArgv, place(w.index)}); end != nil {
				return nil, end
			}
		case strings.HasPrefix(w.text, "-") && len(w.text) > 1:
			rest = rest[1:]
			for at := 1; at < len(w.text); {
				_, size := utf8.DecodeRuneInString(w.text[at:])
				name := "-" + w.text[at:at+size]
				at += size
				option := r.Table.byName[name]
				if option == nil {
					if r.Exact {
						return nil, &End{Unreadable: UnknownOption(name, r.Version, place(w.index))}
					}
					return nil, Failed(2, NoSuchOption, name)
				}
				value := ""
				if option.TakesValue() {
					if at < len(w.text) {
						value = w.text[at:]
					} else {
						if len(rest) == 0 {
							return nil, Failed(2, WrongValue, name)
						}
						value = rest[0].text
						rest = rest[1:]
					}
					at = len(w.text)
				}
				if end := r.apply(option, name, value, Origin{FromArgv, place(w.index)}); end != nil {
					return nil, end
				}
			}
		default:
			if !interspersed {
				for _, w := range rest {
					take(w)
				}
				return positionals, nil
			}
			take(w)
			rest = rest[1:]
		}
	}
	return positionals, nil
}

// match gives the spelling that an abbreviation stands for.
func (o *Spec) match(name string) string {
	for _, known := range o.Names {
		if known == name {
			return known
		}
	}
	for _, known := range o.Names {
		if strings.HasPrefix(known, name) {
			return known
		}
	}
	return name
}

// long is optparse's _match_abbrev: an exact name, or the one spelling that
// begins with it; two spellings of the same option are ambiguous.
func (r *Reader) match(name string) (*Spec, *End) {
	if option := r.Table.byName[name]; option != nil {
		return option, nil
	}
	if r.Exact {
		return nil, &End{Unreadable: UnknownOption(name, r.Version, "command line")}
	}
	var matched *Spec
	for known, option := range r.Table.byName {
		if !strings.HasPrefix(known, "--") || !strings.HasPrefix(known, name) {
			continue
		}
		if matched != nil {
			return nil, Failed(2, AmbiguousOption, name)
		}
		matched = option
	}
	if matched == nil {
		return nil, Failed(2, NoSuchOption, name)
	}
	return matched, nil
}

// apply is Option.process for one option of the command line.
func (r *Reader) apply(option *Spec, name, text string, origin Origin) *End {
	if option.Action == "help" {
		return &End{Help: true}
	}
	value := r.Values[option.Dest]
	if value == nil {
		value = &Value{}
		r.Values[option.Dest] = value
	}
	checked, ok := r.check(option, text)
	if option.TakesValue() && !ok {
		return Failed(2, WrongValue, name)
	}
	switch option.Action {
	case "store_true", "store_false":
		value.Truth = option.Action == "store_true"
	case "count":
		value.Number++
	case "append":
		value.List = append(value.List, Setting{Value: checked.Text, Origin: origin})
	case "callback":
		call := Call{Option: option, Value: checked.Text, Origin: origin}
		if end := r.checkCall(call, false); end != nil {
			return end
		}
		value.Calls = append(value.Calls, call)
	case "store":
		value.Text, value.Number, value.Float = checked.Text, checked.Number, checked.Float
		if len(value.Calls) > 0 {
			// --cache-dir after --no-cache-dir: the last one wins here.
			value.Calls = nil
		}
	case "store_const":
	}
	value.Set, value.Argv, value.Origin = true, true, origin
	r.Uses = append(r.Uses, Use{Option: option, Name: name, Value: text})
	return nil
}

// checkCall is what pip's callbacks refuse at once. fromConfig tells apart the
// callbacks that take no value but get one from environment or configuration.
func (r *Reader) checkCall(call Call, fromConfig bool) *End {
	switch call.Option.Long() {
	case "no-cache-dir":
		if fromConfig {
			if _, ok := pythontext.Boolean(call.Value); !ok {
				return Failed(2, WrongValue, call.Option.Names[len(call.Option.Names)-1])
			}
		}
	case "no-use-pep517":
		if fromConfig {
			return Failed(2, WrongValue, call.Option.Names[len(call.Option.Names)-1])
		}
	case "no-binary", "only-binary", "all-releases", "only-final", "refresh-package":
		// Raised outside what pip catches: a traceback and status 1.
		if strings.HasPrefix(call.Value, "-") {
			return Failed(1, WrongValue, "--"+call.Option.Long())
		}
	case "config-settings":
		if !strings.Contains(call.Value, "=") {
			return Failed(2, WrongValue, call.Option.Names[len(call.Option.Names)-1])
		}
	case "group":
		if at := strings.LastIndexByte(call.Value, ':'); at >= 0 &&
			pythontext.PathName(call.Value[:at]) != "pyproject.toml" {
			return Failed(2, WrongValue, call.Option.Names[len(call.Option.Names)-1])
		}
	case "python-version":
		if !isPythonVersion(call.Value) {
			return Failed(2, WrongValue, call.Option.Names[len(call.Option.Names)-1])
		}
	case "uploaded-prior-to":
		if !plausibleDate(call.Value) && !(release.AtLeast(r.Version, "26.1") && isDuration(call.Value)) {
			return Failed(2, WrongValue, call.Option.Names[len(call.Option.Names)-1])
		}
	}
	return nil
}

// isPythonVersion tells what _convert_python_version takes: at most three parts,
// each an integer.
func isPythonVersion(text string) bool {
	if text == "" {
		return true
	}
	parts := strings.Split(text, ".")
	if len(parts) > 3 {
		return false
	}
	if len(parts) == 1 && len(parts[0]) > 1 {
		_, size := utf8.DecodeRuneInString(text)
		parts = []string{text[:size], text[size:]}
	}
	for _, part := range parts {
		if _, err := plainInteger(part); err != nil {
			return false
		}
	}
	return true
}

// isDuration tells "P3D" and its like, which --uploaded-prior-to takes from
// pip 26.1 on.
func isDuration(text string) bool {
	days, ok := strings.CutPrefix(text, "P")
	days, ended := strings.CutSuffix(days, "D")
	return ok && ended && days != "" && strings.Trim(days, "0123456789") == ""
}

// plausibleDate refuses only what no Python reads as a date: what passes here
// pip itself decides on.
func plausibleDate(text string) bool {
	digits := 0
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case strings.ContainsRune("-:+.,TWZtz ", r) || r >= 0x80:
			// Any single character may stand between date and time.
		case digits < 7:
			return false
		}
	}
	return digits >= 7 && text[0] >= '0' && text[0] <= '9'
}

// Failed is the end by a refusal of pip's own.
func Failed(status int, kind Kind, what string) *End {
	return &End{Failure: &Failure{Kind: kind, What: what, Status: status}}
}
