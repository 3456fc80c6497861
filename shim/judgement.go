package shim

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"thresher/address"
	"thresher/gate"
	"thresher/index"
	"thresher/pep"
	"thresher/pip"
	"thresher/policy/rules"
	"thresher/policy/typosquat"
	"thresher/scan"
)

// judgement is what the gate asks about the projects and files it meets:
// policy's verdict on what page, popular names and advisories say together.
type judgement struct {
	analysis *analysis
	database *database
	now      time.Time
	answered map[string]bool // canonical names that the person said yes to

	mutex sync.Mutex
	held  map[string]scan.HeldRelease // by name and version: releases that are too young

	allowed []rules.Finding // malware that an answer let through
}

// gateConfig is the gate for this command. directory is the run's own.
func (j *judgement) gateConfig(in *invocation, client *index.Client, directory string, refused map[string]bool) gate.Config {
	c := j.analysis.command
	config := gate.Config{
		Source: client, Indexes: gateIndexes(c), FindLinks: pageURLs(linkPages(c, in.dir)), Strategy: string(j.analysis.policy.Index.Strategy.Value),
		Pins: j.analysis.policy.Pins(), Popular: func(canonical string) bool { return typosquat.Rank(canonical) > 0 },
		JudgeProject: j.project, JudgeFile: j.file, SecurityFix: j.securityFix, JudgeConfusion: j.analysis.policy.JudgeConfusion,
		Installed: map[string]string{}, AllowedHosts: j.analysis.policy.AllowedHosts(), Named: j.named(in, refused),
		Folders: localFolders(c, in.dir), JudgeLocal: j.local, Directory: directory, Memory: in.places.Files(), CachedByPip: cachedByPip(c.WheelCache),
		Environment: j.analysis.markers(in),
		Proxy:       client.ProxyFor, Eager: j.analysis.eager(), NoDependencies: c.NoDependencies,
		AnyAge: j.analysis.policy.Cooldown.Release.Value.Duration() == 0 || j.analysis.policy.Action(rules.Cooldown).Value == rules.Off,
	}
	for _, d := range j.analysis.installed {
		if d.Canonical != "" && !d.Shadowed {
			config.Installed[d.Canonical] = d.Version
		}
	}
	for _, r := range c.Requirements {
		if !r.Constraint && r.MarkerApplies && r.Name != "" && r.URL == "" && r.Locked == nil {
			config.Requested = append(config.Requested, gate.Wanted{Name: r.Name, Specifier: r.Specifier, Extras: r.Extras})
		}
	}
	return config
}

// gateIndexes are the indexes of a command. Public is the one that pip asks by
// itself, whoever asks there.
func gateIndexes(c *pip.Command) []gate.Index {
	var indexes []gate.Index
	for i, s := range c.Indexes {
		indexes = append(indexes, gate.Index{
			URL: s.Value, Extra: i >= c.ExtraAt, Public: address.Same(s.Value, c.Installation.DefaultIndex),
		})
	}
	return indexes
}

func (j *judgement) isRequested(canonical string) bool {
	for _, r := range j.analysis.command.Requirements {
		if r.Canonical == canonical && !r.Constraint {
			return true
		}
	}
	return false
}

func (j *judgement) isInstalled(canonical string) bool {
	for _, d := range j.analysis.installed {
		if d.Canonical == canonical {
			return true
		}
	}
	return false
}

