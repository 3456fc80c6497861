package shim

import (
	"maps"
	"slices"

	"thresher/address"
	"thresher/evidence"
	"thresher/gate"
	"thresher/pip/option"
	"thresher/policy/rules"
	"thresher/policy/typosquat"
)

// judgeIndexOf judges that an index would answer for a name.
func (a *asked) judgeIndexOf(canonical, index string) []rules.Finding {
	for _, before := range a.indexes.Private(canonical) {
		if found := a.policy.JudgeIndexChange(rules.IndexChange{
			Name: canonical, Before: before, Now: address.Bare(index), Rank: typosquat.Rank(canonical),
		}); len(found) > 0 {
			return found
		}
	}
	return nil
}

// judgeForgotten judges a name whose private index is none of the command's.
func (a *asked) judgeForgotten(canonical string) []rules.Finding {
	return a.indexes.Forgotten(a.table, a.policy, canonical)
}

// rememberIndexes keeps, of the names that a successful run took files of or that
// are installed, the private indexes that answered for them. A run that failed or
// was refused binds no name: else an index that was named once by mistake could
// keep a name from its own. What is remembered of a name is only changed as the
// policy lets it.
func (in *invocation) rememberIndexes(a *asked, d *door, run ended) error {
	paths := in.places.Indexes()
	if len(paths) == 0 || pipStatus(run.pip) != 0 || run.refused || run.unvouched {
		return nil
	}
	came := map[string]evidence.CameFrom{}
	answered := d.own.Answered()
	maps.DeleteFunc(answered, func(name, _ string) bool {
		taken := slices.ContainsFunc(run.ledger, func(entry gate.Entry) bool { return entry.Name == name })
		return !taken && !a.isInstalled(name)
	})
	for _, entry := range run.ledger {
		if slices.ContainsFunc(a.command.Indexes, func(s option.Setting) bool { return address.Same(s.Value, entry.Index) }) {
			answered[entry.Name] = entry.Index
		}
	}
	for name, index := range answered {
		if typosquat.Rank(name) > 0 || len(a.judgeIndexOf(name, index)) > 0 {
			continue
		}
		private := !address.Same(index, a.command.Installation.DefaultIndex)
		if before := a.indexes[0][name]; !address.Same(before.Index, index) && (private || before.Private) {
			came[name] = evidence.CameFrom{Index: index, Private: private}
		}
	}
	if len(came) == 0 {
		return nil
	}
	table := evidence.IndexTable(paths[0])
	return table.Change(in.untilInterrupted(), func(all map[string]evidence.CameFrom) (changed bool) {
		for name, from := range came {
			if all[name] == a.indexes[0][name] { // another run has not learned of it since
				all[name], changed = from, true
			}
		}
		return changed
	})
}
