package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"thresher/internal/files"
	"thresher/internal/statuses"
	"thresher/internal/words"
	"thresher/python"
	"thresher/venv"
)

// bait is a name that must be refused: it imitates a popular one, and the
// policy of the tries denies it besides.
const bait = "reqeusts"

const baitPolicy = "[deny]\n" + bait + " = \"thresher doctor tries routes with it\"\n"

// tryTimeout bounds one try of one route.
const tryTimeout = 60 * time.Second

// putFirst is what helps where another pip comes before thresher's on PATH. On
// Windows what it says names the next step.
func putFirst() string {
	if runtime.GOOS == "windows" {
		return "thresher setup"
	}
	return `thresher setup && exec "$SHELL" -l`
}

// trial is one route to be tried: the words before `install`, and where.
type trial struct {
	route string
	words []string
	path  []string // directories before the rest of PATH
	named string   // VIRTUAL_ENV, "" for none
	there bool     // there certainly is a pip
	next  string
}

// emptyIndex has no distribution and remembers what it was asked for. Each
// trial asks under a path of its own.
type emptyIndex struct {
	*httptest.Server
	mutex sync.Mutex
	asked []string
}

func newEmptyIndex() *emptyIndex {
	x := &emptyIndex{}
	x.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x.mutex.Lock()
		x.asked = append(x.asked, r.URL.Path)
		x.mutex.Unlock()
		http.NotFound(w, r)
	}))
	return x
}

func (x *emptyIndex) heard(path string) bool {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	return slices.ContainsFunc(x.asked, func(asked string) bool { return strings.HasPrefix(asked, path) })
}

// surgery is where routes are tried: a scratch directory that also takes the
// place of the user's policy, log and caches, and an index without anything.
type surgery struct {
	scratch string
	index   *emptyIndex
	environ []string // of every trial, without PATH
	path    string   // PATH of this shell
	done    func()   // called after each trial
}

// tryRoutes makes a scratch environment as this shell's Python makes one, and
// calls pip in it, and outside of it, in every way there is.
func (p *program) tryRoutes(ctx context.Context, bases []python.Environment) ([]route, error) {
	scratch, err := os.MkdirTemp(p.environment["TMPDIR"], "thresher-doctor-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := os.RemoveAll(scratch); err != nil {
			p.say("left behind: %v", err)
		}
	}()
	s, err := p.openSurgery(scratch)
	if err != nil {
		return nil, err
	}
	defer s.index.Close()

	bar := &trialBar{program: p}
	bar.show("making a scratch environment")
	defer bar.clear()
	outside := p.trialsOutside(bases)
	birth, inside := p.bear(ctx, s, bases)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("interrupted: %w", err)
	}
	trials := append(inside, outside...)
	bar.total = len(trials)
	s.done = bar.step
	tried := make([]route, len(trials))
	var group errgroup.Group
	group.SetLimit(max(2, runtime.NumCPU()))
	for i, t := range trials {
		group.Go(func() error {
			tried[i] = s.try(ctx, t, fmt.Sprintf("/%d/", i))
			return nil
		})
	}
	_ = group.Wait() // what fails is in the routes
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("interrupted: %w", err)
	}
	return append(birth, tried...), nil
}

func (p *program) openSurgery(scratch string) (*surgery, error) {
	config := filepath.Join(scratch, "config", "thresher")
	if err := os.MkdirAll(config, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(config, "policy.toml"), []byte(baitPolicy), 0o600); err != nil {
		return nil, err
	}
	s := &surgery{scratch: scratch, index: newEmptyIndex(), path: p.environment["PATH"]}
	for _, pair := range p.environ {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "PIP_") || strings.HasPrefix(name, "THRESHER") || strings.HasPrefix(name, "XDG_") ||
			slices.Contains([]string{"PATH", "VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "LOCALAPPDATA"}, name) {
			continue
		}
		s.environ = append(s.environ, pair)
	}
	in := func(name string) string { return filepath.Join(scratch, name) }
	s.environ = append(s.environ,
		"XDG_CONFIG_HOME="+in("config"), "XDG_DATA_HOME="+in("data"), "XDG_STATE_HOME="+in("state"),
		"XDG_CACHE_HOME="+in("cache"),
		"LOCALAPPDATA="+in("local"), "PIP_CONFIG_FILE="+os.DevNull, "PIP_RETRIES=0", "PIP_DISABLE_PIP_VERSION_CHECK=1",
		// A system's own mark against installing there is no thresher.
		"PIP_BREAK_SYSTEM_PACKAGES=1", "PYTHONDONTWRITEBYTECODE=1")
	return s, nil
}

