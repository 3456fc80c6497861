package shim

import (
	"path/filepath"
	"strings"
	"syscall"

	"thresher/gate"
	"thresher/pep"
	"thresher/pip"
	"thresher/policy/rules"
	"thresher/python"
	"thresher/venv"
)

// conclude looks at what pip did: what changed and whether it was let through,
// what is known against it, and what the run ends with.
func (in *invocation) conclude(a *analysis, judge *judgement, opened *gate.Gate, repositories []rules.Finding, before state, ended pip.Outcome, notes <-chan []rules.Finding) int {
	result := outcome{pip: in.pipStatus(ended)}
	gateFindings := opened.Findings()
	a.findings = append(a.findings, gateFindings...)
	for _, f := range gateFindings {
		switch {
		case f.Action == rules.Block && result.pip != 0:
			result.refused = true
			in.say.finding(f, a.places[f.Subject])
		case f.Action == rules.Hold && f.Rule != rules.Cooldown:
			in.say.finding(f, a.places[f.Subject])
		}
	}
	for _, f := range repositories {
		// pip before 22.1 takes an older release of the parent instead.
		a.findings = append(a.findings, f)
		result.refused = true
		in.say.finding(f, "")
	}
	in.say.tooYoung(judge.heldReleases(gateFindings), in.start)
	select {
	case about := <-notes:
		a.findings = append(a.findings, about...)
		in.tellNotes(a, about)
	default: // not answered while pip ran: nobody waits for notes
	}
	for _, fault := range opened.Faults() {
		in.say.line("%s", fault.Text)
	}
	for _, file := range a.command.Changed() {
		// pip may have read what was never judged.
		in.say.changedMeanwhile(file)
		result.unvouched = true
	}
	if !changesEnvironment(a.command) {
		for _, f := range judge.allowedMalware() { // elsewhere the scan says it
			a.findings = append(a.findings, f)
			in.say.finding(f, "")
		}
		in.tellUnsaid()
		stops, err := in.tellSaved(a, opened.Ledger(), before.saved)
		if err != nil {
			in.say.failed("read what was saved", err)
			return statusBroken
		}
		result.unvouched = result.unvouched || stops
		in.record(a, nil, nil, "", result.status())
		return in.end(ended, result)
	}
	after, err := look(a)
	if err != nil {
		in.say.failed("read what is installed", err)
		return statusBroken
	}
	changes := venv.Compare(before.distributions, after.distributions)
	in.tellArrivedNotes(a, opened.Ledger(), changes)
	in.tellUnsaid()
	in.say.changes(changes)
	if in.tellUnvouched(a, opened.Ledger(), changes) {
		result.unvouched = true
	}
	if in.tellHooks(a, before, after, changes) {
		result.unvouched = true
	}
	scanned, err := in.scan(a, judge, opened, after, changes)
	if err != nil {
		// The result is not known to be clean, and pip has done its work.
		in.say.line("the result could not be scanned: %v", err)
		if result.status() == 0 {
			result.pip = statusBroken
		}
	}
	result.refused = result.refused || scanned.Malware
	result.vulnerable = scanned.Fails
	if err := judge.database.err(); err != nil {
		in.say.line("the advisory data could not be read: %v", err)
	}
	in.record(a, changes, standing(scanned), "", result.status())
	return in.end(ended, result)
}

// tellUnsaid says in one line what notes there were, where no terminal is there
// to read them.
func (in *invocation) tellUnsaid() {
	if len(in.unsaid) > 0 {
		in.say.notesSummary(in.unsaid)
		in.unsaid = nil
	}
}

// tellArrivedNotes says what was noted of the files that were installed. That
// a fix was let through before its time is said in any case. pip records of no
// file which one it took; where a release has wheels, its sdist is taken for
// not used.
func (in *invocation) tellArrivedNotes(a *analysis, ledger []gate.Entry, changes []venv.Change) {
	arrived := map[string]bool{}
	for _, c := range changes {
		if c.Kind != venv.Removed {
			arrived[c.Distribution.Canonical+" "+c.After] = true
		}
	}
	hasWheel := map[string]bool{}
	for _, entry := range ledger {
		if strings.HasSuffix(entry.Filename, ".whl") {
			hasWheel[pep.CanonicalName(entry.Name)+" "+entry.Version] = true
		}
	}
	var notes []rules.Finding
	said := map[rules.Finding]bool{}
	for _, entry := range ledger {
		release := pep.CanonicalName(entry.Name) + " " + entry.Version
		if !arrived[release] || hasWheel[release] && !strings.HasSuffix(entry.Filename, ".whl") {
			continue
		}
		for _, f := range entry.Notes {
			if said[f] {
				continue
			}
			said[f] = true
			a.findings = append(a.findings, f)
			if f.Rule == rules.Cooldown {
				in.say.finding(f, "")
			} else {
				notes = append(notes, f)
			}
		}
	}
	in.tellNotes(a, notes)
}

// changesEnvironment says whether the command is one after which an
// environment may be another.
func changesEnvironment(c *pip.Command) bool {
	return c.Name != "download" && c.Name != "wheel" && c.Name != "lock" && !c.DryRun
}

