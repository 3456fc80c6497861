package shim

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"thresher/evidence"
	"thresher/gate"
	"thresher/pep"
	"thresher/policy/rules"
	"thresher/scan"
)

// judgement is what the gate asks about the projects and files it meets:
// policy's verdict on what page, popular names and advisories say together.
type judgement struct {
	asked    *asked
	database *database
	now      time.Time

	mutex    sync.Mutex
	answered map[string]bool             // canonical names that the person said yes to
	held     map[string]scan.HeldRelease // by name and version: releases that are too young
	bounded  map[string]scan.HeldRelease // likewise: releases that an upper bound or another rule leaves out

	allowed  []rules.Finding // malware that an answer let through
	observed []rules.Finding // what would have stopped a file that is on no page
}

// project judges a project when pip first asks for its page.
func (j *judgement) project(_ context.Context, p gate.Project) []rules.Finding {
	evidence := evidence.Of(
		evidence.Subject{Name: j.asked.written(p.Name), New: !j.asked.isInstalled(p.Name),
			Requested: j.asked.isRequested(p.Name)},
		evidence.Answer{Page: p.Page, Public: p.Public, Failure: p.Failure, Index: p.IndexURL},
		j.database.wholeMalware(p.Name), j.now)
	var findings []rules.Finding
	judged := j.asked.policy.JudgeProject(evidence)
	if p.Page == nil {
		judged = append(judged, j.asked.judgeForgotten(p.Name)...)
	} else {
		judged = append(judged, j.asked.judgeIndexOf(p.Name, p.IndexURL)...)
	}
	if !evidence.Requested {
		// A requested name was judged before pip started.
		name := rules.NameEvidence{Rank: evidence.Rank, Suspicions: evidence.Suspicions}
		judged = append(j.asked.policy.JudgeDependency(evidence.Name, name, evidence.New), judged...)
	}
	for _, f := range j.asked.policy.Decide(judged, j.stage(evidence.Canonical)).Findings {
		// Notes are about what a person asked for, and were made of more
		// evidence than the gate has.
		if f.Action != rules.Note || f.Observed != "" {
			findings = append(findings, f)
		}
	}
	return findings
}

// stage is when findings about a name take effect: what a person has said yes to
// before pip started is no question any more.
func (j *judgement) stage(canonical string) rules.Stage {
	if j.isAnswered(canonical) {
		return rules.AnsweredInGate
	}
	return rules.InGate
}

// answer remembers that a person has said yes to a canonical name.
func (j *judgement) answer(canonical string) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.answered[canonical] = true
}

// isAnswered says whether a person has said yes to a canonical name.
func (j *judgement) isAnswered(canonical string) bool {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return j.answered[canonical]
}

// file judges one file of a page.
func (j *judgement) file(e gate.FileEvidence) []rules.Finding {
	evidence := e.FileEvidence
	evidence.Malware, evidence.Vulnerabilities = j.database.known(evidence.Name, evidence.Version)
	pin := j.asked.pinOf(evidence.Name, evidence.Version)
	evidence.Pinned, evidence.PinnedInFile, evidence.LockedByHash = pin.asked, pin.inFile, pin.byHash
	findings := j.asked.policy.Decide(j.asked.policy.JudgeFile(evidence), rules.InGate).Findings
	if evidence.IsSdist && j.asked.holdsBuilds() {
		findings = append(findings, rules.Finding{
			Subject: evidence.Name, Rule: rules.Sdist, Action: rules.Hold, Confidence: rules.High, Evidence: messageUnenclosed,
		})
	}
	for _, f := range findings {
		switch {
		case f.Rule == rules.Cooldown && f.Action == rules.Hold:
			j.hold(evidence)
		case f.Rule == rules.Bounded && f.Action == rules.Hold:
			j.bound(evidence)
		case f.Rule == rules.Cooldown && len(evidence.Fixes) > 0:
			j.release(evidence)
		case f.Rule == rules.Malware && f.Action == rules.Note:
			j.noteAllowed(f)
		}
	}
	j.holdByRule(evidence.Name, evidence.Version, findings)
	return findings
}

