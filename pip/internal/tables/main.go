// Command tables writes pip/option/options.tsv, the option tables of every pip release
// from 20.0 on in compact form: one line per option, with the commands and the
// pip versions that have it.
//
//	go run ./pip/internal/tables -options ../shared/data/pip_options.tsv \
//		-python python3.8 -python python3.12 WHEEL... > pip/option/options.tsv
//
// Each wheel is one pip release; pip/option/introspect.py is run over it by the first
// of the interpreters that can import it. What a release between two of the
// wheels has is told by the first and last versions of the options file, which
// also supplies the development version that no wheel exists of.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sort"
	"strconv"
	"strings"
)

type option struct {
	Names   []string `json:"names"`
	Action  string   `json:"action"`
	Dest    string   `json:"dest"`
	Type    string   `json:"type"`
	Choices []string `json:"choices"`
	Default any      `json:"default"`
}

type command struct {
	Name        string   `json:"name"`
	IgnoresVenv bool     `json:"ignores_venv"`
	Options     []option `json:"options"`
}

type release struct {
	Version     string    `json:"version"`
	Commands    []command `json:"commands"`
	LineOptions []option  `json:"line_options"`
}

// history is the first and last version of one spelling in one command.
type history struct{ first, last string }

type many []string

func (m *many) String() string     { return strings.Join(*m, ",") }
func (m *many) Set(s string) error { *m = append(*m, s); return nil }

func main() {
	var pythons many
	flag.Var(&pythons, "python", "interpreter to introspect with; may be repeated")
	options := flag.String("options", "../shared/data/pip_options.tsv", "recorded options, tab separated")
	script := flag.String("script", "pip/option/introspect.py", "the introspection script")
	flag.Parse()
	if err := write(os.Stdout, *script, *options, pythons, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "tables:", err)
		os.Exit(1)
	}
}

func write(w io.Writer, scriptPath, optionsPath string, pythons, wheels []string) error {
	script, err := os.ReadFile(scriptPath)
	if err != nil {
		return err
	}
	var releases []release
	for _, wheel := range wheels {
		r, err := introspect(string(script), wheel, pythons)
		if err != nil {
			return err
		}
		releases = append(releases, r)
	}
	sort.Slice(releases, func(i, j int) bool { return order(releases[i].Version) < order(releases[j].Version) })
	known, development, err := recorded(optionsPath, releases[len(releases)-1])
	if err != nil {
		return err
	}
	releases = append(releases, development)

	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "version\t%s\t%s\n", releases[len(releases)-2].Version, development.Version)
	writeCommands(out, releases, known)
	writeOptions(out, releases, known)
	return out.Flush()
}

func introspect(script, wheel string, pythons []string) (release, error) {
	var failures []string
	for _, python := range pythons {
		cmd := exec.Command(python, "-I", "-c", script, wheel)
		answer, err := cmd.Output()
		var r release
		if err == nil {
			err = json.Unmarshal(answer, &r)
		}
		if err == nil {
			return r, nil
		}
		if e, ok := err.(*exec.ExitError); ok {
			err = fmt.Errorf("%w: %s", err, e.Stderr)
		}
		failures = append(failures, err.Error())
	}
	return release{}, fmt.Errorf("introspect %s: %s", wheel, strings.Join(failures, "; "))
}

// recorded reads the options file: when each spelling of each command came and
// went, and the table of the development version, whose value types are those
// of the newest release.
func recorded(path string, newest release) (map[string]history, release, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, release{}, err
	}
	types := map[string]option{}
	ignores := map[string]bool{}
	for _, c := range newest.Commands {
		ignores[c.Name] = c.IgnoresVenv
		for _, o := range c.Options {
			for _, name := range o.Names {
				types[c.Name+" "+name] = o
			}
		}
	}
	known := map[string]history{}
	development := release{LineOptions: newest.LineOptions}
	for number, line := range strings.Split(strings.TrimRight(string(content), "\n"), "\n") {
		f := strings.Split(line, "\t")
		if len(f) != 13 {
			return nil, release{}, fmt.Errorf("%s:%d: %d fields", path, number+1, len(f))
		}
		if number == 0 {
			continue
		}
		key := f[1] + " " + f[2]
		if h, seen := known[key]; !seen || f[7] != "" {
			known[key] = history{first: f[6], last: f[7]}
			_ = h
		}
		if !strings.Contains(f[0], "dev") {
			continue
		}
		development.Version = f[0]
		if n := len(development.Commands); n == 0 || development.Commands[n-1].Name != f[1] {
			development.Commands = append(development.Commands, command{Name: f[1], IgnoresVenv: ignores[f[1]]})
		}
		c := &development.Commands[len(development.Commands)-1]
		model, seen := types[key]
		if !seen {
			return nil, release{}, fmt.Errorf("%s:%d: %s is not in %s", path, number+1, key, newest.Version)
		}
		if f[8] == "alias" {
			previous := &c.Options[len(c.Options)-1]
			previous.Names = append(previous.Names, f[2])
			continue
		}
		o := option{Action: f[9], Dest: f[10], Type: model.Type, Default: model.Default}
		if f[3] != "" {
			o.Names = append(o.Names, f[3])
		}
		o.Names = append(o.Names, f[2])
		if f[11] != "" {
			o.Choices = strings.Split(f[11], ",")
		}
		c.Options = append(c.Options, o)
	}
	return known, development, nil
}

