package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/fatih/color"
	"github.com/urfave/cli/v2"

	"thresher/internal/statuses"
	"thresher/internal/words"
)

// examination is what `thresher doctor --json` prints.
type examination struct {
	Version string  `json:"version"` // of this thresher
	System  string  `json:"system"`  // GOOS/GOARCH
	Routes  []route `json:"routes"`
	Facts   []fact  `json:"facts"`
	Leaks   int     `json:"leaks"`   // routes that reached the index
	Untried int     `json:"untried"` // routes of which nothing is proven
}

// How a route ended.
const (
	routeCaught  = "caught"  // thresher refused, and the index heard nothing
	routeLeaks   = "leaks"   // the index was asked for the bait
	routeNothing = "no pip"  // no pip answers there, so nothing is installed by it
	routeUntried = "untried" // it could not be tried, so it proves nothing
)

// route is one way to call pip, tried for real.
type route struct {
	Route  string `json:"route"`
	State  string `json:"state"`
	Caught bool   `json:"caught"`
	Detail string `json:"detail"` // what a call said that was neither caught nor leaked
	Next   string `json:"next"`   // the command that closes it
}

// fact is something about this machine that decides what is caught.
type fact struct {
	What  string `json:"what"`
	State string `json:"state"` // ok, info, warning
	Text  string `json:"text"`
	Next  string `json:"next"`
}

func (p *program) doctorCommand() *cli.Command {
	return &cli.Command{
		Name:     "doctor",
		Usage:    "try every way to call pip, and say which of them thresher catches",
		Category: categorySetUp,
		Description: "Each route is really tried, in a scratch environment and against an index of its own that\n" +
			"has nothing, with a name that must be refused. Then: which pip this shell finds, the policy\n" +
			"files in force, the age of the data, and which interpreters and environments are guarded.\n" +
			"The status is 1 where a route leaks or could not be tried.",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "one JSON object"}},
		Action: func(c *cli.Context) error {
			ctx, stop := signal.NotifyContext(c.Context, os.Interrupt)
			defer stop()
			made, err := p.examine(ctx)
			if err != nil {
				return err
			}
			if c.Bool("json") {
				err = json.NewEncoder(p.out).Encode(made)
			} else {
				err = p.printExamination(made)
			}
			if err == nil && made.Leaks+made.Untried > 0 {
				err = ended(statuses.Found)
			}
			return err
		},
	}
}

func (p *program) examine(ctx context.Context) (examination, error) {
	bases := p.baseInterpreters()
	made := examination{Version: p.shim.Version, System: runtime.GOOS + "/" + runtime.GOARCH, Routes: []route{},
		Facts: append(p.facts(bases), p.sandboxFacts(ctx)...)}
	routes, err := p.tryRoutes(ctx, bases)
	if err != nil {
		return made, err
	}
	made.Routes = append(made.Routes, routes...)
	for _, r := range made.Routes {
		switch r.State {
		case routeLeaks:
			made.Leaks++
		case routeUntried:
			made.Untried++
		}
	}
	return made, nil
}

// short writes the home directory as ~: what doctor prints gets posted.
func (p *program) short(path string) string {
	if rest, ok := strings.CutPrefix(path, p.places.Home+string(filepath.Separator)); ok && p.places.Home != "" {
		return "~" + string(filepath.Separator) + rest
	}
	return path
}

func (p *program) printExamination(made examination) error {
	var nothing []string
	for _, r := range made.Routes {
		paint := color.New(color.FgGreen)
		switch r.State {
		case routeNothing:
			nothing = append(nothing, r.Route)
			continue
		case routeLeaks, routeUntried:
			paint = color.New(color.FgRed, color.Bold)
		}
		text := r.Route
		if r.Detail != "" {
			text += ": " + r.Detail
		}
		if err := p.printRow(paint, r.State, text, r.Next); err != nil {
			return err
		}
	}
	if len(nothing) > 0 {
		if err := p.printRow(color.New(color.Faint), routeNothing, strings.Join(nothing, ", "), ""); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintln(p.out); err != nil {
		return err
	}
	for _, f := range made.Facts {
		paint := color.New(color.FgGreen)
		switch f.State {
		case "warning":
			paint = color.New(color.FgYellow)
		case "info":
			paint = color.New(color.Faint)
		}
		if err := p.printRow(paint, f.State, f.What+": "+f.Text, f.Next); err != nil {
			return err
		}
	}
	p.conclude(made)
	return nil
}

// printRow writes a state, what it is about, and the next command below it.
func (p *program) printRow(paint *color.Color, state, text, next string) error {
	const cell = 9
	_, err := fmt.Fprintf(p.out, "%s%s%s\n", paint.Sprint(state), strings.Repeat(" ", cell-len(state)), text)
	if err == nil && next != "" {
		_, err = fmt.Fprintf(p.out, "%s%s\n", strings.Repeat(" ", cell), words.Remedy("", next))
	}
	return err
}

func (p *program) conclude(made examination) {
	switch {
	case made.Leaks > 0:
		p.say("%d of %d routes leak", made.Leaks, len(made.Routes))
	case made.Untried > 0:
		p.say("%d of %d routes could not be tried", made.Untried, len(made.Routes))
	default:
		p.say("no route of %d leaks", len(made.Routes))
	}
}
