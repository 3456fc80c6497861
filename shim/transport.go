package shim

import (
	"os"
	"strconv"
	"strings"

	"thresher/gate"
	"thresher/pip"
)

// seal makes the process that runs the command with the gate as its transport.
func (in *invocation) seal(a *analysis, opened *gate.Gate, guarded repositories, directory string) (pip.Run, error) {
	way := opened.Way()
	transport := &pip.Transport{Socket: way.Socket, Port: way.Port, Secret: way.Secret}
	return in.sealed(a, opened, guarded, directory, addressForPip, transport)
}

// sealed makes the process, with its indexes under the addresses that replace
// gives, with what its children need to join the gate, and in the sandbox.
func (in *invocation) sealed(
	a *analysis, opened *gate.Gate, guarded repositories, directory string,
	replace func(string) string, transport *pip.Transport,
) (pip.Run, error) {
	enclosed, err := in.enclose(a, opened.Way(), guarded, directory)
	if err != nil {
		return pip.Run{}, err
	}
	if transport != nil {
		transport.Builds = enclosed.builds
	}
	run, err := pip.Seal(pip.SealInput{
		Command: a.command, Environ: enclosed.environ, Dir: in.dir, Proxy: opened.ProxyURL(), Directory: directory,
		Upgrade: a.policy.Upgrade.Always.Value, Strategy: a.addedStrategy(), ReplaceIndex: replace, Transport: transport,
	})
	if err != nil {
		return run, err
	}
	run.Environ = append(run.Environ, variableGate+"="+gateToken(os.Getpid(), opened.JoiningWay()))
	run.Environ = append(run.Environ, variableGitProtocols+"="+strings.Join(a.gitProtocols(in.environment), ":"))
	run.Environ = guarded.first(run.Environ)
	return enclosed.around(run), nil
}

// gateToken is what a run tells its children: who holds the gate, and the way to
// it.
func gateToken(pid int, way gate.Way) string { return strconv.Itoa(pid) + " " + way.String() }

// withoutTransport runs pip once more, in the one other way that there is: its
// indexes replaced by the gate's own addresses. The gate is nil where policy, or
// a command that pip could serve from this machine unseen, stops the run.
func (in *invocation) withoutTransport(a *analysis, config gate.Config, guarded repositories, directory string) (*gate.Gate, pip.Outcome, error) {
	if !a.policy.Gate.Fallback.Value || len(namedPaths(a.command))+len(localFolders(a.command, in.dir)) > 0 {
		in.say.notFollowed(a.installation.Version)
		return nil, pip.Outcome{}, nil
	}
	in.say.followedByIndexes(a.installation.Version)
	config.WithoutTransport, config.FilesAhead = true, -1
	opened, err := gate.Start(in.untilInterrupted(), config)
	if err != nil {
		in.say.failed("open the gate", err)
		return nil, pip.Outcome{}, nil
	}
	replaced := map[string]string{}
	for i, s := range a.command.Indexes {
		replaced[s.Value] = opened.IndexURL(i)
	}
	for i, link := range linkPages(a.command, in.dir) {
		replaced[link.value] = opened.FindLinksURL(i)
	}
	run, err := in.sealed(a, opened, guarded, directory, func(address string) string {
		if own, ok := replaced[address]; ok {
			return own
		}
		return address
	}, nil)
	if err != nil {
		return opened, pip.Outcome{}, err
	}
	ended, err := run.Start()
	return opened, ended, err
}
