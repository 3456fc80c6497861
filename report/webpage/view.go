package webpage

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"thresher/internal/words"
	"thresher/report"
)

// How much of a list the page has: a browser and a reader stay quick with it.
const (
	mostVulnerabilities = 200
	mostPackages        = 500
	mostEnvironments    = 200
	mostMachines        = 200
	mostAnswers         = 100
	mostPolicies        = 200
	mostRefusals        = 20
	mostPlaces          = 40 // that one vulnerability names
	mostVersions        = 12 // of one package that a row names
)

// view is the page's content in the words that it has.
type view struct {
	Title, Lead, Foot, Thresher string
	Made                        time.Time
	Style                       template.CSS
	Security                    string
	Collected, Advisories       bool
	Cards                       []card
	Unread                      []string
	Vulnerabilities             vulnerabilities
	Matrix                      matrix
	Shared                      list[sharedRow]
	Environments                environments
	Machines                    list[machineRow]
	Activity                    activity
	Answers                     list[answerRow]
	Policies                    policies
}

// list is a table with the sentence above it, what stands in its place where it is
// empty, and the sentence below that says what was left out.
type list[Row any] struct {
	Head, None, LeftOut string
	Rows                []Row
}

type card struct{ Class, Target, Name, Number, More string }

type where struct {
	Text, Ignored string
	All           []string
}

type sharedRow struct {
	Name, Versions string
	Environments   int
}

type environmentRow struct {
	report.Environment
	LastRun, Changed, None string
	Stale                  bool
}

// environments are their table; it has the versions of Python where they are known.
type environments struct {
	list[environmentRow]
	Python bool
}

type machineRow struct {
	report.Machine
	LastRun string
}

type answerRow struct{ Subject, Kind, Ends, Class, Reason, Place string }

type policyRow struct {
	report.Policy
	Age, Digest string
	On          where
	machines    []string
}

type policies struct {
	list[policyRow]
	Unknown bool
}

func viewOf(r *report.Report) view {
	v := view{
		Made: r.Made, Style: template.CSS(style), Security: security(), Collected: r.Collected, Thresher: r.Thresher,
		Advisories: r.Advisories != nil, Unread: r.Unread, Title: titleOf(r), Lead: leadOf(r), Foot: footOf(r),
		Cards: cardsOf(r), Vulnerabilities: vulnerabilitiesOf(r), Matrix: matrixOf(r), Shared: sharedOf(r),
		Environments: environmentsOf(r), Machines: machinesOf(r), Activity: activityOf(r), Answers: answersOf(r),
		Policies: policiesOf(r),
	}
	return v
}

func titleOf(r *report.Report) string {
	switch len(r.Machines) {
	case 0:
		return "Python packages"
	case 1:
		return "Python packages on " + short(r.Machines[0].Name)
	}
	return "Python packages on " + counted(len(r.Machines), "machine")
}

// short cuts a name that no machine has.
func short(name string) string {
	const most = 60
	if characters := []rune(name); len(characters) > most {
		return string(characters[:most]) + "…"
	}
	return name
}

func leadOf(r *report.Report) string {
	lead := "Environments that thresher has seen, as they are now."
	if r.Collected {
		lead = "From the logs of thresher's runs: what no run changed is not in them."
	}
	if r.Advisories != nil {
		lead += " Compared with advisories up to " + day(r.Advisories.AsOf.In(r.Made.Location())) + "."
	}
	return lead
}

func footOf(r *report.Report) string {
	foot := "Nothing was asked of an index and nothing was sent; no Python was started."
	if r.Collected {
		foot = "It was made of logs alone; nothing was asked of an index and nothing was sent."
	}
	return foot + " This page loads nothing and runs no script."
}

