package rules

import (
	"time"

	"thresher/policy/typosquat"
)

// Requested is one thing that pip was asked for, as pip read it.
type Requested struct {
	Name       string // as written; "" where only a URL or path is known
	Canonical  string // PEP 503
	Specifier  string // as packaging prints it: "<5,>=4"
	URL        string // direct, VCS or file URL, "file://…" for a local path; may hold credentials
	Path       string // the local path behind URL, if there is one
	Editable   bool
	Constraint bool   // restricts, does not install
	Hashes     bool   // the line or the URL's fragment names a hash
	Origin     string // the place to open: "argument 2", "requirements.txt:3"
	Typed      bool   // a word of the command line
	New        bool   // not yet in the environment
	Python     Python // the interpreter it would be installed for
}

// Python is the language version of an interpreter; zero where unknown.
type Python struct{ Major, Minor int }

// NameEvidence is what is known of a name with no network at all.
type NameEvidence struct {
	Rank       int // on the list of popular names, from 1; 0: not on it
	Suspicions []typosquat.Suspicion
}

// Known says whether a yes-or-no question was answered at all. The zero value
// is no answer: unknown is reported as unknown and never as a pass.
type Known int

// The answers.
const (
	Unknown Known = iota
	Yes
	No
)

// ProjectEvidence is what an index and the advisories say of one project.
// Fields that nobody answered are zero.
type ProjectEvidence struct {
	Name      string // as written
	Canonical string // PEP 503
	New       bool   // not yet in the environment
	Requested bool   // asked for before pip starts; false: a dependency, met in the gate
	Now       time.Time

	Index        string    // that answered, without credentials; "" unknown
	Exists       Known     // an index has it
	Failure      string    // why the index did not answer; "" it did
	Asked        time.Time // when the index last confirmed what it says; zero unknown
	Status       string    // project status (PEP 792): active, archived, quarantined, deprecated; "" unknown
	StatusReason string    // what the index says about it
	First        time.Time // upload of the first file; zero unknown
	Latest       time.Time // upload of the newest file; zero unknown
	Releases     int       // number of versions; 0 unknown
	Provenance   Known     // the newest release has attestations

	Ownership       bool     // the index said something about ownership at all
	Maintainers     []string // accounts with a role of their own
	Organisation    string   // that owns the project on the index; "" none or unknown
	URLs            []URL    // self-declared; nil unknown where Described is false
	Described       bool     // the project's own description was read (URLs is complete)
	SourceOwner     string   // owner of the source repository as attested; "" unknown
	Rank            int      // on the list of popular names, from 1; 0: not on it
	Malware         []string // ids of advisories that call any version malware
	Suspicions      []typosquat.Suspicion
	FromPublicIndex Known // the index that answered is the one that pip asks by itself

	// Targets are the popular projects that the name may be meant for, as far as
	// their index answered.
	Targets []TargetEvidence
}

// TargetEvidence is what an index says of a project that a name may be meant
// for: who owns it, and since when it is there.
type TargetEvidence struct {
	Name         string    // canonical
	First        time.Time // upload of the first file; zero unknown
	Maintainers  []string  // accounts with a role of their own
	Organisation string    // that owns it on the index; "" none or unknown
}

// URL is one labelled link of a project.
type URL struct{ Label, URL string }

// FileEvidence is what is known of one file of a project's page.
type FileEvidence struct {
	Name         string // canonical name of the project
	Index        string // that the page is of, without credentials; "" none
	Version      string
	Filename     string
	Now          time.Time
	UploadTime   time.Time // zero where the index does not say
	Yanked       bool
	YankedReason string
	IsSdist      bool
	Installed    string // version in the environment; "" none
	Pinned       bool   // the request names exactly this version
	// PinnedInFile says that a file of the user's names exactly this version,
	// LockedByHash that it names the hashes of its files as well.
	PinnedInFile, LockedByHash bool

	Provenance             Known
	PredecessorsProvenance bool // the releases before it all had attestations

	Malware         []string // ids of malware advisories for this version
	Vulnerabilities []string // ids of known vulnerabilities of this version
	// Fixes are the ids of the known vulnerabilities of what pip would take
	// instead that this version fixes; the caller sets it only for the one release
	// that the security exception may let through.
	Fixes []string
}

// Identity is who an attestation (PEP 740) says published a file.
type Identity struct{ Kind, Repository, Workflow string }

// PublisherEvidence is who published a file that is attested, and who published
// the releases before it.
type PublisherEvidence struct {
	Name     string // canonical name of the project
	Version  string
	Filename string
	Index    string // without credentials

	Now           []Identity // of this file
	Before        []Identity // of the release before it; nil where it was not looked at
	BeforeVersion string     // of that release
	Known         []Identity // of releases that were taken before
	Failure       string     // why one of these could not be learned; "" they could
}

// IndexEvidence is an index, a find-links place or a trusted host that a
// command names.
type IndexEvidence struct {
	URL         string // may hold credentials
	TrustedHost bool   // URL is a host whose certificate is not to be checked
	FromFile    bool   // a requirements file brings it along
	Origin      string
}

// ConfusionEvidence is one name that more than one index has.
type ConfusionEvidence struct {
	Name      string // canonical
	Chosen    string // index that answers for it, without credentials
	Others    []string
	Rank      int  // on the list of popular names, from 1; 0: not on it
	Pinned    bool // the policy names the index
	NewerElse bool // another index has a newer version
}

// IndexChange is a name that came from a private index in an earlier run, and an
// index that would answer for it now. URLs are without credentials.
type IndexChange struct {
	Name   string // canonical
	Before string // the index that it came from
	Now    string // the index that answers for it; "" where none was asked
	// Others are the indexes of the command where the one that it came from is not
	// among them, so that none was asked.
	Others []string
	Rank   int // on the list of popular names, from 1; 0: not on it
}

// Arrival is something in the environment after pip that was not there before.
type Arrival struct {
	Name    string // of the distribution; "" for a lone file
	Version string
	Path    string // of the file; "" for a distribution
	Vouched bool   // the gate let it through, or it had a verdict of its own
	Hook    bool   // Path runs at every start of Python: .pth, .start, sitecustomize
	// Replaces says that Path took the place of a file of the environment itself:
	// of its pip, its interpreter or its activation.
	Replaces bool
}
