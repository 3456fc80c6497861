package shim

import (
	"slices"

	"thresher/address"
	"thresher/evidence"
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

// rememberIndexes keeps, of the names that came through the gate, the private
// indexes that they came from. What is remembered of a name is only changed as
// the policy lets it.
func (in *invocation) rememberIndexes(a *asked, d *door, run ended) error {
	paths := in.places.Indexes()
	if len(paths) == 0 {
		return nil
	}
	came := map[string]evidence.CameFrom{}
	answered := d.own.Answered()
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
