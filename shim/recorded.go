package shim

import (
	"cmp"
	"os"
	"slices"
	"time"

	"thresher/address"
	"thresher/gate"
	"thresher/internal/journal"
	"thresher/internal/version"
	"thresher/policy"
	"thresher/policy/rules"
	"thresher/venv"
)

// record writes the run's line to the log. A log that cannot be written is
// said and changes nothing: pip has done its work.
func (in *invocation) record(made steps, status int) {
	entry := made.entry()
	entry.ObservedStatus = made.observedStatus(status)
	var loaded *policy.Policy
	if made.place != nil {
		loaded = made.place.policy
	}
	in.log(entry, status, loaded)
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
	entry.Vulnerabilities, entry.Ignored = standing(made.found.result), ignored(made.found.result)
	return entry
}

// log writes one line. loaded is the policy that the run went by, nil where it has
// not been read.
func (in *invocation) log(entry journal.Entry, status int, loaded *policy.Policy) {
	if in.places.State == "" {
		return // no home to keep a log in
	}
	if loaded == nil {
		loaded, _ = in.loadPolicy() // what is wrong with it has been said, or stands in nobody's way
	}
	switch {
	case loaded != nil && loaded.Log.Words.Value == journal.Names, loaded == nil && journal.HasDetails(in.places.Log()):
		entry.Words = journal.Names
	}
	entry.Policy = loggedPolicy(loaded)
	entry.Host, _ = os.Hostname() // a machine without a name has none in its log
	entry.ID, entry.Note = in.within.ID, cmp.Or(entry.Note, in.within.Note)
	entry.Time, entry.Directory, entry.Argv, entry.Status = in.start, in.dir, redactArgs(in.args), status
	entry.Thresher, entry.Milliseconds = version.String(), time.Since(in.start).Milliseconds()
	if err := journal.Append(in.places.Log(), entry); err != nil {
		in.say.logFailed(err)
	}
}

// loggedPolicy are the files of a policy as the log keeps them.
func loggedPolicy(loaded *policy.Policy) []journal.PolicyLayer {
	if loaded == nil {
		return nil
	}
	var layers []journal.PolicyLayer
	for _, file := range loaded.Files {
		layers = append(layers, journal.PolicyLayer{
			Layer: file.Layer.String(), Source: address.RedactText(file.Path), SHA256: file.SHA256, Changed: file.Changed,
		})
	}
	return layers
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
