package cli

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"thresher/internal/journal"
	"thresher/internal/statuses"
	"thresher/internal/words"
	"thresher/pep"
	"thresher/pip"
	"thresher/policy"
	"thresher/policy/rules"
	"thresher/python"
	"thresher/venv"
)

// boundDays is how long what was put back stays back.
const boundDays = 14

func (p *program) undoCommand() *cli.Command {
	return &cli.Command{
		Name:      "undo",
		Usage:     "put back the versions that were there before a run",
		ArgsUsage: "[RUN]",
		Category:  categoryDo,
		Description: "RUN is the id of a run in `thresher log`; without it, the last one that changed the\n" +
			"environment that pip would install into here. What the run upgraded, downgraded or took\n" +
			"away is installed as it was, through the same checks as any install; what it brought\n" +
			"along is taken away, unless something else needs it. So that the next update does not\n" +
			"bring the same again, your policy gets an upper bound for each package that is back, until\n" +
			"a day. An undo is a run, and can be undone.",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "only", Usage: "put back the package `NAME` alone (may be repeated)"},
			&cli.IntFlag{Name: "days", Value: boundDays, Usage: "for how many days the bounds hold; 0 for none"},
			&cli.BoolFlag{Name: "edit", Usage: "print the bounds as lines of requirements files instead of recording them"},
			&cli.BoolFlag{Name: "dry-run", Usage: "say what would be done, and do nothing"},
			projectFlag,
		},
		Action: p.undo,
	}
}

// undoneRun is the run that is to be undone: all entries of one id.
type undoneRun struct {
	journal.Entry
	changes map[string]journal.Change // by canonical name: from the first before to the last after
}

// undoing is what has to be done for it.
type undoing struct {
	run         undoneRun
	environment python.Environment
	pins        []journal.Change // to be installed as before
	removals    []journal.Change // came with the run
	cannot      []string         // why not, with what helps
}

func (p *program) undo(c *cli.Context) error {
	if c.NArg() > 1 {
		return usageError("%s", messageUndoWords)
	}
	if c.Int("days") < 0 {
		return usageError("%s", messageUndoDays)
	}
	loaded, err := p.policy()
	if err != nil {
		return err
	}
	entries, broken, err := journal.Read(p.places.Log(), time.Time{})
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	for _, failure := range brokenLines(p.places.Log(), broken) {
		p.say("%v", failure)
	}
	run, err := p.runToUndo(entries, c.Args().First())
	if err != nil {
		return err
	}
	if err := run.restrict(c.StringSlice("only")); err != nil {
		return err
	}
	u := &undoing{run: run}
	u.environment, err = inspectPrefix(run.Environment, p.environ, p.places.Cache)
	if errors.Is(err, fs.ErrNotExist) {
		return &exitError{statuses.Found, fmt.Sprintf(messageUndoGone, run.Environment)}
	}
	if err != nil {
		return err
	}
	if err := u.plan(); err != nil {
		return err
	}
	if err := p.leaveOutUnlisted(c, loaded, u, entries); err != nil {
		return err
	}
	p.sayUndo(u)
	if c.Bool("dry-run") {
		return nil
	}
	status, err := p.putBack(u)
	if err != nil || status != 0 && status != statuses.Vulnerable {
		return errors.Join(err, ended(status))
	}
	if err := p.keepBack(c, loaded, u); err != nil {
		return err
	}
	if status == 0 && len(u.cannot) > 0 {
		status = statuses.Found
	}
	return ended(status)
}

