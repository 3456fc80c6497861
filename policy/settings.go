package policy

import (
	"time"

	"thresher/internal/journal"
	"thresher/policy/rules"
)

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

// Compile says who compiles what is installed to bytecode.
type Compile string

// Who compiles.
const (
	CompileParallel Compile = "parallel" // thresher, with every processor
	CompileByPip    Compile = "pip"      // pip, one file after another
	CompileNever    Compile = "never"    // nobody; Python does when it needs to
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

// Seed says which pip and setuptools a new environment begins with.
type Seed string

// The seeds.
const (
	SeedBundled Seed = "bundled" // those that come with its Python
	SeedNewest  Seed = "newest"  // the newest that policy lets through
)

// Policy is the merged policy: every value with the place it was said. It is
// made by Load (or Default) and not changed afterwards.
type Policy struct {
	rules.Settings // what the rules go by

	Preset rules.Sourced[Preset]

	Upgrade struct {
		Always   rules.Sourced[bool]     // -U on every install
		Strategy rules.Sourced[Strategy] //
		// SkipWhenCurrent says that pip is not started where it would change nothing.
		SkipWhenCurrent rules.Sourced[bool]
	}
	Index struct {
		Strategy rules.Sourced[IndexStrategy]
		MaxAge   rules.Sourced[rules.Span] // a page is not asked for again before this; 0 always
	}
	Install struct {
		Compile rules.Sourced[Compile]
	}
	Evidence struct {
		Online   rules.Sourced[bool]       // ask the index about new names before pip starts
		Deadline rules.Sourced[rules.Span] // how long that may take
	}
	Venv struct {
		Require rules.Sourced[bool] // installing outside a virtual environment is refused
		Seed    rules.Sourced[Seed] // which pip a new environment begins with
	}
	Guard struct {
		Automatic rules.Sourced[bool] // environments are guarded on first sight
	}
	Gate struct {
		Fallback rules.Sourced[bool] // a pip whose transport the gate cannot be gets it as its index
	}
	SwitchOff struct {
		WithoutTerminal rules.Sourced[bool] // THRESHER=off counts without a question, and without a terminal, too
	}
	Answers struct {
		WithoutTerminal rules.Sourced[bool] // thresher allow, ignore and trust record answers without a terminal, too
	}
	Agents struct {
		Variables []rules.Sourced[string] // further variables by which a coding agent says that it runs a command, with `*`
	}
	Scan struct {
		FailOn        rules.Sourced[FailOn]
		Scope         rules.Sourced[Scope]
		IgnoreForever rules.Sourced[bool] // an ignore needs no expiry
		Ignore        []Ignore            // expired ones included: they fail again and say since when
	}
	Update struct {
		Automatic    rules.Sourced[bool]         // refresh the data beside pip's run
		MaxAge       rules.Sourced[rules.Span]   // data older than this is refreshed
		Missing      rules.Sourced[rules.Action] // what a run without advisories meets: note or block
		Patience     rules.Sourced[rules.Span]   // how long they are waited for while nothing of them arrives
		StaleAfter   rules.Sourced[rules.Span]   // advisories of which the newest is older are told of
		Advisories   rules.Sourced[string]       // URL or path of the OSV export; "" the built-in default
		PopularNames rules.Sourced[string]       // URL or path of a list of popular names; "" the embedded one
	}

	Sandbox struct {
		Enabled rules.Sourced[bool]     // pip and what it starts run in the sandbox
		Require rules.Sourced[bool]     // nothing is built, and nothing run, where it cannot keep files from a program
		Secrets []rules.Sourced[string] // further places that cannot be read; Paths resolves them
		Write   []rules.Sourced[string] // further places that may be written; Paths resolves them
		Add     []rules.Sourced[string] // further variables that hold secrets, with `*`
		Free    []rules.Sourced[string] // variables that reach pip whatever they look like, with `*`
	}

	Log struct {
		Words rules.Sourced[journal.Words] // how much a line of the log has: all words, or names alone
	}

	Message struct {
		Refused rules.Sourced[string] // the team's own words below a refusal; "" none
	}

	From           []rules.Sourced[string] // the layers that lie elsewhere
	AllowedSigners []rules.Sourced[string] // who may sign those of the same file, as OpenSSH writes it
	MinisignKeys   []rules.Sourced[string] // the same
	Shared         struct {
		Version rules.Sourced[int]          // of a shared layer; each has its own
		Refresh rules.Sourced[rules.Span]   // layers that were looked at longer ago are fetched again
		Grace   rules.Sourced[rules.Span]   // for how long a layer counts that cannot be fetched again
		Stale   rules.Sourced[rules.Action] // what a run meets after that: note or block
	}

	Locked []rules.Sourced[string] // keys of the system layer that no other layer may loosen

	Files   []File   // the policy files that were read, in order of their layers
	Project *Project // the project's file; nil where there is none
	// Redirected is a file that a variable named in place of the account's own
	// policy, and that only tightens; "" for none.
	Redirected string
	Notes      []Problem // what was read but does not count, and why; for the person's eyes
}

// Ignore is a vulnerability that was looked at and does not count for now.
type Ignore struct {
	ID       string    // any of its ids
	Reason   string    //
	Expires  time.Time // the first day on which it does not count any more; zero: never
	Package  string    // canonical; "" every distribution
	Versions string    // specifier (PEP 440); "" every version
	// UntilFixed says that it counts until a release without the vulnerability
	// can be installed.
	UntilFixed bool
	// Untrusted says that it comes from a project file that was not trusted:
	// it counts, and is printed whenever it is used.
	Untrusted bool
	rules.Source
}

// File is one policy file that was read.
type File struct {
	Layer  rules.Layer
	Path   string
	SHA256 string // of its content, hex
	// Changed is when it was last changed; of a shared layer the date of its commit or
	// signature, or else when it first came. Zero where that is not known.
	Changed time.Time
	Shared  *SharedLayer // a layer that lies elsewhere, whose reference Path is; nil for a file of this machine
}

// Project is the project's policy file: what of it counts and what would.
type Project struct {
	Path    string
	SHA256  string // of its content, hex: what `thresher trust` records
	Trusted bool
	// Shared is why the file can never be trusted: it is another user's, or may be
	// written by others. "" for one that can. Hint is the command that changes
	// that; "" for none.
	Shared, Hint string
	// Loosens is what the file would loosen. It counts only where Trusted.
	Loosens []Change
}

// Change is one value that a project's file would set looser than the user's
// own policy has it.
type Change struct {
	Key  string // "rules.typosquat", "allow.reqeusts"
	From string // as it stands; "" for an entry that would be new
	To   string
	rules.Source
}
