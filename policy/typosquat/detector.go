package typosquat

import (
	_ "embed"
	"iter"
	"strings"
	"sync"
)

// Confidence says how sure a suspicion is.
type Confidence string

// The levels of confidence.
const (
	High   Confidence = "high"   // near certain: may be refused without asking
	Medium Confidence = "medium" // likely: evidence about the project should decide
	Low    Confidence = "low"    // worth a note
)

// Suspicion is a popular name that another name may imitate.
type Suspicion struct {
	Target     string // the name imitated, in canonical form; "requirements.txt" where the file is meant
	Confidence Confidence
	Why        string // in words, to stand behind the target: `two letters swapped`
}

//go:generate go run generate.go
//go:embed popular.txt
var popularNames string

// embedded is the detector over the embedded list, made when it is first asked.
var embedded = sync.OnceValue(func() *Detector {
	return New(strings.Split(strings.TrimSuffix(popularNames, "\n"), "\n"))
})

// Check returns the popular names that a name may imitate, the best first, and
// none for a name that is itself popular. The name may have any spelling
// (PEP 503); what is no name at all imitates nothing.
func Check(name string) []Suspicion { return embedded().Check(name) }

// Rank returns the place of a canonical name (PEP 503) on the embedded list of
// popular names: 1 for the most popular, 0 for a name that is not on it.
func Rank(canonical string) int { return embedded().Rank(canonical) }

// Popular yields the embedded list of popular names, the most popular first.
func Popular() iter.Seq[string] { return embedded().Popular() }

// Detector judges names against one list of popular names. It may be used by
// several goroutines at once.
type Detector struct {
	names []string // by rank, from 0
	ranks map[string]int
}

// New returns a detector over a list of popular names, the most popular first.
// Lines that are no name and names that came before are passed over.
func New(list []string) *Detector {
	detector := &Detector{names: make([]string, 0, len(list)), ranks: make(map[string]int, len(list))}
	for _, line := range list {
		name, ok := canonical(line)
		if !ok || detector.ranks[name] != 0 {
			continue
		}
		detector.names = append(detector.names, name)
		detector.ranks[name] = len(detector.names)
	}
	return detector
}

// Rank returns the place of a canonical name on the list: 1 for the most
// popular, 0 for a name that is not on it.
func (d *Detector) Rank(canonical string) int { return d.ranks[canonical] }

// Popular yields the list, the most popular first.
func (d *Detector) Popular() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, name := range d.names {
			if !yield(name) {
				return
			}
		}
	}
}

// Check returns the popular names that a name may imitate, the best first.
func (d *Detector) Check(name string) []Suspicion {
	wanted, ok := canonical(name)
	if !ok || d.Rank(wanted) != 0 {
		return nil
	}
	squashed := strings.ReplaceAll(wanted, "-", "")
	for _, popular := range d.names {
		if strings.ReplaceAll(popular, "-", "") == squashed {
			return []Suspicion{{Target: popular, Confidence: Medium, Why: "a hyphen more or less"}}
		}
	}
	return nil
}
