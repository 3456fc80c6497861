package pip

import (
	"strings"

	"thresher/internal/lazyregexp"
	"thresher/pep"
)

// What pip says where it finds no version that it may take, and where what
// several ask for does not go together (pip 20.0 to 26.3
// resolution/resolvelib/factory.py, legacy/resolver.py).
var (
	nothingFound = lazyregexp.New(`(?m)^No matching distribution found for (.+)$`)
	conflicting  = lazyregexp.New(`(?m)^\s+(?:.* depends on|The user requested(?: \(constraint\))?) (.+)$`)
	askedBy      = lazyregexp.New(`\s+\(from [^()]*(?:\([^()]*\)[^()]*)*\)$`)
)

// Unsatisfied gives what pip said that it found no version for, in the order in
// which it said so. said are its own words for its failure.
func Unsatisfied(said []string) []pep.Requirement {
	var unsatisfied []pep.Requirement
	for _, text := range said {
		for _, found := range append(nothingFound().FindAllStringSubmatch(text, -1),
			conflicting().FindAllStringSubmatch(text, -1)...) {
			written := askedBy().ReplaceAllString(strings.TrimSpace(found[1]), "")
			if requirement, err := pep.ParseRequirement(written); err == nil {
				unsatisfied = append(unsatisfied, requirement)
			}
		}
	}
	return unsatisfied
}
