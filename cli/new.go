package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"thresher/internal/lazyregexp"
	"thresher/internal/words"
	"thresher/pep"
	"thresher/python"
	"thresher/venv"
)

func (p *program) newCommand() *cli.Command {
	return &cli.Command{
		Name:      "new",
		Usage:     "make a virtual environment that is guarded from birth",
		ArgsUsage: "[DIR]",
		Category:  categorySetUp,
		Description: "DIR is .venv unless given, and must not be there yet. Without --python it is made with\n" +
			"the version that the nearest .python-version names, and with python3 where there is none.\n" +
			"A version is looked for on PATH and among pyenv's, uv's and conda's.",
		Flags: []cli.Flag{&cli.StringFlag{Name: "python", Value: words.UsualPython(), Usage: "make it with " +
			"`PYTHON`: a path, a command or a version"}},
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
	interpreter, meant, err := p.interpreter(c.String("python"), c.IsSet("python"))
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(c.Context, os.Interrupt)
	defer stop()
	create := exec.CommandContext(ctx, interpreter, "-m", "venv", path)
	create.Env, create.Stdout, create.Stderr = p.environ, p.err, p.err
	if err := create.Run(); err != nil {
		return errors.Join(fmt.Errorf("%s -m venv %s: %w", meant, dir, err), os.RemoveAll(path))
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
	p.say("made %s, guarded; to use it: %s", dir, words.Activation(dir, filepath.Base(p.environment["SHELL"])))
	return nil
}

// pythonVersion is a version of the language as people name an interpreter by it:
// 3.11, python3.11, cpython@3.11.7.
var pythonVersion = lazyregexp.New(`^(c?python)?[@-]?([23](\.[0-9]+){0,2})$`)

// interpreter finds the interpreter that is meant: by a path or a command, or the
// newest of a version. Where nobody said, the nearest .python-version does, as for
// pyenv and uv. It returns what it went by, too.
func (p *program) interpreter(meant string, said bool) (path, by string, err error) {
	file := ""
	if !said {
		if version, found := p.pythonVersionFile(); version != "" {
			meant, file = version, found
		}
	}
	parts := pythonVersion().FindStringSubmatch(strings.ToLower(meant))
	if parts == nil || parts[1] != "" && !strings.Contains(parts[2], ".") {
		found, err := exec.LookPath(meant)
		if err != nil {
			return "", "", usageError(messageNoSuchPython, meant)
		}
		return found, meant, nil
	}
	version := parts[2]
	if parts[1] == "python" && file == "" {
		// A command of that name may be one of pyenv's, which starts nothing unless
		// this version is the one chosen.
		if found, err := exec.LookPath(meant); err == nil {
			if _, err := python.Inspect(found, p.environ, p.places.Cache); err == nil {
				return found, meant, nil
			}
		}
	}
	found, err := p.newestInterpreter(version, file)
	return found, meant, err
}

// newestInterpreter finds the newest interpreter of a version; file is the one that
// names it, "" where the user did.
func (p *program) newestInterpreter(meant, file string) (string, error) {
	best, newest := "", pep.Version{}
	var others []string
	for _, environment := range p.baseInterpreters() {
		version, err := pep.ParseVersion(environment.PythonVersion)
		switch {
		case err != nil || tooOld(environment):
		case environment.PythonVersion != meant && !strings.HasPrefix(environment.PythonVersion, meant+"."):
			others = append(others, environment.PythonVersion)
		case best == "" || version.Compare(newest) > 0:
			best, newest = environment.Interpreter, version
		}
	}
	if best != "" {
		return best, nil
	}
	problem := fmt.Sprintf(messageNoPython, meant)
	if tooOld(python.Environment{PythonVersion: meant}) {
		problem = fmt.Sprintf(messageOldPython, meant)
	}
	if file != "" {
		problem = fmt.Sprintf(messageNamedBy, p.short(file)) + problem
	}
	if len(others) == 0 {
		return "", usageError(messageNoPythonAtAll, problem)
	}
	slices.SortFunc(others, pep.CompareOSV)
	others = slices.Compact(others)
	instead := "thresher new --python " + others[len(others)-1]
	return "", usageError(messageOtherPythons, problem, words.Listed(others), instead)
}

// pythonVersionFile returns the version that the nearest .python-version names, from
// the working directory up to the home directory, and that file; "" for none, and
// for what is no version, such as the name of an environment of pyenv's.
func (p *program) pythonVersionFile() (version, file string) {
	for dir := p.dir; ; dir = filepath.Dir(dir) {
		file := filepath.Join(dir, ".python-version")
		if content, err := os.ReadFile(file); err == nil {
			for line := range strings.Lines(string(content)) {
				line = strings.TrimSpace(line)
				if pythonVersion().MatchString(line) {
					return line, file
				}
				if line != "" && !strings.HasPrefix(line, "#") {
					return "", ""
				}
			}
		}
		if dir == p.places.Home || dir == filepath.Dir(dir) {
			return "", ""
		}
	}
}