// tellUnvouched reports distributions that arrived without a verdict: that no
// file which the gate let through stands for, or that say of themselves that
// they came from where nothing of the user's points to.
func (in *invocation) tellUnvouched(a *analysis, ledger []gate.Entry, changes []venv.Change) bool {
	var arrived, foreign []venv.Distribution
	checkouts := in.checkouts(a.command)
	for _, c := range changes {
		switch {
		case c.Kind == venv.Removed:
		case c.Distribution.DirectURL != "" && !originNamed(c.Distribution, a.command.Requirements, checkouts):
			foreign = append(foreign, c.Distribution)
		case len(gate.Unvouched(ledger, []gate.Arrived{asArrived(c.Distribution)})) > 0:
			arrived = append(arrived, c.Distribution)
		}
	}
	stops := false
	for _, c := range changes {
		if c.Kind == venv.Removed {
			continue
		}
		// The name of a project in a directory is what its build says.
		for _, f := range a.policy.JudgeDependency(c.Name, rules.NameEvidence{}, true) {
			if f.Rule == rules.Denied && f.Action == rules.Block {
				a.findings = append(a.findings, f)
				stops = true
				in.say.deniedArrived(f)
			}
		}
	}
	for _, m := range append(withoutVerdict(arrived, a.command, checkouts), foreign...) {
		stops = in.tellArrival(a, m.Name, m.Version) || stops
	}
	return stops
}

// tellArrival reports one thing that arrived without a verdict, and says whether
// it fails the run.
func (in *invocation) tellArrival(a *analysis, name, version string) (stops bool) {
	for _, f := range a.policy.JudgeArrival(rules.Arrival{Name: name, Version: version}) {
		a.findings = append(a.findings, f)
		if f.Action == rules.Block || f.Action == rules.Ask {
			stops = true
			in.say.unvouched(name, version)
		}
	}
	return stops
}

func asArrived(d venv.Distribution) gate.Arrived {
	return gate.Arrived{Name: d.Name, Version: d.Version, Hash: d.ArchiveHash}
}

// tellHooks names files that will run at every start of Python and arrived
// with this command, and puts the environment's guard back where the command
// changed it. It says whether something of that kind fails the run.
func (in *invocation) tellHooks(a *analysis, before, after state, changes []venv.Change) (stops bool) {
	tell := func(arrival rules.Arrival) {
		for _, f := range a.policy.JudgeArrival(arrival) {
			a.findings = append(a.findings, f)
			in.say.finding(f, "")
			stops = stops || f.Action == rules.Block || f.Action == rules.Ask
		}
	}
	for _, c := range changes {
		if c.Kind == venv.Removed {
			continue
		}
		if file := venv.FileInPip(c.Distribution); file != "" {
			tell(rules.Arrival{Name: c.Name, Path: file, Vouched: true, Replaces: true})
		}
	}
	guarded := in.stillGuards(before.guard, after.guard)
	for _, change := range venv.HooksChanged(before.hooks, after.hooks, after.distributions) {
		if change.What == "removed" || !change.Runs && !change.Replaces {
			continue
		}
		if venv.IsGuardFile(filepath.Base(change.Path)) && guarded && change.Owner == "" {
			continue
		}
		tell(rules.Arrival{Name: change.Owner, Version: versionOf(after, change.Owner), Path: change.Path, Hook: change.Runs, Replaces: change.Replaces, Vouched: change.Owner != ""})
	}
	return in.keepGuard(a.environment, before.guard, after.guard) || stops
}

// versionOf is the version of what is installed under a canonical name; "" for
// none.
func versionOf(s state, canonical string) string {
	for _, d := range s.distributions {
		if d.Canonical == canonical {
			return d.Version
		}
	}
	return ""
}

// keepGuard puts an environment's guard back where a command changed it or took
// it away, and says so.
func (in *invocation) keepGuard(environment python.Environment, before, after venv.Guarded) (changed bool) {
	if !before.Installed || in.stillGuards(before, after) {
		return false
	}
	program := before.Program
	if program == "" || before.Gone {
		program = in.self
	}
	in.say.guardChanged(environment.Prefix, venv.InstallGuard(environment, program))
	return true
}

func (in *invocation) stillGuards(before, after venv.Guarded) bool {
	return after.Current && (after.Program == before.Program || after.Program == in.self)
}

// pipStatus is pip's own exit status; 128 and the signal's number where a
// signal ended it, as a shell has it.
func (in *invocation) pipStatus(ended pip.Outcome) int {
	if s, ok := ended.Signal.(syscall.Signal); ok {
		return 128 + int(s)
	}
	return ended.Status
}

// end gives the status; where a signal ended pip, it is remembered, so that
// this process ends by the same one once everything is put away.
func (in *invocation) end(ended pip.Outcome, result outcome) int {
	if s, ok := ended.Signal.(syscall.Signal); ok && !result.refused {
		in.endSignal = s
	}
	return result.status()
}
