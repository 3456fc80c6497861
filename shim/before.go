package shim

import (
	"thresher/venv"
)

// state is the environment at one moment.
type state struct {
	distributions []venv.Distribution
	hooks         venv.Hooks
	guard         venv.Guarded // zero where there is none, or none that can be read
	saved         map[string]savedFile
}

// lookBefore looks at the environment before pip changes it; behind a parent's
// gate the parent has done so.
func (in *invocation) lookBefore(a *asked, d *door) (state, *ending) {
	if d.own == nil {
		return state{}, nil
	}
	before, err := look(a.place)
	if err != nil {
		return before, broken("read what is installed", err)
	}
	return before, nil
}

func look(p *place) (state, error) {
	distributions, err := venv.Distributions(p.siteDirectories())
	if err != nil {
		return state{}, err
	}
	hooks, err := venv.SnapshotHooks(p.siteDirectories(), p.environment.Scripts)
	if err != nil {
		return state{}, err
	}
	files, err := saved(p.command)
	if err != nil {
		return state{}, err
	}
	return state{distributions, hooks, guardOf(p), files}, nil
}

// guardOf is the guard of the environment, zero where there is none or none
// that can be read.
func guardOf(p *place) venv.Guarded {
	guard, err := venv.GuardState(p.environment)
	if err != nil {
		return venv.Guarded{}
	}
	return guard
}
