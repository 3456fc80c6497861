package pip

import (
	"errors"
	"io"
)

// sourcesInput is what reading the requirement sources of one command needs.
// Nothing else is asked of the machine but the files that are named.
type sourcesInput struct {
	Dir     string // the working directory, absolute
	Command string // "install", "download", "wheel", "lock" or "uninstall"

	// PipVersion and PythonVersion are those that will run: "26.2.1", "3.11.7".
	PipVersion    string
	PythonVersion string

	// Lookup reads one environment variable, for ${VARIABLE} and the locale.
	Lookup func(name string) (value string, set bool)

	// MarkerEnvironment gives the values of PEP 508's marker variables in the
	// interpreter concerned. It is asked only where a marker is met.
	MarkerEnvironment func() (map[string]string, error)

	// LineOptions are the options that the pip concerned accepts on a line of
	// a requirements file; nil takes them from the embedded table.
	LineOptions []lineOption

	// IgnoreRequiresPython is --ignore-requires-python, for scripts.
	IgnoreRequiresPython bool

	// Fetch reads an http or https address. An *httpStatusError is pip's own
	// refusal, any other error makes the address unreadable.
	Fetch func(url string) (content []byte, contentType string, err error)

	// Stdin is read for /dev/stdin; nil opens the file instead.
	Stdin io.Reader

	// Finder is the state before the first source, from the command line,
	// environment and configuration.
	Finder finder
}

// finder is what pip's package finder and session take from the command line
// and then from option lines in files, in pip's order.
type finder struct {
	Indexes         []Setting // in order, the extra ones from ExtraAt on
	ExtraAt         int
	FindLinks       []Setting
	NoIndex         bool
	TrustedHosts    []Setting
	Pre             bool
	PreferBinary    bool
	RequireHashes   bool
	NoRequireHashes bool
	NoBinary        []string // as given, split at commas, in order
	OnlyBinary      []string
	AllReleases     []string
	OnlyFinal       []string
	Features        []string // --use-feature
}

// lineOption is one option of a requirements-file line.
type lineOption struct {
	Spellings  []string // "-i", "--index-url", "--pypi-url"
	Name       string   // the first long spelling without dashes: what it is
	TakesValue bool
	Choices    []string // of --use-feature
}

// httpStatusError is an answer of 400 or above.
type httpStatusError struct {
	URL    string
	Status int
	Reason string // "Not Found"
}

func (e *httpStatusError) Error() string { return httpStatusText(e) }

// readFile is one file, pipe or address that was read.
type readFile struct {
	Given    string // as pip was told: on the command line, or the nested path resolved
	Path     string // absolute path, or the address
	Content  []byte // as read
	Origin   Origin
	TopLevel bool // named outside any file
}

// sources collects what pip would be asked to install. Its methods are called
// in pip's own order: constraints, positionals, groups, editables,
// requirements files, scripts. After a Failure they do nothing, as pip would
// have ended; an Unreadable does not stop them.
type sources struct {
	Requirements []Requirement // in pip's order
	Finder       finder        // effective, after every option line so far
	Unreadable   []Unreadable
	Failure      *Failure
	Files        []readFile

	input sourcesInput
}

// newSources starts a collection.
func newSources(input sourcesInput) *sources {
	return &sources{input: input, Finder: input.Finder}
}

func (s *sources) constraintsFile(path string, origin Origin)  {}
func (s *sources) positional(text string, origin Origin)       {}
func (s *sources) group(text string, origin Origin)            {}
func (s *sources) editable(text string, origin Origin)         {}
func (s *sources) requirementsFile(path string, origin Origin) {}
func (s *sources) script(path string, origin Origin)           {}

// rewrite writes to dir (which exists and is private) a copy of each source
// that cannot be handed to pip as it is, with every index and find-links
// address replaced by replaceIndex. The result maps the path as given to the
// path to give to pip instead; a path that is not in it stays.
func (s *sources) rewrite(dir string, replaceIndex func(url string) string) (map[string]string, error) {
	return nil, errors.New("not written")
}

