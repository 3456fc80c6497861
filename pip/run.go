package pip

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
)

// Outcome is how a pip ended.
type Outcome struct {
	Status int       // exit status; meaningless where Signal is set
	Signal os.Signal // the signal that killed it, nil for a normal end
}

// ErrCannotRun says that the process could not be started.
var ErrCannotRun = errors.New("pip cannot be run")

// Variables that mark a process started by thresher; the guard of an
// environment compares them with the process that started it.
const (
	RunVariable  = "THRESHER_RUN"  // the process id of the thresher that waits for this pip
	PassVariable = "THRESHER_PASS" // the process id that thresher gave up for this pip
)

// Start runs a process on the inherited descriptors and waits for its end.
// Signals that the terminal sends to both are left to the child; those sent
// to this process alone are passed on. It returns an error that is
// ErrCannotRun where the process was not started.
func (r Run) Start() (Outcome, error) {
	r.Environ = withVariable(r.Environ, RunVariable, strconv.Itoa(os.Getpid()))
	return r.StartProgram()
}

// StartProgram is Start for a program that is no pip: no guard lets a pip in
// it go as one that thresher started.
func (r Run) StartProgram() (Outcome, error) {
	cmd := exec.Command(r.Path)
	cmd.Args, cmd.Dir, cmd.Env = r.Args, r.Dir, r.Environ
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	signals := holdSignals()
	defer signals.release()
	if err := cmd.Start(); err != nil {
		return Outcome{}, fmt.Errorf("%w: %w", ErrCannotRun, err)
	}
	signals.passOn(cmd.Process)
	err := cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return Outcome{}, fmt.Errorf("wait for pip: %w", err)
	}
	return outcomeOf(cmd.ProcessState), nil
}
