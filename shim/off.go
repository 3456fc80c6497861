package shim

import (
	"context"
	"io"

	"thresher/pip"
)

// maySwitchOff says whether THRESHER=off counts: where the user's own policy
// says so, or a person says yes at the terminal. The variable alone is no
// person's word: a checkout's Makefile or task file sets it as well, and its
// commands run on the person's terminal.
func (in *invocation) maySwitchOff() bool {
	// A policy that cannot be read permits nothing; analyse tells what is wrong
	// with it.
	if loaded, err := in.loadPolicy(); err == nil {
		if off := loaded.SwitchOff.WithoutTerminal; off.Value && !off.Layer.IsProject() {
			return true
		}
	}
	terminal, err := openTerminal()
	if err != nil {
		in.say.notSwitchedOff()
		return false
	}
	defer terminal.Close()
	return confirmOff(in.untilInterrupted(), terminal)
}

// confirmOff asks on the terminal; anything but a clear yes is no.
func confirmOff(ctx context.Context, terminal io.ReadWriter) bool {
	asked := newMessenger(terminal, false)
	asked.questionOff()
	answer, err := readAnswer(ctx, terminal)
	if err != nil || !isPlainYes(answer) {
		asked.staysOn()
		return false
	}
	return true
}

// runUnchecked runs pip by the user's own words and says so. A pip that a build
// starts is no part of what the person answered for: it is checked as ever.
func (in *invocation) runUnchecked(command *pip.Command) *ending {
	in.say.switchedOff()
	entry := steps{command: command}.entry()
	entry.Note = "switched off by THRESHER=off"
	in.log(entry, 0, nil)
	return in.handOver(pip.Plain(command, in.environ, in.dir))
}