// runToUndo finds a run by its id or the beginning of it, or the last one that
// changed the environment that pip would install into here.
func (p *program) runToUndo(entries []journal.Entry, id string) (undoneRun, error) {
	environment := ""
	if id == "" {
		installation, err := pip.Find(pip.FindInput{
			Name: "pip", Environ: p.environ, Dir: p.dir, Self: p.self, CacheDir: p.places.Cache,
		})
		if err != nil {
			return undoneRun{}, fmt.Errorf(messageUndoNoPip, err)
		}
		environment = installation.Prefix
		for _, entry := range slices.Backward(entries) {
			if entry.Environment == environment && entry.Target == "" && len(entry.Changed) > 0 {
				id = entry.ID
				break
			}
		}
		if id == "" {
			return undoneRun{}, &exitError{statuses.Found, fmt.Sprintf(messageUndoNothing, environment)}
		}
	}
	found := undoneRun{changes: map[string]journal.Change{}}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.ID, id) {
			continue
		}
		switch {
		case found.ID != "" && found.ID != entry.ID:
			return undoneRun{}, usageError(messageUndoAmbiguous, id, found.ID, entry.ID)
		case entry.Target != "":
			return undoneRun{}, &exitError{statuses.Found, fmt.Sprintf(messageUndoTarget, entry.ID, entry.Target)}
		case found.ID == "":
			found.Entry = entry
		}
		for _, change := range entry.Changed {
			canonical := pep.CanonicalName(change.Name)
			if first, known := found.changes[canonical]; known {
				change.Before, change.BeforeURL = first.Before, first.BeforeURL
			}
			found.changes[canonical] = change
		}
	}
	switch {
	case found.ID == "":
		return undoneRun{}, &exitError{statuses.Found, fmt.Sprintf(messageUndoNoRun, id)}
	case len(found.changes) == 0:
		return undoneRun{}, &exitError{statuses.Found, fmt.Sprintf(messageUndoUnchanged, found.ID)}
	}
	return found, nil
}

// restrict leaves only the packages that are named; none for all.
func (run *undoneRun) restrict(names []string) error {
	if len(names) == 0 {
		return nil
	}
	kept := map[string]journal.Change{}
	for _, name := range names {
		canonical := pep.CanonicalName(name)
		change, known := run.changes[canonical]
		if !known {
			return usageError(messageUndoOnly, run.ID, name)
		}
		kept[canonical] = change
	}
	run.changes = kept
	return nil
}

// inOrder gives the changes by name.
func (run *undoneRun) inOrder() []journal.Change {
	var changes []journal.Change
	for _, change := range run.changes {
		changes = append(changes, change)
	}
	slices.SortFunc(changes, func(a, b journal.Change) int {
		return cmp.Compare(pep.CanonicalName(a.Name), pep.CanonicalName(b.Name))
	})
	return changes
}

// plan compares what was there before the run with what is there now, so that an
// undo that was cut off goes on where it ended.
func (u *undoing) plan() error {
	installed, err := u.installed()
	if err != nil {
		return err
	}
	for _, change := range u.run.inOrder() {
		now, there := installed[pep.CanonicalName(change.Name)]
		switch {
		case change.Before == "" && there:
			u.removals = append(u.removals, change)
		case change.Before == "" || change.Before == change.After, there && now.Version == change.Before:
		case change.BeforeURL != "":
			u.cannot = append(u.cannot, fmt.Sprintf(messageUndoLocal, change.Name, change.Before, change.BeforeURL,
				words.Remedy("", "pip install "+words.ShellWord(change.BeforeURL))))
		default:
			u.pins = append(u.pins, change)
		}
	}
	return nil
}

// installed is what the environment has now, by canonical name.
func (u *undoing) installed() (map[string]venv.Distribution, error) {
	distributions, err := venv.Distributions(u.environment.SitePackages)
	if err != nil {
		return nil, fmt.Errorf("read what is installed: %w", err)
	}
	found := map[string]venv.Distribution{}
	for _, d := range distributions {
		if d.Canonical != "" && !d.Shadowed {
			found[d.Canonical] = d
		}
	}
	return found, nil
}

func (p *program) sayUndo(u *undoing) {
	p.say(messageUndoRun, u.run.ID, day(u.run.Time), harmless(strings.Join(u.run.Argv, " ")))
	for _, change := range u.pins {
		p.say(messageUndoBack, change.Name, cmp.Or(change.After, messageUndoAbsent), change.Before)
	}
	for _, change := range u.removals {
		p.say(messageUndoRemove, change.Name, change.After)
	}
	for _, line := range u.cannot {
		p.say("%s", line)
	}
	if len(u.pins)+len(u.removals)+len(u.cannot) == 0 {
		p.say("%s", messageUndoDone)
	}
}

