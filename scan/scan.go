package scan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"thresher/advisory"
	"thresher/internal/statuses"
	"thresher/pep"
	"thresher/pip/source"
	"thresher/venv"
)

// FailOn says which vulnerabilities make a scan fail.
type FailOn string

// The values of fail-on, as they stand in a policy file.
const (
	FailOnFixable  FailOn = "fixable"
	FailOnAny      FailOn = "any"
	FailOnLow      FailOn = "low"
	FailOnMedium   FailOn = "medium"
	FailOnHigh     FailOn = "high"
	FailOnCritical FailOn = "critical"
	FailOnNone     FailOn = "none"
)

// ErrFailOn says that a text is none of the values of fail-on.
var ErrFailOn = errors.New(textFailOn)

// ParseFailOn reads a value of fail-on; the empty text is the default, "fixable".
func ParseFailOn(text string) (FailOn, error) {
	switch value := FailOn(text); value {
	case "":
		return FailOnFixable, nil
	case FailOnFixable, FailOnAny, FailOnLow, FailOnMedium, FailOnHigh, FailOnCritical, FailOnNone:
		return value, nil
	}
	return "", fmt.Errorf("%w, not %q", ErrFailOn, text)
}

// HeldRelease is a release that exists but is held back: for being too young, by
// an upper bound of the policy, or by another rule.
type HeldRelease struct {
	Canonical string
	Version   string
	Until     time.Time // zero where not known
	Bounded   bool      // by an upper bound
	Rule      string    // by this one, of all its files; "" one of the above
}

// Ignore is a vulnerability that was looked at and does not count for now, or
// the answer that lets one release stand although it is malware.
type Ignore struct {
	ID       string    // any of its ids; "" of an answer to malware
	Reason   string    //
	Expires  time.Time // the first moment at which it does not count any more; zero: never
	Package  string    // canonical; "" every distribution
	Versions string    // specifier (PEP 440); "" every version
	Release  string    // of an answer to malware: the one version of Package that it is about
	Place    string    // where it is written
	// UntilFixed says that it counts until a release without the vulnerability can
	// be installed.
	UntilFixed bool
	Untrusted  bool // from a project file that nobody trusted: it is told when used
}

// Input is what a scan looks at.
type Input struct {
	Environment   string // path of the environment, for reports; may be empty
	Distributions []venv.Distribution
	Database      *advisory.Database // nil: there is none, nothing is known

	FailOn  FailOn // empty: fixable
	Ignores []Ignore

	// Touched are the canonical names that the command installed or was asked
	// for; nothing else can make the scan fail, malware excepted. nil means
	// everything is in scope.
	Touched map[string]bool
	// Upgrading says that the scan follows an install. Under "fixable" a fix
	// that nothing holds back then warns: the next upgrade takes it, and it
	// may be the next line of the same script.
	Upgrading bool

	// Requirements are what was asked for, with constraints; one whose marker does
	// not apply counts for nothing. Without any, what
	// the environment records as requested takes their place.
	Requirements []source.Requirement
	// Markers are the values that environment markers are evaluated with
	// (PEP 508); nil: every marker that names no extra counts as true.
	Markers map[string]string
	// Held are releases that the cooldown keeps back.
	Held []HeldRelease
	// Offered are all versions that the index offers to this interpreter, by
	// canonical name, whether pip took them or not; a name that is absent was
	// not looked up. A fix that is not among them, nor Held, does not fail a scan.
	Offered map[string][]string

	// Vanished are those of Distributions that are no longer on their index.
	Vanished []Vanished

	Now time.Time
}

// Vanished is an installed release that the index it came from no longer lists.
type Vanished struct {
	Canonical, Version string
	Evidence           string
	Hint               string // the command that helps
	Fails              bool   // policy has the scan end with 20
}

// HoldKind says what keeps a fix from being installed.
type HoldKind string

// What can hold a fix back.
const (
	HeldByPin      HoldKind = "pin"        // a requirement or constraint names one version
	HeldByBound    HoldKind = "bound"      // a requirement or constraint leaves it out
	HeldByURL      HoldKind = "url"        // the requirement names an archive or repository
	HeldByParent   HoldKind = "parent"     // an installed distribution's requirement leaves it out
	HeldByCooldown HoldKind = "cooldown"   // it is too young
	HeldByPolicy   HoldKind = "bounded"    // an upper bound of the policy leaves it out
	HeldByRule     HoldKind = "rule"       // who published it, or what it brings, is not as before
	NotOffered     HoldKind = "unoffered"  // the index has no such version for this interpreter
	HeldByEditable HoldKind = "in-project" // installed from a directory: it is the project's own
)

