// Package shim is one pip command from argv to exit status: read as pip would
// read it, judged, run sealed behind the gate, compared, scanned, logged. Its
// files are named by the steps of docs/design.md; all it says to a person is in
// messages.go.
package shim

import (
	"context"
	"os/signal"
	"syscall"

	"thresher/internal/statuses"
	"thresher/pip"
	"thresher/sandbox"
)

// Run runs one pip command and gives its exit status. program is the pip name
// it was called by. A pip that was ended by a signal ends this process by the
// same signal.
func Run(program string, args, environ []string, streams Streams) int {
	status, again := runOnce(program, args, environ, streams)
	if again != nil { // a person's answer: what was meant is judged like any other command
		return Run(program, again, environ, streams)
	}
	return status
}

// Within says in which environment a command of thresher's own runs pip, and as
// what it is logged.
type Within struct {
	Interpreter string
	ID          string // of the run; two commands of one id are one run
	Note        string
}

// RunWithin runs one pip command for a command of thresher's own.
func RunWithin(as Within, args, environ []string, streams Streams) int {
	in, err := newInvocation("pip", args, environ, streams)
	if err != nil {
		in.say.failed("start", err)
		return statuses.Broken
	}
	in.interpreter, in.within = as.Interpreter, as
	status, _ := in.toItsEnd()
	return status
}

// runOnce runs one pip command, and gives its exit status or the command that was
// meant instead of it.
func runOnce(program string, args, environ []string, streams Streams) (status int, again []string) {
	in, err := newInvocation(program, args, environ, streams)
	if err != nil {
		in.say.failed("start", err)
		return statuses.Broken, nil
	}
	return in.toItsEnd()
}

// toItsEnd runs the command and ends as it did.
func (in *invocation) toItsEnd() (status int, again []string) {
	end := in.run()
	in.refreshing.Close(waitForFresh)
	if in.context != nil && in.context.Err() != nil && end.status != 0 && !end.pipRan {
		in.say.interrupted()
		return statuses.Interrupted, nil
	}
	if in.stopWatching != nil {
		in.stopWatching()
	}
	if end.signal != 0 {
		endBySignal(end.signal)
	}
	return end.status, end.again
}

// untilInterrupted is the context of all work. From its first call on, until
// pip runs and gets the keyboard's signals itself, they end the run with
// everything put away. Before, there is nothing to put away.
func (in *invocation) untilInterrupted() context.Context {
	if in.context == nil {
		in.context, in.stopWatching = signal.NotifyContext(context.Background(), syscall.SIGINT,
			syscall.SIGTERM, syscall.SIGHUP)
	}
	return in.context
}

// run takes the steps of docs/design.md, or one of the shorter ways.
func (in *invocation) run() *ending {
	command, end := in.readCommand()
	if end != nil {
		end.tell(in.say)
		if end.status == statuses.NoEnvironment {
			in.record(steps{}, end.status)
		}
		return end
	}
	if command.Passthrough && command.Name != "uninstall" {
		in.keepGuarded(command.Installation.Environment)
		return in.passThrough(command)
	}
	in.untilInterrupted()
	switch {
	case command.Name == "uninstall":
		return in.uninstall(command)
	case in.off && in.maySwitchOff():
		return in.runUnchecked(command)
	case in.environment[sandbox.ClosedVariable] != "":
		// It would reach no index, and what it did would stand in no log.
		in.say.networkClosed(command.Name, in.program, redactArgs(in.args))
		return &ending{status: statuses.Refused}
	}
	made := steps{command: command}
	end = in.take(&made)
	switch {
	case end.pipRefuses:
		end = in.letPipRefuse(command)
	case end.tell != nil:
		end.tell(in.say)
	}
	if end.status == statuses.Refused {
		in.tellParent(made)
	}
	if end.again == nil {
		in.tellObserved(made, end.status)
	}
	if end.status == statuses.Refused && made.isWhole() {
		in.say.ownWords(made.place.policy.Message.Refused.Value)
	}
	if end.again == nil && made.isWhole() {
		in.record(made, end.status)
	}
	return end
}

// steps are what the steps of one run have made, each of what those before it
// made. Those that were not taken have made nothing.
type steps struct {
	command *pip.Command // 2: what was called, as pip reads it
	place   *place       // 3: where it would install
	asked   *asked       // 4: what it asks for, judged
	gate    *door        // 5: what pip will fetch through
	before  state        // 7: the place before pip
	ended   ended        // 6 to 8: how pip ended, and what it met at the gate
	changed changed      // 9: what is another than before
	found   found        // 10: what is known against it
}

// isWhole says whether this is a run of its own, and no pip that another run's
// build started: what that did is its parent's to log and to speak of.
func (made steps) isWhole() bool { return made.gate == nil || made.gate.own != nil }

// take takes the steps from the third on.
func (in *invocation) take(made *steps) (end *ending) {
	if made.place, end = in.findPlace(made.command); end != nil {
		return end
	}
	if made.asked, end = in.judgeAsked(made.place); end != nil {
		return end
	}
	in.keepGuarded(made.place.environment)
	made.gate, end = in.openGate(made.asked)
	defer made.gate.close(in.say)
	if end != nil {
		return end
	}
	if end = in.weigh(made.asked, made.gate); end != nil {
		return end
	}
	turnEnds, end := in.takeTurn(made.asked, made.gate)
	defer turnEnds()
	if end != nil {
		return end
	}
	if made.before, made.ended, end = in.endWithPip(made.asked, made.gate); end != nil {
		return end
	}
	if made.gate.own == nil {
		return made.outcome().ending() // what it changed is the parent's to compare
	}
	if err := in.rememberIndexes(made.asked, made.gate, made.ended); err != nil {
		in.say.notRemembered(err)
	}
	if err := in.rememberPublishers(made.gate); err != nil {
		in.say.notRemembered(err)
	}
	if made.changed, end = in.compare(made.asked, made.gate, made.before, made.ended); end != nil {
		return end
	}
	in.remember(made)
	made.found = in.scan(made.asked, made.gate, made.ended, made.changed)
	if status := made.outcome().status(); status != statuses.Refused && status != statuses.Unvouched {
		in.compileArrived(made.asked, made.gate, made.ended, made.changed)
	}
	return made.outcome().ending()
}

// outcome is what all steps together come to.
func (made steps) outcome() outcome {
	return outcome{
		pip:        made.ended.pip,
		refused:    made.ended.refused || made.changed.refused || made.found.result.Malware,
		unvouched:  made.ended.unvouched || made.changed.unvouched,
		vulnerable: made.found.result.Fails,
		unscanned:  made.found.failed,
		observes:   made.observes(),
	}
}
