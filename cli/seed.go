package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"thresher/internal/words"
	"thresher/policy"
	"thresher/policy/rules"
	"thresher/python"
	"thresher/venv"
)

// seeds are what a Python puts into the environments that it makes.
var seeds = []string{"pip", "setuptools"}

// seedPatience is how long a guard waits for newer seeds, so that nobody waits who
// makes environments all day.
const seedPatience = 5 * time.Second

// wantsSeed says whether a new environment is to begin with the newest seeds: for
// `thresher new` unless a policy file says otherwise, for a guard where one says
// so.
func wantsSeed(loaded *policy.Policy, byGuard bool) bool {
	seed := loaded.Venv.Seed
	return seed.Value == policy.SeedNewest || !byGuard && seed.Layer == rules.DefaultLayer
}

// seed brings pip and setuptools of a new environment to the newest that policy
// lets through. What is not there within the patience (0 for no bound) stays as it
// came. They are fetched first, so that nothing ends an install half-way. The
// error says why they stay.
func (p *program) seed(ctx context.Context, environment python.Environment, patience time.Duration) error {
	distributions, err := venv.Distributions(environment.SitePackages)
	if err != nil {
		return err
	}
	var names []string
	for _, d := range distributions {
		if slices.Contains(seeds, d.Canonical) {
			names = append(names, d.Canonical)
		}
	}
	if len(names) == 0 {
		return nil
	}
	scratch, err := os.MkdirTemp("", "thresher-seed-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	fetching := ctx
	if patience > 0 {
		bounded, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		fetching = bounded
	}
	fetch := []string{"download", "-q", "--no-input", "--no-deps", "--only-binary", ":all:", "-d", scratch}
	err = p.pipWithin(fetching, environment, append(fetch, names...))
	if err != nil && strings.Contains(err.Error(), "No matching distribution found") {
		return nil // an index of one's own that has no pip: nobody can act on that
	}
	if err != nil {
		return err
	}
	install := []string{"install", "-q", "--no-input", "--no-deps", "--no-index", "--find-links", scratch, "-U"}
	return p.pipWithin(ctx, environment, append(install, names...))
}

// pipWithin runs a pip command through thresher in the environment of an
// interpreter. The error has the last that was said.
func (p *program) pipWithin(ctx context.Context, environment python.Environment, args []string) error {
	var said bytes.Buffer
	command := exec.CommandContext(ctx, p.self, append([]string{"pip"}, args...)...)
	command.Env = append(slices.Clone(p.environ),
		"THRESHER_INTERPRETER="+environment.Interpreter, "VIRTUAL_ENV="+environment.Prefix, "PIP_DISABLE_PIP_VERSION_CHECK=1")
	command.Dir, command.Stdout, command.Stderr = environment.Prefix, &said, &said
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = seedPatience
	err := command.Run()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("%s", words.Printable(words.LastLine(said.String())))
	}
	return nil
}
