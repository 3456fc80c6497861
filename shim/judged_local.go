package shim

import (
	"thresher/gate"
	"thresher/pep"
	"thresher/policy/rules"
)

// local judges a file of this machine, which is on no index's page, by its name
// and by what the advisories know of its version.
func (j *judgement) local(entry gate.Entry) []rules.Finding {
	canonical := pep.CanonicalName(entry.Name)
	if j.asked.isRequested(canonical) && j.isAnswered(canonical) {
		return nil
	}
	malware, _ := j.database.known(canonical, entry.Version)
	findings := j.asked.policy.JudgeDependency(entry.Name, rules.NameEvidenceOf(entry.Name),
		!j.asked.isInstalled(canonical))
	findings = append(findings, j.asked.policy.JudgeProject(rules.ProjectEvidence{
		Name: entry.Name, Canonical: canonical, Exists: rules.Yes, Now: j.now, Malware: malware,
	})...)
	decided := j.asked.policy.Decide(findings, rules.InGate)
	j.noteObserved(decided.Findings)
	if decided.Action != rules.Block {
		return nil
	}
	return decided.Findings
}
