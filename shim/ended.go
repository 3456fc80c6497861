package shim

import (
	"slices"

	"thresher/gate"
	"thresher/internal/statuses"
	"thresher/internal/words"
	"thresher/pip"
	"thresher/policy/rules"
	"thresher/scan"
)

// ended is how pip ended, and what it met at the gate.
type ended struct {
	pip       pip.Outcome
	ledger    []gate.Entry        // what it was let have
	sightings []gate.Sighting     // what the indexes said of what was installed
	offered   map[string][]string // the versions that were there for it, by canonical name
	findings  []rules.Finding     // of what it met, and what was learned beside it
	held      []scan.HeldRelease  // too young
	bounded   []scan.HeldRelease  // that upper bounds of the policy or other rules left out
	refused   bool                // it failed on what was refused
	unvouched bool                // it may have read what was never judged
	ran       bool                // false where it was not needed
	witness   *witness            // of a run that may be remembered; nil of none
}

// endWithPip ends the run with pip, or without it where pip would change nothing,
// and gives what the environment was before.
func (in *invocation) endWithPip(a *asked, d *door) (before state, result ended, end *ending) {
	result, end, settled := in.withoutPip(a, d)
	if settled || end != nil {
		return state{distributions: a.installed}, result, end
	}
	if before, end = in.lookBefore(a, d); end != nil {
		return before, ended{}, end
	}
	result, end = in.runPip(a, d)
	return before, result, end
}

// runPip runs pip sealed behind the gate, and says what it met there.
func (in *invocation) runPip(a *asked, d *door) (ended, *ending) {
	guarded, err := in.guardRepositories(a, d)
	if err != nil {
		return ended{}, broken("keep repositories of dependencies out", err)
	}
	defer guarded.remove()
	defer d.removeMade()
	run, err := in.seal(a, d, guarded)
	if err != nil {
		return ended{}, broken("seal the command", err)
	}
	notes := in.gatherBeside(a, d)
	outcome, err := run.Start()
	if err == nil && outcome.Signal == nil && d.own != nil && !d.own.Ready() {
		var end *ending
		if outcome, end = in.withoutTransport(a, d, guarded); end != nil {
			return ended{}, end
		}
	}
	if err != nil {
		return ended{}, notRun(err)
	}
	result := ended{pip: outcome, ran: true}
	if d.own == nil {
		result.refused = pipStatus(outcome) != 0 && len(d.refused) > 0
		if result.refused {
			in.say.refusals(d.refused, a.origins)
		}
		return result, nil
	}
	result.witness = in.watch(d)
	d.own.Close() // before the ledger is read, so that it is complete
	result.ledger, result.offered, result.sightings = d.own.Ledger(), d.own.Offered(), d.own.Sightings()
	if outcome.Status != 0 && !blocks(d.own.Findings()) {
		in.tellFailedBuilds(a, d.folder.path)
	}
	repositories, err := guarded.refused()
	if err != nil {
		return result, brokenAfter("read which repositories were kept out", err)
	}
	in.tellMet(a, d, &result, repositories)
	if pipStatus(outcome) != 0 {
		in.tellUnknown(a)
	}
	failed := pipStatus(outcome) != 0
	select {
	case about := <-notes:
		result.findings = append(result.findings, about...)
		if !failed { // what pip failed on is the last on the screen
			in.tellNotes(a, about)
		}
	default: // not answered while pip ran: nobody waits for notes
	}
	if failed {
		in.tellWhyFailed(a, d, &result)
	} else {
		for _, fault := range d.own.Faults() {
			in.say.line("%s", fault.Text)
		}
	}
	for _, file := range a.command.Changed() {
		// pip may have read what was never judged.
		in.say.changedMeanwhile(file, in.program, redactArgs(in.args))
		result.unvouched = true
	}
	return result, nil
}

// tellMet says what pip met at the gate: what was refused it where it failed,
// and what was held back.
func (in *invocation) tellMet(a *asked, d *door, result *ended, repositories []rules.Finding) {
	met := withoutRepeats(d.own.Findings())
	result.findings = append(append(result.findings, met...), d.observedFiles(*result)...)
	for _, f := range met {
		if f.Action == rules.Block && pipStatus(result.pip) != 0 {
			result.refused = true
			in.say.finding(f, a.origins[f.Subject])
		}
	}
	for _, f := range repositories {
		// pip before 22.1 takes an older release of the parent instead.
		result.findings = append(result.findings, f)
		result.refused = true
		in.say.finding(f, "")
	}
	result.held, result.bounded = d.judge.heldReleases(met), d.judge.boundedReleases()
	if pipStatus(result.pip) == 0 {
		in.tellHeld(result)
	}
}

// tellUnknown says of names that no index has why pip failed on them, where that
// was not said before, and which name is likely meant.
func (in *invocation) tellUnknown(a *asked) {
	for _, f := range a.findings {
		if f.Rule != rules.UnknownName || f.Action != rules.Note {
			continue
		}
		if at := slices.Index(a.unsaid, f); at >= 0 {
			a.unsaid = slices.Delete(a.unsaid, at, at+1)
			in.say.finding(f, a.origins[f.Subject])
		}
		if f.Target != "" {
			in.say.fix("pip install " + words.ShellWord(f.Target))
		}
	}
}

// withoutRepeats leaves out what was found in the same words before: a bound is
// one thing to say, however many releases it leaves out.
func withoutRepeats(findings []rules.Finding) []rules.Finding {
	said := map[rules.Finding]bool{}
	return slices.DeleteFunc(slices.Clone(findings), func(f rules.Finding) bool {
		f.Hint, f.Answer = "", "" // of the one or the other release
		again := f.Rule == rules.Bounded && said[f]
		said[f] = true
		return again
	})
}

// withoutTransport runs pip once more, in the one other way that there is: its
// indexes replaced by the gate's own addresses. Policy, or a command that pip
// could serve from this machine unseen, ends the run.
func (in *invocation) withoutTransport(a *asked, d *door, guarded repositories) (pip.Outcome, *ending) {
	d.own.Close()
	if !a.policy.Gate.Fallback.Value || len(namedPaths(a.command))+len(localFolders(a.command, in.dir)) > 0 {
		return pip.Outcome{}, &ending{status: statuses.Broken, pipRan: true, tell: func(m *messenger) {
			m.notFollowed(a.command.Installation.Version)
		}}
	}
	in.say.followedByIndexes(a.command.Installation.Version)
	d.config.WithoutTransport, d.config.FilesAhead, d.config.Deferred, d.settling = true, -1, false, nil
	opened, err := gate.Start(in.untilInterrupted(), d.config)
	if err != nil {
		return pip.Outcome{}, brokenAfter("open the gate", err)
	}
	d.own = opened
	replaced := map[string]string{}
	for i, s := range a.command.Indexes {
		replaced[s.Value] = opened.IndexURL(i)
	}
	for i, link := range linkPages(a.command, in.dir) {
		replaced[link.value] = opened.FindLinksURL(i)
	}
	run, err := in.sealOwn(a, d, guarded, func(address string) string {
		if own, ok := replaced[address]; ok {
			return own
		}
		return address
	}, nil)
	if err != nil {
		return pip.Outcome{}, brokenAfter("seal the command", err)
	}
	ended, err := run.Start()
	if err != nil {
		return ended, notRun(err)
	}
	return ended, nil
}
