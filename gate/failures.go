package gate

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"

	"thresher/internal/words"
	"thresher/pep"
	"thresher/policy/rules"
)

// failedPath is where the bootstrap tells what pip says of its failure.
const failedPath = "/-/failed"

// What a run may say of its failure, so that no build fills the memory.
const (
	mostFailures   = 100
	longestFailure = 64 << 10
)

// takeFailure keeps what pip says of its failure. It explains, and decides
// nothing by itself.
func (g *Gate) takeFailure(r *http.Request) {
	var said string
	if json.NewDecoder(io.LimitReader(r.Body, longestFailure)).Decode(&said) != nil {
		return
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if len(g.failures) < mostFailures {
		g.failures = append(g.failures, said)
	}
}

// Failures gives what pip said of its failure, in its own words and in order:
// not fit for a terminal as they are. There are none of a pip that knows the gate
// as its index only.
func (g *Gate) Failures() []string {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return slices.Clone(g.failures)
}

// HeldBack gives the finding that kept from pip every version of a project that
// would do: that about the newest of them. ok is false where pip was given one
// that would do, or where none was held back.
func (g *Gate) HeldBack(canonical string, wanted pep.Specifiers) (version string, finding rules.Finding, ok bool) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	fits := func(version string) bool { return wanted.Contains(version, true) }
	for key, v := range g.served {
		if key.name != canonical && v.name != "" {
			continue
		}
		for _, kept := range v.kept {
			if kept.name == canonical && fits(kept.version) && fitsPython(kept.file.RequiresPython, g.config.Environment) &&
				fitsPlatform(kept.file.Filename, g.config.Environment) {
				return "", rules.Finding{}, false
			}
		}
		for _, held := range v.findings {
			if held.finding.Action != rules.Hold || pep.CanonicalName(held.finding.Subject) != canonical {
				continue
			}
			if held.version != "" && (!fits(held.version) || ok && !newer(held.version, version)) {
				continue
			}
			version, finding, ok = held.version, held.finding, true
		}
	}
	return words.Printable(version), finding, ok
}
