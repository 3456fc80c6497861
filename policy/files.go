package policy

import (
	"strings"
)

// JudgeFile judges one file of a project's page. Every finding is one that the
// gate can act on: none asks.
func (p *Policy) JudgeFile(e FileEvidence) []Finding {
	var findings []Finding
	for _, rule := range []func(FileEvidence) []Finding{
		p.malwareFile, p.vulnerable, p.yanked, p.provenance, p.cooldown, p.sdist,
	} {
		findings = append(findings, rule(e)...)
	}
	return quietWhenKnown(findings, true)
}

// ofFile makes a finding about a file. Its subject is the release, and for a
// rule that a person answers by name the name.
func (p *Policy) ofFile(e FileEvidence, rule Rule, evidence string) []Finding {
	finding := p.finding(rule, e.Name, High, evidence+p.expiredFor(e.Name, rule))
	return one(finding, "")
}

// Malware in one release: an advisory names this version.
func (p *Policy) malwareFile(e FileEvidence) []Finding {
	if len(e.Malware) == 0 {
		return nil
	}
	findings := p.ofFile(e, Malware, release(e)+": "+malwareEvidence(e.Malware))
	findings[0].Hint = "thresher explain " + shellQuoted(e.Name)
	return findings
}

// Vulnerable: known vulnerabilities of this release, told where the request
// leaves no other; what is installed in the end is for the scan.
func (p *Policy) vulnerable(e FileEvidence) []Finding {
	if len(e.Vulnerabilities) == 0 {
		return nil
	}
	finding := p.finding(Vulnerable, e.Name, High, vulnerableEvidence(e))
	if finding.Action == Note && !e.Pinned {
		return nil
	}
	return one(finding, "thresher explain "+shellQuoted(e.Name))
}

// Yanked: taken back by its owners (PEP 592). pip takes such a file only where
// the request names its exact version, so that elsewhere it is no news.
func (p *Policy) yanked(e FileEvidence) []Finding {
	if !e.Yanked || p.allowedFor(e.Name, Yanked) != nil {
		return nil
	}
	finding := p.finding(Yanked, e.Name, High, withReason(release(e)+" was yanked", e.YankedReason))
	if finding.Action == Note && !e.Pinned {
		return nil
	}
	return one(finding, "")
}

// Provenance: the releases before had attestations (PEP 740) and this one has
// none, as when it was uploaded with a stolen password.
func (p *Policy) provenance(e FileEvidence) []Finding {
	if !e.PredecessorsProvenance || e.Provenance == Yes || p.allowedFor(e.Name, Provenance) != nil {
		return nil
	}
	findings := p.ofFile(e, Provenance, lostProvenance(e))
	if e.Provenance == Unknown {
		findings[0].Confidence = Medium
	}
	return findings
}

// Cooldown: younger than cooldown.release, by the upload of this very file.
func (p *Policy) cooldown(e FileEvidence) []Finding {
	limit := p.Cooldown.Release.Value
	if p.Action(Cooldown).Value == Off || limit <= 0 || p.ExemptFromCooldown(e.Name) || p.allowedFor(e.Name, Cooldown) != nil {
		return nil
	}
	if e.UploadTime.IsZero() {
		finding := p.finding(Cooldown, e.Name, Low, unknownAge)
		finding.Action = p.Cooldown.UnknownAge.Value
		return one(finding, "")
	}
	age := e.Now.Sub(e.UploadTime)
	if age >= limit.Duration() {
		return nil
	}
	if age >= 0 && len(e.Fixes) > 0 && p.Cooldown.SecurityFixes.Value {
		finding := p.finding(Cooldown, e.Name, High, fixLetThrough(e, age))
		finding.Action = Note
		return one(finding, "thresher scan")
	}
	if age < 0 {
		return p.ofFile(e, Cooldown, uploadedInFuture(e))
	}
	return p.ofFile(e, Cooldown, tooYoung(e, age, limit))
}

// Sdist: a source distribution runs its own code to be installed.
func (p *Policy) sdist(e FileEvidence) []Finding {
	if !e.IsSdist || p.allowedFor(e.Name, Sdist) != nil {
		return nil
	}
	return p.ofFile(e, Sdist, sdistEvidence(e))
}

// release is the name and version of a file.
func release(e FileEvidence) string {
	return strings.TrimSpace(printable(e.Name) + " " + printable(e.Version))
}
