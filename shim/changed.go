package shim

import (
	"strings"

	"thresher/gate"
	"thresher/pep"
	"thresher/pip"
	"thresher/policy/rules"
	"thresher/venv"
)

// changed is what is another than before pip, and whether it was let through.
type changed struct {
	after     state
	changes   []venv.Change
	findings  []rules.Finding
	unvouched bool // something came that no verdict let through
	refused   bool // something stands that policy says must not
}

// compare says what changed. What arrived without having been let through fails
// the run.
func (in *invocation) compare(a *asked, d *door, before state, run ended) (changed, *ending) {
	var c changed
	if pipStatus(run.pip) != 0 {
		a.unsaid = nil // what pip failed on is the last on the screen
	}
	if !a.changes() {
		for _, f := range d.judge.allowedMalware() { // elsewhere the scan says it
			c.findings = append(c.findings, f)
			in.say.finding(f, "")
		}
		in.tellUnsaid(a)
		if err := in.tellSaved(a, &c, run.ledger, before.saved); err != nil {
			return c, brokenAfter("read what was saved", err)
		}
		return c, nil
	}
	var err error
	if c.after = before; run.ran {
		if c.after, err = look(a.place); err != nil {
			return c, brokenAfter("read what is installed", err)
		}
	}
	c.changes = venv.Compare(before.distributions, c.after.distributions)
	in.tellArrivedNotes(a, &c, run.ledger)
	in.tellUnsaid(a)
	happened := in.tellStayed(a, c.changes)
	in.say.changes(happened)
	in.tellUnvouched(a, &c, run.ledger)
	in.tellHooks(a, &c, before, run.ledger)
	in.tellVanished(a, &c, before, run.sightings)
	c.changes = happened
	return c, nil
}

// tellStayed says which packages pip left as they were in a target directory, and
// gives the changes that happened.
func (in *invocation) tellStayed(a *asked, changes []venv.Change) (happened []venv.Change) {
	target := a.command.Targets.Target
	for _, change := range changes {
		if target != "" && !a.command.Upgrade && (change.Kind == venv.Upgraded || change.Kind == venv.Downgraded) {
			in.say.stayed(change, target)
			continue
		}
		happened = append(happened, change)
	}
	return happened
}

// tellArrivedNotes says what was noted of the files that were installed. That
// a fix was let through before its time is said in any case. pip records of no
// file which one it took; where a release has wheels, its sdist is taken for
// not used.
func (in *invocation) tellArrivedNotes(a *asked, c *changed, ledger []gate.Entry) {
	arrived := map[string]bool{}
	for _, change := range c.changes {
		if change.Kind != venv.Removed {
			arrived[change.Distribution.Canonical+" "+change.After] = true
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
			if said[f] || f.Observed != "" { // what is observed stands among what pip met
				continue
			}
			said[f] = true
			c.findings = append(c.findings, f)
			if f.Rule == rules.Cooldown {
				in.say.finding(f, "")
			} else {
				notes = append(notes, f)
			}
		}
	}
	in.tellNotes(a, notes)
}

// tellUnvouched reports distributions that arrived without a verdict: that no
// file which the gate let through stands for, or that say of themselves that
// they came from where nothing of the user's points to.
func (in *invocation) tellUnvouched(a *asked, c *changed, ledger []gate.Entry) {
	for _, change := range c.changes {
		if change.Kind == venv.Removed {
			continue
		}
		// The name of a project in a directory is what its build says.
		for _, f := range a.policy.JudgeDependency(change.Name, rules.NameEvidence{}, true) {
			if f = a.policy.Observed(f); f.Rule == rules.Denied && f.Observed == rules.Block {
				c.findings = append(c.findings, f)
			}
			if f.Rule == rules.Denied && f.Action == rules.Block {
				c.findings = append(c.findings, f)
				c.unvouched = true
				in.say.deniedArrived(f)
			}
		}
	}
	for _, d := range unvouched(a.command, ledger, c.changes, in.checkouts(a.command)) {
		in.tellArrival(a, c, d.Name, d.Version)
	}
}

// unvouched gives the distributions that arrived without a verdict. checkouts is
// the directory that pip puts editable checkouts into.
func unvouched(command *pip.Command, ledger []gate.Entry, changes []venv.Change, checkouts string) []venv.Distribution {
	var arrived, foreign []venv.Distribution
	for _, c := range changes {
		switch {
		case c.Kind == venv.Removed:
		case c.Distribution.DirectURL != "" && !originNamed(c.Distribution, command.Requirements, checkouts):
			foreign = append(foreign, c.Distribution)
		case len(gate.Unvouched(ledger, []gate.Arrived{asArrived(c.Distribution)})) > 0:
			arrived = append(arrived, c.Distribution)
		}
	}
	return append(withoutVerdict(arrived, command, checkouts), foreign...)
}

// tellArrival reports one thing that arrived without a verdict, which fails the
// run unless policy says otherwise.
func (in *invocation) tellArrival(a *asked, c *changed, name, version string) {
	for _, f := range a.policy.JudgeArrival(rules.Arrival{Name: name, Version: version}) {
		f = a.policy.Observed(f)
		c.findings = append(c.findings, f)
		if f.Action == rules.Block || f.Action == rules.Ask {
			c.unvouched = true
			in.say.unvouched(name, version)
		}
	}
}

func asArrived(d venv.Distribution) gate.Arrived {
	return gate.Arrived{Name: d.Name, Version: d.Version, Hash: d.ArchiveHash}
}
