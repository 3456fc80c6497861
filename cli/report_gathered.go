package cli

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"thresher/advisory"
	"thresher/internal/journal"
	"thresher/internal/progress"
	"thresher/internal/words"
	"thresher/policy"
	"thresher/report"
	"thresher/scan"
	"thresher/venv"
)

// reportHere gathers what is known of this machine: environments as they are, the log,
// and the policy that holds in each environment's project.
func (p *program) reportHere(in *report.Input) error {
	if p.places.State == "" {
		return errNoState
	}
	entries, broken, err := journal.Read(p.places.Log(), time.Time{})
	if err != nil {
		in.Unread = append(in.Unread, fmt.Sprintf("read the log: %v", err))
	}
	for _, failure := range brokenLines(p.places.Log(), broken) {
		in.Unread = append(in.Unread, failure.Error())
	}
	machine := p.machine()
	in.Logs = []report.Log{{Machine: machine, Entries: entries}}
	installations, err := p.installations()
	if err != nil {
		return err
	}
	scanner, err := p.openScanner(in)
	if err != nil {
		return err
	}
	defer scanner.close()
	policies := policiesRead{program: p, in: in, machine: machine, byDirectory: map[string]*policy.Policy{}}
	policies.of(p.dir)
	for _, one := range installations {
		place := report.Place{Machine: machine, Path: one.prefix, Python: one.python}
		for _, d := range one.distributions {
			if d.Canonical != "" && !d.Shadowed {
				place.Installed = append(place.Installed,
					report.Installed{Name: d.Canonical, Version: d.Version, Installed: d.Written})
			}
		}
		place.Findings, err = scanner.findings(one.distributions, policies.of(filepath.Dir(one.prefix)))
		if err != nil {
			return err
		}
		in.Places = append(in.Places, place)
	}
	return nil
}

// machine is the name of this machine.
func (p *program) machine() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		return "this machine"
	}
	return name
}

// reportOfLogs gathers what logs of other machines tell.
func (p *program) reportOfLogs(in *report.Input, places []string) error {
	logs, err := collectedLogs(places)
	if err != nil {
		return err
	}
	scanner, err := p.openScanner(in)
	if err != nil {
		return err
	}
	defer scanner.close()
	bar := progress.Bar{Out: p.err, Width: width(p.err)}
	defer bar.Clear()
	byMachine := map[string][]journal.Entry{}
	for i, log := range logs {
		bar.Show(messageReading, fmt.Sprint(i), words.Counted(int64(len(logs)), "log"), int64(i), int64(len(logs)))
		entries, failures, err := log.read(time.Time{})
		if err != nil {
			return err
		}
		for _, failure := range failures {
			in.Unread = append(in.Unread, failure.Error())
		}
		if len(entries) == 0 {
			byMachine[machineOf(log.name, places)] = nil
		}
		for _, entry := range entries {
			machine := cmp.Or(entry.Host, machineOf(log.name, places))
			byMachine[machine] = append(byMachine[machine], entry)
		}
	}
	machines := slices.Sorted(maps.Keys(byMachine))
	for i, machine := range machines {
		bar.Show(messageReading, fmt.Sprint(i), words.Counted(int64(len(machines)), "machine"), int64(i),
			int64(len(machines)))
		log := report.Log{Machine: machine, Entries: onceInOrder(byMachine[machine])}
		in.Logs = append(in.Logs, log)
		in.Policies = append(in.Policies, report.PoliciesIn(log)...)
		for _, place := range report.Standing(log) {
			var distributions []venv.Distribution
			for _, installed := range place.Installed {
				distributions = append(distributions,
					venv.Distribution{Name: installed.Name, Canonical: installed.Name, Version: installed.Version})
			}
			if place.Findings, err = scanner.findings(distributions, nil); err != nil {
				return err
			}
			for i := range place.Findings {
				place.Findings[i].Ignored = place.Ignores(&place.Findings[i])
			}
			in.Places = append(in.Places, place)
		}
	}
	in.Answers = report.AnswersIn(in.Places)
	return nil
}

// onceInOrder are runs by time, each once: a collector may deliver a line again.
func onceInOrder(entries []journal.Entry) []journal.Entry {
	slices.SortStableFunc(entries, func(a, b journal.Entry) int {
		return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.ID, b.ID))
	})
	return slices.CompactFunc(entries, func(a, b journal.Entry) bool { return a.Key() == b.Key() })
}

// machineOf is what tells a collected log from the others: its path below the place
// that it was found in, without what all have.
func machineOf(log string, places []string) string {
	for _, place := range places {
		rest, err := filepath.Rel(place, log)
		if err != nil || rest == "." || strings.HasPrefix(rest, "..") {
			continue
		}
		rest = strings.TrimSuffix(rest, ".jsonl")
		if folder, ok := strings.CutSuffix(rest, string(filepath.Separator)+"log"); ok {
			return folder
		}
		if rest != "log" {
			return rest
		}
		return filepath.Base(place)
	}
	return strings.TrimSuffix(filepath.Base(log), ".jsonl")
}