// bear makes the environment to try routes in, and says whether it was guarded
// when it was made.
func (p *program) bear(ctx context.Context, s *surgery, bases []python.Environment) ([]route, []trial) {
	python, err := p.python(bases)
	if err != nil {
		return []route{{Route: "python -m venv", State: routeUntried, Detail: err.Error()}}, nil
	}
	birth := route{Route: p.short(python) + " -m venv makes guarded environments", Next: "thresher guard --base"}
	failed := func(err error) ([]route, []trial) {
		birth.State, birth.Detail, birth.Next = routeUntried, err.Error(), ""
		return []route{birth}, nil
	}
	born := filepath.Join(s.scratch, "born")
	// pip follows by itself, since venv takes seconds to install it.
	if err := s.run(ctx, python, "-m", "venv", "--without-pip", born); err != nil {
		return failed(err)
	}
	environment, err := inspectPrefix(born, p.environ, p.places.Cache)
	if err != nil {
		return failed(err)
	}
	if err := s.putPip(ctx, python, environment); err != nil {
		return failed(err)
	}
	birth, err = guardedBirth(birth, environment)
	if err != nil {
		return failed(err)
	}
	if !birth.Caught {
		if err := venv.InstallGuard(environment, p.self); err != nil {
			birth.Detail = err.Error()
			return []route{birth}, nil
		}
	}
	second, bare := s.bearSecond(ctx, environment)
	return []route{birth, second}, append(trialsInside(born, runtime.GOOS), bare...)
}

// bearSecond makes an environment from within a guarded one, and leaves it
// without a pip, as uv and poetry do.
func (s *surgery) bearSecond(ctx context.Context, first python.Environment) (route, []trial) {
	birth := route{Route: "ENVIRONMENT/bin/python -m venv makes guarded environments", Next: "thresher guard ENVIRONMENT"}
	bare := filepath.Join(s.scratch, "bare")
	var environment python.Environment
	err := s.run(ctx, first.Interpreter, "-m", "venv", "--without-pip", bare)
	if err == nil {
		environment, err = inspectPrefix(bare, s.environ, "")
	}
	if err == nil {
		birth, err = guardedBirth(birth, environment)
	}
	if err != nil {
		birth.State, birth.Detail, birth.Next = routeUntried, err.Error(), ""
		return birth, nil
	}
	return birth, []trial{{
		route: "pip, an environment without pip activated", words: []string{"pip"}, path: []string{environment.Scripts},
		named: bare,
		next:  putFirst(),
	}}
}

// guardedBirth says whether an environment was guarded when it was made.
func guardedBirth(birth route, environment python.Environment) (route, error) {
	state, err := venv.GuardState(environment)
	if err != nil {
		return birth, err
	}
	birth.State = routeLeaks
	if state.Installed && !state.Gone {
		birth.State, birth.Caught, birth.Next = routeCaught, true, ""
	}
	return birth, nil
}

// bundledPip unpacks the pip that comes with a Python, as its installation
// does where it is a wheel without anything to build.
const bundledPip = `import ensurepip, glob, os, sys, sysconfig, zipfile
places = [os.path.join(os.path.dirname(ensurepip.__file__), "_bundled"), sysconfig.get_config_var("WHEEL_PKG_DIR"), "/usr/share/python-wheels"]
wheels = [wheel for place in places if place for wheel in glob.glob(os.path.join(glob.escape(place), "pip-*.whl"))]
zipfile.ZipFile(wheels[0]).extractall(sys.argv[1])
`

// pipScript is bin/pip as pip's own installer writes it.
const pipScript = `#!%s
import sys
from pip._internal.cli.main import main
if __name__ == '__main__':
    sys.exit(main())
`

