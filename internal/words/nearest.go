package words

import "strings"

// Nearest returns the word that is spelled most like the one given, or "" when
// none is close.
func Nearest(word string, known []string) string {
	best, closest := "", max(1, min(3, len(word)/3))+1
	if len(word) > 64 {
		return ""
	}
	for _, candidate := range known {
		if distance := editDistance(strings.ToLower(word), candidate); distance < closest {
			best, closest = candidate, distance
		}
	}
	return best
}

// editDistance is the number of letters to insert, drop, replace or swap with
// their neighbour (optimal string alignment).
func editDistance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
