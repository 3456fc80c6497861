package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"thresher/internal/files"
	"thresher/internal/words"
	"thresher/pep"
	"thresher/pip"
	"thresher/pip/source"
	"thresher/policy"
	"thresher/python"
	"thresher/scan"
	"thresher/venv"
)

// scanInputs reads what is to be scanned: lists and requirements files, or
// environments, whose findings then stand at the lines of the files.
func (p *program) scanInputs(c *cli.Context, loaded *policy.Policy) ([]scan.Input, error) {
	files := c.StringSlice("r")
	if list := c.String("list"); list != "" {
		if c.Args().Present() || len(files) > 0 || len(c.StringSlice("python")) > 0 {
			return nil, usageError(messageListAlone)
		}
		return p.scanList(list)
	}
	var requirements []source.Requirement
	for _, file := range files {
		read, err := p.requirementsIn(file)
		if err != nil {
			return nil, err
		}
		requirements = append(requirements, read...)
	}
	if len(files) > 0 && !c.Args().Present() && len(c.StringSlice("python")) == 0 {
		return p.scanPins(strings.Join(files, ", "), requirements)
	}
	environments, err := p.environments(c)
	if err != nil {
		return nil, err
	}
	var inputs []scan.Input
	for _, environment := range environments {
		distributions, err := venv.Distributions(environment.SitePackages)
		if err != nil {
			return nil, err
		}
		input := scan.Input{
			Environment: environment.Prefix, Distributions: distributions, Requirements: requirements,
		}
		if !c.Bool("offline") {
			if input.Vanished, err = p.vanished(c.Context, loaded, environment, distributions); err != nil {
				return nil, err
			}
		}
		inputs = append(inputs, input)
	}
	return inputs, nil
}

// scanList reads a list as `pip freeze` prints it, or else a requirements file.
func (p *program) scanList(list string) ([]scan.Input, error) {
	var content []byte
	var err error
	if list == "-" {
		content, err = io.ReadAll(p.in)
	} else {
		content, err = os.ReadFile(list)
	}
	if err != nil {
		return nil, usageError(messageNoFile, list, err)
	}
	if distributions, err := scan.ParseList(bytes.NewReader(content)); err == nil {
		return []scan.Input{{Distributions: distributions}}, nil
	}
	file := list
	if list == "-" {
		folder, err := os.MkdirTemp("", "thresher-scan-")
		if err != nil {
			return nil, err
		}
		defer func() { _ = os.RemoveAll(folder) }() // the system empties what is left
		file = filepath.Join(folder, "standard-input.txt")
		if err := os.WriteFile(file, content, 0o600); err != nil {
			return nil, err
		}
	}
	requirements, err := p.requirementsIn(file)
	if err != nil {
		return nil, err
	}
	for i := range requirements {
		if list == "-" {
			requirements[i].Origin.Place = strings.Replace(requirements[i].Origin.Place, file, "standard input", 1)
		}
	}
	return p.scanPins(list, requirements)
}

// scanPins makes what is scanned of the exact versions that files name. What has
// none is counted, lest somebody think that it was scanned.
func (p *program) scanPins(files string, requirements []source.Requirement) ([]scan.Input, error) {
	input := scan.Input{Requirements: requirements}
	seen := map[string]bool{}
	left := 0
	for _, r := range requirements {
		specifiers, err := pep.ParseSpecifiers(r.Specifier)
		version, pinned := "", false
		if err == nil && r.URL == "" {
			version, pinned = specifiers.Pinned()
		}
		switch {
		case !pinned && !r.Constraint:
			left++
		case pinned && !seen[r.Canonical+"=="+version]:
			seen[r.Canonical+"=="+version] = true
			input.Distributions = append(input.Distributions,
				venv.Distribution{Name: r.Canonical, Canonical: r.Canonical, Version: version})
		}
	}
	if len(input.Distributions) == 0 {
		return nil, usageError(messageNoPins, files)
	}
	if left > 0 {
		p.say(messageNotPinned, words.Counted(int64(left), "line"), files)
	}
	return []scan.Input{input}, nil
}

// newestPip is the pip as which a requirements file is read where there is none.
const newestPip = "26.2"

// requirementsIn reads a requirements file and what it includes, as pip does.
func (p *program) requirementsIn(file string) ([]source.Requirement, error) {
	if _, err := os.Stat(file); err != nil {
		return nil, usageError(messageNoFile, file, err)
	}
	command, err := p.parsePip("", "install", "-r", file)
	if bases := p.baseInterpreters(); errors.Is(err, pip.ErrNoPip) && len(bases) > 0 {
		// Without any pip the file is read as a new one would read it.
		command, err = pip.Parse(pip.Input{
			Args: []string{"install", "-r", file}, Environ: p.environ, Dir: p.dir, CacheDir: p.places.Cache,
			Installation: &pip.Installation{Environment: bases[0], Version: newestPip},
		}), nil
	}
	if err != nil {
		return nil, err
	}
	if command.Failure != nil {
		return nil, usageError("%s", command.Failure.String())
	}
	for _, u := range command.Unreadable {
		return nil, usageError("%s: %s; %s", u.Place, u.Reason, words.Remedy(u.Place, u.Hint))
	}
	return command.Requirements, nil
}

// environments are those named on the command line, or the one that pip would
// install into here.
func (p *program) environments(c *cli.Context) ([]python.Environment, error) {
	var environments []python.Environment
	for _, dir := range c.Args().Slice() {
		environment, err := p.environmentIn(dir)
		if err != nil {
			return nil, err
		}
		environments = append(environments, environment)
	}
	for _, interpreter := range c.StringSlice("python") {
		path, err := filepath.Abs(interpreter)
		if err != nil {
			return nil, err
		}
		environment, err := python.Inspect(path, p.environ, p.places.Cache)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, usageError(messageNoInterpreter, interpreter)
		}
		if err != nil {
			return nil, err
		}
		environments = append(environments, environment)
	}
	if len(environments) > 0 {
		return environments, nil
	}
	installation, err := pip.Find(pip.FindInput{Name: "pip", Environ: p.environ, Dir: p.dir, Self: p.self,
		CacheDir: p.places.Cache})
	if err != nil {
		return nil, fmt.Errorf("find the environment that is meant: %w; fix: thresher %s --help", err, c.Command.Name)
	}
	return []python.Environment{installation.Environment}, nil
}

// environmentIn is the environment that a directory is, or that a project has in
// it or above: .venv or venv.
func (p *program) environmentIn(dir string) (python.Environment, error) {
	prefix, err := filepath.Abs(dir)
	if err != nil {
		return python.Environment{}, err
	}
	environment, err := inspectPrefix(prefix, p.environ, p.places.Cache)
	if err == nil && files.Same(environment.Prefix, prefix) {
		return environment, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return python.Environment{}, err
	}
	if info, err := os.Stat(prefix); err == nil && info.IsDir() {
		if nearby := venv.Nearby(prefix, p.places.Home); nearby != "" {
			return inspectPrefix(nearby, p.environ, p.places.Cache)
		}
	}
	return python.Environment{}, usageError(messageNoEnvironmentIn, dir)
}
