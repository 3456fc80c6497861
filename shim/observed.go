package shim

import (
	"slices"

	"thresher/internal/statuses"
	"thresher/policy/rules"
)

// What a policy that only observes would have stopped is said in one line at the
// end of the run, and logged.

// observedFiles gives what would have kept files from pip that it was let have.
func (d *door) observedFiles(e ended) []rules.Finding {
	found := d.judge.observedFiles()
	for _, entry := range e.ledger {
		for _, f := range entry.Notes {
			if f.Observed != "" && !slices.Contains(found, f) {
				found = append(found, f)
			}
		}
	}
	return found
}

// observes says whether the policy of this run only observes. An uninstall has none.
func (made steps) observes() bool {
	return made.place != nil && made.place.policy != nil && made.place.policy.Observes()
}

// observed gives what of the findings would have stopped something, each rule of a
// subject once.
func (made steps) observed() []rules.Finding {
	if !made.observes() || made.asked == nil {
		return nil
	}
	var found []rules.Finding
	for _, f := range slices.Concat(made.asked.findings, made.ended.findings, made.changed.findings) {
		f = made.place.policy.Observed(f) // of a pip within another, nothing has been decided
		again := slices.ContainsFunc(found, func(other rules.Finding) bool {
			return other.Subject == f.Subject && other.Rule == f.Rule
		})
		if f.Observed != "" && !again {
			found = append(found, f)
		}
	}
	return found
}

// observedStatus is the status that a run would have ended with which went on
// because policy only observes; 0 where it would have been no other.
func (made steps) observedStatus(status int) int {
	if !made.observes() || status != 0 {
		return 0
	}
	for _, f := range made.observed() {
		if f.Rule != rules.Unvouched && (f.Observed == rules.Block || f.Observed == rules.Ask) {
			return statuses.Refused
		}
	}
	enforced := made.outcome()
	enforced.observes = false
	return enforced.status()
}

// tellObserved says what would have been stopped. A run that is refused has
// something else to say.
func (in *invocation) tellObserved(made steps, status int) {
	if status == statuses.Refused {
		return
	}
	findings, would := made.observed(), made.observedStatus(status)
	if len(findings) > 0 || would != 0 {
		in.say.observed(findings, would, made.isWhole())
	}
}
