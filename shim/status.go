package shim

import (
	"syscall"

	"thresher/internal/statuses"
	"thresher/pip"
)

// ending is how a run ends, from whichever step.
type ending struct {
	status int
	tell   func(*messenger) // what is still to be said; nil for nothing
	signal syscall.Signal   // that ended pip, and is to end this process as well; 0 none
	// again is the command that was meant; nil for none.
	again []string
	// pipRan says that pip was started, so that what was interrupted was pip.
	pipRan bool
	// pipRefuses says that pip itself has the say, and the status.
	pipRefuses bool
}

// broken ends a run before pip, by a failure of thresher's own.
func broken(doing string, err error) *ending {
	return &ending{status: statuses.Broken, tell: func(m *messenger) { m.failed(doing, err) }}
}

// brokenAfter ends a run that has started pip, by a failure of thresher's own.
func brokenAfter(doing string, err error) *ending {
	return &ending{status: statuses.Broken, pipRan: true, tell: func(m *messenger) { m.failedAfter(doing, err) }}
}

// notRun ends a run whose pip cannot be started.
func notRun(err error) *ending {
	return &ending{status: statuses.CannotRun, pipRan: true, tell: func(m *messenger) { m.cannotRun(err) }}
}

// outcome is what the steps after pip learned.
type outcome struct {
	pip        pip.Outcome
	refused    bool // pip failed on what the gate refused, or malware is installed
	unscanned  bool // the scan failed, so the result is not known to be clean
	unvouched  bool // something arrived that no verdict let through
	vulnerable bool // at fail-on
	observes   bool // policy stops nothing but malware
}

// status is the first that applies of: refused, pip's own failure, unvouched,
// vulnerable, not scanned.
func (o outcome) status() int {
	switch {
	case o.refused:
		return statuses.Refused
	case pipStatus(o.pip) != 0:
		return pipStatus(o.pip)
	case o.unvouched && !o.observes:
		return statuses.Unvouched
	case o.vulnerable && !o.observes:
		return statuses.Vulnerable
	case o.unscanned:
		return statuses.Broken
	}
	return 0
}

// ending gives the status; where a signal ended pip, this process ends by the
// same one once everything is put away.
func (o outcome) ending() *ending {
	end := &ending{status: o.status(), pipRan: true}
	if s, ok := o.pip.Signal.(syscall.Signal); ok && !o.refused {
		end.signal = s
	}
	return end
}

// pipStatus is pip's own exit status; 128 and the signal's number where a
// signal ended it, as a shell has it.
func pipStatus(ended pip.Outcome) int {
	if s, ok := ended.Signal.(syscall.Signal); ok {
		return 128 + int(s)
	}
	return ended.Status
}
