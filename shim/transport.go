package shim

import (
	"os"
	"strconv"
	"strings"

	"thresher/gate"
	"thresher/pip"
)

// seal makes the process that runs the command with the gate as its transport.
func (in *invocation) seal(a *analysis, opened *gate.Gate, directory string) (pip.Run, error) {
	way := opened.Way()
	return in.sealed(a, opened, directory, addressForPip, &pip.Transport{Socket: way.Socket, Port: way.Port, Secret: way.Secret})
}

// sealed makes the process, with its indexes under the addresses that replace
// gives and with what its children need to join the gate.
func (in *invocation) sealed(a *analysis, opened *gate.Gate, directory string, replace func(string) string, transport *pip.Transport) (pip.Run, error) {
	run, err := pip.Seal(pip.SealInput{
		Command: a.command, Environ: in.environ, Dir: in.dir, Proxy: opened.ProxyURL(), Directory: directory,
		Upgrade: a.policy.Upgrade.Always.Value, Strategy: a.addedStrategy(), ReplaceIndex: replace, Transport: transport,
	})
	if err != nil {
		return run, err
	}
	run.Environ = append(run.Environ, variableGate+"="+gateToken(os.Getpid(), opened.JoiningWay()))
	run.Environ = append(run.Environ, variableGitProtocols+"="+strings.Join(a.gitProtocols(in.environment), ":"))
	return run, nil
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
	run, err := in.sealed(a, opened, directory, func(address string) string {
		if own, ok := replaced[address]; ok {
			return own
		}
		return address
	}, nil)
	if err != nil {
		return opened, pip.Outcome{}, err
	}
	run.Environ = guarded.first(run.Environ)
	ended, err := run.Start()
	return opened, ended, err
}
