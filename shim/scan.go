package shim

import (
	"errors"
	"strings"
	"time"

	"thresher/advisory"
	"thresher/gate"
	"thresher/internal/journal"
	"thresher/pep"
	"thresher/policy"
	"thresher/scan"
	"thresher/venv"
)

// mostRows is how many vulnerabilities of one distribution a run shows;
// `thresher scan` shows all.
const mostRows = 10

// tooOldToTrust is the age of advisories from which on a failing refresh is
// told: laptops are offline for a day without harm.
const tooOldToTrust = 24 * time.Hour

// scan matches what is installed now against the advisories and says what was
// found: one line on a good day.
func (in *invocation) scan(a *analysis, judge *judgement, opened *gate.Gate, after state, changes []venv.Change) (scan.Result, error) {
	judge.database.wait(in.untilInterrupted(), waitForScan)
	data := judge.database.data()
	if data == nil {
		in.say.noDatabase(judge.database.refreshFailure())
		return scan.Result{}, nil
	}
	if err := judge.database.refreshFailure(); errors.Is(err, advisory.ErrBackward) {
		in.say.keptDatabase(err)
	}
	if age := in.start.Sub(data.AsOf()); judge.database.refreshFailure() != nil && age > tooOldToTrust {
		in.say.staleDatabase(age)
	}
	input := scan.Input{
		Environment: a.environment.Prefix, Distributions: after.distributions, Database: data,
		FailOn: scan.FailOn(a.policy.Scan.FailOn.Value), Ignores: scanIgnores(a.policy), Upgrading: true,
		Markers: a.markers(in), Offered: offered(opened), Held: judge.heldReleases(opened.Findings()), Now: in.start,
	}
	if a.policy.Scan.Scope.Value == policy.ScopeTouched {
		input.Touched = map[string]bool{}
		for _, name := range a.requestedNames() {
			input.Touched[name] = true
		}
		for _, c := range changes {
			input.Touched[c.Distribution.Canonical] = true
		}
	}
	for _, r := range a.command.Requirements {
		if !r.MarkerApplies {
			continue
		}
		input.Requirements = append(input.Requirements, scan.Requirement{
			Canonical: r.Canonical, Specifier: r.Specifier, Extras: r.Extras, URL: r.URL, Constraint: r.Constraint, Place: r.Origin.Place,
		})
	}
	result, err := scan.Scan(input)
	if err != nil {
		return result, err
	}
	for _, line := range scan.Text([]scan.Result{result}, scan.TextOptions{Width: in.reportWidth(), Colour: in.coloured, MaxRows: mostRows, Brief: true}) {
		in.say.line("%s", line)
	}
	return result, nil
}

// reportWidth is what a table may take beside the prefix of each line; 0 where
// there is no terminal.
func (in *invocation) reportWidth() int {
	return max(0, in.width-len("thresher: "))
}

func scanIgnores(p *policy.Policy) []scan.Ignore {
	var ignores []scan.Ignore
	for _, i := range p.Scan.Ignore {
		ignores = append(ignores, scan.Ignore{
			ID: i.ID, Reason: i.Reason, Expires: i.Expires, Package: i.Package, Versions: i.Versions,
			Place: i.Place(), Untrusted: i.Untrusted,
		})
	}
	for _, a := range p.AllowedMalware() {
		ignores = append(ignores, scan.Ignore{
			Package: a.Subject.Name, Release: a.Subject.Version, Reason: a.Reason, Expires: a.Expires, Place: a.Place(),
		})
	}
	return ignores
}

// offered are the versions that pip was offered, by canonical name.
func offered(opened *gate.Gate) map[string][]string {
	versions := map[string][]string{}
	for _, entry := range opened.Ledger() {
		if !strings.HasPrefix(entry.Index, "http") {
			continue // a local file of the command's own says nothing of what there is
		}
		name := pep.CanonicalName(entry.Name)
		versions[name] = append(versions[name], entry.Version)
	}
	return versions
}

// standing are the vulnerabilities of a result as the log keeps them.
func standing(result scan.Result) []journal.Vulnerability {
	var list []journal.Vulnerability
	for _, s := range result.Subjects {
		for _, f := range s.Findings {
			if f.Ignored == nil {
				list = append(list, journal.Vulnerability{Name: s.Name, Version: s.Version, ID: f.ID})
			}
		}
	}
	return list
}

// markers are the values of environment markers (PEP 508) of the interpreter;
// nil where they could not be learned, which makes every marker count.
func (a *analysis) markers(in *invocation) map[string]string {
	values, err := a.installation.MarkerEnvironment(in.places.Cache)
	if err != nil {
		return nil
	}
	return values
}
