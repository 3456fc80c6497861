package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"thresher/python"
	"thresher/venv"
)

func (p *program) guardCommand() *cli.Command {
	return &cli.Command{
		Name:      "guard",
		Usage:     "see to it that every pip of an environment comes through thresher",
		ArgsUsage: "[DIR…]",
		Category:  categorySetUp,
		Description: "Without DIR it is the environment that pip would install into here. With --base it is the\n" +
			"interpreters of this machine: python -m pip outside an environment is refused, and every\n" +
			"environment they make is guarded when it is made.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "base", Usage: "the interpreters found on PATH and those of pyenv, uv and conda, in the " +
				"user's own site-packages"},
			&cli.BoolFlag{Name: "remove", Usage: "take the guard out again, without a trace"},
			&cli.BoolFlag{Name: "made", Hidden: true, Usage: "the environment was just made: a guard says so"},
			&cli.BoolFlag{Name: "all", Usage: "with --remove: every guard that thresher has placed"},
		},
		Action: p.guard,
	}
}

func (p *program) guard(c *cli.Context) error {
	if p.places.State == "" {
		return errNoState
	}
	if c.Bool("all") {
		if !c.Bool("remove") {
			return usageError("--all goes with --remove")
		}
		removed, err := venv.RemoveKnownGuards(p.places.State)
		for _, known := range removed {
			p.say("took the guard out of %s", known.Directory)
		}
		return err
	}
	var environments []python.Environment
	if c.Bool("base") {
		environments = p.baseInterpreters()
		if len(environments) == 0 {
			return errors.New("no python was found on PATH")
		}
	} else {
		var err error
		if environments, err = p.environments(c); err != nil {
			return err
		}
	}
	var failures []error
	for _, environment := range environments {
		if c.Bool("base") && tooOld(environment) {
			p.say("left alone: %s is python %s, and 3.8 is the oldest", environment.Interpreter, environment.PythonVersion)
			continue
		}
		if err := p.guardOne(environment, c.Bool("remove")); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", environment.Interpreter, err))
		}
		if c.Bool("made") {
			p.seedMade(c.Context, environment)
		}
	}
	return errors.Join(failures...)
}

// seedMade brings newer seeds into an environment that was just made, where the
// policy says so. That they stay as they came is nothing that who makes an
// environment waits to read.
func (p *program) seedMade(ctx context.Context, environment python.Environment) {
	if loaded, err := p.policy(); err == nil && wantsSeed(loaded, true) {
		_ = p.seed(ctx, environment, seedPatience)
	}
}

func (p *program) guardOne(environment python.Environment, remove bool) error {
	if remove {
		if err := venv.RemoveGuard(environment, p.places.State); err != nil {
			return err
		}
		p.say("took the guard out of %s", environment.Prefix)
		return nil
	}
	if err := venv.EnsureGuard(environment, p.self, p.places.State); err != nil {
		return err
	}
	state, err := venv.GuardState(environment)
	if err != nil {
		return err
	}
	p.say("guarded %s (python %s) in %s", environment.Interpreter, environment.PythonVersion, state.Directory)
	return nil
}
