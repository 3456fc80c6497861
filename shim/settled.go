package shim

import (
	"bufio"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"

	"thresher/address"
	"thresher/gate"
	"thresher/internal/version"
	"thresher/pip"
	"thresher/settled"
	"thresher/venv"
)

// foreseenAtOnce is how many pages are asked for at once: together they take one
// or two round trips, most of them answered by "not modified".
const foreseenAtOnce = 64

// collectingLess is the garbage collector's percentage while it is worked out whether
// pip is needed: a tenth of that time, for memory that is given back a moment later.
const collectingLess = 400

// settling is the attempt to do without pip: what pip would do is worked out
// while the other steps go on. It is nil where nothing is attempted.
type settling struct {
	done       chan struct{}
	early      sync.WaitGroup
	collecting int // what the garbage collector was told before
	// What came of it, once done is closed.
	doubt    error // why pip is to run; nil: it would change nothing
	closure  *settled.Closure
	question string // the digest that a run is remembered by; "" none
	foreseen []gate.Foreseen
	damaged  error // a memory that could not be read
}

// maySettle says whether a run is worth the attempt: nothing that its options, its
// environment or the names it asks for tell at once stands against it.
func (in *invocation) maySettle(a *asked) bool {
	c := a.command
	if c.Name != "install" || !a.policy.Upgrade.SkipWhenCurrent.Value || settled.Ordinary(c.Said()) != nil ||
		c.DryRun || len(c.FindLinks) > 0 || len(c.Indexes) == 0 || len(c.OutputFiles) > 0 || len(c.BuildRequirements) > 0 ||
		c.Targets != (pip.Targets{}) || !a.environment.UnderVirtualenv() || a.environment.SystemSite || a.userSite != "" {
		return false
	}
	for _, name := range []string{"_PIP_USE_IMPORTLIB_METADATA", "_PYTHON_HOST_PLATFORM", "PIP_RESOLVER_DEBUG"} {
		if in.environment[name] != "" {
			return false
		}
	}
	for _, r := range c.Requirements {
		if r.Name == "" || !r.Constraint && r.MarkerApplies && !a.isInstalled(r.Canonical) {
			return false
		}
	}
	return true
}

// beginSettling begins to work out whether pip would change anything. Where it
// would, or where that is not certain, the gate begins to fetch what pip will
// need.
func (in *invocation) beginSettling(a *asked, d *door) {
	s := &settling{done: make(chan struct{}), collecting: debug.SetGCPercent(collectingLess)}
	d.settling = s
	if a.upgrades() {
		// Their pages decide in any case, and are under way while the rest is read.
		s.early.Go(func() { _, _ = foreseeAll(in, d.own, a.requestedNames()) })
	}
	go func() {
		defer close(s.done)
		if s.doubt = in.workOut(a, d, s); s.doubt != nil {
			d.own.FetchAhead()
		}
	}()
}

// workOut gives nil where pip would change nothing, else the doubt.
func (in *invocation) workOut(a *asked, d *door, s *settling) error {
	question, err := in.question(a, a.installed)
	if err != nil {
		return err
	}
	if s.closure, err = settled.Trace(question); err != nil {
		return err
	}
	if s.question, err = in.questionDigest(a, question); err != nil {
		return err
	}
	memory, remembered := settled.Memory{}, false
	if path := in.places.Settled(); path != "" {
		memory, remembered, s.damaged = settled.Recall(path, s.question, in.start)
	}
	pages, err := in.foresee(d, s, append(memory.Pages, s.closure.Pages...))
	if err != nil {
		return err
	}
	doubt := s.closure.Current(pages)
	if doubt == nil || !remembered {
		return doubt
	}
	if digest, ok := s.closure.PagesDigest(memory.Pages, pages); !ok || digest != memory.Digest {
		return doubt
	}
	return nil
}

// question is what is known of a command before any page.
func (in *invocation) question(a *asked, installed []venv.Distribution) (settled.Question, error) {
	c := a.command
	tags, err := c.Installation.Tags(in.places.Cache)
	if err != nil {
		return settled.Question{}, err
	}
	markers, err := c.Installation.MarkerEnvironment(in.places.Cache)
	if err != nil {
		return settled.Question{}, err
	}
	dir, err := filepath.EvalSymlinks(in.dir)
	if err != nil {
		return settled.Question{}, err
	}
	question := settled.Question{
		Pip: c.Installation.Version, Importlib: tags.Importlib, Python: c.Installation.PythonVersion,
		Markers: markers, Tags: tags.Supported, Upgrade: a.upgrades(), Eager: a.eager(),
		Formats:      settled.Formats{NoBinary: c.NoBinary, OnlyBinary: c.OnlyBinary},
		Requirements: c.Requirements, Installed: installed, Dir: dir,
	}
	if len(c.Indexes) != 1 || c.Indexes[0].Value != c.Installation.DefaultIndex {
		for _, setting := range c.Indexes {
			question.Looking = append(question.Looking, address.Redact(setting.Value))
		}
	}
	return question, nil
}

