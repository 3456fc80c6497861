package shim

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"thresher/address"
	"thresher/gate"
	"thresher/pip"
	"thresher/policy"
)

// seal makes the process that runs the command with the gate as its transport.
func (in *invocation) seal(a *asked, d *door, guarded repositories) (pip.Run, error) {
	if d.own == nil {
		return pip.Seal(pip.SealInput{
			Command: a.command, Environ: slices.Concat(in.environ, []string{variableGate + "=" + in.gate}), Dir: in.dir,
			Directory: d.folder.path, ReplaceIndex: addressForPip,
			Transport: &pip.Transport{
				Socket: d.joined.Socket, Port: d.joined.Port, Secret: d.joined.Secret,
				Named: append(d.files, namedPaths(a.command)...),
			},
		})
	}
	way := d.own.Way()
	return in.sealOwn(a, d, guarded, addressForPip, &pip.Transport{Socket: way.Socket, Port: way.Port, Secret: way.Secret})
}

// sealOwn makes the process behind the run's own gate, with its indexes under
// the addresses that replace gives, with what its children need to join, and in
// the sandbox.
func (in *invocation) sealOwn(
	a *asked, d *door, guarded repositories, replace func(string) string, transport *pip.Transport,
) (pip.Run, error) {
	enclosed, err := in.enclose(a, d, guarded)
	if err != nil {
		return pip.Run{}, err
	}
	if transport != nil {
		transport.Builds = enclosed.builds
		transport.Builds.Proxy, transport.Builds.Names = d.own.ProxyURL(), a.namesOfSources()
	}
	run, err := pip.Seal(pip.SealInput{
		Command: a.command, Environ: enclosed.environ, Dir: in.dir, Proxy: d.own.ProxyURL(), Directory: d.folder.path,
		Upgrade: a.policy.Upgrade.Always.Value, Strategy: a.addedStrategy(), ReplaceIndex: replace, Transport: transport,
		NoCompile: in.withoutCompiling(a),
	})
	if err != nil {
		return run, err
	}
	run.Environ = append(run.Environ,
		variableGate+"="+gateToken(os.Getpid(), d.own.JoiningWay()),
		variableGitProtocols+"="+strings.Join(a.gitProtocols(in.environment), ":"))
	run.Environ = guarded.first(run.Environ)
	return enclosed.around(run), nil
}

// gateToken is what a run tells its children: who holds the gate, and the way to
// it.
func gateToken(pid int, way gate.Way) string { return strconv.Itoa(pid) + " " + way.String() }

// addedStrategy is the --upgrade-strategy that policy adds; pip's own default
// needs no words.
func (a *asked) addedStrategy() string {
	if a.policy.Upgrade.Strategy.Value == policy.Eager {
		return string(policy.Eager)
	}
	return ""
}

// upgrades says whether an install is one with -U, the user's or policy's.
func (a *asked) upgrades() bool {
	c := a.command
	return c.Upgrade || a.policy.Upgrade.Always.Value && !c.UpgradeSet && c.Targets.Target == ""
}

// eager says whether pip will upgrade dependencies that would do as they are:
// by the user's word, or by policy where the user has none.
func (a *asked) eager() bool {
	c := a.command
	if c.Name != "install" || !a.upgrades() {
		return false
	}
	return c.Eager || !c.StrategySet && a.addedStrategy() != ""
}

// variableGitProtocols holds the only transports that git may use
// (GIT_ALLOW_PROTOCOL in git(1)).
const variableGitProtocols = "GIT_ALLOW_PROTOCOL"

// gitProtocols are the transports of git that a run may use: those that pass
// through the gate as a proxy, and those of repositories that the command names
// itself. A dependency on any other would reach the network past the gate. What
// the user allows already is narrowed, never widened.
func (a *asked) gitProtocols(environment map[string]string) []string {
	protocols := []string{"http", "https"}
	for _, r := range a.command.Requirements {
		system, rest, isVCS := address.CutVersionControl(r.URL)
		if !isVCS || system != "git" || !r.MarkerApplies {
			continue
		}
		protocol, _, found := strings.Cut(rest, "://")
		if !found {
			protocol = "ssh" // host:path, as scp has it
		}
		if !slices.Contains(protocols, protocol) {
			protocols = append(protocols, protocol)
		}
	}
	if own, set := environment[variableGitProtocols]; set {
		allowed := strings.Split(own, ":")
		protocols = slices.DeleteFunc(protocols, func(protocol string) bool { return !slices.Contains(allowed, protocol) })
	}
	return protocols
}
