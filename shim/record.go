package shim

import (
	"time"

	"thresher/address"
	"thresher/internal/journal"
	"thresher/internal/version"
	"thresher/policy/rules"
	"thresher/venv"
)

// record writes the run's line to the log. A log that cannot be written is
// said and changes nothing: pip has done its work.
func (in *invocation) record(a *analysis, changes []venv.Change, vulnerabilities []journal.Vulnerability, note string, status int) {
	entry := journal.Entry{
		Time: in.start, Directory: in.dir, Argv: redactArgs(in.args), Status: status,
		Vulnerabilities: vulnerabilities, Thresher: version.String(), Note: note,
		Milliseconds: time.Since(in.start).Milliseconds(),
	}
	if a != nil {
		if a.installation != nil {
			entry.Pip = a.installation.Version
			entry.Environment = a.installation.Prefix
		}
		if a.command != nil {
			entry.Requested = a.requestedNames()
		}
		for _, f := range a.findings {
			entry.Findings = append(entry.Findings, logged(f))
		}
	}
	for _, c := range changes {
		entry.Changed = append(entry.Changed, journal.Change{Name: c.Name, Before: c.Before, After: c.After})
	}
	if in.places.State == "" {
		return // no home to keep a log in
	}
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