// putPip gives an environment its pip, by ensurepip where that is the only
// way: on Windows, where its commands are programs, and where a system keeps
// the wheel in a place of its own.
func (s *surgery) putPip(ctx context.Context, python string, environment python.Environment) error {
	if runtime.GOOS == "windows" || s.run(ctx, python, "-I", "-c", bundledPip, environment.SitePackages[0]) != nil {
		return s.run(ctx, environment.Interpreter, "-I", "-m", "ensurepip", "--default-pip")
	}
	for _, name := range []string{"pip", "pip3"} {
		script := fmt.Sprintf(pipScript, environment.Interpreter)
		if err := os.WriteFile(filepath.Join(environment.Scripts, name), []byte(script), 0o755); err != nil {
			return err
		}
	}
	return nil
}

// run runs a command that has to end well.
func (s *surgery) run(ctx context.Context, command ...string) error {
	started := exec.CommandContext(ctx, command[0], command[1:]...)
	started.Env, started.Dir = append(slices.Clone(s.environ), "PATH="+s.path), s.scratch
	out, err := started.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(command[:3], " "), err, words.LastLine(string(out)))
	}
	return nil
}

// trialsInside are the routes to pip in an environment.
func trialsInside(environment, system string) []trial {
	bin, suffix := filepath.Join(environment, "bin"), ""
	if system == "windows" {
		bin, suffix = filepath.Join(environment, "Scripts"), ".exe"
	}
	python, script := filepath.Join(bin, "python"+suffix), filepath.Join(bin, "pip"+suffix)
	trials := []trial{
		{route: "pip, environment activated", words: []string{"pip"}},
		{route: "pip3, environment activated", words: []string{"pip3"}},
		{route: "python -m pip, environment activated", words: []string{"python", "-m", "pip"}},
		{route: "python -mpip", words: []string{python, "-mpip"}},
		{route: "python -I -m pip", words: []string{python, "-I", "-m", "pip"}},
		{route: "python -Es -m pip", words: []string{python, "-Es", "-m", "pip"}},
		{route: "python -X utf8 -W ignore -m pip", words: []string{python, "-X", "utf8", "-W", "ignore", "-m", "pip"}},
		{route: "ENVIRONMENT/bin/pip", words: []string{script}},
		{route: "python ENVIRONMENT/…/site-packages/pip", words: []string{python, "-c",
			"import os, subprocess, sys, sysconfig; sys.exit(subprocess.call([sys.executable, " +
				"os.path.join(sysconfig.get_path('purelib'), 'pip')] + sys.argv[1:]))"}},
		{route: "a program that starts sys.executable -m pip", words: []string{python, "-c",
			"import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-m', 'pip'] + sys.argv[1:]))"}},
		{route: "a program that calls pip.main", words: []string{python, "-c",
			"import sys, pip; sys.exit(pip.main(sys.argv[1:]))"}},
		{route: "a program that runs the module pip", words: []string{python, "-c",
			"import runpy, sys; sys.argv[0] = 'pip'; runpy.run_module('pip', run_name='__main__', alter_sys=True)"}},
	}
	if system != "windows" { // there it is no script
		trials = append(trials, trial{route: "python ENVIRONMENT/bin/pip", words: []string{python, script}})
	}
	for i := range trials {
		trials[i].path, trials[i].there, trials[i].next = []string{bin}, true, "thresher guard ENVIRONMENT"
	}
	return trials
}

// trialsOutside are the routes to pip without an environment: the names this
// shell can call, and each interpreter.
func (p *program) trialsOutside(bases []python.Environment) []trial {
	var trials []trial
	for _, name := range pipNames(p.environment["PATH"]) {
		next := putFirst()
		if name != "pip" && name != "pip3" {
			next = "thresher setup"
		}
		trials = append(trials, trial{route: name + " in this shell", words: []string{name}, next: next})
	}
	for _, base := range bases {
		if !tooOld(base) {
			trials = append(trials, trial{
				route: p.short(base.Interpreter) + " -m pip", words: []string{base.Interpreter, "-m", "pip"},
				next: "thresher guard --base",
			})
		}
	}
	return trials
}

// pipNames are pip, pip3 and each pip3.N on PATH.
func pipNames(path string) []string {
	names := map[string]bool{"pip": true, "pip3": true}
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // a directory on PATH that is not there
		}
		for _, entry := range entries {
			minor, ok := strings.CutPrefix(strings.TrimSuffix(entry.Name(), ".exe"), "pip3.")
			if ok && minor != "" && len(minor) < 3 && strings.Trim(minor, "0123456789") == "" {
				names["pip3."+minor] = true
			}
		}
	}
	var sorted []string
	for name := range names {
		sorted = append(sorted, name)
	}
	sort.Slice(sorted, func(i, j int) bool {
		return len(sorted[i]) < len(sorted[j]) || len(sorted[i]) == len(sorted[j]) && sorted[i] < sorted[j]
	})
	return sorted
}

