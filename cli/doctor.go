package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"thresher/advisory"
	"thresher/pip"
	"thresher/policy/typosquat"
	"thresher/venv"
)

// examination is what `thresher doctor --json` prints.
type examination struct {
	Routes []route `json:"routes"`
	Facts  []fact  `json:"facts"`
	Leaks  int     `json:"leaks"`
}

// route is one way to call pip, tried for real.
type route struct {
	Route  string `json:"route"`
	Caught bool   `json:"caught"`
	Next   string `json:"next"` // what to do where it was not caught
}

// fact is something about this machine that decides what is caught.
type fact struct {
	What  string `json:"what"`
	State string `json:"state"` // ok, info, warning
	Text  string `json:"text"`
	Next  string `json:"next"`
}

// tryTimeout bounds one try of one route.
const tryTimeout = 60 * time.Second

func (p *program) doctorCommand() *cli.Command {
	return &cli.Command{
		Name:     "doctor",
		Usage:    "try every way to call pip, and say which of them thresher catches",
		Category: categorySetUp,
		Description: "Each route is really tried, in a scratch environment and against an index of its own that\n" +
			"   has nothing, with a name that must be refused. The status is 1 where a route leaks.",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "one JSON object"}},
		Action: func(c *cli.Context) error {
			made, err := p.examine(c.Context)
			if err != nil {
				return err
			}
			if c.Bool("json") {
				err = json.NewEncoder(p.out).Encode(made)
			} else {
				err = p.printExamination(made)
			}
			if err == nil && made.Leaks > 0 {
				err = ended(statusFound)
			}
			return err
		},
	}
}

func (p *program) examine(ctx context.Context) (examination, error) {
	made := examination{Routes: []route{}, Facts: p.facts()}
	routes, err := p.tryRoutes(ctx)
	if err != nil {
		return made, err
	}
	made.Routes = append(made.Routes, routes...)
	for _, r := range made.Routes {
		if !r.Caught {
			made.Leaks++
		}
	}
	return made, nil
}

// emptyIndex has no distribution and remembers what it was asked for.
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

// heard says whether the index was asked for a name since the last call.
func (x *emptyIndex) heard(name string) bool {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	for _, path := range x.asked {
		if strings.Contains(path, name) {
			x.asked = nil
			return true
		}
	}
	x.asked = nil
	return false
}

// bait is a name that imitates a popular one so closely that it is refused.
const bait = "reqeusts"

// trial is one route to be tried: the words to run and where.
type trial struct {
	name    string
	words   []string
	path    []string // directories before the rest of PATH
	next    string
	outside bool // no environment is meant: refused with 3
}

// tryRoutes makes a scratch environment as the user's own Python makes one,
// and calls pip in it in every way there is.
func (p *program) tryRoutes(ctx context.Context) ([]route, error) {
	if typosquat.Rank(bait) != 0 {
		return nil, fmt.Errorf("the name %s is on the list of popular names, so it proves nothing", bait)
	}
	python, err := p.firstPython()
	if err != nil {
		return nil, err
	}
	scratch, err := os.MkdirTemp("", "thresher-doctor-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := os.RemoveAll(scratch); err != nil {
			p.say("left behind: %v", err)
		}
	}()
	if p.terminal {
		p.say("trying every route in a scratch environment…")
	}
	x := newEmptyIndex()
	defer x.Close()
	born := filepath.Join(scratch, "born")
	create := exec.CommandContext(ctx, python, "-m", "venv", born)
	create.Env = p.environ
	if out, err := create.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make a scratch environment: %w: %s", err, strings.TrimSpace(string(out)))
	}
	environment, err := inspectPrefix(born)
	if err != nil {
		return nil, err
	}
	state, err := venv.GuardState(environment)
	if err != nil {
		return nil, err
	}
	birth := route{Route: python + " -m venv makes guarded environments", Caught: state.Installed && !state.Gone}
	if !birth.Caught {
		birth.Next = "thresher guard --base"
		if err := venv.InstallGuard(environment, p.self); err != nil {
			return nil, err
		}
	}
	routes := []route{birth}
	for _, t := range p.trials(scratch, born, python) {
		caught, err := p.try(ctx, t, scratch, x)
		if err != nil {
			return nil, err
		}
		tried := route{Route: t.name, Caught: caught}
		if !caught {
			tried.Next = t.next
		}
		routes = append(routes, tried)
	}
	return routes, nil
}

