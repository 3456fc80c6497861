package settled

import (
	"thresher/index"
	"thresher/pep"
	"thresher/pip/source"
	"thresher/venv"
)

// Question is what decides what pip would do, but for the pages.
type Question struct {
	Pip string // its version: "26.2.1"
	// Importlib says that this pip reads what is installed by importlib.metadata,
	// and not by pkg_resources.
	Importlib bool
	Python    string            // full version, "3.11.7"
	Markers   map[string]string // the variables of PEP 508
	Tags      []string          // that the interpreter takes, "cp311-cp311-linux_x86_64"

	Upgrade bool // -U
	Eager   bool // --upgrade-strategy eager; it counts under Upgrade alone
	// Formats is what --only-binary and --no-binary say.
	Formats Formats

	Requirements []source.Requirement // in pip's order, constraints included
	Installed    []venv.Distribution  // of the environment, in path order
	Dir          string               // the working directory, absolute and without links
	Looking      []string             // the indexes that pip names as "Looking in indexes", without passwords; nil none
}

// Candidate is one file of a project's page, as pip would be given it.
type Candidate struct {
	Version string
	File    *index.File
	// Blocked says that it is on the page and cannot be fetched.
	Blocked bool
}

// Closure is what a command asks for with all that hangs on it, every part of it
// installed and as it should be.
type Closure struct {
	// Pages are the canonical names of the projects whose pages pip would look
	// at, in the order in which it comes to them.
	Pages []string
	// Lines are what pip prints.
	Lines []string

	question      Question
	tags          map[string]bool
	projects      map[string]*project
	ignoresYanked bool // the pip takes what is yanked for a pinned requirement alone
}

// project is one installed distribution of a closure.
type project struct {
	distribution *venv.Distribution
	version      pep.Version
	path         string           // what pip calls it where something comes from it: "a>=1->-r requirements.txt (line 1)"
	wanted       []pep.Specifiers // all requirements on it
	least        []pep.Specifiers // those of which one is in every set of them that pip looks under
	constraints  []pep.Specifiers
	hashed       bool // a requirement names hashes
	eligible     bool // pip looks for something newer
	requires     []pep.Requirement
	requiresRead bool
}
