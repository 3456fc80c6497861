package typosquat

import (
	_ "embed"
	"strconv"
	"strings"
)

// families.txt counts in how many popular names each word and each popular
// name stands, one a line and sorted; generate.go says how it is made.
//
//go:embed families.txt
var families string

// familySize returns in how many popular names a word, or a popular name,
// stands beside other words. It tells `django`, around which hundreds of honest
// projects are named, from `uvicorn`, around which none is.
func familySize(member string) int {
	// A binary search over the text, since few names come here and a map
	// would be made for each run. Both ends are always at the start of a line.
	from, to := 0, len(families)
	for from < to {
		middle := from + strings.LastIndexByte(families[from:(from+to)/2], '\n') + 1
		line, _, _ := strings.Cut(families[middle:], "\n")
		name, number, _ := strings.Cut(line, " ")
		switch strings.Compare(member, name) {
		case -1:
			to = middle
		case 1:
			from = middle + len(line) + 1
		default:
			count, err := strconv.Atoi(number)
			if err != nil {
				panic("families.txt is not as generated: " + line)
			}
			return count
		}
	}
	return 0
}
