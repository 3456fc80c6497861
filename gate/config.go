package gate

import (
	"context"
	"net/url"
	"time"

	"thresher/archive"
	"thresher/index"
	"thresher/index/route"
	"thresher/pep"
	"thresher/policy/rules"
)

// Index is one package index of the user's configuration.
type Index = route.Index

// Source asks the indexes. *index.Client is one.
type Source interface {
	// Page gives a project's page of the index at indexURL.
	Page(ctx context.Context, indexURL, name string) (*index.Page, error)
	// FindLinksPage gives the page of links at rawURL.
	FindLinksPage(ctx context.Context, rawURL string) (*index.Page, error)
	// Metadata gives a file's core metadata (PEP 658).
	Metadata(ctx context.Context, indexURL string, file *index.File) ([]byte, error)
	// Publishers gives who published a file by its provenance (PEP 740).
	Publishers(ctx context.Context, indexURL string, file *index.File) ([]index.Publisher, error)
	// Open asks for one address and follows no redirect.
	Open(ctx context.Context, fetch index.Fetch) (*index.Stream, error)
	// Redirected judges where an address redirects to.
	Redirected(ctx context.Context, address, location string, indexes []string) (string, error)
	// Authenticate remembers what a person said at pip's question.
	Authenticate(rawURL, user, password string) error
}

// Named is one place that the command names by itself, and that pip may have
// without a page that offers it.
type Named struct {
	Name   string            // canonical, of the requirement; "" unknown
	URL    string            // as pip asks for it, "git+" and the like included; "" a local place
	Path   string            // absolute, of a local archive or folder
	Hashes map[string]string // algorithm → hex digest, where the command gives one
}

// Project is what the gate knows of a project when pip asks for its page.
type Project struct {
	Name     string      // canonical
	Page     *index.Page // nil where no index has one
	Public   bool        // of the index that answered
	IndexURL string      // that answered, without credentials; "" where none did
	Failure  string      // why the index gave no page; "" it has none, or gave it
}

// FileEvidence is what the gate knows of one file of a page, filled in as far as
// the page tells.
type FileEvidence struct {
	rules.FileEvidence
	Page     *index.Page
	File     *index.File
	IndexURL string // without credentials
}

