package shim

import (
	"slices"

	"thresher/address"
	"thresher/evidence"
	"thresher/internal/memory"
	"thresher/pip/option"
	"thresher/policy/rules"
	"thresher/policy/typosquat"
)

// cameFrom is where a name came from in an earlier run.
type cameFrom struct {
	Index   string `json:"index"` // without credentials
	Private bool   `json:"private"`
}

// indexMemory is what earlier runs remember of names and their indexes, by table:
// the account's own first. Each counts by itself, so that one which a variable
// names may add to what is known and takes nothing away. Well-known names, which
// many indexes carry, are in none.
type indexMemory []map[string]cameFrom

func indexTable(path string) memory.Table[cameFrom] {
	return memory.Table[cameFrom]{Path: path, Kind: "indexes"}
}

// readIndexMemory reads what is remembered of indexes.
func (in *invocation) readIndexMemory() (indexMemory, error) {
	var all indexMemory
	for _, path := range in.places.Indexes() {
		table, err := indexTable(path).Read()
		if err != nil {
			return nil, err
		}
		all = append(all, table)
	}
	return all, nil
}

// private gives the private indexes that a name came from, without credentials.
func (m indexMemory) private(canonical string) []string {
	if typosquat.Rank(canonical) > 0 {
		return nil
	}
	var indexes []string
	for _, table := range m {
		if from := table[canonical]; from.Private {
			indexes = append(indexes, from.Index)
		}
	}
	return indexes
}

// judgeIndexOf judges that an index would answer for a name.
func (a *asked) judgeIndexOf(canonical, index string) []rules.Finding {
	for _, before := range a.indexes.private(canonical) {
		if found := a.policy.JudgeIndexChange(rules.IndexChange{
			Name: canonical, Before: before, Now: address.Bare(index), Rank: typosquat.Rank(canonical),
		}); len(found) > 0 {
			return found
		}
	}
	return nil
}

// judgeForgotten judges a name whose private index is none of the command's, of
// which there are some.
func (a *asked) judgeForgotten(canonical string) []rules.Finding {
	for _, before := range a.indexes.private(canonical) {
		now, known := a.policy.MovedTo(before), false
		var others []string
		for _, stop := range evidence.Table(a.command, a.policy).Stops("") { // those most likely meant first
			known = known || address.Same(now, stop.URL)
			others = append(others, address.Bare(stop.URL))
		}
		if known || len(others) == 0 {
			continue
		}
		return a.policy.JudgeIndexChange(rules.IndexChange{
			Name: canonical, Before: before, Others: others, Rank: typosquat.Rank(canonical),
		})
	}
	return nil
}

// barred says whether no index of the command is to hear of a name: it came from
// a private one that is not among them.
func (a *asked) barred(canonical string) bool {
	return a.policy.Decide(a.judgeForgotten(canonical), rules.InGate).Action == rules.Block
}

// rememberIndexes keeps, of the names that came through the gate, the private
// indexes that they came from. What is remembered of a name is only changed as
// the policy lets it.
func (in *invocation) rememberIndexes(a *asked, d *door, run ended) error {
	paths := in.places.Indexes()
	if len(paths) == 0 {
		return nil
	}
	came := map[string]cameFrom{}
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
			came[name] = cameFrom{Index: index, Private: private}
		}
	}
	if len(came) == 0 {
		return nil
	}
	return indexTable(paths[0]).Change(in.untilInterrupted(), func(all map[string]cameFrom) (changed bool) {
		for name, from := range came {
			if all[name] == a.indexes[0][name] { // another run has not learned of it since
				all[name], changed = from, true
			}
		}
		return changed
	})
}