// trials are the routes of docs/routes.md that thresher catches.
func (p *program) trials(scratch, born, python string) []trial {
	bin := filepath.Join(born, "bin")
	in := func(name string) string { return filepath.Join(bin, name) }
	inside := []trial{
		{name: "pip, environment activated", words: []string{"pip"}},
		{name: "pip3, environment activated", words: []string{"pip3"}},
		{name: "python -m pip, environment activated", words: []string{"python", "-m", "pip"}},
		{name: "python -mpip", words: []string{in("python"), "-mpip"}},
		{name: "python -I -m pip", words: []string{in("python"), "-I", "-m", "pip"}},
		{name: "python -Es -m pip", words: []string{in("python"), "-Es", "-m", "pip"}},
		{name: "python -X utf8 -W ignore -m pip", words: []string{in("python"), "-X", "utf8", "-W", "ignore", "-m", "pip"}},
		{name: "ENVIRONMENT/bin/pip", words: []string{in("pip")}},
		{name: "python ENVIRONMENT/bin/pip", words: []string{in("python"), in("pip")}},
		{name: "a program that starts sys.executable -m pip", words: []string{in("python"), "-c",
			"import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-m', 'pip'] + sys.argv[1:]))"}},
	}
	for i := range inside {
		inside[i].path, inside[i].next = []string{bin}, "thresher guard ENVIRONMENT"
	}
	shell := trial{
		name: "pip in this shell, no environment", words: []string{"pip"}, outside: true,
		next: "put the line of install.sh, or of thresher init, at the end of the shell's start-up file",
	}
	base := trial{
		name: python + " -m pip, no environment", words: []string{python, "-m", "pip"}, outside: true, next: "thresher guard --base",
	}
	return append(inside, shell, base)
}

// try calls pip by one route with the bait, and says whether thresher refused:
// by its status and its words, with nothing asked of the index.
func (p *program) try(ctx context.Context, t trial, scratch string, x *emptyIndex) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	path := strings.Join(append(append([]string(nil), t.path...), p.environment["PATH"]), string(os.PathListSeparator))
	program, err := lookUp(t.words[0], path)
	if err != nil {
		return false, nil // such as no `pip` in this shell: nothing is caught there
	}
	command := exec.CommandContext(ctx, program, append(t.words[1:], "install", bait)...)
	command.Args[0], command.Dir = t.words[0], scratch
	for _, pair := range p.environ {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "PIP_") || strings.HasPrefix(name, "THRESHER") || name == "PATH" || name == "VIRTUAL_ENV" {
			continue
		}
		command.Env = append(command.Env, pair)
	}
	command.Env = append(command.Env, "PATH="+path, "PIP_INDEX_URL="+x.URL+"/simple/", "PIP_CONFIG_FILE="+os.DevNull,
		"PIP_RETRIES=0", "PIP_DISABLE_PIP_VERSION_CHECK=1")
	out, err := command.CombinedOutput()
	status := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		status = exit.ExitCode()
	} else if err != nil {
		return false, fmt.Errorf("try %s: %w", t.name, err)
	}
	wanted := statusRefused
	if t.outside {
		wanted = statusNoEnvironment
	}
	return status == wanted && strings.Contains(string(out), "thresher: ") && !x.heard(bait), nil
}

const statusNoEnvironment = 3

// lookUp finds a program in a PATH of its own.
func lookUp(name, path string) (string, error) {
	if filepath.IsAbs(name) {
		return name, nil
	}
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue
		}
		candidate := filepath.Join(dir, name)
		if info, err := os.Stat(candidate); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0 {
			return candidate, nil
		}
	}
	return "", exec.ErrNotFound
}

// firstPython is the python3 of this shell, or pyenv's behind its wrapper.
func (p *program) firstPython() (string, error) {
	for _, environment := range p.baseInterpreters() {
		if !tooOld(environment) {
			if path, err := lookUp("python3", p.environment["PATH"]); err == nil && !isScript(path) {
				return path, nil
			}
			return environment.Interpreter, nil
		}
	}
	return "", errors.New("no python from 3.8 on was found on PATH")
}

