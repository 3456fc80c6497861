package shim

import (
	"thresher/pip"
	"thresher/pip/option"
)

// letPipRefuse lets pip itself say what is wrong with a command line, in its
// own words and with its own status; nothing can be installed by it. Where
// pip, against all that was read, does not refuse, thresher does: a command
// line that is understood differently is not understood.
func (in *invocation) letPipRefuse(command *pip.Command) int {
	if command.Failure.Kind == option.Circular && command.Failure.Status == 2 {
		// Before 24.3 pip's words for files that include each other are a
		// thousand lines of traceback.
		in.say.circular()
		return command.Failure.Status
	}
	ended, err := pip.Refusal(command, in.environ, in.dir).Start()
	if err != nil {
		in.say.cannotRun(err)
		return statusCannotRun
	}
	status := in.pipStatus(ended)
	if status == pip.RefusalStatus || status == 0 {
		in.say.misread(command.Failure)
		return statusRefused
	}
	return status
}
