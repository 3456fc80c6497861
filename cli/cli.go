// Package cli is thresher's own command line: what a person types as
// `thresher …`. It knows nothing of pip's options; the pip commands it offers
// (`thresher pip`, `thresher plan`) come from the shim, through main.
package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/fatih/color"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"thresher/internal/memory"
	"thresher/internal/places"
	"thresher/internal/statuses"
	"thresher/internal/words"
	"thresher/policy/typosquat"
)

// Shim is what the shim does for a command of thresher's own. Each function
// takes the words that would stand behind `pip` and returns an exit status.
type Shim struct {
	Run     func(args []string) int              // the whole pip command
	Plan    func(args []string, asJSON bool) int // what it would be, without running it
	Version string
	// RunWithin runs a pip command in the environment of an interpreter.
	RunWithin func(as Within, args []string) int
}

// Within says where a pip command runs that thresher itself calls, and as what it
// is logged.
type Within struct {
	Interpreter string
	ID, Note    string
}

// exitError ends a command with a status; its text, where there is one, is
// printed like any other error.
type exitError struct {
	status int
	text   string
}

func (e *exitError) Error() string { return e.text }

// usageError is wrong usage: status 2.
func usageError(format string, args ...any) error {
	return &exitError{status: statuses.Usage, text: fmt.Sprintf(format, args...)}
}

// program is what every command works with.
type program struct {
	environ     []string
	environment map[string]string
	places      places.Places
	in          io.Reader
	out, err    io.Writer
	shim        Shim
	self        string   // path of this binary
	words       []string // of the command line, behind the program's name
	inert       func()   // of tests: is called in the place of every command's action
	dir         string   // working directory
	now         time.Time
	terminal    bool // standard error and input are a terminal
	colour      bool // standard output is a terminal that wants colour
	width       int  // of the terminal, 0 where there is none
}

// Run runs one thresher command and gives its exit status. args has the
// program's name first.
func Run(args, environ []string, in io.Reader, out, errorOut io.Writer, shim Shim) int {
	p := &program{environ: environ, environment: map[string]string{}, in: in, out: out, err: errorOut,
		shim: shim, now: time.Now()}
	for _, pair := range environ {
		if name, value, ok := strings.Cut(pair, "="); ok {
			p.environment[name] = value
		}
	}
	p.places = places.Find(p.environment)
	p.width = width(out)
	p.terminal = isTerminal(in) && isTerminal(errorOut)
	p.colour = words.Coloured(p.environment, isTerminal(out))
	color.NoColor = !p.colour
	var err error
	if p.self, err = os.Executable(); err == nil {
		p.dir, err = os.Getwd()
	}
	if err != nil {
		p.say("cannot tell where this is running: %v", err)
		return statuses.Broken
	}
	names, err := p.places.PopularNames()
	if err != nil {
		p.say("%v", err)
		return statuses.Broken
	}
	if typosquat.Use(names) != nil {
		err := &memory.DamagedError{Path: p.places.Popular()}
		p.say("%v; fix: %s", err, err.Remedy())
		return statuses.Broken
	}
	return p.run(args)
}

// run runs the command that a command line names.
func (p *program) run(args []string) int {
	app := p.app()
	p.words = optionsFirst(app.Commands, helpAsOption(args[1:]))
	return p.status(app.Run(append(args[:1:1], p.words...)))
}

// status is the one place that turns an error into a line and an exit status.
func (p *program) status(err error) int {
	if err == nil {
		return 0
	}
	var exit *exitError
	if errors.As(err, &exit) {
		if exit.text != "" {
			p.say("%s", exit.text)
		}
		return exit.status
	}
	p.say("%v", err)
	return statuses.Broken
}

// say writes to standard error, each line with the program's name before it.
func (p *program) say(format string, args ...any) {
	for _, line := range strings.Split(strings.TrimRight(fmt.Sprintf(format, args...), "\n"), "\n") {
		_, _ = fmt.Fprintln(p.err, "thresher: "+line) // a closed standard error has nobody to tell
	}
}

// writeObject writes one JSON object for people and programs to read.
func writeObject(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

func (p *program) app() *cli.App {
	app := &cli.App{
		Name:                   "thresher",
		Usage:                  "a pip that refuses what should not be installed",
		Version:                p.shim.Version,
		HideHelpCommand:        true,
		UseShortOptionHandling: true,
		EnableBashCompletion:   true,
		Writer:                 p.out,
		ErrWriter:              p.err,
		// The library would print and exit by itself on any error that has
		// an ExitCode, an *exec.ExitError among them.
		ExitErrHandler: func(*cli.Context, error) {},
		OnUsageError:   func(_ *cli.Context, err error, _ bool) error { return p.wrongOption(nil, "thresher", err) },
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return noSuchCommand(c.App.Commands, c.Args().First(), c.Args().Tail())
			}
			return cli.ShowAppHelp(c)
		},
		Description: topDescription,
	}
	app.Commands = p.commands()
	for _, command := range app.Commands {
		p.finish(command, app.Name)
	}
	return app
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func width(stream any) int {
	f, ok := stream.(*os.File)
	if !ok {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0 // no terminal
	}
	return columns
}
