// Package source reads what can name a requirement, as one pip does:
// requirements and constraints files, dependency groups (PEP 735), inline
// script metadata (PEP 723), locks (PEP 751) and the words of the command line.
// A Collection keeps what was read and writes copies of what pip must not read
// for itself.
package source

import (
	"io"
	"slices"

	"thresher/pip/internal/pythontext"
	"thresher/pip/internal/release"
	"thresher/pip/option"
)

// Requirement is one thing that pip was asked for, or a constraint on it,
// after pip's own reading. Name is empty where only a path or URL is known.
type Requirement struct {
	Text          string            // the words as written, credentials included
	Name          string            // as written
	Canonical     string            // PEP 503
	Specifier     string            // as packaging prints it: "<5,>=4"
	Extras        []string          // as written
	Marker        string            // as packaging prints it
	MarkerApplies bool              // true where there is no marker
	URL           string            // direct, VCS or file URL; "file://…" for local paths
	Path          string            // the absolute local path behind URL, if there is one
	Editable      bool              // -e
	Constraint    bool              // restricts, does not install
	Hashes        []string          // "sha256:…", from --hash
	Settings      map[string]string // --config-settings of the line; several values of a key under each other
	LocalName     string            // of an unnamed local project: what its pyproject.toml states
	Locked        []string          // URLs of the wheels and sdist that a lock offers for it, instead of an index
	// as pip prints where it comes from: "-r requirements.txt (line 3)"; "" where it does not
	From   string
	Origin option.Origin
}

// Input is what reading the requirement sources of one command needs.
// Nothing else is asked of the machine but the files that are named.
type Input struct {
	Dir     string // the working directory, absolute
	Command string // "install", "download", "wheel", "lock" or "uninstall"

	// PipVersion and PythonVersion are those that will run: "26.2.1", "3.11.7".
	PipVersion    string
	PythonVersion string

	// Environ is the environment that ${VARIABLE} and the locale are read from.
	Environ pythontext.Environment

	// MarkerEnvironment gives the values of PEP 508's marker variables in the
	// interpreter concerned. It is asked only where a marker is met.
	MarkerEnvironment func() (map[string]string, error)

	// LineOptions are the options that the pip concerned accepts on a line of
	// a requirements file. UnknownOptions says that they are another pip's:
	// then abbreviations and unknown options are unreadable.
	LineOptions    []*option.Spec
	UnknownOptions bool

	// IgnoreRequiresPython is --ignore-requires-python, for scripts.
	IgnoreRequiresPython bool

	// TargetPython is --python-version in three parts, empty where not given.
	TargetPython string

	// Fetch reads an http or https address. An *StatusError is pip's own
	// refusal, any other error makes the address unreadable. nil refuses all.
	Fetch func(url string) (Page, error)

	// Stdin is read for /dev/stdin; nil opens the file instead.
	Stdin io.Reader

	// Finder is the state before the first source, from the command line,
	// Environment and configuration.
	Finder Finder
}

// Finder is what pip's package finder and session take from the command line
// and then from option lines in files, in pip's order.
type Finder struct {
	Indexes         []option.Setting // in order, the extra ones from ExtraAt on
	ExtraAt         int
	FindLinks       []option.Setting
	NoIndex         bool
	TrustedHosts    []option.Setting
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

// StatusError is an answer of 400 or above: pip's own refusal of an address.
type StatusError struct {
	URL    string
	Status int
	Reason string // "Not Found"
}

func (e *StatusError) Error() string { return statusText(e) }

// Collection collects what pip would be asked to install. Its methods are called
// in pip's own order: constraints, positionals, groups, editables,
// requirements files, scripts. After a Failure they do nothing, as pip would
// have ended; an Unreadable does not stop them.
type Collection struct {
	Requirements []Requirement // in pip's order
	Finder       Finder        // effective, after every option line so far
	Unreadable   []option.Unreadable
	Failure      *option.Failure
	files        []*sourceFile // every file, pipe and address read, in order

	input       Input
	dialect     dialect
	lineTable   *option.CommandTable
	environment map[string]string          // of markers, once asked
	markers     map[string]evaluatedMarker // by their text as written
	pipes       map[string]bool            // read, and now empty
	lines       int                        // of requirements files, so far
}

// New starts a collection.
func New(input Input) *Collection {
	s := &Collection{
		input: input, Finder: input.Finder,
		dialect:   newDialect(input.PipVersion, input.PythonVersion),
		lineTable: option.NewCommandTable("requirements file", input.LineOptions),
		markers:   map[string]evaluatedMarker{}, pipes: map[string]bool{},
	}
	return s
}

// HasRead tells whether a file that was named so, outside any file, was read.
func (s *Collection) HasRead(given string) bool {
	return slices.ContainsFunc(s.files, func(f *sourceFile) bool { return f.top && f.given == given })
}

// Positional reads a requirement of the command line.
func (s *Collection) Positional(text string, origin option.Origin) {
	if s.Failure != nil || pythontext.Strip(text) == "" && release.AtLeast(s.input.PipVersion, "26.0") {
		return
	}
	r, err := s.parseLine(text)
	s.add(r, err, origin)
}

// Editable reads what stands behind -e.
func (s *Collection) Editable(text string, origin option.Origin) {
	if s.Failure != nil {
		return
	}
	r, err := s.parseEditable(text, false)
	s.add(r, err, origin)
}

// add keeps a requirement, or what stood in its way.
func (s *Collection) add(r Requirement, err error, origin option.Origin) {
	if err != nil {
		s.record(err, origin.Place)
		return
	}
	r.Origin = origin
	s.Requirements = append(s.Requirements, r)
}

// RequirementsFile reads what stands behind -r: a requirements file, or, from
// pip 26.1 on and by its name, a lock.
func (s *Collection) RequirementsFile(path string, origin option.Origin) {
	if s.Failure != nil {
		return
	}
	if s.dialect.locks && s.input.Command != "uninstall" && isLockName(path) {
		s.lock(path, origin)
		return
	}
	s.readTop(path, false, origin)
}

// ConstraintsFile reads what stands behind -c.
func (s *Collection) ConstraintsFile(path string, origin option.Origin) {
	if s.Failure == nil {
		s.readTop(path, true, origin)
	}
}

// Page is the answer to fetching a requirements file by URL.
type Page struct {
	Body        []byte
	ContentType string
	URL         string // after redirects; empty where there were none
}
