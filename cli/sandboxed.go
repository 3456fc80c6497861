package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"thresher/internal/statuses"
	"thresher/pip"
	"thresher/policy"
	"thresher/sandbox"
)

func (p *program) runCommand() *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "run a command that sees no secrets",
		ArgsUsage: "-- COMMAND…",
		Category:  categoryLook,
		Description: "For the first import of something new, or a notebook of somebody else's. COMMAND reads no\n" +
			"credentials, histories, profiles of browsers and .env files, does not get the variables that\n" +
			"hold secrets, writes to the working directory only, and reaches only the hosts that\n" +
			"`thresher allow host:HOST` names, through a proxy. What is closed is said before it starts;\n" +
			"docs/sandbox.md has the whole list. pip installs nothing in it. The status is that of COMMAND.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "net", Value: string(netGate), Usage: "the network of COMMAND: gate, none or all"},
			&cli.StringSliceFlag{Name: "write", Usage: "let COMMAND write to `DIR`, too (may be repeated)"},
			&cli.BoolFlag{Name: "read-only", Usage: "do not let COMMAND write to the working directory"},
		},
		Action: func(c *cli.Context) error {
			net := networkOption(c.String("net"))
			if !slices.Contains([]networkOption{netGate, netNone, netAll}, net) {
				return usageError("--net takes gate, none or all, not %q", net)
			}
			return p.runSandboxed(c.Args().Slice(), runOptions{
				net: net, netChosen: c.IsSet("net"), write: c.StringSlice("write"), readOnly: c.Bool("read-only"),
			})
		},
	}
}

type runOptions struct {
	net       networkOption
	netChosen bool // by the person, rather than by default
	write     []string
	readOnly  bool
}

// runSandboxed runs a command in a sandbox of its own and ends as it ends.
func (p *program) runSandboxed(words []string, options runOptions) error {
	loaded, err := p.policy()
	if err != nil {
		return err
	}
	path, err := lookUpCommand(words[0], p.environment["PATH"], p.dir)
	if err != nil {
		return &exitError{status: statuses.NotFound, text: fmt.Sprintf("there is no command %q on PATH", words[0])}
	}
	version := sandbox.Version()
	if end := p.refuseUnenforced(words, loaded, version, options); end != nil {
		return end
	}
	directory, err := os.MkdirTemp(p.environment["TMPDIR"], "thresher-")
	if err != nil {
		return fmt.Errorf("make a temporary directory: %w", err)
	}
	outcome, err := p.runIn(directory, path, words, loaded, version, options)
	if removed := os.RemoveAll(directory); removed != nil {
		p.say("left behind: %v", removed)
	}
	if err != nil {
		return err
	}
	if outcome.Signal != nil {
		outcome.Die()
	}
	return ended(outcome.Status)
}

// refuseUnenforced refuses what was asked for and this system cannot do.
func (p *program) refuseUnenforced(words []string, loaded *policy.Policy, version int,
	options runOptions) error {
	switch {
	case version == 0 && loaded.Sandbox.Require.Value:
		return &exitError{status: statuses.Refused, text: refusedWithoutSandbox(loaded.Sandbox.Require.Source)}
	case !options.netChosen || options.net == netAll:
	case !sandbox.ClosesTCP(version, sandbox.NetworkNone):
		return &exitError{status: statuses.Refused, text: refusedOpenNetwork(words)}
	case options.net == netGate && !sandbox.ClosesTCP(version, sandbox.NetworkPorts):
		return &exitError{status: statuses.Refused, text: refusedOnePort(words)}
	}
	return nil
}

// runIn runs the command with a temporary directory that is removed after it:
// the domain lies in it, where nothing in the sandbox can write, beside the
// folder of the run, where it can.
func (p *program) runIn(
	directory, path string, words []string, loaded *policy.Policy, version int, options runOptions,
) (pip.Outcome, error) {
	folder := filepath.Join(directory, "run")
	if err := os.Mkdir(folder, 0o700); err != nil {
		return pip.Outcome{}, fmt.Errorf("make a temporary directory: %w", err)
	}
	input := sandbox.Input{
		Home: p.places.Home, Account: p.places.Account, Project: p.dir, Environ: p.environ,
		Secrets: policy.Paths(loaded.Sandbox.Secrets, p.places.Home), Needed: []string{p.dir, path},
		Write:   append(policy.Paths(loaded.Sandbox.Write, p.places.Home), folder),
		Network: options.network(version, p.environment[sandbox.ClosedVariable] != ""),
	}
	for _, extra := range options.write {
		if !filepath.IsAbs(extra) {
			extra = filepath.Join(p.dir, extra)
		}
		if info, err := os.Stat(extra); err != nil || !info.IsDir() {
			return pip.Outcome{}, usageError("--write takes a directory that is there, not %s", extra)
		}
		input.Write = append(input.Write, extra)
	}
	holdsHome := slices.ContainsFunc([]string{p.places.Home, p.places.Account}, func(home string) bool {
		return home != "" && sandbox.Within(home, p.dir)
	})
	if !options.readOnly && !holdsHome {
		input.Write = append(input.Write, p.dir)
	}
	variables := sandbox.Variables{Add: policy.Values(loaded.Sandbox.Add), Free: policy.Values(loaded.Sandbox.Free)}
	environ, scrubbed := variables.Scrub(p.environ)
	environ = sandbox.Directories(environ, folder)
	if sandbox.ClosesTCP(version, input.Network) {
		environ = append(environ, sandbox.ClosedVariable+"=network")
	}
	if input.Network == sandbox.NetworkPorts {
		proxy, err := p.openProxy(loaded)
		if err != nil {
			return pip.Outcome{}, err
		}
		defer p.tellRefused(proxy)
		defer proxy.Close()
		environ = behind(proxy, &input, environ)
	}
	run := pip.Run{Path: path, Args: words, Environ: environ, Dir: p.dir}
	said := sandboxed{
		version: version, network: input.Network, hosts: loaded.AllowedHosts(), scrubbed: scrubbed,
		readOnly: options.readOnly, holdsHome: holdsHome, extra: options.write,
	}
	if version > 0 {
		domain, secrets, err := sandbox.New(input)
		if err != nil {
			return pip.Outcome{}, err
		}
		file := filepath.Join(directory, "domain.json")
		if err := domain.WriteFile(file); err != nil {
			return pip.Outcome{}, err
		}
		run.Path, run.Args = p.self, sandbox.Command(p.self, file, path, words)
		said.secrets = secrets
	}
	for _, line := range said.lines(p.short, p.dir) {
		p.say("%s", line)
	}
	return run.StartProgram()
}

// lookUpCommand finds the program of a command: on PATH, or by a path from the
// working directory.
func lookUpCommand(name, path, dir string) (string, error) {
	if strings.ContainsRune(name, filepath.Separator) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		if _, err := os.Stat(name); err != nil {
			return "", errors.New("not there")
		}
		return name, nil
	}
	return lookUp(name, path)
}
