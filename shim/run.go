// Package shim is one pip command from argv to exit status: read as pip would
// read it, judged, run sealed behind the gate, compared, scanned, logged. All
// it says to a person is in messages.go.
package shim

import (
	"context"
	"os/signal"
	"syscall"

	"thresher/pip"
	"thresher/policy"
	"thresher/venv"
)

// Run runs one pip command and gives its exit status. program is the pip name
// it was called by. A pip that was ended by a signal ends this process by the
// same signal.
func Run(program string, args, environ []string, streams Streams) int {
	in, err := newInvocation(program, args, environ, streams)
	if err != nil {
		in.say.failed("start", err)
		return statusBroken
	}
	status := in.run()
	if in.context != nil && in.context.Err() != nil && status != 0 && !in.pipRan {
		in.say.interrupted()
		return 128 + int(syscall.SIGINT)
	}
	if in.stopWatching != nil {
		in.stopWatching()
	}
	if in.endSignal != 0 {
		endBySignal(in.endSignal)
	}
	return status
}

// untilInterrupted is the context of all work. From its first call on, until
// pip runs and gets the keyboard's signals itself, they end the run with
// everything put away. Before, there is nothing to put away.
func (in *invocation) untilInterrupted() context.Context {
	if in.context == nil {
		in.context, in.stopWatching = signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	}
	return in.context
}

func (in *invocation) run() int {
	installation, end := in.find()
	if end != nil {
		end.tell(in.say)
		return end.status
	}
	command := in.read(installation)
	installation = command.Installation // another one where --python says so
	if command.Passthrough && command.Name != "uninstall" {
		in.keepGuarded(installation)
		return in.passThrough(command)
	}
	in.untilInterrupted()
	if command.Name == "uninstall" {
		return in.uninstall(installation, command)
	}
	if in.off && in.maySwitchOff() {
		return in.runUnchecked(installation, command)
	}
	a, end := in.analyse(installation, command)
	if end != nil {
		status := end.status
		if end.pipRefuses {
			status = in.letPipRefuse(command)
		} else {
			end.tell(in.say)
		}
		in.record(a, nil, nil, "", status)
		return status
	}
	in.keepGuarded(installation)
	if joined, ok := in.livingGate(); ok && in.serves(joined, command) {
		return in.runNested(a, joined)
	}
	return in.install(a)
}

// passThrough hands over to pip as it is, on the descriptors it inherits. Pip
// takes the place of this process, unless the environment's guard would not let
// it go on by itself: `pip install --help`, `pip --version install`. What only
// looks as if it installed comes from a process that could not.
func (in *invocation) passThrough(command *pip.Command) int {
	direct := pip.Direct(command, in.environ, in.dir)
	if !pip.Installs(command.Name) && venv.GuardLetsPass(command.Args) {
		in.say.cannotRun(direct.Exec())
		return statusCannotRun
	}
	if command.Name == "" {
		direct = pip.Refusal(command, in.environ, in.dir)
	}
	return in.handOver(direct)
}

// handOver runs pip as it is and waits for its end.
func (in *invocation) handOver(run pip.Run) int {
	in.pipRan = true
	ended, err := run.Start()
	if err != nil {
		in.say.cannotRun(err)
		return statusCannotRun
	}
	return in.end(ended, outcome{pip: in.pipStatus(ended)})
}

// loadPolicy merges the layers for the working directory.
func (in *invocation) loadPolicy() (*policy.Policy, error) {
	if err := venv.CheckRedirected(in.places.Redirected); err != nil {
		return nil, err
	}
	trusted, err := policy.ReadTrust(in.places.Trusted())
	if err != nil {
		return nil, err
	}
	return policy.Load(policy.LoadInput{
		SystemPath: in.places.SystemPolicy, UserPath: in.places.UserPolicy, AccountPath: in.places.AccountPolicy,
		Dir: in.dir, Home: in.places.Home, Trusted: trusted.Has, Now: in.start,
	})
}

// keepGuarded puts the guard into an environment that has none, such as one
// that was rebuilt. Where that is not possible `thresher doctor` tells: the
// command at hand goes through thresher all the same.
func (in *invocation) keepGuarded(installation *pip.Installation) {
	environment := installation.Environment
	if !environment.Virtual || in.places.State == "" {
		return
	}
	state, err := venv.GuardState(environment)
	if err != nil || state.Installed && !state.Gone && (state.Current || state.Program != in.self) {
		return
	}
	// A policy that cannot be read refuses installs elsewhere; here it says
	// nothing.
	if loaded, err := in.loadPolicy(); err != nil || !loaded.Guard.Automatic.Value {
		return
	}
	// What stands in the way (another owner, a read-only file system) is for
	// `thresher doctor` to tell.
	_ = venv.EnsureGuard(environment, in.self, in.places.State)
}