// putBack installs what was there before, and takes away what came along, as two
// runs of one id. An install that fails leaves the rest as it is.
func (p *program) putBack(u *undoing) (status int, err error) {
	random := make([]byte, 4)
	_, _ = rand.Read(random) // never fails (crypto/rand)
	as := Within{
		Interpreter: u.environment.Interpreter, ID: hex.EncodeToString(random), Note: "undo of " + u.run.ID,
	}
	if len(u.pins) > 0 {
		args := []string{"install"}
		for _, change := range u.pins {
			args = append(args, change.Name+"=="+change.Before)
		}
		if status = p.shim.RunWithin(as, args); status != 0 && status != statuses.Vulnerable {
			p.say("%s", messageUndoStopped)
			return status, nil
		}
	}
	removable, err := p.removable(u)
	if err != nil || len(removable) == 0 {
		return status, err
	}
	return cmp.Or(p.shim.RunWithin(as, append([]string{"uninstall", "-y"}, removable...)), status), nil
}

// removable are the packages that came with the run and that nothing requires
// that stays. Those that are required are named.
func (p *program) removable(u *undoing) ([]string, error) {
	if len(u.removals) == 0 {
		return nil, nil
	}
	installed, err := u.installed()
	if err != nil {
		return nil, err
	}
	leaving := map[string]journal.Change{}
	for _, change := range u.removals {
		if canonical := pep.CanonicalName(change.Name); installed[canonical].Canonical != "" {
			leaving[canonical] = change
		}
	}
	for again := true; again; {
		again = false
		for canonical, d := range installed {
			if _, leaves := leaving[canonical]; leaves {
				continue
			}
			for _, required := range requiredBy(d) {
				if change, leaves := leaving[required]; leaves {
					p.say(messageUndoNeeded, change.Name, d.Name)
					delete(leaving, required)
					again = true
				}
			}
		}
	}
	var names []string
	for canonical := range leaving {
		names = append(names, canonical)
	}
	slices.Sort(names)
	return names, nil
}

// requiredBy are the canonical names that a distribution requires, those of its
// extras left out: nobody knows whether these are wanted.
func requiredBy(d venv.Distribution) []string {
	var names []string
	for _, text := range d.Requires {
		requirement, err := pep.ParseRequirement(text)
		if err == nil && (requirement.Marker == nil || len(requirement.Marker.Extras()) == 0) {
			names = append(names, pep.CanonicalName(requirement.Name))
		}
	}
	return names
}

// leaveOutUnlisted asks the indexes whether they still have what is to be put
// back, since pip would fail on all for the one that is gone.
func (p *program) leaveOutUnlisted(c *cli.Context, loaded *policy.Policy, u *undoing, entries []journal.Entry) error {
	if len(u.pins) == 0 || !loaded.Evidence.Online.Value {
		return nil
	}
	asking, err := p.newAsking(loaded, u.environment)
	if err != nil {
		return err
	}
	defer asking.source.Client.Close()
	if len(asking.command.FindLinks) > 0 {
		return nil // what lies there pip knows
	}
	kept := u.pins[:0:0]
	for _, change := range u.pins {
		canonical := pep.CanonicalName(change.Name)
		e := rules.InstalledEvidence{Name: change.Name, Canonical: canonical, Version: change.Before}
		asking.askAll(c.Context, &e)
		// An index that did not answer may have it.
		if len(e.Answers) == 0 || slices.ContainsFunc(e.Answers, func(a rules.IndexAnswer) bool { return a.Listed }) {
			kept = append(kept, change)
			continue
		}
		origin, url := asking.origins.Of(canonical, change.Before)
		pinned := words.Quoted(change.Name + "==" + change.Before)
		switch {
		case url != "":
			u.cannot = append(u.cannot, fmt.Sprintf(messageUndoLocal, change.Name, change.Before, url,
				words.Remedy("", "pip install "+words.ShellWord(url))))
		case origin != "" && asking.configured(origin) == origin && !asking.asked(&e, origin):
			u.cannot = append(u.cannot, fmt.Sprintf(messageUndoElsewhere, change.Name, change.Before, origin,
				words.Remedy("", "pip install -i "+words.ShellWord(origin)+" "+pinned)))
		default:
			u.cannot = append(u.cannot, fmt.Sprintf(messageUndoUnlisted, change.Name, change.Before))
		}
	}
	u.pins = kept
	return nil
}