// Hold is one thing that keeps a fix from being installed.
type Hold struct {
	Kind        HoldKind  `json:"kind"`
	Place       string    `json:"place,omitempty"`       // of a requirement
	Requirement string    `json:"requirement,omitempty"` // "django==3.2.1"
	Parent      string    `json:"parent,omitempty"`      // "flask 1.0"
	Release     string    `json:"release,omitempty"`     // that a cooldown holds back
	Until       time.Time `json:"until,omitzero"`        // of a cooldown
	Rule        string    `json:"rule,omitempty"`        // that holds the release back, of others
}

// Finding is one vulnerability in one distribution.
type Finding struct {
	advisory.Vulnerability
	Holds    []Hold  // what keeps the fix back; empty where nothing does or there is no fix
	Ignored  *Ignore // the ignore that counts
	Expired  *Ignore // one that would, had it not expired
	InScope  bool
	Fails    bool
	Priority int // position in the report of its distribution
}

// Fixable tells whether a fix is known that the index may have. What a rule holds
// back for who published it or what it brings is none: nobody is to be hurried to
// allow it.
func (f *Finding) Fixable() bool {
	return len(f.FixedIn) > 0 &&
		!slices.ContainsFunc(f.Holds, func(h Hold) bool { return h.Kind == NotOffered || h.Kind == HeldByRule })
}

// Subject is one distribution that was scanned.
type Subject struct {
	venv.Distribution
	Findings []Finding
	// Path leads from what the user asked for to this distribution, by name:
	// its first element is the requirement's. Empty where nothing is known to
	// bring it.
	Path  []string
	Place string // of the requirement at the beginning of Path
	// Fix is the lowest version that none of the findings is about; empty
	// where there is none. Holds says what keeps it back.
	Fix   string
	Holds []Hold
}

// Result is the outcome of one scan.
type Result struct {
	Environment string
	Subjects    []Subject     // in the order of the input; shadowed distributions left out
	HasDatabase bool          //
	Meta        advisory.Meta // of the database
	AsOf        time.Time     // up to when its data knows what was published
	FailOn      FailOn
	Now         time.Time

	Fails   bool // a vulnerability stands at fail-on, or malware was found
	Malware bool

	Broken        []venv.Distribution // metadata that could not be read for certain
	UnusedIgnores []Ignore            // count for nothing that was found
	UsedIgnores   []Ignore            // count, each once
	Vanished      []Vanished
}

// Status gives thresher's own exit status: 20 with malware, or where policy says
// so of what is no longer on its index, 21 where a known vulnerability stands at
// fail-on, else 0.
func (r *Result) Status() int {
	switch {
	case r.Malware || slices.ContainsFunc(r.Vanished, func(v Vanished) bool { return v.Fails }):
		return statuses.Refused
	case r.Fails:
		return statuses.Vulnerable
	}
	return 0
}

// Scan matches the distributions. The error says that the advisory data could
// not be read; there is no partial result.
func Scan(in Input) (Result, error) {
	if in.FailOn == "" {
		in.FailOn = FailOnFixable
	}
	result := Result{Environment: in.Environment, FailOn: in.FailOn, Now: in.Now, Vanished: in.Vanished}
	if in.Database != nil {
		result.HasDatabase, result.Meta, result.AsOf = true, in.Database.Meta(), in.Database.AsOf()
	}
	// On a good day nobody asks who requires what.
	origins := sync.OnceValue(func() *origins { return trace(in) })
	used := make([]bool, len(in.Ignores))
	for _, d := range in.Distributions {
		if d.Broken != "" {
			result.Broken = append(result.Broken, d)
		}
		if d.Shadowed {
			continue // neither Python nor pip sees it
		}
		subject := Subject{Distribution: d}
		if in.Database != nil && d.Canonical != "" {
			if err := examine(in, origins, used, &subject); err != nil {
				return Result{}, err
			}
		}
		for _, finding := range subject.Findings {
			result.Fails = result.Fails || finding.Fails
			result.Malware = result.Malware || finding.Malware && finding.Ignored == nil
		}
		result.Subjects = append(result.Subjects, subject)
	}
	for i, ignore := range in.Ignores {
		if used[i] {
			result.UsedIgnores = append(result.UsedIgnores, ignore)
		} else if ignore.Release == "" {
			result.UnusedIgnores = append(result.UnusedIgnores, ignore)
		}
	}
	return result, nil
}

