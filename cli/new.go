package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"thresher/internal/words"
	"thresher/pep"
	"thresher/venv"
)

func (p *program) newCommand() *cli.Command {
	return &cli.Command{
		Name:        "new",
		Usage:       "make a virtual environment that is guarded from birth",
		ArgsUsage:   "[DIR]",
		Category:    categorySetUp,
		Description: "DIR is .venv unless given, and must not be there yet.",
		Flags: []cli.Flag{&cli.StringFlag{Name: "python", Value: words.UsualPython(), Usage: "the interpreter " +
			"`PATH` to make it with"}},
		Action: func(c *cli.Context) error {
			dir := c.Args().First()
			if dir == "" {
				dir = ".venv"
			}
			return p.newEnvironment(c, dir)
		},
	}
}

// newEnvironment makes an environment that was not there, whole or not at all.
func (p *program) newEnvironment(c *cli.Context, dir string) error {
	path, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return usageError(messageIsThere, dir, words.ShellWord(dir))
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	interpreter, err := p.interpreter(c.String("python"))
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(c.Context, os.Interrupt)
	defer stop()
	create := exec.CommandContext(ctx, interpreter, "-m", "venv", path)
	create.Env, create.Stdout, create.Stderr = p.environ, p.err, p.err
	if err := create.Run(); err != nil {
		return errors.Join(fmt.Errorf("%s -m venv %s: %w", c.String("python"), dir, err), os.RemoveAll(path))
	}
	environment, err := inspectPrefix(path, p.environ, p.places.Cache)
	if err != nil {
		return err
	}
	if p.places.State == "" {
		return fmt.Errorf("%s was made, but is not guarded: %w", dir, errNoState)
	}
	if err := venv.EnsureGuard(environment, p.self, p.places.State); err != nil {
		return fmt.Errorf("%s was made, but is not guarded: %w", dir, err)
	}
	loaded, err := p.policy()
	if err != nil {
		return fmt.Errorf("%s was made and is guarded: %w", dir, err)
	}
	if wantsSeed(loaded, false) {
		if err := p.seed(ctx, environment, 0); err != nil {
			p.say(messageSeedStays, dir, err)
		}
	}
	p.say("made %s, guarded; fix: %s", dir, words.Activation(dir, filepath.Base(p.environment["SHELL"])))
	return nil
}

// pythonVersion is a version of the language as people name an interpreter by it.
var pythonVersion = regexp.MustCompile(`^3(\.[0-9]+){0,2}$`)

// interpreter finds the interpreter that --python means: of a version the newest
// of those on PATH and under pyenv.
func (p *program) interpreter(meant string) (string, error) {
	if !pythonVersion.MatchString(meant) {
		return meant, nil
	}
	best, newest := "", pep.Version{}
	var others []string
	for _, environment := range p.baseInterpreters() {
		version, err := pep.ParseVersion(environment.PythonVersion)
		switch {
		case err != nil:
		case environment.PythonVersion != meant && !strings.HasPrefix(environment.PythonVersion, meant+"."):
			others = append(others, environment.PythonVersion)
		case best == "" || version.Compare(newest) > 0:
			best, newest = environment.Interpreter, version
		}
	}
	switch {
	case best != "":
		return best, nil
	case len(others) > 0:
		slices.SortFunc(others, pep.CompareOSV)
		instead := "thresher new --python " + others[len(others)-1]
		return "", usageError(messageNoPython, meant, words.Listed(others), instead)
	}
	return "", usageError(messageNoPythonAtAll, meant)
}
