package typosquat

import (
	"cmp"
	_ "embed"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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
	// Target is the name imitated, in canonical form. It is the standard
	// library's where the name is near or equal to a module of it, and
	// RequirementsFile where a file was meant.
	Target     string
	Confidence Confidence
	Why        string // in words: `two letters swapped`
	Kind       Kind
}

// RequirementsFile is the target of a name like requirements-txt, typed where
// `-r requirements.txt` was meant.
const RequirementsFile = "requirements.txt"

// maxSuspicions is how many suspicions Check returns at most.
const maxSuspicions = 3

//go:generate go run generate.go
//go:embed popular.txt
var popularNames string

// embedded is the detector over the embedded list, made when it is first asked.
var embedded = sync.OnceValue(newEmbedded)

func newEmbedded() *Detector { return newDetector(newNameList(popularNames)) }

// refreshed is the detector over a list that takes the embedded one's place.
var refreshed atomic.Pointer[Detector]

// Use has the functions of this package go by another list of popular names,
// in the form of New; an empty list changes nothing. One that is none, or that was
// cut off, is an error: it would call imitations popular, or know few to imitate.
// It is called once, before the first question.
func Use(list []string) error {
	if len(list) == 0 {
		return nil
	}
	detector := New(list)
	count := 0
	for range detector.Popular() {
		count++
	}
	if count < fewestNames || count < len(list)*9/10 {
		return noList(count, len(list))
	}
	refreshed.Store(detector)
	return nil
}

// fewestNames is how many names a list of popular ones has at least; noList says so.
const fewestNames = 1000

func current() *Detector {
	if detector := refreshed.Load(); detector != nil {
		return detector
	}
	return embedded()
}

// Check returns the popular names that a name may imitate, the best first and
// three at most; none for a name that is itself popular. The name may have any
// spelling (PEP 503); what is no name at all imitates nothing.
func Check(name string) []Suspicion { return current().Check(name) }

// Rank returns the place of a canonical name (PEP 503) on the list of
// popular names: 1 for the most popular, 0 for a name that is not on it.
func Rank(canonical string) int { return current().Rank(canonical) }

// Detector judges names against one list of popular names. It may be used by
// several goroutines at once.
type Detector struct {
	popular *table

	// Most runs meet popular names only and never need the rest.
	prepare sync.Once
	others  []target // what else may be imitated
	near    *index   // over the popular names, by rank, and then the others
}

// New returns a detector over a list of popular names, the most popular first.
// Lines that are no name and names that came before are passed over. What is
// known of families and spelling is always that of the embedded list.
func New(list []string) *Detector {
	seen := make(map[string]bool, len(list))
	var text strings.Builder
	for _, line := range list {
		if name, ok := canonical(line); ok && !seen[name] {
			seen[name] = true
			text.WriteString(name)
			text.WriteByte('\n')
		}
	}
	return newDetector(newNameList(text.String()))
}

// newDetector is New for canonical names, each of which comes once.
func newDetector(names nameList) *Detector { return &Detector{popular: newTable(names)} }

// Rank returns the place of a canonical name on the list: 1 for the most
// popular, 0 for a name that is not on it.
func (d *Detector) Rank(canonical string) int { return d.popular.exact(canonical) + 1 }

// Popular yields the list, the most popular first.
func (d *Detector) Popular() iter.Seq[string] {
	return func(yield func(string) bool) {
		for place := range d.popular.names.size() {
			if !yield(d.popular.names.at(place)) {
				return
			}
		}
	}
}

// Check returns the popular names that a name may imitate, the best first and
// three at most; none for a name that is on the list.
func (d *Detector) Check(name string) []Suspicion {
	wanted, ok := canonical(name)
	if !ok || d.Rank(wanted) != 0 {
		return nil
	}
	found := d.findings(wanted)
	slices.SortFunc(found, func(a, b finding) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.target.rank, b.target.rank),
			cmp.Compare(a.target.name, b.target.name), cmp.Compare(a.kind, b.kind))
	})
	var suspicions []Suspicion
	for _, f := range found {
		confidence, ok := f.confidence()
		if !ok || len(suspicions) == maxSuspicions {
			break
		}
		if !slices.ContainsFunc(suspicions, func(s Suspicion) bool { return s.Target == f.target.name }) {
			suspicions = append(suspicions,
				Suspicion{Target: f.target.name, Confidence: confidence, Why: f.why(), Kind: f.kind})
		}
	}
	return suspicions
}
