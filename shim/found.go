package shim

import (
	"errors"
	"slices"
	"sync"
	"time"

	"thresher/advisory"
	"thresher/internal/journal"
	"thresher/policy"
	"thresher/scan"
)

// mostRows is how many vulnerabilities of one distribution a run shows;
// `thresher scan` shows all.
const mostRows = 10

// found is what is known against what is installed after pip.
type found struct {
	result scan.Result
	failed bool // it is not known
}

// scan matches what is installed now against the advisories and says what was
// found: one line on a good day. A command that leaves the environment as it was
// is not followed by one. That the scan fails is said; pip has done its work.
func (in *invocation) scan(a *asked, d *door, run ended, c changed) found {
	if !a.changes() || pipStatus(run.pip) != 0 && len(c.changes) == 0 {
		return found{}
	}
	result, err := in.scanAgainst(a, d.database, run, c)
	if err != nil {
		in.say.line("the result could not be scanned: %v", err)
	}
	if failure := d.database.err(); failure != nil {
		in.say.line("the advisory data could not be read: %v", failure)
	}
	return found{result, err != nil}
}

func (in *invocation) scanAgainst(a *asked, database *database, run ended, c changed) (scan.Result, error) {
	database.wait(in.untilInterrupted())
	data := database.data()
	if data == nil {
		return scan.Result{}, nil // which was said before the first file
	}
	if pipStatus(run.pip) == 0 {
		in.tellAdvisoriesAge(a, database, data)
	}
	input := scan.Input{
		Environment: a.environment.Prefix, Distributions: c.after.distributions, Database: data,
		FailOn: scan.FailOn(a.policy.Scan.FailOn.Value), Ignores: scanIgnores(a.policy), Upgrading: true,
		Markers: a.markers(in.places.Cache), Offered: run.offered, Held: slices.Concat(run.held, run.bounded), Now: in.start,
		Touched: touched(a, c), Requirements: a.command.Requirements,
	}
	result, err := scan.Scan(input)
	if err != nil {
		return result, err
	}
	if pipStatus(run.pip) != 0 && !result.Malware {
		return scan.Result{}, nil // what pip failed on is the last on the screen
	}
	for _, line := range scan.Text([]scan.Result{result}, scan.TextOptions{
		Width: in.reportWidth(), Colour: in.coloured, MaxRows: mostRows, Brief: true,
		Said:      in.saidSince(a.command.Installation.Prefix, in.start.Add(-remindAfter)),
		SaidToday: in.saidSince(a.command.Installation.Prefix, startOfDay(in.start)),
	}) {
		in.say.line("%s", line)
	}
	return result, nil
}

// tellAdvisoriesAge says that advisories are old, or that a refresh offered less
// than is known.
func (in *invocation) tellAdvisoriesAge(a *asked, database *database, data *advisory.Database) {
	if err := database.refreshFailure(); errors.Is(err, advisory.ErrBackward) {
		in.say.keptDatabase(err)
	}
	if age := in.start.Sub(data.AsOf()); age >= a.policy.Update.StaleAfter.Value.Duration() {
		in.say.staleDatabase(age, staleRemedy(a, data, in.start))
	}
}

// touched are the canonical names whose vulnerabilities may fail the run: what
// was asked for and what changed; nil for all that is installed.
func touched(a *asked, c changed) map[string]bool {
	if a.policy.Scan.Scope.Value != policy.ScopeTouched {
		return nil
	}
	names := map[string]bool{}
	for _, name := range a.requestedNames() {
		names[name] = true
	}
	for _, change := range c.changes {
		names[change.Distribution.Canonical] = true
	}
	return names
}

// remindAfter is how long what was said of a vulnerability is not said again.
const remindAfter = 30 * 24 * time.Hour

// startOfDay is the midnight before a time, where the machine is.
func startOfDay(at time.Time) time.Time {
	year, month, day := at.Local().Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.Local)
}

// saidSince says of vulnerabilities whether a run in the same environment has named
// them since a time, as the log has it. A log that cannot be read has none.
func (in *invocation) saidSince(environment string, since time.Time) func(name, version, id string) bool {
	logged := sync.OnceValue(func() map[journal.Vulnerability]bool {
		said := map[journal.Vulnerability]bool{}
		if in.places.State == "" {
			return said
		}
		entries, _, err := journal.Read(in.places.Log(), since)
		if err != nil {
			return said
		}
		for _, entry := range entries {
			if entry.Environment != environment {
				continue
			}
			for _, v := range entry.Vulnerabilities {
				said[v] = true
			}
		}
		return said
	})
	return func(name, version, id string) bool {
		return logged()[journal.Vulnerability{Name: name, Version: version, ID: id}]
	}
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
			Place: i.Place(), Untrusted: i.Untrusted, UntilFixed: i.UntilFixed,
		})
	}
	for _, a := range p.AllowedMalware() {
		ignores = append(ignores, scan.Ignore{
			Package: a.Subject.Name, Release: a.Subject.Version, Reason: a.Reason, Expires: a.Expires, Place: a.Place(),
		})
	}
	return ignores
}

// ignored are the vulnerabilities of a result that are ignored, as the log keeps
// them.
func ignored(result scan.Result) []journal.Ignored {
	var list []journal.Ignored
	for _, s := range result.Subjects {
		for _, f := range s.Findings {
			if f.Ignored == nil {
				continue
			}
			expires := ""
			if !f.Ignored.Expires.IsZero() {
				expires = f.Ignored.Expires.Format(time.DateOnly)
			}
			list = append(list, journal.Ignored{Name: s.Name, Version: s.Version, ID: f.ID, Expires: expires})
		}
	}
	return list
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
