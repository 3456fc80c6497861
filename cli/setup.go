package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"thresher/internal/files"
	"thresher/internal/setup"
	"thresher/internal/statuses"
	"thresher/internal/words"
	"thresher/policy"
	"thresher/python"
	"thresher/venv"
)

// The steps of a setup that may be left out.
const (
	stepGuards     = "guards"
	stepShell      = "shell"
	stepAdvisories = "advisories"
	stepDoctor     = "doctor"
)

var setupSteps = []string{stepGuards, stepShell, stepAdvisories, stepDoctor}

func (p *program) setupCommand() *cli.Command {
	return &cli.Command{
		Name:     "setup",
		Usage:    "put thresher in place of pip, or take it away again",
		Category: categorySetUp,
		Description: "It copies this program to a place of its own with pip beside it, guards the interpreters of\n" +
			"this machine, adds a line to the shell's start-up file (on Windows the place to the user's\n" +
			"PATH), fetches the known vulnerabilities and tries every route to pip. What it will change it\n" +
			"shows first, and asks; without a terminal it changes nothing unless --yes is given. Run again\n" +
			"it brings everything up to date, and repairs what was interrupted. --remove takes away what\n" +
			"setup placed, and every guard.\n" +
			"The status is 1 where something could not be guarded, or a route leaks.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "prefix", Usage: "keep the program in `DIR`/bin instead of the user's data directory"},
			&cli.BoolFlag{Name: "system", Usage: "for all users of this machine: takes an administrator (root)"},
			&cli.StringSliceFlag{
				Name: "skip", Usage: "leave a `STEP` out: " + strings.Join(setupSteps, ", ") + " (may be repeated)",
			},
			&cli.BoolFlag{Name: "remove", Usage: "take away what setup placed, and every guard"},
			&cli.BoolFlag{Name: "data", Usage: "with --remove: the policy, the log and the caches too"},
			&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "do not ask"},
			&cli.BoolFlag{Name: "json", Usage: "one JSON object; without --yes it is what would be changed"},
		},
		Action: func(c *cli.Context) error {
			if c.Bool("data") && !c.Bool("remove") {
				return usageError(messageSetupData)
			}
			for _, step := range c.StringSlice("skip") {
				if !slices.Contains(setupSteps, step) {
					return usageError(messageSetupStep, step, strings.Join(setupSteps, ", "))
				}
			}
			if c.Bool("system") && runtime.GOOS != "windows" && os.Geteuid() != 0 {
				return errors.New(messageSetupRoot)
			}
			ctx, stop := signal.NotifyContext(c.Context, os.Interrupt)
			defer stop()
			// What is learned of interpreters is forgotten: only what was
			// shown is to be placed.
			scratch, err := os.MkdirTemp("", "thresher-setup-")
			if err != nil {
				return err
			}
			defer os.RemoveAll(scratch)
			quiet := *p
			quiet.places.Cache = scratch
			s := &setupRun{
				program: &quiet, cache: p.places.Cache, system: c.Bool("system"),
				prefix: c.String("prefix"), skip: c.StringSlice("skip"),
				yes: c.Bool("yes"), asJSON: c.Bool("json"), removes: c.Bool("remove"),
			}
			if err := s.findPlaces(); err != nil {
				return err
			}
			if c.Bool("remove") {
				return s.remove(c.Bool("data"))
			}
			return s.place(ctx)
		},
	}
}

// setupRun is one call of `thresher setup`.
type setupRun struct {
	*program
	system, yes, asJSON bool
	removes             bool
	prefix              string // "" for the place that is usual
	skip                []string

	cache     string // the user's; program has another
	state     string // directory of the manifest and of the list of guards
	root, bin string
	earlier   setup.Manifest // of a setup before
	found     bool           // there is one

	report setupReport
}

// setupReport is what --json prints.
type setupReport struct {
	Version string        `json:"version"`
	Root    string        `json:"root"`
	Changes []setupChange `json:"changes"`
	Done    bool          `json:"done"`             // they were made, and are not only planned
	Doctor  *examination  `json:"doctor,omitempty"` // after they were made
	Stays   []string      `json:"stays,omitempty"`  // directories that a removal leaves: policy, log, data
}

// setupChange is one thing that setup changes.
type setupChange struct {
	Action string `json:"action"` // place, renew, keep, remove
	What   string `json:"what"`   // a kind of setup.Entry, "guard" or "advisories"
	Path   string `json:"path"`
	Detail string `json:"detail,omitempty"`
}

