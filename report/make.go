package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"thresher/advisory"
	"thresher/pep"
)

// Make makes the report. Times are shown in the zone of in.Made, and weeks begin
// there.
func Make(in Input) *Report {
	r := &Report{
		Schema: Schema, Made: in.Made, Thresher: in.Thresher, Collected: in.Collected, Advisories: in.Advisories,
		Machines: []Machine{}, Environments: []Environment{}, Packages: []Package{}, Vulnerabilities: []Vulnerability{},
		Answers: []Answer{}, Policies: []Policy{}, Unread: append([]string{}, in.Unread...),
	}
	r.environments(in)
	r.packages(in)
	r.vulnerabilities(in)
	r.machines(in)
	r.answers(in)
	r.policies(in)
	r.activity(in.Logs)
	r.summary(in)
	return r
}

func (r *Report) environments(in Input) {
	last := map[string]map[string]time.Time{}
	machines := map[string][]int{}
	for _, log := range in.Logs {
		last[log.Machine] = lastRuns(log.Entries)
	}
	for i, place := range in.Places {
		environment := Environment{
			ID: i, Machine: place.Machine, Path: place.Path, Python: place.Python, Packages: len(place.Installed),
			LastRun: known(last[place.Machine][place.Path]),
		}
		var changed time.Time
		for _, installed := range place.Installed {
			if installed.Installed.After(changed) {
				changed = installed.Installed
			}
		}
		environment.Changed = known(changed)
		r.Environments = append(r.Environments, environment)
		machines[place.Machine] = append(machines[place.Machine], i)
	}
	for machine, ids := range machines {
		paths := make([]string, len(ids))
		for i, id := range ids {
			paths[i] = r.Environments[id].Path
		}
		for i, label := range labels(paths) {
			if len(machines) > 1 {
				label = machine + ": " + label
			}
			r.Environments[ids[i]].Label = label
		}
	}
}

// packages groups what is installed by name and version, and counts what is older in
// one environment than in another.
func (r *Report) packages(in Input) {
	type where struct{ name, version string }
	standing := map[where][]int{}
	vulnerable := map[where]bool{}
	versions := map[string][]string{}
	for id, place := range in.Places {
		for _, installed := range place.Installed {
			at := where{installed.Name, installed.Version}
			if standing[at] == nil {
				versions[installed.Name] = append(versions[installed.Name], installed.Version)
			}
			standing[at] = append(standing[at], id)
		}
		for _, f := range place.Findings {
			if !f.Ignored {
				vulnerable[where{f.Package, f.Version}] = true
			}
		}
	}
	for name, all := range versions {
		slices.SortFunc(all, func(a, b string) int { return cmp.Or(pep.CompareOSV(b, a), strings.Compare(b, a)) })
		p := Package{Name: name}
		for _, version := range all {
			at := where{name, version}
			p.Versions = append(p.Versions, Version{version, standing[at], vulnerable[at]})
			p.Environments += len(standing[at])
			if pep.CompareOSV(version, all[0]) < 0 {
				for _, id := range standing[at] {
					r.Environments[id].Behind++
				}
			}
		}
		r.Packages = append(r.Packages, p)
	}
	slices.SortFunc(r.Packages, func(a, b Package) int {
		return cmp.Or(cmp.Compare(b.Environments, a.Environments), strings.Compare(a.Name, b.Name))
	})
}

func (r *Report) vulnerabilities(in Input) {
	type what struct{ name, id string }
	at := map[what]int{}
	for id, place := range in.Places {
		affected := map[string]bool{}
		for _, f := range place.Findings {
			key := what{f.Package, f.ID}
			i, seen := at[key]
			if !seen {
				i = len(r.Vulnerabilities)
				at[key] = i
				r.Vulnerabilities = append(r.Vulnerabilities, Vulnerability{
					Package: f.Package, ID: f.ID, Aliases: append([]string{}, f.Aliases...), Link: f.Link, Summary: f.Summary,
					Severity: string(f.Severity), Score: f.Score, Malware: f.Malware, Published: known(f.Published), Fix: f.Fix,
					Held: []string{}, Versions: []string{}, Standing: []int{}, Ignored: []int{},
				})
			}
			v := &r.Vulnerabilities[i]
			if !slices.Contains(v.Versions, f.Version) {
				v.Versions = append(v.Versions, f.Version)
			}
			if pep.CompareOSV(f.Fix, v.Fix) > 0 {
				v.Fix = f.Fix // of two branches the one that helps everywhere
			}
			if f.Ignored {
				v.Ignored = append(v.Ignored, id)
				continue
			}
			v.Standing = append(v.Standing, id)
			affected[f.Package] = true
			for _, held := range f.Held {
				if !slices.Contains(v.Held, held) {
					v.Held = append(v.Held, held)
				}
			}
		}
		r.Environments[id].Affected = len(affected)
	}
	for i := range r.Vulnerabilities {
		slices.SortFunc(r.Vulnerabilities[i].Versions, func(a, b string) int { return pep.CompareOSV(b, a) })
	}
	slices.SortFunc(r.Vulnerabilities, func(a, b Vulnerability) int {
		return cmp.Or(
			order(len(b.Standing) > 0, len(a.Standing) > 0), order(b.Malware, a.Malware),
			cmp.Compare(rank(b.Severity), rank(a.Severity)), cmp.Compare(b.Score, a.Score),
			strings.Compare(a.Package, b.Package), strings.Compare(a.ID, b.ID),
		)
	})
}