// policiesRead are the policies that count for environments, read once a directory,
// and what was found in them.
type policiesRead struct {
	*program
	in          *report.Input
	machine     string
	byDirectory map[string]*policy.Policy
}

// of gives the policy that holds in a directory; one that cannot be read is told, and
// then none of its answers count here.
func (r *policiesRead) of(dir string) *policy.Policy {
	if loaded, seen := r.byDirectory[dir]; seen {
		return loaded
	}
	loaded, err := r.policyIn(dir)
	if err != nil {
		if !slices.Contains(r.in.Unread, err.Error()) {
			r.in.Unread = append(r.in.Unread, err.Error())
		}
		loaded = nil
	}
	r.byDirectory[dir] = loaded
	if loaded == nil {
		return nil
	}
	for _, file := range loaded.Files {
		one := report.Policy{Machine: r.machine, Layer: file.Layer.String(), Path: file.Path, SHA256: file.SHA256}
		if slices.ContainsFunc(r.in.Policies, func(other report.Policy) bool { return other.Path == one.Path }) {
			continue
		}
		if info, err := os.Stat(file.Path); err == nil {
			changed := info.ModTime()
			one.Changed = &changed
		}
		if project := loaded.Project; project != nil && project.Path == file.Path && !project.Trusted &&
			len(project.Loosens) > 0 {
			one.Note = policy.NotInForce(project)
		}
		r.in.Policies = append(r.in.Policies, one)
	}
	for _, i := range loaded.Scan.Ignore {
		r.answer(report.Answer{Kind: report.Ignore, Subject: strings.TrimSpace(i.ID + " " + i.Package + i.Versions),
			Reason: i.Reason, Expires: expiry(i.Expires), Fixed: i.UntilFixed, Place: i.Place()})
	}
	for _, a := range loaded.Allow {
		r.answer(report.Answer{Kind: report.Allow, Subject: a.Subject.String(), Reason: a.Reason,
			Expires: expiry(a.Expires), Place: a.Place()})
	}
	for _, b := range loaded.Bounds {
		r.answer(report.Answer{Kind: report.Bound, Subject: b.Name + " below " + b.Below, Reason: b.Reason,
			Expires: expiry(b.Expires), Place: b.Place()})
	}
	return loaded
}

// answer adds an answer once: files of the user's count in each project.
func (r *policiesRead) answer(answer report.Answer) {
	if !slices.ContainsFunc(r.in.Answers, func(other report.Answer) bool {
		return other.Kind == answer.Kind && other.Place == answer.Place && other.Subject == answer.Subject
	}) {
		r.in.Answers = append(r.in.Answers, answer)
	}
}

func expiry(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// scanner finds what is known against many environments. What has nothing against it
// in one has nothing in another.
type scanner struct {
	database *advisory.Database // nil: there is none
	now      time.Time
	clean    map[[2]string]bool // by canonical name and version
}

func (p *program) openScanner(in *report.Input) (*scanner, error) {
	database, err := advisory.OpenAll(p.places.AllAdvisories()...)
	switch {
	case errors.Is(err, advisory.ErrNoDatabase):
		database = nil
	case errors.Is(err, advisory.ErrDamaged):
		in.Unread = append(in.Unread, fmt.Sprintf("%v; fix: thresher update", err))
		database = nil
	case err != nil:
		return nil, err
	}
	if database != nil {
		in.Advisories = &report.Advisories{Count: database.Count(), AsOf: database.AsOf()}
	}
	return &scanner{database, p.now, map[[2]string]bool{}}, nil
}

func (s *scanner) close() {
	if s.database != nil {
		_ = s.database.Close() // it was only read
	}
}

// findings are what is known against one environment, by the ignores of its policy;
// nil for a policy that is not known.
func (s *scanner) findings(distributions []venv.Distribution, loaded *policy.Policy) ([]report.Finding, error) {
	if s.database == nil {
		return nil, nil
	}
	any := false
	for _, d := range distributions {
		key := [2]string{d.Canonical, d.Version}
		clean, looked := s.clean[key]
		if !looked && d.Canonical != "" {
			known, err := s.database.Match(d.Canonical, d.Version)
			if err != nil {
				return nil, err
			}
			clean = len(known) == 0
			s.clean[key] = clean
		}
		any = any || !clean && d.Canonical != ""
	}
	if !any {
		return nil, nil
	}
	input := scan.Input{Distributions: distributions, Database: s.database, Now: s.now}
	if loaded != nil {
		input.Ignores = scanIgnores(loaded)
	}
	result, err := scan.Scan(input)
	if err != nil {
		return nil, err
	}
	var found []report.Finding
	for _, subject := range result.Subjects {
		for _, f := range subject.Findings {
			finding := report.Finding{Vulnerability: f.Vulnerability, Package: subject.Canonical, Version: subject.Version,
				Ignored: f.Ignored != nil}
			if len(f.FixedIn) > 0 {
				finding.Fix = cmp.Or(subject.Fix, f.FixedIn[0])
			}
			for _, hold := range f.Holds {
				finding.Held = append(finding.Held, hold.String())
			}
			found = append(found, finding)
		}
	}
	return found, nil
}