func cardsOf(r *report.Report) []card {
	s := r.Summary
	environments := card{"good", "environments", "Environments", number(s.Environments), "not one has older versions"}
	switch {
	case s.Environments == 0:
		environments.Class, environments.More = "", "not one is known yet"
	case s.Environments == 1:
		environments.More = "with nothing to compare it with"
	case s.Behind > 0:
		environments.Class, environments.More = "warn", number(s.Behind)+" with older versions"
	}
	packages := card{"good", "matrix", "Packages", number(s.Packages), "each in one version"}
	switch {
	case s.Packages == 0:
		packages.Class, packages.More = "", "nothing is installed"
	case s.Differing > 0:
		packages.Class, packages.More = "warn", number(s.Differing)+" in several versions"
	}
	vulnerable := card{"good", "vulnerabilities", "Vulnerable", number(s.Vulnerable), "no known vulnerability"}
	switch {
	case r.Advisories == nil:
		vulnerable.Class, vulnerable.Number, vulnerable.More = "warn", "?", "no advisories on this machine"
	case s.Malware > 0:
		vulnerable.Class, vulnerable.More = "bad", "malware among them"
	case s.Vulnerable > 0:
		vulnerable.Class, vulnerable.More = "bad", packagesIn(s)
	}
	refused := card{"good", "activity", "Refused, 30 days", number(s.Refused), "of " + counted(s.Runs, "run")}
	switch {
	case s.Runs == 0:
		refused.Class, refused.More = "", "there were no runs"
	case s.Refused > 0:
		refused.Class = "warn"
	}
	if s.Held > 0 {
		refused.More += ", " + number(s.Held) + " with holds"
	}
	ending := card{"good", "answers", "Ending soon", number(s.Ending), "ignores and answers, in 30 days"}
	switch {
	case s.Ended > 0:
		ending.Class, ending.More = "warn", number(s.Ended)+" ended already"
	case s.Ending > 0:
		ending.Class = "warn"
	}
	return []card{environments, packages, vulnerable, refused, ending}
}

func packagesIn(s report.Summary) string {
	noun := "packages"
	if s.Vulnerable == 1 {
		noun = "package"
	}
	return noun + " in " + counted(s.Affected, "environment")
}

func sharedOf(r *report.Report) list[sharedRow] {
	var shared list[sharedRow]
	shared.Head = "All " + counted(len(r.Packages), "package") + ", those in most environments first"
	for _, p := range r.Packages[:min(len(r.Packages), mostPackages)] {
		var versions []string
		for _, v := range p.Versions[:min(len(p.Versions), mostVersions)] {
			text := v.Version
			if len(p.Versions) > 1 {
				text = fmt.Sprintf("%s (%d)", v.Version, len(v.Environments))
			}
			versions = append(versions, text)
		}
		if more := len(p.Versions) - mostVersions; more > 0 {
			versions = append(versions, fmt.Sprintf("and %d more", more))
		}
		shared.Rows = append(shared.Rows, sharedRow{p.Name, strings.Join(versions, ", "), p.Environments})
	}
	shared.LeftOut = leftOut(len(r.Packages), mostPackages, "packages", "those in most environments")
	return shared
}

// environmentsOf has those first that need somebody: vulnerable, then longest without
// a run.
func environmentsOf(r *report.Report) environments {
	var shown environments
	shown.None = "No environment is known yet. One is remembered when pip first installs into it through thresher; " +
		"to begin with one that is there: thresher guard DIRECTORY"
	shown.Head = "“Older than elsewhere” counts packages of which another environment on this page has a newer " +
		"version; no index was asked for newer ones. A pip run longer ago than 30 days is marked."
	if r.Collected {
		shown.None = "No run in these logs had an environment."
	}
	sorted := slices.Clone(r.Environments)
	slices.SortStableFunc(sorted, func(a, b report.Environment) int {
		return cmp.Or(cmp.Compare(b.Affected, a.Affected), lastOf(a).Compare(lastOf(b)), cmp.Compare(a.Label, b.Label))
	})
	for _, e := range sorted[:min(len(sorted), mostEnvironments)] {
		row := environmentRow{Environment: e, None: "0", LastRun: ago(r.Made, e.LastRun), Changed: ago(r.Made, e.Changed)}
		row.Stale = e.LastRun != nil && r.Made.Sub(*e.LastRun) > report.Soon
		if e.LastRun == nil {
			row.LastRun = "none in the log"
		}
		if r.Advisories == nil {
			row.None = "?"
		}
		shown.Python = shown.Python || row.Python != ""
		if row.Python == "" {
			row.Python = "?"
		}
		shown.Rows = append(shown.Rows, row)
	}
	shown.LeftOut = leftOut(len(r.Environments), mostEnvironments, "environments",
		"those with the most vulnerable packages, then those whose last run is longest ago")
	return shown
}

func lastOf(e report.Environment) time.Time {
	if e.LastRun == nil {
		return time.Time{}
	}
	return *e.LastRun
}

