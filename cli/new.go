package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"

	"github.com/urfave/cli/v2"

	"thresher/internal/words"
	"thresher/venv"
)

func (p *program) newCommand() *cli.Command {
	return &cli.Command{
		Name:        "new",
		Usage:       "make a virtual environment that is guarded from birth",
		ArgsUsage:   "[DIR]",
		Category:    categorySetUp,
		Description: "DIR is .venv unless given, and must not be there yet.",
		Flags: []cli.Flag{&cli.StringFlag{Name: "python", Value: "python3", Usage: "the interpreter " +
			"`PATH` to make it with"}},
		Action: func(c *cli.Context) error {
			dir := c.Args().First()
			if dir == "" {
				dir = ".venv"
			}
			if c.Args().Len() > 1 {
				return usageError("one environment at a time; fix: thresher new %s", words.ShellWord(dir))
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
		return fmt.Errorf("%s is there already; fix: thresher guard %s", dir, words.ShellWord(dir))
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	ctx, stop := signal.NotifyContext(c.Context, os.Interrupt)
	defer stop()
	create := exec.CommandContext(ctx, c.String("python"), "-m", "venv", path)
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
	p.say("made %s, guarded; fix: %s", dir, activation(dir, filepath.Base(p.environment["SHELL"]), runtime.GOOS))
	return nil
}

// activation is the command that activates an environment in a shell.
func activation(dir, shell, system string) string {
	switch {
	case system == "windows":
		return filepath.Join(dir, "Scripts", "activate")
	case shell == "fish":
		return "source " + words.ShellWord(filepath.Join(dir, "bin", "activate.fish"))
	}
	return ". " + words.ShellWord(filepath.Join(dir, "bin", "activate"))
}
