package shim

import (
	"net/url"
	"path"
	"strings"

	"thresher/address"
	"thresher/gate"
	"thresher/pep"
	"thresher/pip/source"
	"thresher/policy/rules"
)

// judgeLocked judges the files that a lock (PEP 751) names by address: pip
// fetches these past any index page. What may be installed is entered into the
// gate's ledger; what may not is given back.
func (j *judgement) judgeLocked(opened *gate.Gate) ([]rules.Finding, error) {
	var refused []rules.Finding
	for _, r := range j.analysis.command.Requirements {
		if r.Constraint || !r.MarkerApplies {
			continue
		}
		for _, address := range r.Locked {
			entries, findings, err := j.lockedFile(r, address)
			if err != nil {
				return nil, err
			}
			verdict := rules.Decide(findings, rules.WithoutTerminal)
			if verdict.Action != rules.Block {
				opened.Vouch(entries...)
				continue
			}
			for _, f := range verdict.Findings {
				if f.Action == rules.Block {
					refused = append(refused, f)
				}
			}
		}
	}
	return refused, nil
}

// lockedFile gives what stands for one file of a lock in the ledger, and what
// policy says of it. Its age is not known: a lock was made by somebody who
// looked.
func (j *judgement) lockedFile(r source.Requirement, located string) ([]gate.Entry, []rules.Finding, error) {
	parsed, err := url.Parse(located)
	if err != nil {
		return nil, nil, err
	}
	filename := path.Base(parsed.Path)
	version := ""
	if specifiers, err := pep.ParseSpecifiers(r.Specifier); err == nil {
		version, _ = specifiers.Pinned()
	}
	malware, vulnerabilities := j.database.known(r.Canonical, version)
	var findings []rules.Finding
	for _, f := range j.analysis.policy.JudgeFile(rules.FileEvidence{
		Name: r.Canonical, Version: version, Filename: filename, Now: j.now, Pinned: true,
		IsSdist: !strings.HasSuffix(filename, ".whl"), Malware: malware, Vulnerabilities: vulnerabilities,
	}) {
		if f.Rule != rules.Cooldown {
			findings = append(findings, f)
		}
	}
	if local, ok := address.FilePath(located); ok {
		entry, err := gate.VouchFile(local)
		return []gate.Entry{entry}, findings, err
	}
	for _, f := range j.analysis.policy.JudgeRequested(rules.Requested{
		Name: r.Name, Canonical: r.Canonical, URL: located, Hashes: len(r.Hashes) > 0, Origin: r.Origin.Place,
	}, rules.NameEvidence{}) {
		if f.Rule == rules.DirectURL || f.Rule == rules.InsecureURL {
			findings = append(findings, f)
		}
	}
	var entries []gate.Entry
	plain, _, _ := strings.Cut(address.Bare(located), "#")
	for _, hash := range r.Hashes {
		algorithm, digest, _ := strings.Cut(hash, ":")
		entries = append(entries, gate.Entry{
			Name: r.Canonical, Version: version, Filename: filename, Hashes: map[string]string{algorithm: digest}, URL: plain,
		})
	}
	return entries, findings, nil
}
