package shim

import (
	"cmp"
	"slices"
	"time"

	"thresher/address"
	"thresher/gate"
	"thresher/internal/journal"
	"thresher/internal/version"
	"thresher/policy/rules"
	"thresher/venv"
)

// record writes the run's line to the log. A log that cannot be written is
// said and changes nothing: pip has done its work.
func (in *invocation) record(made steps, status int) {
	entry := made.entry()
	entry.ObservedStatus = made.observedStatus(status)
	in.log(entry, status)
}

// entry is what the steps that were taken give the log.
func (made steps) entry() journal.Entry {
	var entry journal.Entry
	if c := made.command; c != nil {
		entry.Pip, entry.Environment = c.Installation.Version, c.Installation.Prefix
		entry.Requested = requestedNames(c)
		entry.Target = cmp.Or(c.Targets.Target, c.Targets.Root, c.Targets.Prefix)
	}
	findings := slices.Concat(made.ended.findings, made.changed.findings)
	if made.asked != nil {
		findings = slices.Concat(made.asked.findings, findings)
	}
	for _, f := range findings {
		entry.Findings = append(entry.Findings, logged(f))
	}
	entry.Changed = loggedChanges(made.changed.changes, made.before.distributions, made.ended.ledger)
	entry.PipRan = made.ended.ran
	entry.Vulnerabilities = standing(made.found.result)
	return entry
}

// log writes one line.
func (in *invocation) log(entry journal.Entry, status int) {
	if in.places.State == "" {
		return // no home to keep a log in
	}
	entry.ID, entry.Note = in.within.ID, cmp.Or(entry.Note, in.within.Note)
	entry.Time, entry.Directory, entry.Argv, entry.Status = in.start, in.dir, redactArgs(in.args), status
	entry.Thresher, entry.Milliseconds = version.String(), time.Since(in.start).Milliseconds()
	if err := journal.Append(in.places.Log(), entry); err != nil {
		in.say.logFailed(err)
	}
}

// loggedChanges are what changed as the log keeps it: with where each came from,
// as far as the ledger or pip's own record tells.
func loggedChanges(changes []venv.Change, before []venv.Distribution, ledger []gate.Entry) []journal.Change {
	earlier := map[string]string{}
	for _, d := range before {
		if !d.Shadowed && d.DirectURL != "" {
			earlier[d.Canonical] = d.DirectURL
		}
	}
	var logged []journal.Change
	for _, c := range changes {
		change := journal.Change{Name: c.Name, Before: c.Before, After: c.After}
		if c.Before != "" {
			change.BeforeURL = earlier[c.Distribution.Canonical]
		}
		if c.After != "" {
			change.URL = c.Distribution.DirectURL
			change.Index, change.SHA256 = gate.CameFrom(ledger, asArrived(c.Distribution))
		}
		if change.URL != "" {
			change.Index = ""
		}
		logged = append(logged, change)
	}
	return logged
}

// logged is a finding as the log keeps it.
func logged(f rules.Finding) journal.Finding {
	return journal.Finding{Subject: f.Subject, Rule: string(f.Rule), Action: string(f.Action),
		Observed: string(f.Observed), Evidence: f.Evidence}
}

// redactArgs takes what is secret out of every URL in the words.
func redactArgs(args []string) []string {
	redacted := make([]string, len(args))
	for i, arg := range args {
		redacted[i] = address.RedactText(arg)
	}
	return redacted
}
