package rules

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"thresher/internal/words"
	"thresher/policy/typosquat"
)

//go:generate go run generate_imports.go
//go:embed imports.tsv
var importTable string

// Import is what is known of the name of an import: what to install for it.
type Import struct {
	Distribution string   // canonical: the most popular that has the import
	Also         []string // canonical: others that have it
	Told         bool     // nobody is asked about it: few mean it who type it
}

var imports = sync.OnceValue(func() map[string]Import {
	known := make(map[string]Import, strings.Count(importTable, "\n"))
	for line := range strings.Lines(importTable) {
		parts := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(parts) != 4 || parts[0] == "import" {
			continue // the heading
		}
		known[parts[0]] = Import{Distribution: parts[2], Also: strings.Fields(parts[3]), Told: parts[1] == "told"}
	}
	return known
})

// ImportOf returns what to install for an import, by its name in canonical form
// (PEP 503), where that is called otherwise.
func ImportOf(canonical string) (Import, bool) {
	found, known := imports()[canonical]
	return found, known
}

// askedRank is the last rank at which people are asked whether they mean a
// package by its import: imports of less popular ones are often names of other
// projects, too.
const askedRank = 5000

// importName: the name of an import, which a more popular package has than the
// one of this name. A name that is itself popular is told.
func (s *Settings) importName(r Requested, e NameEvidence) []Finding {
	known, found := ImportOf(r.Canonical)
	rank := typosquat.Rank(known.Distribution)
	if !found || rank == 0 || e.Rank > 0 && e.Rank < rank || s.allowedFor(r.Canonical, ImportName) != nil {
		return nil
	}
	meant := !known.Told && e.Rank == 0 && rank <= askedRank
	finding := s.finding(ImportName, r.Name, High, importOf(known, meant)+s.expiredFor(r.Canonical, ImportName))
	finding.Target = known.Distribution
	if !meant || !r.New {
		finding.Action = atMost(Note, finding.Action)
	}
	return one(finding, insteadOf(r, known.Distribution))
}

// insteadOf is what to do where another name is the right one: the command that
// installs it, or what to write in the place that names the wrong one.
func insteadOf(r Requested, name string) string {
	switch {
	case r.URL != "":
		return explainCommand(r.Name)
	case r.Typed:
		return "pip install " + words.ShellWord(words.Printable(name))
	}
	return inThePlaceOf(name, r.Name)
}

// onceAsked leaves out what is suspected of a name that is asked about as the
// name of an import: the same package once more, or others that are only near
// by their letters.
func onceAsked(findings []Finding) []Finding {
	at := slices.IndexFunc(findings, func(f Finding) bool { return f.Rule == ImportName })
	if at < 0 {
		return findings
	}
	asked := findings[at].Action
	return slices.DeleteFunc(findings, func(f Finding) bool { return f.Rule == Typosquat && !harder(f.Action, asked) })
}

// withAnswer makes an answer of what was a question about a name that no index
// has: the right name. There is nothing to allow.
func (s *Settings) withAnswer(findings []Finding) (settled []Finding, answered bool) {
	for _, finding := range findings {
		if finding.Rule == ImportName {
			finding.Action = s.Action(ImportName).Value
		}
		if (finding.Rule == ImportName || finding.Rule == Typosquat) && harder(finding.Action, Note) {
			answered = true
			finding.Action = Block
			finding.Evidence = noIndexHasIt + "; " + finding.Evidence
		}
		settled = append(settled, finding)
	}
	return settled, answered
}
