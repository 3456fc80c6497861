package shim

import (
	"thresher/internal/statuses"
	"thresher/pip"
	"thresher/pip/option"
)

// letPipRefuse lets pip itself say what is wrong with a command line, in its
// own words and with its own status; nothing can be installed by it. Where
// pip, against all that was read, does not refuse, thresher does: a command
// line that is understood differently is not understood.
func (in *invocation) letPipRefuse(command *pip.Command) *ending {
	if command.Failure.Kind == option.Circular && command.Failure.Status == 2 {
		// Before 24.3 pip's words for files that include each other are a
		// thousand lines of traceback.
		in.say.circular()
		return &ending{status: command.Failure.Status}
	}
	ended, err := pip.Refusal(command, in.environ, in.dir).Start()
	if err != nil {
		in.say.cannotRun(err)
		return &ending{status: statuses.CannotRun}
	}
	status := pipStatus(ended)
	if status == pip.RefusalStatus || status == 0 {
		in.say.misread(command.Failure, redactArgs(in.args))
		return &ending{status: statuses.Refused}
	}
	return &ending{status: status}
}
