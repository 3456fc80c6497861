package pip

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

// Changed names the files that pip read for itself and that no longer hold what
// was checked. It is asked after pip has ended: what was in them meanwhile may
// have been installed unseen.
func (c *Command) Changed() []string {
	var changed []string
	for _, s := range []*sources{c.sources, c.buildSources} {
		if s != nil {
			changed = append(changed, s.changed()...)
		}
	}
	return changed
}
