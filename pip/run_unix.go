//go:build unix

package pip

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// heldSignals are the signals that this process receives while a child runs.
type heldSignals struct {
	received chan os.Signal
	done     chan struct{}
}

// holdSignals keeps this process alive while the child decides what a signal
// means. Signals are received, not ignored: the child would inherit that.
func holdSignals() heldSignals {
	held := heldSignals{make(chan os.Signal, 8), make(chan struct{})}
	signal.Notify(held.received, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP)
	return held
}

// passOn hands to the child what was sent to this process alone. An interrupt
// from the terminal reaches both by itself.
func (h heldSignals) passOn(child *os.Process) {
	go func() {
		for {
			select {
			case <-h.done:
				return
			case received := <-h.received:
				if received != syscall.SIGINT && received != syscall.SIGQUIT {
					// An error says that the child has ended: nothing is lost.
					_ = child.Signal(received)
				}
			}
		}
	}()
}

func (h heldSignals) release() {
	signal.Stop(h.received)
	close(h.done)
}

func outcomeOf(state *os.ProcessState) Outcome {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return Outcome{Signal: status.Signal()}
	}
	return Outcome{Status: state.ExitCode()}
}

// Die ends this process as the child ended: by the same signal, or with the
// same status. It does not return.
func (o Outcome) Die() {
	if number, ok := o.Signal.(syscall.Signal); ok {
		signal.Reset(number)
		_ = syscall.Kill(os.Getpid(), number)
		// It arrives while this goroutine goes on. One that does not kill
		// here (ignored by whoever started us) leaves the shell's convention.
		time.Sleep(time.Second)
		os.Exit(128 + int(number))
	}
	os.Exit(o.Status)
}

// Exec gives this process up for the other one, which inherits everything.
// It returns only where that fails, with an error that is ErrCannotRun.
func (r Run) Exec() error {
	environ := withVariable(r.Environ, PassVariable, strconv.Itoa(os.Getpid()))
	return fmt.Errorf("%w: %w", ErrCannotRun, syscall.Exec(r.Path, r.Args, environ))
}
