package rules

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

// Alternative is what the standard library has for a distribution.
type Alternative struct {
	Name    string          // canonical name of the distribution
	Kind    AlternativeKind //
	Since   Python          // the first version of the language that has it
	Library string          // "importlib.metadata", or in words
}

// AlternativeKind says how much of a distribution the standard library does.
type AlternativeKind string

// The kinds of alternatives.
const (
	Exact    AlternativeKind = "exact"      // the same, a backport
	Superset AlternativeKind = "superset"   // the distribution does more than the library
	Partial  AlternativeKind = "partial"    // some of it: advice, never a finding
	Python2  AlternativeKind = "py2-compat" // only Python 2 needed it
)

//go:embed stdlib.tsv
var stdlibTable string

var stdlibAlternatives = sync.OnceValue(func() map[string]Alternative {
	alternatives := map[string]Alternative{}
	for line := range strings.Lines(stdlibTable) {
		parts := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(parts) != 4 {
			continue // the heading
		}
		alternatives[parts[0]] = Alternative{parts[0], AlternativeKind(parts[1]), parsePython(parts[2]), parts[3]}
	}
	return alternatives
})

// StdlibAlternative returns what the standard library has for a distribution,
// by its canonical name.
func StdlibAlternative(canonical string) (Alternative, bool) {
	alternative, found := stdlibAlternatives()[canonical]
	return alternative, found
}

func parsePython(text string) Python {
	major, minor, _ := strings.Cut(text, ".")
	a, errA := strconv.Atoi(major)
	b, errB := strconv.Atoi(minor)
	if errA != nil || errB != nil {
		return Python{}
	}
	return Python{a, b}
}

// oldestPython is the oldest version that thresher runs with: what it has is
// there whatever the interpreter.
var oldestPython = Python{3, 8}

// has says whether this version of the language has what came with another.
func (p Python) has(since Python) bool {
	if p == (Python{}) {
		p = oldestPython
	}
	return p.Major > since.Major || p.Major == since.Major && p.Minor >= since.Minor
}
