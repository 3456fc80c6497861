package typosquat

import (
	_ "embed"
)

// spelling.bin holds how unusual each run of three letters is in popular
// names; generate.go says how it is made.
//
//go:embed spelling.bin
var spelling string

// oddness returns how unusual the spelling of a canonical name is: the
// negative logarithm of its chance, letter by letter. The spelling of a typo is
// odder than that of the name it is a typo of, while two words that are near by
// coincidence are spelled alike.
func oddness(name string) float64 {
	first, second, sum := 0, 0, 0
	for i := 0; i <= len(name); i++ {
		third := 0
		if i < len(name) {
			third = symbol(name[i])
		}
		sum += int(spelling[(first*28+second)*28+third])
		first, second = second, third
	}
	return float64(sum) / 8
}

func symbol(c byte) int {
	switch {
	case c == '-':
		return 0
	case isDigit(c):
		return 27
	}
	return int(c-'a') + 1
}
