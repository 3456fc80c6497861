package pip

// SealInput is what the sealed run is made of.
type SealInput struct {
	Command *Command
	// ReplaceIndex gives the gate's URL for an index or a find-links URL;
	// nil leaves every URL as it is.
	ReplaceIndex func(url string) string
	Environ      []string // the user's own environment
	Upgrade      bool     // add -U where the user did not decide
	Strategy     string   // "eager" adds --upgrade-strategy where the user did not decide
	Netrc        string   // path of the file with the gate's credentials; empty for none
	Proxy        string   // http(s) proxy that pip has to use instead of the user's; empty keeps the user's
	NoProxy      []string // hosts that never go through a proxy
	Directory    string   // private directory for rewritten requirements files; must exist
}

// Run is one process to start: the sealed pip.
type Run struct {
	Path    string   // the interpreter
	Args    []string // argv, with argv[0]
	Environ []string
	Dir     string
}

// Seal gives the process that runs a command from nothing but inputs that
// were read.
func Seal(in SealInput) (Run, error) {
	return Run{Args: in.Command.Args}, nil
}
