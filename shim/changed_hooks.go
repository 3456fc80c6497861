package shim

import (
	"path/filepath"
	"slices"
	"strings"

	"thresher/gate"
	"thresher/pep"
	"thresher/pip/source"
	"thresher/policy/rules"
	"thresher/python"
	"thresher/venv"
)

// tellHooks names files that will run at every start of Python and arrived
// with this command without having been judged before, and puts the
// environment's guard back where the command changed it.
func (in *invocation) tellHooks(a *asked, c *changed, before state, ledger []gate.Entry) {
	after := c.after
	tell := func(arrival rules.Arrival) {
		for _, f := range a.policy.JudgeArrival(arrival) {
			f = a.policy.Observed(f)
			c.findings = append(c.findings, f)
			in.say.finding(f, "")
			c.unvouched = c.unvouched || f.Action == rules.Block || f.Action == rules.Ask
		}
	}
	for _, change := range c.changes {
		if change.Kind == venv.Removed {
			continue
		}
		if file := venv.FileInPip(change.Distribution); file != "" {
			tell(rules.Arrival{Name: change.Name, Path: file, Vouched: true, Replaces: true})
		}
	}
	guarded := in.stillGuards(before.guard, after.guard)
	for _, change := range venv.HooksChanged(before.hooks, after.hooks, after.distributions) {
		if change.What == "removed" || !change.Runs && !change.Replaces {
			continue
		}
		if venv.IsGuardFile(filepath.Base(change.Path)) && guarded && change.Owner == "" {
			continue
		}
		if !change.Replaces && (judgedBefore(change, after, ledger) || in.ownSource(a, change, after)) {
			continue
		}
		tell(rules.Arrival{
			Name: change.Owner, Version: versionOf(after, change.Owner), Path: change.Path,
			Hook: change.Runs, Replaces: change.Replaces, Vouched: change.Owner != "",
		})
	}
	if in.keepGuard(a.environment, before.guard, after.guard) {
		c.unvouched = true
	}
}

// judgedBefore says whether the gate judged a hook in the file that brought it.
func judgedBefore(change venv.HookChange, after state, ledger []gate.Entry) bool {
	version, name := versionOf(after, change.Owner), filepath.Base(change.Path)
	return change.Owner != "" && slices.ContainsFunc(ledger, func(entry gate.Entry) bool {
		return entry.Name == change.Owner && pep.CompareOSV(entry.Version, version) == 0 &&
			slices.ContainsFunc(entry.Hooks, func(path string) bool {
				return path == name || strings.HasPrefix(path, name+"/") // a package's folder
			})
	})
}

// ownSource says whether a hook belongs to what was built from a directory that
// the command names: an editable install lies behind a .pth file of its own.
func (in *invocation) ownSource(a *asked, change venv.HookChange, after state) bool {
	for _, d := range after.distributions {
		if d.Canonical == change.Owner && change.Owner != "" {
			return slices.ContainsFunc(a.command.Requirements, func(r source.Requirement) bool {
				return fromPath(d, r) || r.Editable && fromCheckout(d, r, in.checkouts(a.command))
			})
		}
	}
	return false
}

// versionOf is the version of what is installed under a canonical name; "" for
// none.
func versionOf(s state, canonical string) string {
	for _, d := range s.distributions {
		if d.Canonical == canonical {
			return d.Version
		}
	}
	return ""
}

// keepGuard puts an environment's guard back where a command changed it or took
// it away, and says so.
func (in *invocation) keepGuard(environment python.Environment, before, after venv.Guarded) (changed bool) {
	if !before.Installed || before == after || in.stillGuards(before, after) {
		return false
	}
	program := before.Program
	if program == "" || before.Gone {
		program = in.self
	}
	in.say.guardChanged(environment.Prefix, venv.InstallGuard(environment, program))
	return true
}

func (in *invocation) stillGuards(before, after venv.Guarded) bool {
	return after.Current && (after.Program == before.Program || after.Program == in.self)
}
