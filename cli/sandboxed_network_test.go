package cli

import (
	"testing"

	"thresher/sandbox"
)

// TestNetworkOfRun: what cannot be had is narrowed, never widened.
func TestNetworkOfRun(t *testing.T) {
	for _, c := range []struct {
		name    string
		net     networkOption
		version int
		within  bool
		want    sandbox.Network
	}{
		{"gate", netGate, 4, false, sandbox.NetworkPorts},
		{"gate, a later kernel", netGate, 9, false, sandbox.NetworkPorts},
		{"gate, a kernel that knows no ports", netGate, 3, false, sandbox.NetworkNone},
		{"gate, no Landlock", netGate, 0, false, sandbox.NetworkNone},
		{"gate, within another run", netGate, 9, true, sandbox.NetworkNone},
		{"none", netNone, 9, false, sandbox.NetworkNone},
		{"all", netAll, 9, false, sandbox.NetworkAll},
	} {
		if got := (runOptions{net: c.net}).network(c.version, c.within); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
