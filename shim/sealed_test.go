package shim

import (
	"testing"
	"time"

	"thresher/pip"
	"thresher/policy"
)

// The gate fetches ahead what pip will ask for: with an eager upgrade also
// what is installed and would do.
func TestEager(t *testing.T) {
	for _, c := range []struct {
		name    string
		command pip.Command
		eager   bool // by policy
		never   bool // policy adds no -U
		want    bool
	}{
		{"neither", pip.Command{Name: "install"}, false, false, false},
		{"policy", pip.Command{Name: "install"}, true, false, true},
		{"policy, without -U", pip.Command{Name: "install"}, true, true, false},
		{"policy, the user's -U", pip.Command{Name: "install", Upgrade: true, UpgradeSet: true}, true, true, true},
		{"policy, the user will not upgrade", pip.Command{Name: "install", UpgradeSet: true}, true, false, false},
		{"the user", pip.Command{Name: "install", Eager: true, StrategySet: true}, false, false, true},
		{"the user, without -U", pip.Command{Name: "install", Eager: true, StrategySet: true}, false, true, false},
		{"the user against policy", pip.Command{Name: "install", StrategySet: true}, true, false, false},
		{"into a folder", pip.Command{Name: "install", Targets: pip.Targets{Target: "x"}}, true, false, false},
		{"download", pip.Command{Name: "download"}, true, false, false},
	} {
		loaded, err := policy.Load(policy.LoadInput{Dir: t.TempDir(), Now: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		loaded.Upgrade.Always.Value = !c.never
		if c.eager {
			loaded.Upgrade.Strategy.Value = policy.Eager
		}
		a := &asked{place: &place{command: &c.command, policy: loaded}}
		if got := a.eager(); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}
