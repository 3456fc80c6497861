package pip

// OriginKind says from which kind of input a value came.
type OriginKind string

// The inputs that can make pip install something.
const (
	FromArgv   OriginKind = "argv"   // a word of the command line
	FromEnv    OriginKind = "env"    // a PIP_* variable
	FromConfig OriginKind = "config" // a pip configuration file
	FromFile   OriginKind = "file"   // a requirements, constraints or pylock file
	FromGroup  OriginKind = "group"  // a dependency group (PEP 735)
	FromScript OriginKind = "script" // inline script metadata (PEP 723)
	FromPip    OriginKind = "pip"    // pip's own default
)

// Origin is the place a value was read from: what a person has to open to
// change it. Place is "argument 2", "PIP_REQUIREMENT", "requirements.txt:3" or
// "pyproject.toml:dev".
type Origin struct {
	Kind  OriginKind `json:"kind"`
	Place string     `json:"place"`
}

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
	Origin        Origin
}

// Setting is a value of an option together with where it was set.
type Setting struct {
	Value  string
	Origin Origin
}

// Targets are the options that decide where distributions go.
// An empty string means not set.
type Targets struct {
	Target string `json:"target,omitempty"`
	Prefix string `json:"prefix,omitempty"`
	Root   string `json:"root,omitempty"`
	User   bool   `json:"user,omitempty"`
	Python string `json:"python,omitempty"`
	Src    string `json:"src,omitempty"`
}

// Unreadable is an input of which thresher cannot tell for certain what pip
// would make. It is always refused. Place names the input, Reason what stood
// in the way, Hint the way out.
type Unreadable struct {
	Place  string
	Reason string
	Hint   string
}

// Failure is pip's own refusal of a command line: its words for standard
// error (or standard output, as pip does for bad values in the environment)
// and its exit status.
type Failure struct {
	Message string
	Status  int
	Stdout  bool // the pip concerned prints this on standard output
}

// Command is one pip command line as the pip that will run would understand
// it, with everything it names read.
type Command struct {
	Name        string // "install"; empty for `pip`, `pip --version`, `pip --help`
	Passthrough bool   // installs, downloads and builds nothing: exec pip directly

	Requirements []Requirement // in pip's order, constraints included
	Indexes      []Setting     // effective, in order, credentials included; empty under NoIndex
	ExtraAt      int           // Indexes[ExtraAt:] are the extra indexes
	FindLinks    []Setting
	NoIndex      bool
	TrustedHosts []Setting
	Configured   []Setting // indexes, pages of links and trusted hosts as command line, environment and configuration have them, before any file
	Targets      Targets
	Reinvoke     string // interpreter of --python, resolved; empty when not given

	Upgrade         bool // -U in any spelling, effective
	UpgradeSet      bool // said by the user anywhere, also as PIP_UPGRADE=0
	StrategySet     bool // --upgrade-strategy said by the user anywhere
	Eager           bool // --upgrade-strategy eager, effective; it counts under an upgrade alone
	NoDependencies  bool // --no-deps, effective
	RequireVirtual  bool // --require-virtualenv, effective
	RequireHashes   bool
	DryRun          bool
	Quiet           int
	NoBuildIsolated bool
	Proxy           string   // --proxy, effective
	Cert            string   // --cert
	ClientCert      string   // --client-cert
	Timeout         float64  // seconds
	Retries         int      //
	WheelCache      string   // where pip keeps pages and built wheels; empty for no cache, or where that is not known (Windows' own place)
	KeyringProvider string   // auto, disabled, import, subprocess
	NoInput         bool     //
	NoBinary        []string // format control as given, "," split, in order
	OnlyBinary      []string

	Args         []string      // the words of the command line, unchanged
	Installation *Installation // the pip and interpreter that run it, after --python
	Warnings     []string      // what a person should know about the reading

	// BuildRequirements are what --build-constraint names: constraints of build
	// dependencies, and what a "-r" among them would install into every build
	// environment.
	BuildRequirements []Requirement

	Unreadable []Unreadable
	Failure    *Failure // pip itself would refuse

	reading
}

// reading is what sealing needs of how a command was read.
type reading struct {
	table        *optionTable
	command      *commandTable
	values       optionValues
	items        []configItem // environment and configuration, in the order they apply
	isolated     bool         // "--isolated" is among the words
	uses         []optionUse  // the options of the command line, in order
	positionals  []Setting
	sources      *sources
	buildSources *sources // of --build-constraint
}
