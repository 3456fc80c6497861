package typosquat

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

// families.txt counts in how many popular names each word and each popular
// name stands; generate.go says how it is made.
//
//go:embed families.txt
var familiesText string

var families = sync.OnceValue(func() map[string]int {
	counts := make(map[string]int, strings.Count(familiesText, "\n"))
	for line := range strings.Lines(familiesText) {
		member, number, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		count, err := strconv.Atoi(number)
		if err != nil {
			panic("families.txt is not as generated: " + line)
		}
		counts[member] = count
	}
	return counts
})

// familySize returns in how many popular names a word, or a popular name,
// stands beside other words. It tells `django`, around which hundreds of honest
// projects are named, from `uvicorn`, around which none is.
func familySize(member string) int { return families()[member] }
