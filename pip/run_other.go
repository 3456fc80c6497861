//go:build !unix

package pip

import (
	"os"
	"os/signal"
)

// heldSignals are the signals that this process receives while a child runs.
type heldSignals struct{ received chan os.Signal }

// holdSignals leaves an interrupt from the console to the child, which gets it
// by itself.
func holdSignals() heldSignals {
	held := heldSignals{make(chan os.Signal, 8)}
	signal.Notify(held.received, os.Interrupt)
	return held
}

func (h heldSignals) passOn(*os.Process) {}

func (h heldSignals) release() { signal.Stop(h.received) }

func outcomeOf(state *os.ProcessState) Outcome { return Outcome{Status: state.ExitCode()} }

// Die ends this process as the child ended. It does not return.
func (o Outcome) Die() { os.Exit(o.Status) }

// Exec runs the other process in place of this one: where a process cannot be
// replaced, it is started and waited for, and its status becomes this one's.
// It returns only where that fails, with an error that is ErrCannotRun.
func (r Run) Exec() error {
	outcome, err := r.Start()
	if err != nil {
		return err
	}
	outcome.Die()
	return nil
}