// examine finds what is known against one distribution.
func examine(in Input, origins func() *origins, used []bool, subject *Subject) error {
	known, err := in.Database.Vulnerabilities(subject.Canonical, subject.Version)
	if err != nil || len(known) == 0 {
		return err
	}
	subject.Path, subject.Place = origins().path(subject.Canonical)
	for i, vulnerability := range known {
		finding := Finding{Vulnerability: vulnerability, Priority: i}
		finding.InScope = in.Touched == nil || in.Touched[subject.Canonical]
		affected, err := affects(in, subject.Canonical, vulnerability.Records)
		if err != nil {
			return err
		}
		finding.Holds = origins().holds(&subject.Distribution, vulnerability.FixedIn, affected)
		finding.Ignored, finding.Expired = ignored(in, used, subject, &finding)
		finding.Fails = fails(in, &finding)
		subject.Findings = append(subject.Findings, finding)
	}
	subject.Fix, err = in.Database.Fixes(subject.Canonical, subject.Version)
	if err != nil || subject.Fix == "" {
		return err
	}
	var all []string
	for _, vulnerability := range known {
		all = append(all, vulnerability.Records...)
	}
	affected, err := affects(in, subject.Canonical, all)
	if err != nil {
		return err
	}
	subject.Holds = origins().holds(&subject.Distribution, []string{subject.Fix}, affected)
	return nil
}

// affects gives a test of whether any of the records named is about a version.
func affects(in Input, canonical string, ids []string) (func(version string) bool, error) {
	records, err := in.Database.Records(canonical)
	if err != nil {
		return nil, err
	}
	return func(version string) bool {
		return slices.ContainsFunc(records, func(r advisory.Record) bool {
			return slices.Contains(ids, r.ID) && r.Affects(version)
		})
	}, nil
}

// ignored finds the ignore that counts for a vulnerability, or the last one
// that has expired, and marks those that match it as used.
func ignored(in Input, used []bool, subject *Subject, f *Finding) (counts, expired *Ignore) {
	for i := range in.Ignores {
		ignore := &in.Ignores[i]
		if !ignore.matches(subject, &f.Vulnerability) {
			continue
		}
		used[i] = true
		switch {
		case !ignore.Expires.IsZero() && !in.Now.Before(ignore.Expires), ignore.UntilFixed && f.installable():
			if expired == nil || ignore.Expires.After(expired.Expires) {
				expired = ignore
			}
		case counts == nil:
			counts = ignore
		}
	}
	if counts != nil {
		return counts, nil
	}
	return nil, expired
}

// installable tells whether a release without the vulnerability can be had: what
// still holds it back is a line of the person's own.
func (f *Finding) installable() bool {
	return f.Fixable() && !slices.ContainsFunc(f.Holds, func(hold Hold) bool {
		return hold.Kind != HeldByPin && hold.Kind != HeldByBound && hold.Kind != HeldByURL
	})
}

// matches tells whether the ignore is about this vulnerability here. Where its
// specifier cannot be read, or the version is none of PEP 440, it is not. Only
// an answer to malware is about malware.
func (i *Ignore) matches(subject *Subject, v *advisory.Vulnerability) bool {
	if v.Malware || i.Release != "" {
		return v.Malware && i.Release != "" && i.Package == subject.Canonical &&
			pep.CompareOSV(i.Release, subject.Version) == 0
	}
	if !v.Names(i.ID) || (i.Package != "" && pep.CanonicalName(i.Package) != subject.Canonical) {
		return false
	}
	if strings.TrimSpace(i.Versions) == "" {
		return true
	}
	set, err := pep.ParseSpecifiers(i.Versions)
	return err == nil && set.Contains(subject.Version, true)
}

// fails applies fail-on to a finding. Malware always fails, wherever it is.
func fails(in Input, f *Finding) bool {
	switch {
	case f.Ignored != nil:
		return false
	case f.Malware:
		return true
	case !f.InScope:
		return false
	}
	switch in.FailOn {
	case FailOnNone:
		return false
	case FailOnAny:
		return true
	case FailOnFixable:
		return f.Fixable() && (len(f.Holds) > 0 || !in.Upgrading)
	}
	// What is not known counts as at the threshold.
	return f.Severity == advisory.Unknown || levelRank(f.Severity) >= levelRank(advisory.Level(in.FailOn))
}

func levelRank(level advisory.Level) int {
	return slices.Index([]advisory.Level{advisory.None, advisory.Low, advisory.Medium, advisory.High,
		advisory.Critical}, level)
}
