package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"thresher/policy"
	"thresher/sandbox"
)

// plantedVariable is a variable with a secret that the probe must not see.
const plantedVariable = "THRESHER_PLANTED_TOKEN"

// sandboxFacts say what the sandbox closes here, by a program that tries.
func (p *program) sandboxFacts(ctx context.Context) []fact {
	const what = "sandbox"
	version := sandbox.Version()
	if version == 0 {
		return []fact{{what, "warning", sandboxMissing, ""}}
	}
	made, err := p.probe(ctx)
	if err != nil {
		return []fact{{what, "warning", "it could not be tried: " + err.Error(), ""}}
	}
	facts := []fact{sandboxFact(made, version)}
	if _, open := sandbox.Coverage(version, sandbox.NetworkNone); len(open) > 0 {
		text := fmt.Sprintf("left open by this kernel (Landlock %d): %s", version, strings.Join(open, "; "))
		facts = append(facts, fact{what, "info", text, ""})
	}
	if loaded, err := p.policy(); err == nil && !loaded.Sandbox.Enabled.Value { // a broken one is told elsewhere
		text := fmt.Sprintf("switched off for pip by %s, line %d",
			p.short(loaded.Sandbox.Enabled.Path), loaded.Sandbox.Enabled.Line)
		facts = append(facts, fact{what, "warning", text, ""})
	}
	return facts
}

// sandboxFact says what came of a probe.
func sandboxFact(made sandbox.Probe, version int) fact {
	switch {
	case made.Escaped() != "":
		return fact{"sandbox", "warning", "a program in it " + made.Escaped(), ""}
	case !made.Works:
		return fact{"sandbox", "warning", "a program in it cannot write to its own temporary folder", ""}
	}
	return fact{"sandbox", "ok", fmt.Sprintf("a program in it could not read a planted secret or variable, "+
		"write to a home directory or connect to a port (Landlock %d)", version), ""}
}

// probe runs a program in the sandbox that tries what must not be possible, in
// a home directory of its own with a planted secret.
func (p *program) probe(ctx context.Context) (sandbox.Probe, error) {
	var made sandbox.Probe
	scratch, err := os.MkdirTemp(p.environment["TMPDIR"], "thresher-doctor-")
	if err != nil {
		return made, err
	}
	defer func() {
		if err := os.RemoveAll(scratch); err != nil {
			p.say("left behind: %v", err)
		}
	}()
	home, folder := filepath.Join(scratch, "home"), filepath.Join(scratch, "run")
	if _, err := sandbox.Prepare([]string{filepath.Join(home, ".ssh"), folder}); err != nil {
		return made, err
	}
	secret := filepath.Join(home, ".ssh", "id_planted")
	if err := os.WriteFile(secret, []byte("planted by thresher doctor\n"), 0o600); err != nil {
		return made, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return made, fmt.Errorf("open a port: %w", err)
	}
	defer listener.Close()
	asked, err := json.Marshal(sandbox.Probe{
		Secret: secret, Write: filepath.Join(home, ".profile"), Own: filepath.Join(folder, "made"),
		Address: listener.Addr().String(), Variable: plantedVariable,
	})
	if err != nil {
		return made, err
	}
	domain, _, err := sandbox.New(sandbox.Input{
		Home: home, Environ: p.environ, Write: []string{folder}, Network: sandbox.NetworkNone,
	})
	if err != nil {
		return made, err
	}
	file := filepath.Join(scratch, "domain.json")
	if err := domain.WriteFile(file); err != nil {
		return made, err
	}
	variables := sandbox.Variables{}
	if loaded, err := p.policy(); err == nil { // a broken one is told elsewhere
		variables = sandbox.Variables{Add: policy.Values(loaded.Sandbox.Add), Free: policy.Values(loaded.Sandbox.Free)}
	}
	words := sandbox.Command(p.self, file, p.self, []string{p.self, sandbox.ProbeCommand})
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	command.Dir = folder
	command.Env, _ = variables.Scrub(append(p.environ[:len(p.environ):len(p.environ)], plantedVariable+"=planted"))
	command.Env = append(command.Env, sandbox.ProbeVariable+"="+string(asked))
	out, err := command.Output()
	if err != nil {
		return made, fmt.Errorf("start a program in it: %w", err)
	}
	if err := json.Unmarshal(out, &made); err != nil {
		return made, fmt.Errorf("read what a program in it could do: %w", err)
	}
	return made, nil
}
