package pip

import (
	"thresher/pip/option"
	"thresher/pip/source"
)

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

	Requirements []source.Requirement // in pip's order, constraints included
	Indexes      []option.Setting     // effective, in order, credentials included; empty under NoIndex
	ExtraAt      int                  // Indexes[ExtraAt:] are the extra indexes
	FindLinks    []option.Setting
	NoIndex      bool
	TrustedHosts []option.Setting
	// Configured are indexes, pages of links and trusted hosts as command line,
	// environment and configuration have them, before any file.
	Configured []option.Setting
	Targets    Targets
	SaveTo     string // folder, absolute, that download and wheel save to; empty for other commands
	Reinvoke   string // interpreter of --python, resolved; empty when not given

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
	Proxy           string // --proxy, effective
	// NoProxyEnvironment is --no-proxy-env, or an empty --proxy from pip 26.2 on:
	// the proxy variables do not count.
	NoProxyEnvironment bool    `json:",omitempty"`
	Cert               string  // --cert
	ClientCert         string  // --client-cert
	Timeout            float64 // seconds
	Retries            int     //
	// OutputFiles are the log, the report and the lock that pip writes, absolute.
	OutputFiles []string `json:",omitempty"`
	// WheelCache is where pip keeps pages and built wheels; empty for no cache, or
	// where that is not known (Windows' own place).
	WheelCache      string
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
	BuildRequirements []source.Requirement

	Unreadable []option.Unreadable
	Failure    *option.Failure // pip itself would refuse

	reading
}

// reading is what sealing needs of how a command was read.
type reading struct {
	table        *option.Table
	command      *option.CommandTable
	values       option.Values
	items        []option.Item // environment and configuration, in the order they apply
	isolated     bool          // "--isolated" is among the words
	uses         []option.Use  // the options of the command line, in order
	positionals  []option.Setting
	sources      *source.Collection
	buildSources *source.Collection // of --build-constraint
}

// Changed names the files that pip read for itself and that no longer hold what
// was checked. It is asked after pip has ended: what was in them meanwhile may
// have been installed unseen.
func (c *Command) Changed() []string {
	var changed []string
	for _, s := range []*source.Collection{c.sources, c.buildSources} {
		if s != nil {
			changed = append(changed, s.Changed()...)
		}
	}
	return changed
}

// Mentioned names the variables that files of the command have as ${NAME}, set
// or not: pip expands them with the values that it is given.
func (c *Command) Mentioned() []string {
	var names []string
	for _, s := range []*source.Collection{c.sources, c.buildSources} {
		if s != nil {
			names = append(names, s.Mentioned()...)
		}
	}
	return names
}
