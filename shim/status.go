package shim

// Exit statuses of thresher's own making; every other one is pip's. The table
// stands in docs/exit-statuses.md.
const (
	statusNoEnvironment = 3   // no virtual environment, as pip's --require-virtualenv
	statusRefused       = 20  // refused by policy
	statusVulnerable    = 21  // a known vulnerability stands at fail-on
	statusUnvouched     = 22  // something arrived that no verdict let through
	statusBroken        = 125 // thresher itself failed
	statusCannotRun     = 126 // pip was found but cannot be run
	statusNotFound      = 127 // no pip was found
)

// outcome is what the steps after pip learned.
type outcome struct {
	pip        int  // pip's own status
	refused    bool // pip failed on what the gate refused, or malware is installed
	unvouched  bool
	vulnerable bool
}

// status is the first that applies of: refused, pip's own failure, unvouched,
// vulnerable.
func (o outcome) status() int {
	switch {
	case o.refused:
		return statusRefused
	case o.pip != 0:
		return o.pip
	case o.unvouched:
		return statusUnvouched
	case o.vulnerable:
		return statusVulnerable
	}
	return 0
}