// The actions of changes.
const (
	actionPlace  = "place"
	actionRenew  = "renew"
	actionKeep   = "keep"
	actionRemove = "remove"
)

func (s *setupRun) leavesOut(step string) bool { return slices.Contains(s.skip, step) }

// findPlaces says where things go, from what an earlier setup has recorded
// where there was one.
func (s *setupRun) findPlaces() error {
	s.state, s.root = s.places.State, s.places.Programs
	if s.system {
		s.state, s.root = s.places.SystemState, s.places.SystemPrograms
	}
	if s.state == "" || s.root == "" {
		return errNoState
	}
	var err error
	if s.earlier, s.found, err = setup.ReadManifest(s.state); err != nil {
		return err
	}
	if s.prefix != "" {
		if s.root, err = filepath.Abs(s.prefix); err != nil {
			return err
		}
	} else if s.found {
		s.root = s.earlier.Root
	}
	s.bin = filepath.Join(s.root, "bin")
	if s.found && s.earlier.Root != s.root {
		there := filepath.Join(s.earlier.Root, "bin", programFile("thresher"))
		return fmt.Errorf(messageSetupElsewhere, s.earlier.Root, words.ShellWord(there))
	}
	if home, err := os.Stat(s.places.Home); !s.system && err == nil && !files.IsMine(home) {
		// sudo keeps HOME on many systems: files would be there that their
		// owner cannot change.
		return fmt.Errorf(messageSetupHome, s.places.Home)
	}
	s.report = setupReport{Version: s.shim.Version, Root: s.root, Changes: []setupChange{}}
	return nil
}

// programFile is the program's name in its place.
func programFile(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

func (s *setupRun) installed() string { return filepath.Join(s.bin, programFile("thresher")) }

// wanted are the entries that are to be there, in the order in which they are
// placed: pip's names after the program that they call.
func (s *setupRun) wanted() ([]setup.Wanted, error) {
	wanted := []setup.Wanted{{
		Entry:  setup.Entry{Kind: setup.Program, Path: s.installed()},
		Source: s.self, Check: []string{"--version"},
	}}
	problems := []error{setup.CheckPlace(s.bin)}
	for _, name := range pipNames(s.environment["PATH"]) {
		path := filepath.Join(s.bin, programFile(name))
		if runtime.GOOS == "windows" { // where links take an administrator
			wanted = append(wanted, setup.Wanted{
				Entry: setup.Entry{Kind: setup.Name, Path: path, Target: s.installed()}, Source: s.self,
			})
			continue
		}
		wanted = append(wanted, setup.Wanted{Entry: setup.Entry{Kind: setup.Link, Path: path, Target: "thresher"}})
	}
	var err error
	switch {
	case s.system:
		wanted, err = s.systemWanted(wanted)
	case runtime.GOOS == "windows" && !s.leavesOut(stepShell):
		wanted = append(wanted, setup.Wanted{Entry: setup.Entry{Kind: setup.Search, Path: s.bin}})
	case !s.leavesOut(stepShell):
		var lines setup.Entry
		if lines, err = setup.LinesFor(startupFile(s.environment, runtime.GOOS), s.startupLines()); err == nil {
			wanted = append(wanted, setup.Wanted{Entry: lines})
		}
	}
	problems = append(problems, err)
	return withDirectories(wanted), errors.Join(problems...)
}

// everywhere is a directory that every shell has before the system's own pip.
const everywhere = "/usr/local/bin"

// systemWanted adds what all users of a machine get: a policy file to fill in,
// and names on the usual PATH where none are there. A pip of a base
// interpreter in that place stays, since the interpreter's guard catches it.
func (s *setupRun) systemWanted(wanted []setup.Wanted) ([]setup.Wanted, error) {
	directory, name := filepath.Split(s.places.SystemPolicy)
	schema, err := policy.JSONSchema()
	if err != nil {
		return nil, err
	}
	for _, file := range []struct {
		path    string
		content []byte
	}{
		{s.places.SystemPolicy, policy.Init(policy.SchemaFileName(name))},
		{filepath.Join(directory, policy.SchemaFileName(name)), schema},
	} {
		entry := setup.Entry{Kind: setup.File, Path: file.path, SHA256: setup.Digest(file.content)}
		_, err := os.Lstat(file.path)
		if err != nil || slices.ContainsFunc(s.earlier.Entries, func(e setup.Entry) bool { return e.Path == file.path }) {
			wanted = append(wanted, setup.Wanted{Entry: entry, Content: file.content})
		}
	}
	if runtime.GOOS == "windows" {
		return wanted, nil
	}
	if info, err := os.Stat(everywhere); err != nil || !info.IsDir() {
		return wanted, err
	}
	target, err := filepath.Rel(everywhere, s.installed())
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"thresher", "pip", "pip3"} {
		link := setup.Wanted{Entry: setup.Entry{Kind: setup.Link, Path: filepath.Join(everywhere, name), Target: target}}
		if _, err := link.Look(); err == nil {
			wanted = append(wanted, link)
		}
	}
	return wanted, nil
}