// questionDigest digests what is asked, the command as a whole and this program
// among it.
func (in *invocation) questionDigest(a *asked, question settled.Question) (string, error) {
	command, err := a.command.Fingerprint()
	if err != nil {
		return "", err
	}
	return question.QuestionDigest(command, version.String(), a.environment.Prefix)
}

// foresee asks for the pages of projects, all together.
func (in *invocation) foresee(d *door, s *settling, names []string) (map[string][]settled.Candidate, error) {
	foreseen, err := foreseeAll(in, d.own, names)
	if err != nil {
		return nil, err
	}
	s.foreseen = foreseen
	return candidatesOf(foreseen), nil
}

func foreseeAll(in *invocation, own *gate.Gate, names []string) ([]gate.Foreseen, error) {
	ctx := in.untilInterrupted()
	asked := map[string]bool{}
	var once []string
	for _, name := range names {
		if !asked[name] {
			asked[name] = true
			once = append(once, name)
		}
	}
	foreseen, failures := make([]gate.Foreseen, len(once)), make([]error, len(once))
	slots := make(chan struct{}, foreseenAtOnce)
	var wait sync.WaitGroup
	for i, name := range once {
		slots <- struct{}{}
		wait.Go(func() {
			foreseen[i], failures[i] = own.Foresee(ctx, name)
			<-slots
		})
	}
	wait.Wait()
	for _, err := range failures {
		if err != nil {
			return nil, err
		}
	}
	return foreseen, nil
}

func candidatesOf(foreseen []gate.Foreseen) map[string][]settled.Candidate {
	pages := map[string][]settled.Candidate{}
	for _, project := range foreseen {
		for _, file := range project.Files {
			pages[project.Name] = append(pages[project.Name],
				settled.Candidate{Version: file.Version, File: file.File, Blocked: file.Blocked})
		}
	}
	return pages
}

// withoutPip ends a run in which pip would change nothing, with what it would
// have printed and what the gate would have said. ok is false where pip is to run.
func (in *invocation) withoutPip(a *asked, d *door) (result ended, end *ending, ok bool) {
	s := d.settling
	if s == nil {
		return ended{}, nil, false
	}
	<-s.done
	debug.SetGCPercent(s.collecting)
	if s.damaged != nil {
		in.say.damagedMemory(s.damaged)
	}
	if s.doubt != nil || in.untilInterrupted().Err() != nil {
		return ended{}, nil, false
	}
	if d.waited || len(a.command.Changed()) > 0 {
		d.own.FetchAhead() // another run may have changed something meanwhile
		return ended{}, nil, false
	}
	d.own.Deliver(s.foreseen)
	if a.command.Quiet == 0 {
		out := bufio.NewWriter(in.streams.Out)
		for _, line := range s.closure.Lines {
			fmt.Fprintln(out, line)
		}
		if err := out.Flush(); err != nil {
			return ended{}, broken("print what pip would", err), false
		}
	}
	result.offered, result.sightings = d.own.Offered(), d.own.Sightings()
	in.tellMet(a, d, &result, nil)
	for _, fault := range d.own.Faults() {
		in.say.line("%s", fault.Text)
	}
	return result, nil, true
}

// witness is what a run that may be remembered met, taken before the gate closes.
type witness struct {
	names []string
	pages map[string][]settled.Candidate
}

// watch takes what pip asked for, where the run may turn out to have changed
// nothing.
func (in *invocation) watch(d *door) *witness {
	if d.settling == nil || in.places.Settled() == "" {
		return nil
	}
	<-d.settling.done
	if d.settling.question == "" {
		return nil
	}
	names := d.own.Asked()
	foreseen, err := foreseeAll(in, d.own, names)
	if err != nil {
		return nil
	}
	return &witness{names: names, pages: candidatesOf(foreseen)}
}

// remember keeps that a run changed nothing, so that the same one is settled
// without pip for a day.
func (in *invocation) remember(made *steps) {
	a, d, run := made.asked, made.gate, made.ended
	if run.witness == nil || pipStatus(run.pip) != 0 || run.refused || run.unvouched || len(made.changed.changes) > 0 ||
		made.changed.unvouched || len(venv.Compare(a.installed, made.changed.after.distributions)) > 0 ||
		len(a.command.Changed()) > 0 || len(d.own.Faults()) > 0 || blocks(d.own.Findings()) {
		return
	}
	for _, entry := range run.ledger {
		// What a build makes is not told by what was fetched.
		if !strings.HasSuffix(entry.Filename, ".whl") || entry.Origin != "" || !strings.Contains(entry.URL, "://") {
			return
		}
	}
	digest, ok := d.settling.closure.PagesDigest(run.witness.names, run.witness.pages)
	if !ok {
		return
	}
	memory := settled.Memory{Pages: run.witness.names, Digest: digest, Time: in.start}
	err := settled.Remember(in.untilInterrupted(), in.places.Settled(), d.settling.question, memory)
	if err != nil {
		in.say.runNotRemembered(err)
	}
}
