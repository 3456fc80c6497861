package shim

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"thresher/internal/progress"
	textwords "thresher/internal/words"
	"thresher/pip"
	"thresher/policy"
	"thresher/python"
	"thresher/sandbox"
	"thresher/venv"
)

// pip compiles what it installs to bytecode, one file after another: half of a
// first install. It is told not to, and what arrived is compiled here, on all
// processors, once it was compared with what was let through and scanned.

// leastSources is how many sources are worth a process of their own.
const leastSources = 25

// compiles says whether what arrives is compiled here. Where the user said how, or
// where Python was told to keep bytecode otherwise, it is pip's as ever; pips before
// 23.1 install source archives in a way of their own.
func (in *invocation) compiles(a *asked) bool {
	c := a.command
	for _, name := range []string{"PYTHONPYCACHEPREFIX", "PYTHONDONTWRITEBYTECODE", "PYTHONOPTIMIZE"} {
		if in.environment[name] != "" {
			return false
		}
	}
	return c.Name == "install" && a.changes() && !slices.Contains(c.Said(), "compile") && c.Targets == (pip.Targets{}) &&
		a.environment.UnderVirtualenv() && c.Installation.AtLeast("23.1")
}

// withoutCompiling says whether pip is told not to compile.
func (in *invocation) withoutCompiling(a *asked) bool {
	return a.policy.Install.Compile.Value != policy.CompileByPip && in.compiles(a)
}

// compileArrived compiles what arrived, where pip was told not to, in the sandbox
// where there is one. What cannot be compiled is used as it is, as ever.
func (in *invocation) compileArrived(a *asked, d *door, run ended, c changed) {
	if !run.ran || !in.withoutCompiling(a) || a.policy.Install.Compile.Value == policy.CompileNever {
		return
	}
	var work []sourceOf
	for i := range c.changes {
		change := &c.changes[i]
		if change.Kind == venv.Removed {
			continue
		}
		sources, err := change.Distribution.FreshSources(in.start, a.environment.Prefix)
		if err != nil {
			in.say.notCompiled(err)
			continue
		}
		for _, source := range sources {
			work = append(work, sourceOf{source, &change.Distribution})
		}
	}
	if len(work) == 0 {
		return
	}
	words, environ, err := in.compiler(a, d)
	if err != nil {
		in.say.notCompiled(err)
		return
	}
	bytecode, err := in.compileAll(words, environ, work)
	if err != nil {
		in.say.notCompiled(err)
	}
	for distribution, paths := range bytecode {
		if err := distribution.AddBytecode(paths); err != nil {
			in.say.notCompiled(err)
		}
	}
}

// sourceOf is a source and what installed it.
type sourceOf struct {
	venv.Source
	distribution *venv.Distribution
}

// compiler gives the words that start one, and its environment.
func (in *invocation) compiler(a *asked, d *door) (words, environ []string, err error) {
	words = append([]string{a.environment.Interpreter}, python.CompileWords()...)
	environ, _, _ = in.scrub(a, false, nil)
	if !a.policy.Sandbox.Enabled.Value || sandbox.Version() == 0 {
		return words, environ, nil
	}
	file := filepath.Join(d.folder.path, "domain-of-compilers.json")
	err = writeDomain(sandbox.Input{
		Home: in.places.Home, Account: in.places.Account, Project: in.dir, Environ: in.environ,
		Secrets: policy.Paths(a.policy.Sandbox.Secrets, in.places.Home),
		Needed:  []string{in.self, a.environment.Prefix, a.environment.BasePrefix},
		Write:   []string{a.environment.Prefix}, Network: sandbox.NetworkNone,
	}, file)
	return append([]string{in.self, sandbox.EnterCommand, file}, words...), environ, err
}

// compileAll compiles with as many processes as there are processors, and gives
// the bytecode by what it belongs to. With an error it gives what there is.
func (in *invocation) compileAll(
	words, environ []string, work []sourceOf,
) (map[*venv.Distribution][]string, error) {
	workers := max(1, min(runtime.NumCPU(), len(work)/leastSources))
	// The largest first, each to who has least to do.
	slices.SortStableFunc(work, func(x, y sourceOf) int { return int(min(max(y.Size-x.Size, -1), 1)) })
	shares, loads := make([][]sourceOf, workers), make([]int64, workers)
	for _, source := range work {
		least := 0
		for i := range loads {
			if loads[i] < loads[least] {
				least = i
			}
		}
		shares[least] = append(shares[least], source)
		loads[least] += source.Size + 500 // what any file costs
	}
	outputs, failures := make([]map[int]string, workers), make([]error, workers)
	bar := progress.Bar{Out: in.streams.Err, Width: in.width}
	var wait sync.WaitGroup
	for i, share := range shares {
		wait.Go(func() { outputs[i], failures[i] = compileShare(in.untilInterrupted(), words, environ, share) })
	}
	done := make(chan struct{})
	go func() {
		wait.Wait()
		close(done)
	}()
	for open := true; open; {
		select {
		case <-done:
			open = false
		case <-time.After(100 * time.Millisecond):
			bar.Show("compile", textwords.Counted(int64(len(work)), "file"), "", 0, 0)
		}
	}
	bar.Clear()
	bytecode := map[*venv.Distribution][]string{}
	var first error
	for i, share := range shares {
		for place, path := range outputs[i] {
			if place >= 0 && place < len(share) {
				bytecode[share[place].distribution] = append(bytecode[share[place].distribution], path)
			}
		}
		if first == nil {
			first = failures[i]
		}
	}
	return bytecode, first
}

func compileShare(ctx context.Context, words, environ []string, share []sourceOf) (map[int]string, error) {
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	var paths strings.Builder
	for _, source := range share {
		paths.WriteString(source.Path)
		paths.WriteByte(0)
	}
	var output bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Env = strings.NewReader(paths.String()), &output, environ
	err := cmd.Run()
	compiled, cut := python.Compiled(output.Bytes())
	if err != nil {
		return compiled, fmt.Errorf("compile: %w", err)
	}
	return compiled, cut
}
