package shim

import (
	"thresher/policy/rules"
	"thresher/venv"
)

// inside judges what a wheel brings once it is installed.
func (j *judgement) inside(e rules.InsideEvidence) []rules.Finding {
	e.New = !j.asked.isInstalled(e.Name)
	e.Pinned = j.asked.pinOf(e.Name, e.Version).asked
	findings := j.asked.policy.Decide(j.asked.policy.JudgeInside(e), rules.InGate).Findings
	j.holdByRule(e.Name, e.Version, findings)
	return findings
}

// installedHook says whether what is installed under a canonical name has a
// startup hook of this content.
func (a *asked) installedHook(canonical, path, sha256 string) bool {
	for _, d := range a.installed {
		if d.Canonical == canonical && !d.Shadowed {
			return venv.HasHook(d, path, sha256)
		}
	}
	return false
}