// project judges a project when pip first asks for its page.
func (j *judgement) project(ctx context.Context, e gate.ProjectEvidence) []rules.Finding {
	evidence := e.ProjectEvidence
	evidence.New = !j.isInstalled(evidence.Canonical)
	evidence.Requested = j.isRequested(evidence.Canonical)
	evidence.Rank = typosquat.Rank(evidence.Canonical)
	if evidence.Rank == 0 {
		evidence.Suspicions = typosquat.Check(evidence.Name)
	}
	if j.database.missing() {
		j.database.wait(ctx, waitForFile)
	}
	evidence.Malware = j.database.wholeMalware(evidence.Canonical)
	var findings []rules.Finding
	judged := j.analysis.policy.JudgeProject(evidence)
	if !evidence.Requested {
		// A requested name was judged before pip started.
		name := rules.NameEvidence{Rank: evidence.Rank, Suspicions: evidence.Suspicions}
		judged = append(j.analysis.policy.JudgeDependency(evidence.Name, name, evidence.New), judged...)
	}
	for _, f := range rules.Decide(judged, j.stage(evidence.Canonical)).Findings {
		// Notes are about what a person asked for, and were made of more
		// evidence than the gate has.
		if f.Action != rules.Note {
			findings = append(findings, f)
		}
	}
	return findings
}

// stage is when findings about a name take effect: what a person has said yes to
// before pip started is no question any more.
func (j *judgement) stage(canonical string) rules.Stage {
	if j.answered[canonical] {
		return rules.AnsweredInGate
	}
	return rules.InGate
}

// file judges one file of a page.
func (j *judgement) file(e gate.FileEvidence) []rules.Finding {
	evidence := e.FileEvidence
	evidence.Malware, evidence.Vulnerabilities = j.database.known(evidence.Name, evidence.Version)
	evidence.Pinned = j.pins(evidence.Name, evidence.Version)
	findings := rules.Decide(j.analysis.policy.JudgeFile(evidence), rules.InGate).Findings
	if evidence.IsSdist && j.analysis.holdsBuilds() {
		findings = append(findings, rules.Finding{
			Subject: evidence.Name, Rule: rules.Sdist, Action: rules.Hold, Confidence: rules.High, Evidence: messageUnenclosed,
		})
	}
	for _, f := range findings {
		switch {
		case f.Rule == rules.Cooldown && f.Action == rules.Hold:
			j.hold(evidence)
		case f.Rule == rules.Malware && f.Action == rules.Note:
			j.noteAllowed(f)
		}
	}
	return findings
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
	until := e.UploadTime.Add(j.analysis.policy.Cooldown.Release.Value.Duration())
	j.held[e.Name+" "+e.Version] = scan.HeldRelease{Canonical: e.Name, Version: e.Version, Until: until}
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

// pins says whether the command asks for exactly this version.
func (j *judgement) pins(canonical, version string) bool {
	for _, r := range j.analysis.command.Requirements {
		if r.Canonical != canonical {
			continue
		}
		specifiers, err := pep.ParseSpecifiers(r.Specifier)
		if err != nil {
			continue
		}
		if pinned, ok := specifiers.Pinned(); ok && pep.CompareOSV(pinned, version) == 0 {
			return true
		}
	}
	return false
}

// securityFix names the one release among held that fixes a known
// vulnerability of the installed version, where no release allowed does: the
// lowest such, so that the window opens no wider than it must.
func (j *judgement) securityFix(canonical, installed string, allowed, held []string) (string, []string) {
	if installed == "" || !j.analysis.policy.Cooldown.SecurityFixes.Value {
		return "", nil
	}
	standing := j.database.agreed(canonical, installed)
	if len(standing) == 0 {
		return "", nil
	}
	for _, version := range allowed {
		if pep.CompareOSV(version, installed) > 0 && len(j.fixed(standing, canonical, version)) == len(standing) {
			return "", nil
		}
	}
	for _, version := range held {
		if pep.CompareOSV(version, installed) <= 0 {
			continue
		}
		if fixed := j.fixed(standing, canonical, version); len(fixed) > 0 {
			return version, fixed
		}
	}
	return "", nil
}

// fixed gives those of the vulnerabilities that a version has no more.
func (j *judgement) fixed(standing []string, canonical, version string) []string {
	still := map[string]bool{}
	for _, id := range j.database.vulnerabilities(canonical, version) {
		still[id] = true
	}
	var fixed []string
	for _, id := range standing {
		if !still[id] {
			fixed = append(fixed, id)
		}
	}
	return fixed
}
