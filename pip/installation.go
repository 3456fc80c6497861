package pip

import "errors"

// Errors that tell why no pip could be chosen. They are matched with errors.Is;
// the error itself says more.
var (
	// ErrNoPip says that no pip other than thresher itself was found.
	ErrNoPip = errors.New("no pip found")
	// ErrNoInterpreter says that the interpreter named by --python, PIP_PYTHON
	// or a guard does not exist.
	ErrNoInterpreter = errors.New("no such interpreter")
	// ErrTooOld says that this Python or pip is below what thresher can model.
	ErrTooOld = errors.New("below the oldest version supported")
)

// Installation is one pip together with the interpreter that runs it: what
// decides how a command line is read and where it installs.
type Installation struct {
	Interpreter   string // absolute path of the interpreter that will run pip, links kept
	Script        string // absolute path of the pip script (…/bin/pip); empty where pip runs as a module
	Runner        string // …/pip/__pip-runner__.py where this pip works on another environment's interpreter
	Prefix        string // sys.prefix
	BasePrefix    string // sys.base_prefix; the same as Prefix outside a virtual environment
	Virtual       bool   // what pip means by a virtual environment: Prefix differs from BasePrefix
	PythonVersion string // of the interpreter: "3.11.7"
	Version       string // of pip: "26.2.1"
	PackageDir    string // directory of the pip package itself
	SitePackages  string // where the interpreter installs (purelib); empty where not known without asking
	DefaultIndex  string // index URL that this pip uses by itself, from its own source
}

// FindInput is what decides which pip runs.
type FindInput struct {
	Name        string   // as called: "pip", "pip3", "pip3.11"
	Environ     []string // NAME=value, as os.Environ gives it
	Dir         string   // working directory
	Self        string   // path of thresher's own binary, to pass over it on PATH
	Interpreter string   // named by a guard; wins over everything
	Python      string   // value of --python; a file or an environment's directory
	CacheDir    string   // thresher's own cache; answers of interpreters are kept there
}

// Find chooses the pip that a command line is meant for, in the order: the
// interpreter a guard names, --python, the next pip of the same name on PATH
// that is not thresher, and VIRTUAL_ENV's interpreter for an environment
// without a pip of its own. It starts no process unless what it finds cannot
// be read statically.
func Find(in FindInput) (*Installation, error) {
	return nil, ErrNoPip
}
