package shim

import (
	"thresher/pip"
	"thresher/venv"
)

// uninstall runs pip and looks at the guard afterwards: the files of a
// distribution are what its RECORD names, which may be the guard's. Cleaning up
// is never refused: nothing but where it would remove from is looked at, and no
// rule, no advisory and no broken policy file stands in its way.
func (in *invocation) uninstall(command *pip.Command) *ending {
	p, end := in.placeToClean(command)
	if end != nil && in.off && in.maySwitchOff() {
		return in.runUnchecked(command)
	}
	if end != nil {
		end.tell(in.say)
		in.record(steps{command: command}, end.status)
		return end
	}
	in.keepGuarded(p.environment)
	before := guardOf(p)
	installed := in.installedBefore(p)
	ended, err := pip.Plain(command, in.environ, in.dir).Start()
	if err != nil {
		end := notRun(err)
		end.tell(in.say)
		return end
	}
	result := outcome{pip: ended, unvouched: in.keepGuard(p.environment, before, guardOf(p))}
	made := steps{command: command, place: p, before: state{distributions: installed}}
	made.changed.changes = in.removed(p, installed)
	if result.unvouched || len(made.changed.changes) > 0 {
		in.record(made, result.status())
	}
	return result.ending()
}

// installedBefore is what an uninstall may take away, for the log. Of a pip that
// works for another one, whose run is logged as a whole, and of an environment
// that cannot be read it is nothing.
func (in *invocation) installedBefore(p *place) []venv.Distribution {
	if in.gate != "" || in.places.State == "" {
		return nil
	}
	installed, err := venv.Distributions(p.environment.SitePackages)
	if err != nil {
		return nil
	}
	return installed
}

// removed is what an uninstall took away.
func (in *invocation) removed(p *place, before []venv.Distribution) []venv.Change {
	if before == nil {
		return nil
	}
	after, err := venv.Distributions(p.environment.SitePackages)
	if err != nil {
		return nil
	}
	return venv.Compare(before, after)
}

// placeToClean is the environment that an uninstall is about. Outside a virtual
// environment the run ends; a policy that cannot be read leaves the default.
func (in *invocation) placeToClean(command *pip.Command) (*place, *ending) {
	p := &place{command: command, environment: command.Installation.Environment}
	if p.environment.Virtual {
		return p, nil
	}
	if loaded, err := in.loadPolicy(); err == nil && !loaded.Venv.Require.Value {
		return p, nil
	}
	return p, in.noEnvironment(command)
}
