package option

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

// Setting is a value of an option together with where it was set.
type Setting struct {
	Value  string
	Origin Origin
}

// Unreadable is an input of which thresher cannot tell for certain what pip
// would make. It is always refused. Place names the input, Reason what stood
// in the way, Hint the way out.
type Unreadable struct {
	Place  string
	Reason string
	Hint   string
}