// holdByRule remembers a release that another rule than the cooldown and bounds
// holds back, for the scan to name where it would be a fix.
func (j *judgement) holdByRule(name, version string, findings []rules.Finding) {
	for _, f := range findings {
		if f.Action != rules.Hold || f.Rule == rules.Cooldown || f.Rule == rules.Bounded {
			continue
		}
		j.mutex.Lock()
		j.bounded[name+" "+version+" "+string(f.Rule)] =
			scan.HeldRelease{Canonical: name, Version: version, Rule: string(f.Rule)}
		j.mutex.Unlock()
	}
}

// noteAllowed remembers that an answer let malware through, which every run
// says that it helps.
func (j *judgement) noteAllowed(f rules.Finding) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if !slices.Contains(j.allowed, f) {
		j.allowed = append(j.allowed, f)
	}
}

// noteObserved remembers what would have stopped a file that no page offers, and
// of which the gate has no notes.
func (j *judgement) noteObserved(findings []rules.Finding) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	for _, f := range findings {
		if f.Observed != "" && !slices.Contains(j.observed, f) {
			j.observed = append(j.observed, f)
		}
	}
}

// observedFiles gives what would have stopped files that no page offers.
func (j *judgement) observedFiles() []rules.Finding {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return slices.Clone(j.observed)
}

// confusion judges a name that several indexes have.
func (j *judgement) confusion(e rules.ConfusionEvidence) []rules.Finding {
	return j.asked.policy.Decide(j.asked.policy.JudgeConfusion(e), rules.InGate).Findings
}

// allowedMalware gives the findings about malware that an answer let through.
func (j *judgement) allowedMalware() []rules.Finding {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return slices.Clone(j.allowed)
}

// hold remembers a release that is too young, for the scan to name.
func (j *judgement) hold(e rules.FileEvidence) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	until := e.UploadTime.Add(j.asked.policy.CooldownOf(e).Duration())
	j.held[e.Name+" "+e.Version] = scan.HeldRelease{Canonical: e.Name, Version: e.Version, Until: until}
}

// bound remembers a release that an upper bound leaves out, for the scan to name
// where it would be a fix.
func (j *judgement) bound(e rules.FileEvidence) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	release := scan.HeldRelease{Canonical: e.Name, Version: e.Version, Bounded: true}
	for _, bound := range j.asked.policy.Bounds {
		if bound.Name == e.Name {
			release.Until = bound.Expires
		}
	}
	j.bounded[e.Name+" "+e.Version] = release
}

// boundedReleases gives what upper bounds and other rules left out.
func (j *judgement) boundedReleases() []scan.HeldRelease {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	var releases []scan.HeldRelease
	for _, key := range slices.Sorted(maps.Keys(j.bounded)) {
		releases = append(releases, j.bounded[key])
	}
	return releases
}

// release forgets that a release is too young.
func (j *judgement) release(e rules.FileEvidence) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	delete(j.held, e.Name+" "+e.Version)
}

// heldReleases gives what was too young on the pages that pip was given, in
// order, the newest of each name. Pages that were fetched ahead say nothing.
func (j *judgement) heldReleases(served []rules.Finding) []scan.HeldRelease {
	names := map[string]bool{}
	for _, f := range served {
		if f.Rule == rules.Cooldown && f.Action == rules.Hold {
			names[pep.CanonicalName(f.Subject)] = true
		}
	}
	j.mutex.Lock()
	defer j.mutex.Unlock()
	newest := map[string]scan.HeldRelease{}
	for _, release := range j.held {
		best, known := newest[release.Canonical]
		if names[release.Canonical] && (!known || pep.CompareOSV(release.Version, best.Version) > 0) {
			newest[release.Canonical] = release
		}
	}
	releases := make([]scan.HeldRelease, 0, len(newest))
	for _, name := range slices.Sorted(maps.Keys(newest)) {
		releases = append(releases, newest[name])
	}
	return releases
}

// securityFix gives the ids of the known vulnerabilities of the version that pip
// would take instead which a release fixes that is too young.
func (j *judgement) securityFix(canonical, instead, fix string, uploaded time.Time) []string {
	if !j.asked.policy.Cooldown.SecurityFixes.Value {
		return nil
	}
	return j.database.fixedBy(canonical, instead, fix, uploaded)
}