// Config is what one run needs. Functions may be called from many goroutines
// at once; those that are nil have no say.
type Config struct {
	Source    Source
	Indexes   []Index  // in pip's order
	FindLinks []string // pages or files elsewhere, credentials included
	Strategy  string   // of route.Table, as Pin and Popular are
	// Pin gives the index that policy binds a name to, "" for none.
	Pin func(canonical string) string

	// Popular says that a name is merged over all indexes, as pip does.
	Popular func(canonical string) bool
	// Barred says that no index is to be asked for a name; JudgeProject is.
	Barred func(canonical string) bool
	// JudgeProject judges a project as a whole, once, before its page is
	// served or where no index has it. A finding with the action block (or
	// ask: there is no asking inside a run) stops pip; with hold, the page is
	// served empty.
	JudgeProject func(ctx context.Context, project Project) []rules.Finding
	// JudgeFile judges one file. Hold leaves it out of the page; block (or
	// ask) keeps it there, and pip that chooses it stops with the reason.
	JudgeFile func(evidence FileEvidence) []rules.Finding
	// JudgeLocal judges a wheel or source archive that is on no index's page: one
	// of this machine, or at an address that the command names.
	JudgeLocal func(entry Entry) []rules.Finding
	// JudgeInside judges what a wheel brings once it is installed; nil nobody
	// looks. Hold leaves its release out of the page where the file was looked
	// into in time, and is block elsewhere.
	JudgeInside func(evidence rules.InsideEvidence) []rules.Finding
	// JudgePublisher judges who published a file that is attested, in the manner of
	// JudgeInside; nil nobody looks.
	JudgePublisher func(evidence rules.PublisherEvidence) []rules.Finding
	Publications   *Publications // nil is none remembered
	// InstalledHook says whether the installed distribution of a canonical name
	// has a startup hook with this content (sha256, in hex) at a path below
	// site-packages.
	InstalledHook func(canonical, path, sha256 string) bool
	// Occupied gives the file that lies in the environment where pip would
	// install one, and the canonical names of the distributions that it belongs
	// to; none where nothing is there.
	Occupied func(scheme archive.Scheme, name string) (path string, owners []string)
	// Beside gives the other files there, by their paths below site-packages, that
	// Python may import as the same module as one of this name.
	Beside func(name string) []string
	// AllowsHooks says whether a person allowed the startup hooks of a release.
	AllowsHooks func(canonical, version string) bool
	// SecurityFix gives the ids of the known vulnerabilities of one version of a
	// project, the one that pip would take instead, which another fixes that was
	// uploaded at this time (zero: unknown). A file that it gives any for is judged
	// once more, with Fixes set.
	SecurityFix func(canonical, instead, fix string, uploaded time.Time) []string
	// JudgeConfusion judges a name that more than one index was seen to have.
	JudgeConfusion func(evidence rules.ConfusionEvidence) []rules.Finding

	Installed map[string]string // canonical name → version
	Requested []pep.Requirement // what the command asks an index for, by name
	Eager     bool              // pip upgrades dependencies that would do as they are
	// NoDependencies says that pip takes what is requested and nothing else.
	NoDependencies bool

	// AllowedHosts are hosts ("host" or "host:port") to which the forward
	// proxy passes.
	AllowedHosts []string
	// AllowedFetches are places to which it passes for the builds of one name.
	AllowedFetches []rules.Fetch
	// Named are what the command itself names and policy judged: archives and
	// repositories by URL ("git+https://…"), archives and folders by path.
	Named []Named
	// Folders are local folders of --find-links.
	Folders []string

	// Directory is the run's own, private to this user: files on their way lie
	// there, and the gate's socket.
	Directory string
	// Memory is where the gate remembers for ever what it read in files; "" not.
	Memory string
	// CachedByPip says whether pip's own cache holds what is at a URL.
	CachedByPip func(url string) bool
	// Deferred says that nothing is fetched ahead before FetchAhead is called.
	Deferred bool
	// ProxyOnly makes the gate the forward proxy of a command that is no pip, and
	// nothing else.
	ProxyOnly bool
	// WithoutTransport serves the pages under addresses of the gate's own
	// (IndexURL), for a pip whose transport it cannot be.
	WithoutTransport bool

	// Proxy gives the user's own proxy for a target, nil where there is none.
	Proxy func(target *url.URL) (*url.URL, error)

	Deadline time.Duration // for one page, all retries included; 0 is two minutes
	Patience time.Duration // for the page of an installed name before the index counts as offline; 0 is five seconds
	Prefetch int           // pages fetched ahead at once; 0 is 16, negative none
	// FilesAhead is how many files are fetched ahead at once; 0 is 4, negative
	// none.
	FilesAhead  int
	Environment map[string]string // marker variables (PEP 508) of the interpreter that pip installs for
	// Narrow leaves out of pages what the interpreter of Environment certainly cannot
	// take, where the command asks for no other and does not show what pip passes over.
	Narrow bool
	Now    func() time.Time // nil is time.Now
}

func (c *Config) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// withDefaults gives the configuration with every zero filled in.
func (c Config) withDefaults() Config {
	if c.Deadline == 0 {
		c.Deadline = 2 * time.Minute
	}
	if c.Patience == 0 {
		c.Patience = 5 * time.Second
	}
	if c.Prefetch == 0 {
		c.Prefetch = 16
	}
	if c.FilesAhead == 0 {
		c.FilesAhead = 4
	}
	if c.CachedByPip == nil {
		c.CachedByPip = func(string) bool { return false }
	}
	if c.JudgeProject == nil {
		c.JudgeProject = func(context.Context, Project) []rules.Finding { return nil }
	}
	if c.Publications == nil {
		c.Publications = &Publications{}
	}
	if c.JudgeFile == nil {
		c.JudgeFile = func(FileEvidence) []rules.Finding { return nil }
	}
	if c.JudgeLocal == nil {
		c.JudgeLocal = func(Entry) []rules.Finding { return nil }
	}
	if c.InstalledHook == nil {
		c.InstalledHook = func(string, string, string) bool { return false }
	}
	if c.Beside == nil {
		c.Beside = func(string) []string { return nil }
	}
	if c.Occupied == nil {
		c.Occupied = func(archive.Scheme, string) (string, []string) { return "", nil }
	}
	if c.AllowsHooks == nil {
		c.AllowsHooks = func(string, string) bool { return false }
	}
	if c.SecurityFix == nil {
		c.SecurityFix = func(string, string, string, time.Time) []string { return nil }
	}
	if c.JudgeConfusion == nil {
		c.JudgeConfusion = func(rules.ConfusionEvidence) []rules.Finding { return nil }
	}
	return c
}
