package report

import (
	"time"

	"thresher/internal/journal"
)

// Schema is the version of what a report is as JSON. Within one fields are added,
// and none is renamed, taken away or given another meaning.
const Schema = 1

// Soon is how far ahead the end of an answer lies that is told of, and how far back
// the last month of a summary goes.
const Soon = 30 * 24 * time.Hour

// OldPolicy is the age from which on a policy that nobody changed is called old.
const OldPolicy = 180 * 24 * time.Hour

// Report is what is known of one machine, or of many by their logs.
type Report struct {
	Schema          int             `json:"schema"`
	Made            time.Time       `json:"made"`
	Thresher        string          `json:"thresher"`  // version that made it
	Collected       bool            `json:"collected"` // from the logs of machines, not from their files
	Machines        []Machine       `json:"machines"`
	Advisories      *Advisories     `json:"advisories"` // null: there are none here, so nothing is known to be vulnerable
	Summary         Summary         `json:"summary"`
	Environments    []Environment   `json:"environments"`
	Packages        []Package       `json:"packages"`
	Vulnerabilities []Vulnerability `json:"vulnerabilities"`
	Answers         []Answer        `json:"answers"`
	Weeks           []Week          `json:"weeks"`
	Rules           []RuleCount     `json:"rules"`
	Refusals        []Refusal       `json:"refusals"`
	Policies        []Policy        `json:"policies"`
	Unread          []string        `json:"unread"` // what could not be read, in words
}

// Machine is one machine, and what its log tells.
type Machine struct {
	Name         string     `json:"name"`
	Environments int        `json:"environments"`
	Runs         int        `json:"runs"`
	LastRun      *time.Time `json:"last_run"`
	Thresher     string     `json:"thresher"` // version of its last run; "" not known
}

// Advisories says how much is known of vulnerabilities, and up to when.
type Advisories struct {
	Count int       `json:"count"`
	AsOf  time.Time `json:"as_of"`
}

// Summary is the report in numbers.
type Summary struct {
	Machines     int `json:"machines"`
	Environments int `json:"environments"`
	Behind       int `json:"behind"`   // environments with a package that is older than elsewhere in the report
	Packages     int `json:"packages"` // by name
	Installed    int `json:"installed"`
	Differing    int `json:"differing"` // names that stand in more than one version
	// Vulnerable counts packages by name, Affected environments, with a known
	// vulnerability that no ignore is about.
	Vulnerable int `json:"vulnerable"`
	Affected   int `json:"affected"`
	Malware    int `json:"malware"`
	Fixable    int `json:"fixable"` // vulnerabilities with a release that fixes them
	// Runs, Refused and Held count runs of the last 30 days.
	Runs     int `json:"runs_30_days"`
	Refused  int `json:"refused_30_days"`
	Held     int `json:"held_30_days"`
	Ended    int `json:"answers_ended"`
	Ending   int `json:"answers_ending_30_days"`
	Policies int `json:"policies_old"`
}

// Environment is one environment. ID is by which the rest of the report names it.
type Environment struct {
	ID       int        `json:"id"`
	Machine  string     `json:"machine"`
	Path     string     `json:"path"`
	Label    string     `json:"label"`  // as much of the path as tells it from the others
	Python   string     `json:"python"` // version; "" not known
	Packages int        `json:"packages"`
	Behind   int        `json:"behind"` // packages that are older here than in another environment of the report
	Affected int        `json:"vulnerable"`
	LastRun  *time.Time `json:"last_run"` // last run of pip that ended well
	Changed  *time.Time `json:"changed"`  // when a package was last installed
}

// Package is one package in all environments.
type Package struct {
	Name         string    `json:"name"` // in normal form (PEP 503)
	Environments int       `json:"environments"`
	Versions     []Version `json:"versions"` // newest first
}

// Version is one version of a package and the environments that have it.
type Version struct {
	Version      string `json:"version"`
	Environments []int  `json:"environments"`
	Vulnerable   bool   `json:"vulnerable"` // one that no ignore is about
}

// Vulnerability is one vulnerability of one package, wherever it stands.
type Vulnerability struct {
	Package   string     `json:"package"`
	Versions  []string   `json:"versions"`
	ID        string     `json:"id"`
	Aliases   []string   `json:"aliases"`
	Link      string     `json:"link"`
	Summary   string     `json:"summary"`
	Severity  string     `json:"severity"`
	Score     float64    `json:"score"` // CVSS base score; 0 where the severity is unknown
	Malware   bool       `json:"malware"`
	Published *time.Time `json:"published"`
	Fix       string     `json:"fix"`          // lowest version without it; "" none is known
	Held      []string   `json:"held"`         // what keeps the fix back, in words
	Standing  []int      `json:"environments"` // where no ignore is about it
	Ignored   []int      `json:"ignored"`      // where one is
}

// AnswerKind says what an answer is.
type AnswerKind string

// The kinds of answers, by the word of the policy file or command.
const (
	Ignore AnswerKind = "ignore"
	Allow  AnswerKind = "allow"
	Bound  AnswerKind = "bound"
)

// State says whether an answer still counts.
type State string

// The states of answers.
const (
	Ended   State = "ended"
	Ending  State = "ending"   // within 30 days
	Later   State = "later"    //
	OpenEnd State = "open-end" // nobody wrote when it ends
)

// Answer is an ignore or another answer of a policy file.
type Answer struct {
	Kind    AnswerKind `json:"kind"`
	Subject string     `json:"subject"`
	Reason  string     `json:"reason"`
	Expires *time.Time `json:"expires"` // the first day on which it does not count
	Fixed   bool       `json:"until_fixed"`
	Place   string     `json:"place"` // file and line, or the machine
	State   State      `json:"state"`
}

// Week is what happened in seven days from a Monday on. A run counts once.
type Week struct {
	From    time.Time `json:"from"`
	Runs    int       `json:"runs"`
	Refused int       `json:"refused"` // ended by policy
	Held    int       `json:"held"`    // went on, with a release or file held back
	// Observed would have been refused but for mode = "observe".
	Observed int `json:"observed"`
}

// RuleCount is how often a rule refused a run or held something back in the weeks
// of the report.
type RuleCount struct {
	Rule    string    `json:"rule"`
	Refused int       `json:"refused"`
	Held    int       `json:"held"`
	Last    time.Time `json:"last"`
}

// Refusal is one run that was refused, the latest first.
type Refusal struct {
	Time     time.Time `json:"time"`
	Machine  string    `json:"machine"`
	Run      string    `json:"run"`
	Subject  string    `json:"subject"`
	Rule     string    `json:"rule"`
	Evidence string    `json:"evidence"`
}

// Policy is a policy file, and since when it says what it says.
type Policy struct {
	Machine string     `json:"machine"`
	Layer   string     `json:"layer"`
	Path    string     `json:"path"`
	SHA256  string     `json:"sha256"`
	Changed *time.Time `json:"changed"`
	Old     bool       `json:"old"`
	Behind  bool       `json:"behind"` // another machine has a newer content of it
	Note    string     `json:"note"`   // that a project's file does not count as a whole, and the like
}

// Input is what a report is made of.
type Input struct {
	Made       time.Time
	Thresher   string
	Collected  bool
	Advisories *Advisories
	Logs       []Log
	Places     []Place
	Answers    []Answer // without State
	Policies   []Policy // without Old
	Unread     []string
}

// Log is the log of one machine, oldest run first.
type Log struct {
	Machine string
	Entries []journal.Entry
}