// rank orders severities; what is not known stands above the low ones, as in a scan.
func rank(severity string) int {
	return slices.Index([]string{string(advisory.None), string(advisory.Low), string(advisory.Unknown),
		string(advisory.Medium), string(advisory.High), string(advisory.Critical)}, severity)
}

func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func (r *Report) machines(in Input) {
	for _, log := range in.Logs {
		machine := Machine{Name: log.Machine, Runs: len(log.Entries)}
		for _, place := range in.Places {
			if place.Machine == log.Machine {
				machine.Environments++
			}
		}
		if count := len(log.Entries); count > 0 {
			machine.LastRun, machine.Thresher = known(log.Entries[count-1].Time), log.Entries[count-1].Thresher
		}
		r.Machines = append(r.Machines, machine)
	}
}

// answers come with those that need somebody first: by the day of their end.
func (r *Report) answers(in Input) {
	for _, answer := range in.Answers {
		switch {
		case answer.Expires == nil:
			answer.State = OpenEnd
		case !in.Made.Before(*answer.Expires):
			answer.State = Ended
		case answer.Expires.Sub(in.Made) <= Soon:
			answer.State = Ending
		default:
			answer.State = Later
		}
		r.Answers = append(r.Answers, answer)
	}
	slices.SortStableFunc(r.Answers, func(a, b Answer) int {
		switch {
		case a.Expires == nil || b.Expires == nil:
			return cmp.Or(order(a.Expires == nil, b.Expires == nil), strings.Compare(a.Subject, b.Subject))
		}
		return cmp.Or(a.Expires.Compare(*b.Expires), strings.Compare(a.Subject, b.Subject))
	})
}

// policies are old by their age, and behind where another machine has a newer content
// of the same file; each user's and project's own is another file.
func (r *Report) policies(in Input) {
	newest := map[string]Policy{}
	for _, p := range in.Policies {
		if other, seen := newest[p.shared()]; p.Changed != nil && (!seen || p.Changed.After(*other.Changed)) {
			newest[p.shared()] = p
		}
	}
	for _, p := range in.Policies {
		p.Old = p.Changed != nil && in.Made.Sub(*p.Changed) >= OldPolicy
		if other, seen := newest[p.shared()]; seen && p.shared() != "" && p.Changed != nil {
			p.Behind = p.SHA256 != other.SHA256 && p.Changed.Before(*other.Changed)
		}
		r.Policies = append(r.Policies, p)
	}
}

// shared is what machines have in common of a policy file; "" for nothing.
func (p *Policy) shared() string {
	if p.Layer == "user" || p.Layer == "project" {
		return ""
	}
	return p.Layer + " " + p.Path
}

func (r *Report) summary(in Input) {
	s := &r.Summary
	s.Machines, s.Environments, s.Packages = len(r.Machines), len(r.Environments), len(r.Packages)
	for _, environment := range r.Environments {
		s.Installed += environment.Packages
		s.Behind += count(environment.Behind > 0)
		s.Affected += count(environment.Affected > 0)
	}
	for _, p := range r.Packages {
		s.Differing += count(len(p.Versions) > 1)
		s.Vulnerable += count(slices.ContainsFunc(p.Versions, func(v Version) bool { return v.Vulnerable }))
	}
	for _, v := range r.Vulnerabilities {
		s.Malware += count(v.Malware && len(v.Standing) > 0)
		s.Fixable += count(!v.Malware && v.Fix != "" && len(v.Standing) > 0)
	}
	for _, log := range in.Logs {
		for _, entry := range log.Entries {
			if in.Made.Sub(entry.Time) <= Soon {
				s.Runs++
				s.Refused += count(refused(entry))
				s.Held += count(!refused(entry) && heldBack(entry))
			}
		}
	}
	for _, answer := range r.Answers {
		s.Ended += count(answer.State == Ended)
		s.Ending += count(answer.State == Ending)
	}
	for _, p := range r.Policies {
		s.Policies += count(p.Old || p.Behind)
	}
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// known is a time, or nil for one that is not known.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