func machinesOf(r *report.Report) list[machineRow] {
	var machines list[machineRow]
	if !r.Collected {
		return machines
	}
	machines.Head = "Those whose last run is longest ago first."
	sorted := slices.Clone(r.Machines)
	slices.SortStableFunc(sorted, func(a, b report.Machine) int {
		return cmp.Or(timeOf(a.LastRun).Compare(timeOf(b.LastRun)), cmp.Compare(a.Name, b.Name))
	})
	for _, m := range sorted[:min(len(sorted), mostMachines)] {
		machines.Rows = append(machines.Rows, machineRow{m, ago(r.Made, m.LastRun)})
	}
	machines.LeftOut = leftOut(len(sorted), mostMachines, "machines", "those whose last run is longest ago")
	return machines
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func answersOf(r *report.Report) list[answerRow] {
	var answers list[answerRow]
	later, open, count := 0, 0, 0
	for _, a := range r.Answers {
		row := answerRow{Subject: a.Subject, Kind: string(a.Kind), Reason: a.Reason, Place: a.Place}
		switch a.State {
		case report.Ended:
			row.Ends, row.Class = "ended "+a.Expires.Format("2 Jan 2006"), "bad"
		case report.Ending:
			row.Ends, row.Class = a.Expires.Format("2 Jan 2006"), "warn"
		case report.Later:
			later++
			continue
		case report.OpenEnd:
			open++
			continue
		}
		if count++; count <= mostAnswers {
			answers.Rows = append(answers.Rows, row)
		}
	}
	others := fmt.Sprintf("%s later, and %s no end.", ends(later), has(open))
	answers.Head = "These have ended or end within 30 days; from that day on what they are about counts again."
	if later+open > 0 {
		answers.Head += " Of the others " + others
	}
	answers.None = "Nothing ends within 30 days: " + others
	if len(r.Answers) == 0 {
		answers.None = "There are no ignores and no answers in the policies."
		if r.Collected {
			answers.None = "These logs tell of no ignores and no answers."
		}
	}
	answers.LeftOut = leftOut(count, mostAnswers, "answers", "those that end first")
	return answers
}

func ends(count int) string {
	if count == 1 {
		return "1 ends"
	}
	return number(count) + " end"
}

func has(count int) string {
	if count == 1 {
		return "1 has"
	}
	return number(count) + " have"
}

// policiesOf has a row for each content of a file: the machines that have it share it.
// Those that need somebody come first.
func policiesOf(r *report.Report) policies {
	var p policies
	p.None = "There is no policy file: the built-in preset standard counts. To begin one: thresher policy init"
	p.Head = "Marked are those that nobody has changed for 180 days."
	if r.Collected {
		p.Unknown, p.None = true, "These logs do not say by which policy their runs were judged."
		p.Head = "As the last run of each machine went by it. Marked are those of which another machine has a newer " +
			"content, and those that nobody has changed for 180 days."
	}
	at := map[[3]string]int{}
	for _, one := range r.Policies {
		key := [3]string{one.Layer, one.Path, one.SHA256}
		if i, seen := at[key]; seen {
			p.Rows[i].machines = append(p.Rows[i].machines, one.Machine)
			continue
		}
		at[key] = len(p.Rows)
		row := policyRow{Policy: one, Age: "not known", Digest: one.SHA256[:min(len(one.SHA256), 12)]}
		row.machines = []string{one.Machine}
		if one.Changed != nil {
			row.Age = words.Age(max(r.Made.Sub(*one.Changed), 0))
		}
		p.Rows = append(p.Rows, row)
	}
	slices.SortStableFunc(p.Rows, func(a, b policyRow) int {
		return cmp.Or(cmp.Compare(standing(b.Behind), standing(a.Behind)), timeOf(a.Changed).Compare(timeOf(b.Changed)))
	})
	p.LeftOut = leftOut(len(p.Rows), mostPolicies, "policies", "those behind, then the oldest")
	p.Rows = p.Rows[:min(len(p.Rows), mostPolicies)]
	for i := range p.Rows {
		p.Rows[i].On = onMachines(p.Rows[i].machines)
	}
	return p
}

func standing(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// onMachines names one machine, or says how many they are.
func onMachines(machines []string) where {
	if len(machines) == 1 {
		return where{Text: machines[0]}
	}
	w := where{Text: counted(len(machines), "machine"), All: machines[:min(len(machines), mostPlaces)]}
	if more := len(machines) - mostPlaces; more > 0 {
		w.All = append(slices.Clone(w.All), "and "+number(more)+" more")
	}
	return w
}

// leftOut is the sentence that says what a table does not have; "" where it has all.
func leftOut(count, most int, things, which string) string {
	if count <= most {
		return ""
	}
	return fmt.Sprintf("Shown are %s of %s %s, %s.", number(most), number(count), things, which)
}

// ago writes how long something is past.
func ago(now time.Time, then *time.Time) string {
	if then == nil {
		return "not known"
	}
	return words.Age(max(now.Sub(*then), 0)) + " ago"
}

// number writes a count as people read it: 12,345.
func number(count int) string {
	text := fmt.Sprint(count)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

func counted(count int, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return number(count) + " " + noun + "s"
}