// withDirectories puts before each entry those of the directories that it
// takes and that are not there.
func withDirectories(wanted []setup.Wanted) []setup.Wanted {
	var all []setup.Wanted
	seen := map[string]bool{}
	for _, w := range wanted {
		for _, directory := range setup.MissingDirectories(w.Path) {
			if !seen[directory.Path] {
				seen[directory.Path] = true
				all = append(all, setup.Wanted{Entry: directory})
			}
		}
		all = append(all, w)
	}
	return all
}

// place shows what will be changed, asks, and changes it.
func (s *setupRun) place(ctx context.Context) error {
	wanted, err := s.wanted()
	if err != nil {
		return err
	}
	if err := s.planEntries(wanted); err != nil {
		return err
	}
	bases := s.planGuards()
	advisories, err := s.planAdvisories()
	if err != nil {
		return err
	}
	agreed, err := s.agree(messageSetupPlan, messageSetupGoOn)
	if err != nil || !agreed {
		return err
	}
	if wanted, err = s.askForLines(wanted); err != nil {
		return err
	}
	if err := s.apply(wanted, advisories); err != nil {
		return fmt.Errorf("%w\n"+messageSetupStopped, err, s.again())
	}
	failures := s.guardBases(bases)
	if len(advisories) > 0 {
		s.fetchAdvisories(ctx)
	}
	s.report.Done = true
	if !s.leavesOut(stepDoctor) && len(bases) > 0 {
		failures = append(failures, s.seeDoctor(ctx))
	}
	if s.asJSON {
		failures = append(failures, s.print())
	} else {
		s.sayDone()
	}
	if err := errors.Join(failures...); err != nil {
		return &exitError{statuses.Found, err.Error()}
	}
	return nil
}

// planEntries says of each entry whether it has to be placed. Everything that
// stands in the way is named at once.
func (s *setupRun) planEntries(wanted []setup.Wanted) error {
	var problems []error
	for _, w := range wanted {
		state, err := w.Look()
		if err != nil {
			problems = append(problems, err)
			continue
		}
		change := setupChange{What: string(w.Kind), Path: w.Path, Detail: s.detail(w)}
		switch state {
		case setup.Missing:
			change.Action = actionPlace
		case setup.Older:
			change.Action = actionRenew
		default:
			change.Action = actionKeep
		}
		s.report.Changes = append(s.report.Changes, change)
	}
	return errors.Join(problems...)
}

func (s *setupRun) detail(w setup.Wanted) string {
	switch w.Kind {
	case setup.Program:
		return fmt.Sprintf(messageSetupProgram, s.shim.Version)
	case setup.Link, setup.Name:
		return messageSetupLink
	case setup.Lines:
		return messageSetupLines
	case setup.Search:
		return messageSetupSearch
	case setup.File:
		if w.Path != s.places.SystemPolicy {
			return messageSetupSchema
		}
		return messageSetupPolicy
	}
	return ""
}

// planGuards finds the interpreters to be guarded.
func (s *setupRun) planGuards() []python.Environment {
	var bases []python.Environment
	if s.leavesOut(stepGuards) {
		return nil
	}
	for _, base := range s.baseInterpreters() {
		if tooOld(base) {
			continue
		}
		bases = append(bases, base)
		state, err := s.guardState(base)
		change := setupChange{
			Action: actionPlace, What: "guard", Path: state.Directory,
			Detail: fmt.Sprintf(messageSetupGuard, base.Interpreter, base.PythonVersion),
		}
		switch {
		case err != nil: // said when it is tried
			change.Path = base.Prefix
		case state.Current && !state.Gone:
			change.Action = actionKeep
		case state.Installed:
			change.Action = actionRenew
		}
		s.report.Changes = append(s.report.Changes, change)
	}
	if len(bases) == 0 {
		s.say(messageSetupNoPython)
	}
	return bases
}

