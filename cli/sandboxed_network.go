package cli

import (
	"context"
	"fmt"

	"thresher/gate"
	"thresher/index"
	"thresher/pip"
	"thresher/policy"
	"thresher/sandbox"
)

// networkOption is a value of --net.
type networkOption string

const (
	netGate networkOption = "gate"
	netNone networkOption = "none"
	netAll  networkOption = "all"
)

// network is what is closed for --net on a kernel with this version of Landlock.
// What the person did not choose is narrowed to what can be had: where the kernel
// cannot keep a command to one port, and within another such command, which can
// open none.
func (o runOptions) network(version int, within bool) sandbox.Network {
	switch {
	case o.net == netAll:
		return sandbox.NetworkAll
	case o.net == netGate && !within && sandbox.ClosesTCP(version, sandbox.NetworkPorts):
		return sandbox.NetworkPorts
	}
	return sandbox.NetworkNone
}

// openProxy opens what the command finds in place of the network: a forward proxy
// that passes to the hosts that a person allowed. No pip is served there. A pip
// that joined a gate would rely on the run above for comparing, scanning and
// logging, and above this one is no run of pip.
func (p *program) openProxy(loaded *policy.Policy) (*gate.Gate, error) {
	client, err := index.New(index.Config{Environ: p.environ, Netrc: "-", KeyringProvider: "disabled"})
	if err != nil {
		return nil, fmt.Errorf("read how to reach the network: %w", err)
	}
	defer client.Close()
	return gate.Start(context.Background(), gate.Config{
		ProxyOnly: true, Prefetch: -1, AllowedHosts: loaded.AllowedHosts(), Proxy: client.ProxyFor,
	})
}

// behind makes the proxy the only way out of a domain, and of an environment.
func behind(proxy *gate.Gate, input *sandbox.Input, environ []string) []string {
	input.Network, input.Ports = sandbox.NetworkPorts, []uint16{uint16(proxy.Way().Port)}
	return pip.BehindProxy(environ, proxy.ProxyURL())
}

// tellRefused says what the proxy refused, and how to allow it.
func (p *program) tellRefused(proxy *gate.Gate) {
	for _, line := range refusedHosts(proxy.Findings()) {
		p.say("%s", line)
	}
}
