// Package statuses has the exit statuses of thresher's own making; every other
// one is pip's. docs/exit-statuses.md says when each applies.
package statuses

// The statuses.
const (
	Found         = 1   // a question of thresher's own command has the answer that needs attention
	Usage         = 2   // wrong usage of a command of thresher's own
	NoEnvironment = 3   // no virtual environment, as pip's --require-virtualenv
	Refused       = 20  // refused by policy, or malware is installed
	Vulnerable    = 21  // a known vulnerability stands at fail-on
	Unvouched     = 22  // something arrived that no verdict let through
	Broken        = 125 // thresher itself failed
	CannotRun     = 126 // the program was found but cannot be run, as env(1) has it
	NotFound      = 127 // the program was not found, as env(1) has it
	Interrupted   = 130 // ended at the keyboard before pip ran, as a shell has it
)
