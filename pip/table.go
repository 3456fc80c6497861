package pip

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

//go:generate sh -c "cd .. && go run ./pip/internal/tables -options ../shared/data/pip_options.tsv $TABLES_ARGUMENTS > pip/options.tsv"

// embeddedOptions is written by pip/internal/tables.
//
//go:embed options.tsv
var embeddedOptions string

// introspection is the script that makes any pip print its own options.
//
//go:embed introspect.py
var introspection string

// optionSpec is one option of one command, as optparse holds it.
type optionSpec struct {
	Names   []string // "-r", "--requirement": short ones first
	Action  string   // store, store_true, store_false, append, count, callback, help, store_const
	Dest    string
	Type    string // string, int, float, choice, path, package_name; empty without a value
	Choices []string
	Default string // of booleans, numbers and choices only
}

// long is the option's first long name without dashes.
func (o *optionSpec) long() string {
	for _, name := range o.Names {
		if strings.HasPrefix(name, "--") {
			return name[2:]
		}
	}
	return ""
}

// takesValue tells whether optparse gives the option the following word.
func (o *optionSpec) takesValue() bool { return o.Type != "" }

// commandTable is what one command of one pip accepts.
type commandTable struct {
	Name        string
	IgnoresVenv bool // --require-virtualenv has no effect on it
	Options     []*optionSpec
	byName      map[string]*optionSpec
}

// newCommandTable gives the table of something that accepts these options.
func newCommandTable(name string, options []*optionSpec) *commandTable {
	table := &commandTable{Name: name, Options: options}
	table.index()
	return table
}

// option gives the option of that name with its dashes, nil where there is none.
func (c *commandTable) option(name string) *optionSpec { return c.byName[name] }

func (c *commandTable) index() {
	c.byName = map[string]*optionSpec{}
	for _, option := range c.Options {
		for _, name := range option.Names {
			c.byName[name] = option
		}
	}
}

// optionTable is everything one pip accepts.
type optionTable struct {
	Version     string
	Commands    map[string]*commandTable // "<global>" holds the options before the command
	LineOptions []*optionSpec            // of a requirements file's lines
	allLong     map[string]bool          // every long name of any command, without dashes
}

func (t *optionTable) index() {
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

// hasLong tells whether any command has a long option of that name, without
// its dashes.
func (t *optionTable) hasLong(name string) bool { return t.allLong[name] }

// globalCommand stands for what comes before the command's name.
const globalCommand = "<global>"

var embeddedTables sync.Map // version → *optionTable

// embeddedTable gives the table of a pip release that is known by itself.
func embeddedTable(version string) (*optionTable, bool) {
	if known, ok := embeddedTables.Load(version); ok {
		return known.(*optionTable), true
	}
	order, ok := versionOrder(version)
	if !ok {
		return nil, false
	}
	lines := strings.Split(strings.TrimSuffix(embeddedOptions, "\n"), "\n")
	// The first line names the newest release and the development version
	// that the table knows; every other version is to be asked itself.
	head := strings.Split(lines[0], "\t")
	first, _ := versionOrder("20.0")
	newest, _ := versionOrder(head[1])
	if version != head[2] && (order < first || order > newest || order%10 == 0) {
		return nil, false
	}
	table := &optionTable{Version: version, Commands: map[string]*commandTable{}}
	for _, line := range lines[1:] {
		f := strings.Split(line, "\t")
		switch f[0] {
		case "command":
			if within(f[2], order) {
				table.Commands[f[1]] = &commandTable{Name: f[1], IgnoresVenv: within(f[3], order)}
			}
		case "option":
			if !within(f[7], order) {
				continue
			}
			option := &optionSpec{
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

// newestEmbeddedTable gives the table of the newest release that is known.
func newestEmbeddedTable() *optionTable {
	head, _, _ := strings.Cut(embeddedOptions, "\n")
	table, _ := embeddedTable(strings.Split(head, "\t")[1])
	return table
}

// within tells whether a version lies in one of the ranges "from..before".
func within(ranges string, order int) bool {
	for ranges != "" {
		var span string
		span, ranges, _ = strings.Cut(ranges, ",")
		from, before, _ := strings.Cut(span, "..")
		low, _ := versionOrder(from)
		high, bounded := versionOrder(before)
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

func (o introspectedOption) spec() *optionSpec {
	spec := &optionSpec{Names: o.Names, Action: o.Action, Dest: o.Dest, Type: o.Type, Choices: o.Choices}
	if o.Default != nil {
		spec.Default = fmt.Sprint(o.Default)
	}
	return spec
}

// tableFromIntrospection reads the answer of the introspection script.
func tableFromIntrospection(answer []byte, version string) (*optionTable, error) {
	var read introspected
	if err := json.Unmarshal(answer, &read); err != nil {
		return nil, fmt.Errorf("read the option table of pip %s: %w", version, err)
	}
	if read.Version != version || len(read.Commands) < 2 {
		return nil, fmt.Errorf("read the option table of pip %s: it describes pip %q", version, read.Version)
	}
	table := &optionTable{Version: version, Commands: map[string]*commandTable{}}
	for _, command := range read.Commands {
		added := &commandTable{Name: command.Name, IgnoresVenv: command.IgnoresVenv}
		for _, option := range command.Options {
			added.Options = append(added.Options, option.spec())
		}
		table.Commands[command.Name] = added
	}
	for _, option := range read.LineOptions {
		table.LineOptions = append(table.LineOptions, option.spec())
	}
	table.index()
	if table.Commands[globalCommand] == nil || table.Commands["install"] == nil {
		return nil, fmt.Errorf("read the option table of pip %s: it has no install command", version)
	}
	return table, nil
}