// facts are what else decides: policy, data, interpreters, environments.
func (p *program) facts() []fact {
	var facts []fact
	add := func(what, state, text, next string) { facts = append(facts, fact{what, state, text, next}) }

	if installation, err := pip.Find(pip.FindInput{Name: "pip", Environ: p.environ, Dir: p.dir, Self: p.self, CacheDir: p.places.Cache}); err != nil {
		add("pip here", "info", err.Error(), "python3 -m venv .venv && . .venv/bin/activate")
	} else {
		add("pip here", "info", fmt.Sprintf("pip %s of %s", installation.Version, p.short(installation.Interpreter)), "")
	}
	loaded, err := p.policy()
	if err != nil {
		add("policy", "warning", err.Error(), "thresher policy check")
	} else {
		files := []string{"preset " + string(loaded.Preset.Value)}
		for _, f := range loaded.Files {
			files = append(files, fmt.Sprintf("%s: %s", f.Layer, p.short(f.Path)))
		}
		add("policy", "ok", strings.Join(files, "; "), "")
		for _, note := range loaded.Notes {
			add("policy", "warning", note.String(), note.Hint)
		}
	}
	database, err := advisory.Open(p.places.Advisories())
	switch {
	case err != nil:
		add("advisories", "warning", err.Error(), "thresher update")
	default:
		age := p.now.Sub(database.AsOf())
		state, next := "ok", ""
		if age > 7*24*time.Hour {
			state, next = "warning", "thresher update"
		}
		add("advisories", state, fmt.Sprintf("%d records, as of %s", database.Count(), database.AsOf().Format("2006-01-02 15:04")), next)
		_ = database.Close() // it was only read
	}
	for _, environment := range p.baseInterpreters() {
		if tooOld(environment) {
			add("interpreter", "info", fmt.Sprintf("%s is python %s, which is not covered", p.short(environment.Interpreter), environment.Version), "")
			continue
		}
		facts = append(facts, p.guardFact("interpreter", environment, "thresher guard --base"))
	}
	known, err := venv.Known(p.places.State)
	if err != nil {
		add("environments", "warning", err.Error(), "")
	}
	for _, one := range known {
		if one.Base || one.Gone {
			continue
		}
		environment, err := inspectPrefix(one.Prefix)
		if err != nil {
			add("environment", "warning", err.Error(), "")
			continue
		}
		facts = append(facts, p.guardFact("environment", environment, "thresher guard "+one.Prefix))
	}
	return facts
}

func (p *program) guardFact(what string, environment venv.Environment, next string) fact {
	name := p.short(environment.Prefix)
	if what == "interpreter" {
		name = p.short(environment.Interpreter)
	}
	state, err := venv.GuardState(environment)
	switch {
	case err != nil:
		return fact{what, "warning", name + ": " + err.Error(), ""}
	case state.Gone:
		return fact{what, "warning", name + " is guarded by a thresher that is gone: " + p.short(state.Program), next}
	case !state.Installed:
		return fact{what, "warning", name + " is not guarded", next}
	case !state.Current:
		return fact{what, "ok", name + " is guarded, by another release of thresher: " + p.short(state.Program), ""}
	}
	return fact{what, "ok", name + " is guarded", ""}
}

// short writes the home directory as ~: what doctor prints gets posted.
func (p *program) short(path string) string {
	if rest, ok := strings.CutPrefix(path, p.places.Home+string(filepath.Separator)); ok && p.places.Home != "" {
		return "~" + string(filepath.Separator) + rest
	}
	return path
}

func (p *program) printExamination(made examination) error {
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, r := range made.Routes {
		state := "caught"
		if !r.Caught {
			state = "LEAKS"
		}
		if _, err := fmt.Fprintf(table, "%s\t%s\t%s\n", state, r.Route, next(r.Next)); err != nil {
			return err
		}
	}
	for _, f := range made.Facts {
		if _, err := fmt.Fprintf(table, "%s\t%s\t%s\n", f.State, f.What+": "+f.Text, next(f.Next)); err != nil {
			return err
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if made.Leaks > 0 {
		p.say("%d of %d routes leak", made.Leaks, len(made.Routes))
		return nil
	}
	p.say("all %d routes are caught", len(made.Routes))
	return nil
}

func next(command string) string {
	if command == "" {
		return ""
	}
	return "next: " + command
}