// keepBack keeps the next update from bringing what was undone: as bounds in the
// policy, or as lines of requirements files.
func (p *program) keepBack(c *cli.Context, loaded *policy.Policy, u *undoing) error {
	installed, err := u.installed()
	if err != nil {
		return err
	}
	expires := p.now.AddDate(0, 0, c.Int("days"))
	var bounds []rules.Bound
	for _, change := range u.run.inOrder() {
		canonical := pep.CanonicalName(change.Name)
		now := installed[canonical]
		p.sayBoundsInTheWay(loaded, now)
		_, err := pep.ParseVersion(change.After)
		if change.Before == "" || err != nil || now.Version != change.Before ||
			pep.CompareOSV(change.After, change.Before) <= 0 || now.DirectURL != "" {
			continue
		}
		bounds = append(bounds, rules.Bound{
			Name: canonical, Below: change.After, Reason: "undo of run " + u.run.ID + " of " + u.run.Time.Format(time.DateOnly),
			Expires: time.Date(expires.Year(), expires.Month(), expires.Day(), 0, 0, 0, 0, time.UTC),
		})
	}
	switch {
	case len(bounds) == 0 || c.Int("days") == 0:
		return nil
	case c.Bool("edit"):
		return p.sayEdits(u, bounds)
	}
	path, err := p.answersFile(c)
	if err != nil {
		p.say("%v", err)
		return p.sayEdits(u, bounds)
	}
	var recorded []string
	for _, bound := range bounds {
		written, line, err := policy.AppendBound(path, bound)
		switch {
		case err != nil:
			p.say(messageUndoNotKept, err)
			return p.sayEdits(u, bounds)
		case written:
			recorded = append(recorded, bound.Name+"<"+bound.Below)
		case !covered(loaded, bound):
			p.say(messageUndoChange, line, bound.Below, bound.Expires.Format(time.DateOnly))
		}
	}
	if len(recorded) > 0 {
		p.say(messageUndoKept, path, strings.Join(recorded, ", "), expires.Format(time.DateOnly))
	}
	return nil
}

// covered says whether the policy has a bound that leaves out as much for as long.
func covered(loaded *policy.Policy, wanted rules.Bound) bool {
	return slices.ContainsFunc(loaded.Bounds, func(b rules.Bound) bool {
		return b.Name == wanted.Name && pep.CompareOSV(b.Below, wanted.Below) <= 0 && !b.Expires.Before(wanted.Expires)
	})
}

// sayBoundsInTheWay names the bounds of earlier undoings that are over now: what
// stands is above them.
func (p *program) sayBoundsInTheWay(loaded *policy.Policy, now venv.Distribution) {
	for _, bound := range loaded.Bounds {
		if bound.Name == now.Canonical && !rules.Expired(bound.Expires, p.now) &&
			pep.CompareOSV(now.Version, bound.Below) >= 0 {
			p.say(messageUndoBoundStays, now.Name, bound.Below, words.Remedy(bound.Place(), messageUndoTakeOut))
		}
	}
}

// sayEdits prints the bounds as lines of the requirements files of the run.
func (p *program) sayEdits(u *undoing, bounds []rules.Bound) error {
	installation, err := pip.Find(pip.FindInput{
		Name: "pip", Environ: p.environ, Dir: u.run.Directory, Self: p.self, Interpreter: u.environment.Interpreter,
		CacheDir: p.places.Cache,
	})
	if err != nil {
		return fmt.Errorf(messageUndoNoPip, err)
	}
	command := pip.Parse(pip.Input{
		Args: u.run.Argv, Environ: p.environ, Dir: u.run.Directory, Installation: installation, CacheDir: p.places.Cache,
	})
	for _, bound := range bounds {
		place, text := messageUndoAnyFile, bound.Name+"<"+bound.Below
		for _, r := range command.Requirements {
			if r.Canonical != bound.Name || r.Constraint || !isFileLine(r.Origin.Place) {
				continue
			}
			place, text = r.Origin.Place, r.Name+"<"+bound.Below
			if specifiers, err := pep.ParseSpecifiers(r.Specifier); err == nil && !specifiers.Empty() {
				text = r.Name + r.Specifier + ",<" + bound.Below
				if _, pinned := specifiers.Pinned(); pinned || !specifiers.Contains(u.run.changes[bound.Name].Before, true) {
					text = r.Name + "==" + u.run.changes[bound.Name].Before
				}
			}
			break
		}
		p.say("%s", words.Remedy(place, text))
	}
	return nil
}

// isFileLine says whether a place is a line of a file, "requirements.txt:3".
func isFileLine(place string) bool {
	at := strings.LastIndexByte(place, ':')
	return at > 0 && at < len(place)-1 && strings.Trim(place[at+1:], "0123456789") == ""
}
