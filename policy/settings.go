package policy

import "time"

// Layer is where a value of a policy was said.
type Layer int

// The layers, each overriding the one before.
const (
	DefaultLayer Layer = iota // the preset
	SystemLayer
	UserLayer
	ProjectLayer
)

// Source is the place a value was said: its layer, and for a value of a file
// the file's path and the line, counted from 1.
type Source struct {
	Layer Layer
	Path  string
	Line  int
}

// Sourced is a value that remembers where it was said.
type Sourced[T any] struct {
	Value T
	Source
}

// Preset is a named set of defaults.
type Preset string

// The presets, from the loosest to the strictest.
const (
	Relaxed  Preset = "relaxed"
	Standard Preset = "standard"
	Strict   Preset = "strict"
)

// Strategy is how -U treats dependencies, as pip's --upgrade-strategy.
type Strategy string

// The upgrade strategies.
const (
	OnlyIfNeeded Strategy = "only-if-needed"
	Eager        Strategy = "eager"
)

// IndexStrategy says which indexes may answer for a name.
type IndexStrategy string

// The index strategies.
const (
	FirstIndex IndexStrategy = "first-index" // the first index that has the name, extra indexes first
	PipIndexes IndexStrategy = "pip"         // all indexes merged, as pip does
)

// FailOn says which known vulnerabilities fail a run.
type FailOn string

// The thresholds of a failing scan.
const (
	FailOnNone     FailOn = "none"
	FailOnFixable  FailOn = "fixable" // what an upgrade could remove today but for a pin, a bound or the cooldown
	FailOnCritical FailOn = "critical"
	FailOnHigh     FailOn = "high"
	FailOnMedium   FailOn = "medium"
	FailOnLow      FailOn = "low"
	FailOnAny      FailOn = "any"
)

// Scope says which distributions a scan may fail a run for.
type Scope string

// The scopes of a scan.
const (
	ScopeTouched Scope = "touched" // what the command installed or was asked for
	ScopeAll     Scope = "all"     // everything in the environment
)

// Policy is the merged policy: every value with the place it was said. It is
// made by Load (or Default) and not changed afterwards.
type Policy struct {
	Preset    Sourced[Preset]
	Allowlist Sourced[bool] // only names in Allow are installed

	Upgrade struct {
		Always   Sourced[bool]     // -U on every install
		Strategy Sourced[Strategy] //
	}
	Cooldown struct {
		Release       Sourced[Span]     // files younger than this are held back
		Project       Sourced[Span]     // projects younger than this are new
		SecurityFixes Sourced[bool]     // a fix of a known vulnerability passes at once
		UnknownAge    Sourced[Action]   // for files without an upload time: off, note, hold or block
		Except        []Sourced[string] // names and patterns without a cooldown
	}
	Index struct {
		Strategy Sourced[IndexStrategy]
		Pin      []Pin // by layer, the nearest first; PinFor finds the one that counts
	}
	Trust struct {
		MinMaintainers Sourced[int]
		MaxMaintainers Sourced[int]
		StaleAfter     Sourced[Span]
		PopularRank    Sourced[int]      // names ranked behind this are unpopular
		Organisations  []Sourced[string] // trusted organisations, lower case
	}
	Evidence struct {
		Online   Sourced[bool] // ask the index about new names before pip starts
		Deadline Sourced[Span] // how long that may take
	}
	Venv struct {
		Require Sourced[bool] // installing outside a virtual environment is refused
	}
	Guard struct {
		Automatic Sourced[bool] // environments are guarded on first sight
	}
	SwitchOff struct {
		WithoutTerminal Sourced[bool] // THRESHER=off is honoured without a terminal, too
	}
	Scan struct {
		FailOn        Sourced[FailOn]
		Scope         Sourced[Scope]
		IgnoreForever Sourced[bool] // an ignore needs no expiry
		Ignore        []Ignore      // expired ones included: they fail again and say since when
	}
	Update struct {
		Automatic    Sourced[bool]   // refresh the data beside pip's run
		MaxAge       Sourced[Span]   // data older than this is refreshed
		Required     Sourced[bool]   // without advisories nothing is installed
		Advisories   Sourced[string] // URL or path of the OSV export; "" the built-in default
		PopularNames Sourced[string] // URL or path of a list of popular names; "" the embedded one
	}

	Allow  []Allow
	Deny   []Deny
	Prefer []Prefer

	Locked []Sourced[string] // keys of the system layer that no other layer may loosen

	Files   []File   // the policy files that were read, in order of their layers
	Project *Project // the project's file; nil where there is none
	// Redirected is a file that a variable named in place of the account's own
	// policy, and that only tightens; "" for none.
	Redirected string
	Notes      []Problem // what was read but does not count, and why; for the person's eyes

	rules map[Rule]*Sourced[Action] // one entry for every rule
	now   time.Time                 // when it was loaded: what has expired by then does not count
}

// Action returns what a finding of a rule does, and where that was said.
func (p *Policy) Action(rule Rule) Sourced[Action] {
	if action, known := p.rules[rule]; known {
		return *action
	}
	return Sourced[Action]{Value: Block}
}

// Pin binds the names of a pattern to one index.
type Pin struct {
	Pattern string // a canonical name, or a pattern with `*`
	URL     string // of the index, as written
	Source
}

// Allow is an answer that was kept: what it is about is no question any more.
type Allow struct {
	// Name is a canonical name, a pattern with `*`, a URL without credentials,
	// or "trusted-host:" or "host:" and a host, with its port where that is none
	// of the usual ones.
	Name    string
	Reason  string
	Expires time.Time // the first day on which it does not count any more; zero: never
	Rules   []Rule    // the only rules it answers; nil: those whose answer is the name (RuleInfo.Answer)
	Source
}

// Deny is a name that is never installed.
type Deny struct {
	Name   string // a canonical name or a pattern with `*`
	Reason string
	Source
}

// Prefer is a name that is used here instead of another.
type Prefer struct {
	Name string // canonical: the one not to use
	Use  string // as written: the one to use, a distribution or a module of the standard library
	Source
}

// Ignore is a vulnerability that was looked at and does not count for now.
type Ignore struct {
	ID       string    // any of its ids
	Reason   string    //
	Expires  time.Time // the first day on which it does not count any more; zero: never
	Package  string    // canonical; "" every distribution
	Versions string    // specifier (PEP 440); "" every version
	// Untrusted says that it comes from a project file that was not trusted:
	// it counts, and is printed whenever it is used.
	Untrusted bool
	Source
}

// File is one policy file that was read.
type File struct {
	Layer  Layer
	Path   string
	SHA256 string // of its content, hex
}

// Project is the project's policy file: what of it counts and what would.
type Project struct {
	Path    string
	SHA256  string // of its content, hex: what `thresher trust` records
	Trusted bool
	// Loosens is what the file would loosen. It counts only where Trusted.
	Loosens []Change
}

// Change is one value that a project's file would set looser than the user's
// own policy has it.
type Change struct {
	Key  string // "rules.typosquat", "allow.reqeusts"
	From string // as it stands; "" for an entry that would be new
	To   string
	Source
}
