package shim

import (
	"net/url"
	"path"
	"strings"

	"thresher/pep"
	"thresher/pip/source"
	"thresher/policy/rules"
)

// judgeLocked judges the files that a lock (PEP 751) names by address: pip
// fetches these past any index page. It gives the addresses of those that may
// not be installed, and why.
func (j *judgement) judgeLocked() (addresses map[string]bool, refused []rules.Finding, err error) {
	addresses = map[string]bool{}
	for _, r := range j.asked.command.Requirements {
		if r.Constraint || !r.MarkerApplies {
			continue
		}
		for _, address := range r.Locked {
			findings, err := j.lockedFile(r, address)
			if err != nil {
				return nil, nil, err
			}
			decided := j.asked.policy.Decide(findings, rules.WithoutTerminal)
			j.noteObserved(decided.Findings)
			if decided.Action != rules.Block {
				continue
			}
			addresses[address] = true
			for _, f := range decided.Findings {
				if f.Action == rules.Block {
					refused = append(refused, f)
				}
			}
		}
	}
	return addresses, refused, nil
}

// lockedFile gives what policy says of one file of a lock. Its age is not known:
// a lock was made by somebody who looked.
func (j *judgement) lockedFile(r source.Requirement, address string) ([]rules.Finding, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	filename := path.Base(parsed.Path)
	version := ""
	if specifiers, err := pep.ParseSpecifiers(r.Specifier); err == nil {
		version, _ = specifiers.Pinned()
	}
	malware, vulnerabilities := j.database.known(r.Canonical, version)
	var findings []rules.Finding
	for _, f := range j.asked.policy.JudgeFile(rules.FileEvidence{
		Name: r.Canonical, Version: version, Filename: filename, Now: j.now, Pinned: true,
		IsSdist: !strings.HasSuffix(filename, ".whl"), Malware: malware, Vulnerabilities: vulnerabilities,
	}) {
		if f.Rule != rules.Cooldown {
			findings = append(findings, f)
		}
	}
	if parsed.Scheme == "file" {
		return findings, nil
	}
	for _, f := range j.asked.policy.JudgeRequested(rules.Requested{
		Name: r.Name, Canonical: r.Canonical, URL: address, Hashes: len(r.Hashes) > 0, Origin: r.Origin.Place,
	}, rules.NameEvidence{}) {
		if f.Rule == rules.DirectURL || f.Rule == rules.InsecureURL {
			findings = append(findings, f)
		}
	}
	return findings, nil
}
