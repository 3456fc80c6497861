package rules

// Rule is the name of a rule as it stands in a policy file and in docs/rules.md.
type Rule string

// The rules, by what they look at.
const (
	// names
	Unreadable  Rule = "unreadable"
	ImportName  Rule = "import-name"
	Typosquat   Rule = "typosquat"
	Denied      Rule = "denied"
	Unapproved  Rule = "unapproved"
	Stdlib      Rule = "stdlib"
	Preferred   Rule = "preferred"
	Pinned      Rule = "pinned"
	Unbounded   Rule = "unbounded"
	DirectURL   Rule = "direct-url"
	InsecureURL Rule = "insecure-url"
	UnknownName Rule = "unknown-name"
	Invented    Rule = "invented-name"
	// projects
	Malware        Rule = "malware"
	Quarantined    Rule = "quarantined"
	Archived       Rule = "archived"
	NewProject     Rule = "new-project"
	Unpopular      Rule = "unpopular"
	Maintainers    Rule = "maintainers"
	Stale          Rule = "stale"
	Funding        Rule = "funding"
	Organisation   Rule = "organisation"
	SecurityPolicy Rule = "security-policy"
	// releases
	Cooldown   Rule = "cooldown"
	Yanked     Rule = "yanked"
	Provenance Rule = "provenance"
	Publisher  Rule = "publisher"
	Sdist      Rule = "sdist"
	Vulnerable Rule = "vulnerable"
	Bounded    Rule = "bounded"
	Vanished   Rule = "vanished"
	// files
	StartupHook Rule = "startup-hook"
	Replaces    Rule = "replaces"
	Payload     Rule = "payload"
	// indexes
	Confusion    Rule = "confusion"
	IndexChanged Rule = "index-changed"
	ForeignIndex Rule = "foreign-index"
	// environment
	Unvouched Rule = "unvouched"
)

// Action is what a finding of a rule does.
type Action string

// The actions, from the mildest to the hardest.
const (
	Off   Action = "off"   // not even looked at
	Note  Action = "note"  // a line, the run goes on
	Hold  Action = "hold"  // in the gate: as if the file were not there
	Ask   Action = "ask"   // before pip starts, on a terminal; block elsewhere
	Block Action = "block" // the run ends with status 20
)

// Confidence says how sure a finding is.
type Confidence string

// The levels of confidence.
const (
	High   Confidence = "high"
	Medium Confidence = "medium"
	Low    Confidence = "low"
)

// Finding is what one rule says of one subject: the evidence it rests on, and
// the next command for the person who reads it, one that can be pasted.
type Finding struct {
	Subject    string     `json:"subject"` // the name, URL, file or place judged
	Rule       Rule       `json:"rule"`
	Action     Action     `json:"action"`
	Confidence Confidence `json:"confidence"`
	Target     string     `json:"target"` // the name imitated or to be used instead
	Evidence   string     `json:"evidence"`
	Hint       string     `json:"hint"`
	// Place is where Hint is to be written, where it is no command and belongs
	// elsewhere than beside the subject.
	Place string `json:"place,omitempty"`
	// Answer is the command that records that the name is right after all, where
	// Hint has another name; Decide sets it.
	Answer string `json:"answer,omitempty"`
	// Observed is what it would have done where policy only observes, and Action
	// is Note for that; "" elsewhere.
	Observed Action `json:"observed,omitempty"`
}
