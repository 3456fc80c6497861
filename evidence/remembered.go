package evidence

import (
	"thresher/address"
	"thresher/index/route"
	"thresher/internal/memory"
	"thresher/policy"
	"thresher/policy/rules"
	"thresher/policy/typosquat"
)

// CameFrom is where a name came from in an earlier run.
type CameFrom struct {
	Index   string `json:"index"` // without credentials
	Private bool   `json:"private"`
}

// IndexMemory is what earlier runs remember of names and their indexes, by table:
// the account's own first. Each counts by itself, so that one which a variable
// names may add to what is known and takes nothing away. Well-known names, which
// many indexes carry, are in none.
type IndexMemory []map[string]CameFrom

// IndexTable is the file in which one table lies.
func IndexTable(path string) memory.Table[CameFrom] {
	return memory.Table[CameFrom]{Path: path, Kind: "indexes"}
}

// ReadIndexMemory reads what is remembered of indexes. An error names the file that
// is damaged.
func ReadIndexMemory(paths []string) (IndexMemory, error) {
	var all IndexMemory
	for _, path := range paths {
		table, err := IndexTable(path).Read()
		if err != nil {
			return nil, err
		}
		all = append(all, table)
	}
	return all, nil
}

// Private gives the private indexes that a name came from, without credentials.
func (m IndexMemory) Private(canonical string) []string {
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

// Forgotten judges a name whose private index is none of a command's, of which
// there are some.
func (m IndexMemory) Forgotten(table route.Table, loaded *policy.Policy, canonical string) []rules.Finding {
	for _, before := range m.Private(canonical) {
		now, known := loaded.MovedTo(before), false
		var others []string
		for _, stop := range table.Stops("") { // those most likely meant first
			known = known || address.Same(now, stop.URL)
			others = append(others, address.Bare(stop.URL))
		}
		if known || len(others) == 0 {
			continue
		}
		return loaded.JudgeIndexChange(rules.IndexChange{
			Name: canonical, Before: before, Others: others, Rank: typosquat.Rank(canonical),
		})
	}
	return nil
}

// Keeping is a command's table that asks none of its indexes for a name that came
// from a private one which is not among them.
func (m IndexMemory) Keeping(table route.Table, loaded *policy.Policy) route.Table {
	kept := table
	kept.Barred = func(canonical string) bool {
		return loaded.Decide(m.Forgotten(table, loaded, canonical), rules.InGate).Action == rules.Block
	}
	return kept
}
