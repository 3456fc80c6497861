package cli

import (
	"testing"

	"thresher/policy"
	"thresher/policy/rules"
)

// Who makes environments all day gets newer seeds only where a file says so; who
// asks for one gets them unless a file says otherwise.
func TestWantsSeed(t *testing.T) {
	for _, test := range []struct {
		seed           policy.Seed
		layer          rules.Layer
		byNew, byGuard bool
	}{
		{policy.SeedBundled, rules.DefaultLayer, true, false},
		{policy.SeedBundled, rules.UserLayer, false, false},
		{policy.SeedNewest, rules.SystemLayer, true, true},
	} {
		loaded := policy.Default(policy.Standard)
		loaded.Venv.Seed = rules.Sourced[policy.Seed]{Value: test.seed, Source: rules.Source{Layer: test.layer}}
		if got := wantsSeed(loaded, false); got != test.byNew {
			t.Errorf("thresher new, %s of the %s: %t", test.seed, test.layer, got)
		}
		if got := wantsSeed(loaded, true); got != test.byGuard {
			t.Errorf("a guard, %s of the %s: %t", test.seed, test.layer, got)
		}
	}
}
