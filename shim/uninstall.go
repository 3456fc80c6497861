package shim

import (
	"thresher/pip"
)

// uninstall runs pip and looks at the guard afterwards: the files of a
// distribution are what its RECORD names, which may be the guard's. Cleaning up
// is never refused: nothing but where it would remove from is looked at, and no
// rule, no advisory and no broken policy file stands in its way.
func (in *invocation) uninstall(installation *pip.Installation, command *pip.Command) int {
	a := &analysis{installation: installation, command: command}
	end := in.locate(a)
	if end != nil && in.off && in.maySwitchOff() {
		return in.runUnchecked(installation, command)
	}
	if end != nil {
		end.tell(in.say)
		in.record(a, nil, nil, "", end.status)
		return end.status
	}
	in.keepGuarded(installation)
	before := guardOf(a)
	in.pipRan = true
	ended, err := pip.Plain(command, in.environ, in.dir).Start()
	if err != nil {
		in.say.cannotRun(err)
		return statusCannotRun
	}
	result := outcome{pip: in.pipStatus(ended), unvouched: in.keepGuard(a.environment, before, guardOf(a))}
	if result.unvouched {
		in.record(a, nil, nil, "", result.status())
	}
	return in.end(ended, result)
}

// locate reads the environment that an uninstall is about, and gives the ending
// of one that is about none. A policy that cannot be read leaves the default.
func (in *invocation) locate(a *analysis) *ending {
	a.environment = a.installation.Environment
	if a.environment.Virtual {
		return nil
	}
	if loaded, err := in.loadPolicy(); err == nil && !loaded.Venv.Require.Value {
		return nil
	}
	return &ending{status: statusNoEnvironment, tell: func(m *messenger) {
		m.noEnvironment(a.installation.Interpreter, in.wayIn(a))
	}}
}
