package shim

import (
	"slices"
	"time"

	"thresher/address"
	"thresher/internal/journal"
	"thresher/internal/version"
	"thresher/policy/rules"
)

// record writes the run's line to the log. A log that cannot be written is
// said and changes nothing: pip has done its work.
func (in *invocation) record(made steps, status int) {
	in.log(made.entry(), status)
}

// entry is what the steps that were taken give the log.
func (made steps) entry() journal.Entry {
	var entry journal.Entry
	if c := made.command; c != nil {
		entry.Pip, entry.Environment = c.Installation.Version, c.Installation.Prefix
		entry.Requested = requestedNames(c)
	}
	findings := slices.Concat(made.ended.findings, made.changed.findings)
	if made.asked != nil {
		findings = slices.Concat(made.asked.findings, findings)
	}
	for _, f := range findings {
		entry.Findings = append(entry.Findings, logged(f))
	}
	for _, c := range made.changed.changes {
		entry.Changed = append(entry.Changed, journal.Change{Name: c.Name, Before: c.Before, After: c.After})
	}
	entry.Vulnerabilities = standing(made.found.result)
	return entry
}

// log writes one line.
func (in *invocation) log(entry journal.Entry, status int) {
	if in.places.State == "" {
		return // no home to keep a log in
	}
	entry.Time, entry.Directory, entry.Argv, entry.Status = in.start, in.dir, redactArgs(in.args), status
	entry.Thresher, entry.Milliseconds = version.String(), time.Since(in.start).Milliseconds()
	if err := journal.Append(in.places.Log(), entry); err != nil {
		in.say.logFailed(err)
	}
}

// logged is a finding as the log keeps it.
func logged(f rules.Finding) journal.Finding {
	return journal.Finding{Subject: f.Subject, Rule: string(f.Rule), Action: string(f.Action), Evidence: f.Evidence}
}

// redactArgs takes what is secret out of every URL in the words.
func redactArgs(args []string) []string {
	redacted := make([]string, len(args))
	for i, arg := range args {
		redacted[i] = address.RedactText(arg)
	}
	return redacted
}
