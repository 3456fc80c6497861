package rules

import "slices"

// Info is what holds for one rule whatever the policy says.
type Info struct {
	Rule    Rule
	Group   string   // what it looks at: names, projects, releases, files, indexes, environment
	Looks   string   // in a few words
	Actions []Action // those that a policy may choose
	// The actions of the presets.
	Relaxed, Standard, Strict Action
	Answer                    Answer
}

// Answer is how a person answers a finding of a rule for good.
type Answer string

// The ways to answer a finding.
const (
	NoAnswer        Answer = "none"        // it stands
	AnswerName      Answer = "name"        // [allow.NAME]
	AnswerNamedRule Answer = "named rule"  // [allow."NAME==VERSION"] or [allow.NAME], with rules = ["RULE"]
	AnswerTemporary Answer = "temporarily" // [allow.NAME] with expires
	AnswerRelease   Answer = "release"     // [allow."NAME==VERSION"] with rules = ["RULE"] and expires
	AnswerURL       Answer = "URL"         // [allow."URL"]
	AnswerPin       Answer = "pin"         // [index] pin
	AnswerIgnore    Answer = "ignore"      // [[scan.ignore]]
)

var (
	onlyBlock   = []Action{Block}
	nameActions = []Action{Off, Note, Ask, Block}
	gateActions = []Action{Off, Note, Hold, Block}
	noteActions = []Action{Off, Note}
	lastActions = []Action{Off, Note, Block}
	hardActions = []Action{Note, Ask, Block}
)

var table = []Info{
	{Unreadable, "names", "an input of which thresher cannot tell what pip would make", onlyBlock, Block, Block, Block,
		NoAnswer},
	{ImportName, "names", "the name of an import, which another package has", nameActions, Ask, Ask, Block, AnswerName},
	{Typosquat, "names", "a name that imitates a popular one", nameActions, Ask, Ask, Block, AnswerName},
	{Denied, "names", "a name in deny", hardActions, Block, Block, Block, NoAnswer},
	{Unapproved, "names", "with allowlist = true: a name outside allow", hardActions, Block, Block, Block, AnswerName},
	{Stdlib, "names", "a distribution whose work the standard library does", nameActions, Off, Note, Note, AnswerName},
	{Preferred, "names", "a name for which prefer has another", nameActions, Note, Note, Ask, AnswerName},
	{Pinned, "names", "an exact version that -U cannot lift", nameActions, Off, Note, Note, AnswerTemporary},
	{Unbounded, "names", "a requirement of a file without a lower bound", nameActions, Off, Note, Note, AnswerName},
	{DirectURL, "names", "a requirement that is a URL", nameActions, Note, Ask, Block, AnswerURL},
	{InsecureURL, "names", "a URL whose content anyone on the way may change", nameActions, Block, Block, Block,
		AnswerURL},
	{UnknownName, "names", "a name that no index knows, or of which nothing could be learned", nameActions, Note, Note,
		Block, AnswerName},
	{Invented, "names", "a name that a coding agent types and that nobody here has used", nameActions, Ask, Ask, Block,
		AnswerName},

	{Malware, "projects", "an advisory that calls it malware", onlyBlock, Block, Block, Block, AnswerRelease},
	{Quarantined, "projects", "a project that its index has put in quarantine", hardActions, Block, Block, Block,
		NoAnswer},
	{Archived, "projects", "a project that its owners have archived or deprecated", nameActions, Note, Note, Ask,
		AnswerName},
	{NewProject, "projects", "a project whose first file is younger than cooldown.project", nameActions, Note, Ask,
		Block, AnswerName},
	{Unpopular, "projects", "a name that is not among the popular ones", nameActions, Off, Note, Ask, AnswerName},
	{Maintainers, "projects", "fewer or more maintainers than trust.maintainers says", nameActions, Off, Note, Note,
		AnswerName},
	{Stale, "projects", "no new file for longer than trust.stale-after", nameActions, Off, Note, Ask, AnswerName},
	{Funding, "projects", "no link to funding", nameActions, Off, Note, Note, AnswerName},
	{Organisation, "projects", "no organisation behind it", nameActions, Off, Note, Note, AnswerName},
	{SecurityPolicy, "projects", "no link to a security policy", nameActions, Off, Note, Note, AnswerName},

	{Cooldown, "releases", "a file younger than cooldown.release", gateActions, Hold, Hold, Hold, AnswerNamedRule},
	{Yanked, "releases", "a release that its owners took back", gateActions, Note, Note, Block, AnswerNamedRule},
	{Provenance, "releases", "attestations that earlier releases had and this one has not", gateActions, Note, Hold,
		Block, AnswerNamedRule},
	{Publisher, "releases", "a release that another repository published than those before it", gateActions, Note, Hold,
		Block, AnswerNamedRule},
	{Sdist, "releases", "a source distribution, which runs code to install", gateActions, Off, Note, Hold,
		AnswerNamedRule},
	{Vulnerable, "releases", "a release with a known vulnerability", gateActions, Note, Note, Note, AnswerIgnore},
	{Bounded, "releases", "a release that a temporary upper bound leaves out", []Action{Off, Note, Hold}, Hold, Hold, Hold,
		AnswerNamedRule},
	{Vanished, "releases", "an installed release that its index no longer lists", lastActions, Note, Note, Note,
		AnswerNamedRule},

	{StartupHook, "files", "a new file that runs at every start of Python", gateActions, Note, Hold, Block,
		AnswerNamedRule},
	{Replaces, "files", "a file that would take the place of another's", lastActions, Note, Block, Block,
		AnswerNamedRule},
	{Payload, "files", "a member that an honest wheel of its kind seldom has", noteActions, Off, Note, Note,
		AnswerNamedRule},

	{Confusion, "indexes", "a name that more than one index has", gateActions, Note, Note, Block, AnswerPin},
	{IndexChanged, "indexes", "a name of a private index that would come from another one than before", lastActions, Block,
		Block, Block, AnswerPin},
	{ForeignIndex, "indexes", "an index or trusted host that a requirements file brings along", nameActions, Note, Note,
		Block, AnswerURL},

	{Unvouched, "environment", "a distribution that arrived past the gate", []Action{Note, Block}, Block, Block, Block,
		NoAnswer},
}

// All returns every rule, in the order of docs/rules.md.
func All() []Info { return slices.Clone(table) }

// InfoOf returns what holds for a rule; ok is false for a name that is none.
func InfoOf(rule Rule) (info Info, ok bool) {
	for _, info := range table {
		if info.Rule == rule {
			return info, true
		}
	}
	return Info{}, false
}

// Severity orders actions, the hardest last. What is no action is the hardest.
func Severity(action Action) int {
	order := []Action{Off, Note, Hold, Ask, Block}
	if at := slices.Index(order, action); at >= 0 {
		return at
	}
	return len(order)
}

// harder says whether an action does more than another.
func harder(action, than Action) bool { return Severity(action) > Severity(than) }
