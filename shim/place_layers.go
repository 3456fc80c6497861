package shim

import (
	"errors"

	"thresher/index"
	"thresher/internal/statuses"
	"thresher/layers"
	"thresher/pip"
	"thresher/policy"
	"thresher/session"
	"thresher/venv"
)

// loadLayers merges the policy with its shared layers for a command that may install:
// what was never fetched is fetched first, and what is older than policy.refresh is
// fetched again beside the run.
func (in *invocation) loadLayers(command *pip.Command) (*policy.Policy, *ending) {
	input, err := in.policyInput()
	if err != nil {
		return nil, in.withoutPolicy(err)
	}
	store := in.layerStore()
	if in.gate != "" { // a part of another run, which has brought them
		loaded, err := layers.Read(input, store)
		if err != nil {
			return nil, in.withoutPolicy(err)
		}
		return loaded.Policy, nil
	}
	fetcher := layers.Fetcher{Client: func() (*index.Client, error) { return session.NewOnce(command, in.environ) },
		Environ: in.environ, Alone: !in.terminal}
	loaded, err := layers.Load(in.untilInterrupted(), input, store, fetcher, in.say.layerArrived)
	if err != nil {
		return nil, in.withoutPolicy(err)
	}
	for _, layer := range loaded.Telling() {
		in.say.layerBehind(layer, in.start)
	}
	if layer, stops := loaded.Stopped(); stops && !loaded.Observes() {
		return loaded.Policy, &ending{status: statuses.Refused, tell: func(m *messenger) {
			m.layerStops(layer, loaded.Shared.Stale.Place())
			m.refusedSummary()
		}}
	}
	in.refreshing = loaded.Refresh(in.untilInterrupted(), fetcher)
	return loaded.Policy, nil
}

// withoutPolicy ends a run whose policy is not known.
func (in *invocation) withoutPolicy(err error) *ending {
	var missing *policy.NotFetchedError
	if errors.As(err, &missing) {
		return &ending{status: statuses.Broken, tell: func(m *messenger) { m.noLayer(err) }}
	}
	return &ending{status: statuses.Broken, tell: func(m *messenger) { m.brokenPolicy(err) }}
}

// layerStore keeps the shared layers. What is in it may loosen, so it is the account's
// own.
func (in *invocation) layerStore() layers.Store { return layers.NewStore(in.places.Layers()) }

// loadPolicy merges the layers for the working directory, as they are on this machine.
func (in *invocation) loadPolicy() (*policy.Policy, error) {
	input, err := in.policyInput()
	if err != nil {
		return nil, err
	}
	loaded, err := layers.Read(input, in.layerStore())
	if err != nil {
		return nil, err
	}
	return loaded.Policy, nil
}

func (in *invocation) policyInput() (policy.LoadInput, error) {
	if err := venv.CheckRedirected(in.places.Redirected); err != nil {
		return policy.LoadInput{}, err
	}
	trusted, err := policy.ReadTrust(in.places.Trusted())
	return policy.LoadInput{
		SystemPath: in.places.SystemPolicy, UserPath: in.places.UserPolicy, AccountPath: in.places.AccountPolicy,
		Dir: in.dir, Home: in.places.Home, Trusted: trusted.Has, Now: in.start,
	}, err
}