func (s *setupRun) guardState(base python.Environment) (venv.Guarded, error) {
	if s.system {
		return venv.MachineGuardState(base)
	}
	return venv.GuardState(base)
}

// planAdvisories gives the files that the advisories will be in, none where
// they are there or left out. For all users of a machine it fetches none: each
// user has their own.
func (s *setupRun) planAdvisories() ([]setup.Wanted, error) {
	database := s.places.Advisories()
	if s.system || s.leavesOut(stepAdvisories) || database == "" {
		return nil, nil
	}
	if _, err := os.Stat(database); err == nil {
		s.report.Changes = append(s.report.Changes, setupChange{Action: actionKeep, What: "advisories", Path: database})
		return nil, nil
	}
	var files []setup.Wanted
	for _, ending := range []string{"", ".lock", ".download", ".download.json"} {
		files = append(files, setup.Wanted{Entry: setup.Entry{Kind: setup.Data, Path: database + ending}})
	}
	s.report.Changes = append(s.report.Changes, setupChange{
		Action: actionPlace, What: "advisories", Path: database, Detail: messageSetupAdvisories,
	})
	return withDirectories(files), nil
}

// agree shows the changes and asks whether to go on. Nothing to change needs
// no answer.
func (s *setupRun) agree(heading, question string) (bool, error) {
	if s.asJSON {
		if s.yes {
			return true, nil
		}
		return false, s.print()
	}
	lines := s.shownChanges()
	if len(lines) == 0 {
		s.say(messageSetupNothing)
		return true, nil
	}
	s.say("%s", heading)
	for _, line := range lines {
		s.say("  %s", line)
	}
	if s.yes {
		return true, nil
	}
	if !s.confirm(question) {
		return false, &exitError{statuses.Found, fmt.Sprintf(messageSetupUnchanged, s.again())}
	}
	return true, nil
}

// shownChanges are the changes as a person reads them: the names of pip in
// one line, and no directories.
func (s *setupRun) shownChanges() []string {
	signs := map[string]string{actionPlace: "+ ", actionRenew: "~ ", actionRemove: "- "}
	var lines []string
	var last setupChange
	for _, change := range s.report.Changes {
		if change.Action == actionKeep || change.What == string(setup.Directory) {
			continue
		}
		if change.Detail == messageSetupLink && last.Detail == change.Detail && last.Action == change.Action &&
			filepath.Dir(last.Path) == filepath.Dir(change.Path) {
			before, _ := strings.CutSuffix(lines[len(lines)-1], ": "+messageSetupLink)
			lines[len(lines)-1] = before + ", " + filepath.Base(change.Path) + ": " + messageSetupLink
			continue
		}
		last = change
		line := signs[change.Action] + s.short(change.Path)
		if change.Detail != "" {
			line += ": " + change.Detail
		}
		lines = append(lines, line)
	}
	return lines
}

// variableSetup is what a script that calls setup goes by, for hints: the
// program that it calls may be gone by then.
const variableSetup = "THRESHER_SETUP"

// again is the command that does this one once more without asking.
func (s *setupRun) again() string {
	command := []string{"thresher", "setup"}
	if script := s.environment[variableSetup]; script != "" {
		command = []string{script}
	} else if path, err := lookUp(programFile("thresher"), s.environment["PATH"]); err != nil {
		command[0] = words.ShellWord(s.self)
	} else if same, err := sameFile(path, s.self); err != nil || !same {
		command[0] = words.ShellWord(s.self)
	}
	if s.removes {
		command = append(command, "--remove")
	}
	if s.system {
		command = append(command, "--system")
	}
	if s.prefix != "" {
		command = append(command, "--prefix", words.ShellWord(s.prefix))
	}
	for _, step := range s.skip {
		command = append(command, "--skip", step)
	}
	return strings.Join(append(command, "--yes"), " ")
}

