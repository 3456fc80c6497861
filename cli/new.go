package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"thresher/venv"
)

func (p *program) newCommand() *cli.Command {
	return &cli.Command{
		Name:      "new",
		Usage:     "make a virtual environment that is guarded from birth",
		ArgsUsage: "[DIR]",
		Category:  categorySetUp,
		Flags:     []cli.Flag{&cli.StringFlag{Name: "python", Value: "python3", Usage: "the interpreter `PATH` to make it with"}},
		Action: func(c *cli.Context) error {
			dir := c.Args().First()
			if dir == "" {
				dir = ".venv"
			}
			path, err := filepath.Abs(dir)
			if err != nil {
				return err
			}
			if _, err := os.Lstat(path); err == nil {
				return fmt.Errorf("%s is there already; next: thresher guard %s", dir, dir)
			} else if !errors.Is(err, os.ErrNotExist) {
				return err
			}
			create := exec.CommandContext(c.Context, c.String("python"), "-m", "venv", path)
			create.Env, create.Stdout, create.Stderr = p.environ, p.err, p.err
			if err := create.Run(); err != nil {
				return fmt.Errorf("%s -m venv %s: %w", c.String("python"), dir, err)
			}
			environment, err := inspectPrefix(path)
			if err != nil {
				return err
			}
			if err := venv.EnsureGuard(environment, p.self, p.places.State); err != nil {
				return fmt.Errorf("%s was made, but is not guarded: %w", dir, err)
			}
			p.say("made %s, guarded; next: . %s", dir, filepath.Join(dir, "bin", "activate"))
			return nil
		},
	}
}
