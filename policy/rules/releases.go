package rules

import (
	"strings"

	"thresher/internal/words"
	"thresher/pep"
)

// JudgeFile judges one file of a project's page. Every finding is one that the
// gate can act on: none asks.
func (s *Settings) JudgeFile(e FileEvidence) []Finding {
	var findings []Finding
	for _, rule := range []func(FileEvidence) []Finding{
		s.malwareFile, s.vulnerable, s.yanked, s.provenance, s.bounded, s.cooldown, s.sdist,
	} {
		findings = append(findings, rule(e)...)
	}
	return quietWhenKnown(findings, true)
}

// ofFile makes a finding about a file, which an answer for its release keeps
// away.
func (s *Settings) ofFile(e FileEvidence, rule Rule, evidence string) []Finding {
	finding := s.finding(rule, e.Name, High, evidence+s.expiredForRelease(e.Name, e.Version, rule))
	return one(finding, answerRelease(e.Name, e.Version, rule))
}

// allows says whether a person has answered a rule for the file's release.
func (s *Settings) allows(e FileEvidence, rule Rule) bool {
	return s.AllowsRelease(e.Name, e.Version, rule)
}

// Malware in one release: an advisory names this version. An answer makes it a
// note, which is said whenever it is used.
func (s *Settings) malwareFile(e FileEvidence) []Finding {
	if len(e.Malware) == 0 {
		return nil
	}
	findings := s.ofFile(e, Malware, release(e)+": "+malwareEvidence(e.Malware))
	findings[0].Hint = explainCommand(e.Name)
	if entry := s.allowedRelease(e.Name, e.Version, Malware); entry != nil {
		findings[0].Action = Note
		findings[0].Evidence += allowedAnyway(entry)
	}
	return findings
}

// Vulnerable: known vulnerabilities of this release, told where the request
// leaves no other; what is installed in the end is for the scan.
func (s *Settings) vulnerable(e FileEvidence) []Finding {
	if len(e.Vulnerabilities) == 0 {
		return nil
	}
	finding := s.finding(Vulnerable, e.Name, High, vulnerableEvidence(e))
	if finding.Action == Note && !e.Pinned {
		return nil
	}
	return one(finding, explainCommand(e.Name))
}

// Yanked: taken back by its owners (PEP 592). pip takes such a file only where
// the request names its exact version, so that elsewhere it is no news.
func (s *Settings) yanked(e FileEvidence) []Finding {
	if !e.Yanked || s.allows(e, Yanked) {
		return nil
	}
	finding := s.finding(Yanked, e.Name, High, withReason(wasYanked(e), e.YankedReason))
	if finding.Action == Note && !e.Pinned {
		return nil
	}
	return one(finding, answerRelease(e.Name, e.Version, Yanked))
}

// Provenance: the releases before had attestations (PEP 740) and this one has
// none, as when it was uploaded with a stolen password.
func (s *Settings) provenance(e FileEvidence) []Finding {
	if !e.PredecessorsProvenance || e.Provenance == Yes || s.allows(e, Provenance) ||
		switchedOff(s.ofIndex(e.Index).Provenance) {
		return nil
	}
	findings := s.ofFile(e, Provenance, lostProvenance(e))
	if e.Provenance == Unknown {
		findings[0].Confidence = Medium
	}
	return findings
}

// Bounded: at or above the version of a bound. A request that names exactly this
// version is a later word of the user's than the bound.
func (s *Settings) bounded(e FileEvidence) []Finding {
	if e.Pinned || len(s.Bounds) == 0 || s.allows(e, Bounded) {
		return nil
	}
	for i := range s.Bounds {
		bound := &s.Bounds[i]
		_, err := pep.ParseVersion(e.Version)
		// What cannot be compared is not known to be older.
		above := err != nil || pep.CompareOSV(e.Version, bound.Below) >= 0
		if above && bound.Name == e.Name && !s.hasExpired(bound.Expires) {
			return one(s.finding(Bounded, e.Name, High, boundedEvidence(bound)), answerRelease(e.Name, e.Version, Bounded))
		}
	}
	return nil
}

// Cooldown: younger than cooldown.release, by the upload of this very file, or
// than cooldown.pins-release where somebody has chosen it.
func (s *Settings) cooldown(e FileEvidence) []Finding {
	limit := s.CooldownOf(e)
	if s.Action(Cooldown).Value == Off || limit <= 0 || s.ExemptFromCooldown(e.Name) || s.allows(e, Cooldown) {
		return nil
	}
	if e.UploadTime.IsZero() {
		finding := s.finding(Cooldown, e.Name, Low, unknownAge)
		finding.Action = s.Cooldown.UnknownAge.Value
		return one(finding, answerRelease(e.Name, e.Version, Cooldown))
	}
	age := e.Now.Sub(e.UploadTime)
	if age >= limit.Duration() {
		return nil
	}
	if age >= 0 && len(e.Fixes) > 0 && s.Cooldown.SecurityFixes.Value {
		finding := s.finding(Cooldown, e.Name, High, fixLetThrough(e, age))
		finding.Action = Note
		return one(finding, "thresher scan")
	}
	if age < 0 {
		return s.ofFile(e, Cooldown, uploadedInFuture(e))
	}
	return s.ofFile(e, Cooldown, tooYoung(e, age, limit))
}

// Sdist: a source distribution runs its own code to be installed.
func (s *Settings) sdist(e FileEvidence) []Finding {
	if !e.IsSdist || s.allows(e, Sdist) {
		return nil
	}
	return s.ofFile(e, Sdist, sdistEvidence(e))
}

// release is the name and version of a file.
func release(e FileEvidence) string {
	return strings.TrimSpace(words.Printable(e.Name) + " " + words.Printable(e.Version))
}

// switchedOff says whether a rule does not look at an index's releases.
func switchedOff(looks *bool) bool { return looks != nil && !*looks }