// span is a half-open range of versions; an empty end is open.
type span struct{ from, before string }

// spans gives the ranges of versions in which present holds. A change between
// two releases is placed where the recorded first and last versions say, or
// else at the first release of the later one's series, as options come and go.
func spans(releases []release, known map[string]history, spellings []string, present func(int) bool) string {
	var found []span
	for i := range releases {
		was := i > 0 && present(i-1)
		is := present(i)
		switch {
		case is && !was:
			found = append(found, span{from: boundary(releases, i, known, spellings, true)})
		case !is && was:
			found[len(found)-1].before = boundary(releases, i, known, spellings, false)
		}
	}
	var text []string
	for _, s := range found {
		text = append(text, s.from+".."+s.before)
	}
	return strings.Join(text, ",")
}

func boundary(releases []release, i int, known map[string]history, spellings []string, arrives bool) string {
	if i == 0 {
		return "20.0"
	}
	earlier, later := order(releases[i-1].Version), order(releases[i].Version)
	if arrives {
		for _, spelling := range spellings {
			first := known[spelling].first
			if first != "" && order(first) > earlier && order(first) <= later {
				return first
			}
		}
	}
	if strings.Contains(releases[i].Version, "dev") {
		return releases[i].Version
	}
	parts := strings.Split(releases[i].Version, ".")
	series := strings.Join(parts[:2], ".")
	if order(series) <= earlier {
		return releases[i].Version
	}
	return series
}

func writeCommands(w io.Writer, releases []release, known map[string]history) {
	var names []string
	seen := map[string]bool{}
	for _, r := range releases {
		for _, c := range r.Commands {
			if !seen[c.Name] {
				seen[c.Name] = true
				names = append(names, c.Name)
			}
		}
	}
	for _, name := range names {
		help := []string{name + " --help"}
		has := func(i int) bool { return find(releases[i], name) != nil }
		ignores := func(i int) bool { c := find(releases[i], name); return c != nil && c.IgnoresVenv }
		fmt.Fprintf(w, "command\t%s\t%s\t%s\n", name, spans(releases, known, help, has),
			spans(releases, known, nil, ignores))
	}
}

func find(r release, name string) *command {
	for i := range r.Commands {
		if r.Commands[i].Name == name {
			return &r.Commands[i]
		}
	}
	return nil
}

// writeOptions writes one line per option and set of versions, naming every
// command that has it in these; "*" stands for all commands.
func writeOptions(w io.Writer, releases []release, known map[string]history) {
	type place struct{ command, text string }
	var order []place
	in := map[place][]bool{}
	spellings := map[place][]string{}
	everywhere := map[string]bool{}
	add := func(i int, commandName string, o option) {
		p := place{commandName, describe(o)}
		if in[p] == nil {
			in[p] = make([]bool, len(releases))
			order = append(order, p)
			for _, name := range o.Names {
				spellings[p] = append(spellings[p], commandName+" "+name)
			}
		}
		in[p][i] = true
	}
	for i, r := range releases {
		for _, c := range r.Commands {
			everywhere[c.Name] = true
			for _, o := range c.Options {
				add(i, c.Name, o)
			}
		}
		for _, o := range r.LineOptions {
			add(i, "<line>", o)
		}
	}
	type line struct{ text, when string }
	var lines []line
	commands := map[line][]string{}
	for _, p := range order {
		l := line{p.text, spans(releases, known, spellings[p], func(i int) bool { return in[p][i] })}
		if commands[l] == nil {
			lines = append(lines, l)
		}
		commands[l] = append(commands[l], p.command)
	}
	for _, l := range lines {
		fmt.Fprintf(w, "option\t%s\t%s\t%s\n", l.text, l.when, strings.Join(commands[l], ","))
	}
}

func describe(o option) string {
	value := ""
	if o.Default != nil {
		value = fmt.Sprint(o.Default)
	}
	return strings.Join([]string{
		strings.Join(o.Names, ","), o.Action, o.Dest, o.Type, strings.Join(o.Choices, ","), value,
	}, "\t")
}

// order makes versions comparable: 26.3.dev0 lies before 26.3.
func order(version string) int {
	final := 9
	n := 0
	parts := strings.Split(version, ".")
	for i := 0; i < 3; i++ {
		n *= 100
		if i < len(parts) {
			if strings.HasPrefix(parts[i], "dev") {
				final = 0
				continue
			}
			v, err := strconv.Atoi(parts[i])
			if err != nil {
				panic("version " + version)
			}
			n += v
		}
	}
	return n*10 + final
}
