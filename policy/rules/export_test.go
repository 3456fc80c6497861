package rules

import (
	"maps"
	"slices"
)

// ImportNames gives the tests every import that is known.
func ImportNames() []string { return slices.Sorted(maps.Keys(imports())) }