// try calls pip by one route with the bait. It is caught where thresher
// refused, by its status and its words, and nothing was asked of the index.
func (s *surgery) try(ctx context.Context, t trial, place string) route {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	if s.done != nil {
		defer s.done()
	}
	path := strings.Join(append(slices.Clone(t.path), s.path), string(os.PathListSeparator))
	program, err := lookUp(t.words[0], path)
	if err != nil {
		return route{Route: t.route, State: routeNothing, Detail: "not on PATH", Next: t.next}
	}
	command := exec.CommandContext(ctx, program, append(slices.Clone(t.words[1:]), "install", bait)...)
	command.Args[0], command.Dir = t.words[0], s.scratch
	command.Env = append(slices.Clone(s.environ), "PATH="+path, "PIP_INDEX_URL="+s.index.URL+place+"simple/")
	if t.named != "" {
		command.Env = append(command.Env, "VIRTUAL_ENV="+t.named)
	}
	command.WaitDelay = time.Second
	out, err := command.CombinedOutput()
	status := 0
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return route{Route: t.route, State: routeUntried, Detail: fmt.Sprintf("no end within %s", tryTimeout)}
	case errors.As(err, &exit):
		status = exit.ExitCode()
	case err != nil:
		return route{Route: t.route, State: routeUntried, Detail: err.Error()}
	}
	refused := (status == statuses.Refused || status == statuses.NoEnvironment) &&
		strings.Contains(string(out), "thresher: refused")
	switch {
	case s.index.heard(place):
		return route{Route: t.route, State: routeLeaks, Next: t.next}
	case refused:
		return route{Route: t.route, State: routeCaught, Caught: true}
	case status == 0:
		return route{Route: t.route, State: routeLeaks, Detail: "it ended well: " + words.LastLine(string(out)), Next: t.next}
	}
	if t.there {
		return route{Route: t.route, State: routeUntried, Detail: words.LastLine(string(out))}
	}
	// Such as an interpreter without pip, or a wrapper that chose none.
	return route{Route: t.route, State: routeNothing, Detail: firstLine(string(out))}
}

// lookUp finds a program in a PATH of its own.
func lookUp(name, path string) (string, error) {
	if filepath.IsAbs(name) {
		return name, nil
	}
	names := []string{name}
	if runtime.GOOS == "windows" {
		names = []string{name + ".exe", name + ".bat", name + ".cmd"}
	}
	if found := files.OnPath(path, names...); len(found) > 0 {
		return found[0], nil
	}
	return "", exec.ErrNotFound
}

// python is the base interpreter of this shell's python3: behind pyenv's
// wrapper, and below an environment that is active.
func (p *program) python(bases []python.Environment) (string, error) {
	for _, name := range []string{"python3", "python"} {
		path, err := lookUp(name, p.environment["PATH"])
		if err != nil {
			continue
		}
		environment, err := python.Inspect(path, p.environ, p.places.Cache)
		if err != nil {
			continue // a wrapper that leads nowhere
		}
		if !environment.Virtual && !tooOld(environment) {
			return environment.Interpreter, nil
		}
		for _, base := range bases {
			if base.Prefix == environment.BasePrefix && !tooOld(base) {
				return base.Interpreter, nil
			}
		}
	}
	for _, base := range bases {
		if !tooOld(base) {
			return base.Interpreter, nil
		}
	}
	return "", errors.New("no python from 3.8 on was found on PATH")
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// trialBar says on a terminal how far the tries are.
type trialBar struct {
	program *program
	mutex   sync.Mutex
	total   int
	made    int
}

func (b *trialBar) show(text string) {
	if width(b.program.err) > 0 {
		_, _ = fmt.Fprintf(b.program.err, "\r\x1b[Kthresher: %s", text)
	}
}

func (b *trialBar) step() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.made++
	b.show(fmt.Sprintf("tried %d of %d routes", b.made, b.total))
}

func (b *trialBar) clear() {
	if width(b.program.err) > 0 {
		_, _ = fmt.Fprint(b.program.err, "\r\x1b[K")
	}
}
