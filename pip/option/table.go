// Package option reads a command line, the environment and pip's configuration
// files as one pip's optparse does: the table of its options, the values that
// they come to, and where each was said.
package option

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"thresher/pip/internal/release"
)

//go:generate sh -c "cd ../.. && go run ./pip/internal/tables $TABLES_ARGUMENTS >pip/option/options.tsv"

// embeddedOptions is written by pip/internal/tables.
//
//go:embed options.tsv
var embeddedOptions string

// Introspection is the script that makes any pip print its own options.
//
//go:embed introspect.py
var Introspection string

// Spec is one option of one command, as optparse holds it.
type Spec struct {
	Names   []string // "-r", "--requirement": short ones first
	Action  string   // store, store_true, store_false, append, count, callback, help, store_const
	Dest    string
	Type    string // string, int, float, choice, path, package_name; empty without a value
	Choices []string
	Default string // of booleans, numbers and choices only
}

// Long is the option's first long name without dashes.
func (o *Spec) Long() string {
	for _, name := range o.Names {
		if strings.HasPrefix(name, "--") {
			return name[2:]
		}
	}
	return ""
}

// TakesValue tells whether optparse gives the option the following word.
func (o *Spec) TakesValue() bool { return o.Type != "" }

// CommandTable is what one command of one pip accepts.
type CommandTable struct {
	Name        string
	IgnoresVenv bool // --require-virtualenv has no effect on it
	Options     []*Spec
	byName      map[string]*Spec
}

// NewCommandTable gives the table of something that accepts these options.
func NewCommandTable(name string, options []*Spec) *CommandTable {
	table := &CommandTable{Name: name, Options: options}
	table.index()
	return table
}

// Option gives the option of that name with its dashes, nil where there is none.
func (c *CommandTable) Option(name string) *Spec { return c.byName[name] }

func (c *CommandTable) index() {
	c.byName = map[string]*Spec{}
	for _, option := range c.Options {
		for _, name := range option.Names {
			c.byName[name] = option
		}
	}
}

// Table is everything one pip accepts.
type Table struct {
	Version     string
	Commands    map[string]*CommandTable // "<global>" holds the options before the command
	LineOptions []*Spec                  // of a requirements file's lines
	allLong     map[string]bool          // every long name of any command, without dashes
}

func (t *Table) index() {
	t.allLong = map[string]bool{}
	for _, command := range t.Commands {
		command.index()
		for name := range command.byName {
			if strings.HasPrefix(name, "--") {
				t.allLong[name[2:]] = true
			}
		}
	}
}

// HasLong tells whether any command has a long option of that name, without
// its dashes.
func (t *Table) HasLong(name string) bool { return t.allLong[name] }

// GlobalCommand stands for what comes before the command's name.
const GlobalCommand = "<global>"

var embeddedTables sync.Map // version → *Table

// Embedded gives the table of a pip release that is known by itself.
func Embedded(version string) (*Table, bool) {
	if known, ok := embeddedTables.Load(version); ok {
		return known.(*Table), true
	}
	order, ok := release.Order(version)
	if !ok {
		return nil, false
	}
	lines := strings.Split(strings.TrimSuffix(embeddedOptions, "\n"), "\n")
	// The first line names the newest release and the development version
	// that the table knows; every other version is to be asked itself.
	head := strings.Split(lines[0], "\t")
	first, _ := release.Order("20.0")
	newest, _ := release.Order(head[1])
	if version != head[2] && (order < first || order > newest || order%10 == 0) {
		return nil, false
	}
	table := &Table{Version: version, Commands: map[string]*CommandTable{}}
	for _, line := range lines[1:] {
		f := strings.Split(line, "\t")
		switch f[0] {
		case "command":
			if within(f[2], order) {
				table.Commands[f[1]] = &CommandTable{Name: f[1], IgnoresVenv: within(f[3], order)}
			}
		case "option":
			if !within(f[7], order) {
				continue
			}
			option := &Spec{
				Names: strings.Split(f[1], ","), Action: f[2], Dest: f[3], Type: f[4], Default: f[6],
			}
			if f[5] != "" {
				option.Choices = strings.Split(f[5], ",")
			}
			for _, name := range strings.Split(f[8], ",") {
				if name == "<line>" {
					table.LineOptions = append(table.LineOptions, option)
				} else if command := table.Commands[name]; command != nil {
					command.Options = append(command.Options, option)
				}
			}
		}
	}
	table.index()
	embeddedTables.Store(version, table)
	return table, true
}

// NewestEmbedded gives the table of the newest release that is known.
func NewestEmbedded() *Table {
	head, _, _ := strings.Cut(embeddedOptions, "\n")
	table, _ := Embedded(strings.Split(head, "\t")[1])
	return table
}

// within tells whether a version lies in one of the ranges "from..before".
func within(ranges string, order int) bool {
	for ranges != "" {
		var span string
		span, ranges, _ = strings.Cut(ranges, ",")
		from, before, _ := strings.Cut(span, "..")
		low, _ := release.Order(from)
		high, bounded := release.Order(before)
		// A range that ends at 26.0 ends before the candidates of 26.0.
		if order >= low && (!bounded || order < high-high%10) {
			return true
		}
	}
	return false
}

// introspected is what the introspection script prints.
type introspected struct {
	Version     string               `json:"version"`
	Commands    []introspectedTable  `json:"commands"`
	LineOptions []introspectedOption `json:"line_options"`
}

type introspectedTable struct {
	Name        string               `json:"name"`
	IgnoresVenv bool                 `json:"ignores_venv"`
	Options     []introspectedOption `json:"options"`
}

type introspectedOption struct {
	Names   []string `json:"names"`
	Action  string   `json:"action"`
	Dest    string   `json:"dest"`
	Type    string   `json:"type"`
	Choices []string `json:"choices"`
	Default any      `json:"default"`
}

func (o introspectedOption) spec() *Spec {
	spec := &Spec{Names: o.Names, Action: o.Action, Dest: o.Dest, Type: o.Type, Choices: o.Choices}
	if o.Default != nil {
		spec.Default = fmt.Sprint(o.Default)
	}
	return spec
}

// FromIntrospection reads the answer of the introspection script.
func FromIntrospection(answer []byte, version string) (*Table, error) {
	var read introspected
	if err := json.Unmarshal(answer, &read); err != nil {
		return nil, fmt.Errorf("read the option table of pip %s: %w", version, err)
	}
	if read.Version != version || len(read.Commands) < 2 {
		return nil, fmt.Errorf("read the option table of pip %s: it describes pip %q", version, read.Version)
	}
	table := &Table{Version: version, Commands: map[string]*CommandTable{}}
	for _, command := range read.Commands {
		added := &CommandTable{Name: command.Name, IgnoresVenv: command.IgnoresVenv}
		for _, option := range command.Options {
			added.Options = append(added.Options, option.spec())
		}
		table.Commands[command.Name] = added
	}
	for _, option := range read.LineOptions {
		table.LineOptions = append(table.LineOptions, option.spec())
	}
	table.index()
	if table.Commands[GlobalCommand] == nil || table.Commands["install"] == nil {
		return nil, fmt.Errorf("read the option table of pip %s: it has no install command", version)
	}
	return table, nil
}