// askForLines asks once more before a start-up file is changed, and gives what
// is to be placed then. The line is shown to whoever says no.
func (s *setupRun) askForLines(wanted []setup.Wanted) ([]setup.Wanted, error) {
	at := slices.IndexFunc(wanted, func(w setup.Wanted) bool { return w.Kind == setup.Lines })
	if at < 0 {
		return wanted, nil
	}
	state, err := wanted[at].Look()
	if err != nil || state == setup.Right || s.yes {
		return wanted, err
	}
	if s.confirm(fmt.Sprintf(messageSetupAskLines, s.short(wanted[at].Path))) {
		return wanted, nil
	}
	s.say(messageSetupOwnLines, s.short(wanted[at].Path))
	for line := range strings.Lines(strings.TrimLeft(wanted[at].Text, "\n")) {
		s.say("  %s", line)
	}
	return slices.Delete(slices.Clone(wanted), at, at+1), nil
}

// apply places the entries, after the manifest that has them all.
func (s *setupRun) apply(wanted, data []setup.Wanted) error {
	manifest := s.earlier
	manifest.Version, manifest.Root = s.shim.Version, s.root
	// Before the lock makes it.
	entries := setup.MissingDirectories(filepath.Join(s.state, "file"))
	release, err := setup.Lock(s.state)
	if err != nil {
		return err
	}
	defer release()
	for _, w := range slices.Concat(wanted, data) {
		entries = append(entries, w.Entry)
	}
	if err := s.takeOutOldLines(entries); err != nil {
		return err
	}
	if err := manifest.With(entries).Write(s.state); err != nil {
		return err
	}
	for _, w := range slices.Concat(wanted, data) {
		if err := w.Place(); err != nil {
			return err
		}
	}
	return nil
}

// takeOutOldLines takes lines of an earlier setup out of start-up files that
// would now have others.
func (s *setupRun) takeOutOldLines(entries []setup.Entry) error {
	for _, old := range s.earlier.Entries {
		if old.Kind != setup.Lines {
			continue
		}
		for _, entry := range entries {
			if entry.Kind == setup.Lines && entry.Path == old.Path && !entry.SameLines(old) {
				if _, err := old.Remove(s.self); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *setupRun) guardBases(bases []python.Environment) []error {
	var failures []error
	for _, base := range bases {
		ensure := venv.EnsureGuard
		if s.system {
			ensure = venv.EnsureMachineGuard
		}
		err := ensure(base, s.installed(), s.state)
		state, stateErr := s.guardState(base)
		switch {
		case err != nil:
			failures = append(failures, fmt.Errorf(messageSetupNotGuarded, base.Interpreter, err))
		case stateErr != nil:
			failures = append(failures, fmt.Errorf(messageSetupNotGuarded, base.Interpreter, stateErr))
		case state.Program != s.installed():
			s.say(messageSetupOtherGuard, s.short(base.Interpreter), s.short(state.Program))
		}
	}
	return failures
}

// fetchAdvisories is no failure of a setup: the first run of pip does it again.
func (s *setupRun) fetchAdvisories(ctx context.Context) {
	loaded, err := s.policy()
	if err == nil {
		err = s.updateAdvisories(ctx, fetch{}, loaded)
	}
	if err != nil {
		s.say(messageSetupNoAdvisories, err)
	}
}

// seeDoctor tries the routes as a new shell will have them, and says which leak.
func (s *setupRun) seeDoctor(ctx context.Context) error {
	later := *s.program
	later.self = s.installed()
	if !s.system {
		path := s.bin + string(os.PathListSeparator) + s.environment["PATH"]
		later.environment = map[string]string{}
		later.environ = nil
		for name, value := range s.environment {
			if name == "PATH" {
				value = path
			}
			later.environment[name] = value
			later.environ = append(later.environ, name+"="+value)
		}
	}
	made, err := later.examine(ctx)
	if err != nil {
		return err
	}
	s.report.Doctor = &made
	if made.Leaks+made.Untried == 0 {
		s.say(messageSetupDoctor, len(made.Routes))
		return nil
	}
	var bad []error
	for _, r := range made.Routes {
		if r.State == routeLeaks || r.State == routeUntried {
			text := fmt.Sprintf(messageSetupRoute, r.State, r.Route, r.Detail)
			if r.Next != "" {
				text += "; " + words.Remedy("", r.Next)
			}
			bad = append(bad, errors.New(text))
		}
	}
	return errors.Join(bad...)
}

func (s *setupRun) sayDone() {
	s.say(messageSetupDone, s.shim.Version, s.short(s.bin))
	if ours, err := lookUp("pip", s.environment["PATH"]); err == nil && filepath.Dir(ours) == s.bin {
		return
	}
	if !s.system && !s.leavesOut(stepShell) {
		s.say(messageSetupNewShell)
	}
}
