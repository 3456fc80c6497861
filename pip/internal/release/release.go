// Package release compares the versions of pip and of Python, by which a
// behaviour came or went.
package release

import (
	"strconv"
	"strings"
)

// Order makes pip's and Python's versions comparable as numbers.
// Only the first three parts of the release count; a development, alpha, beta
// or candidate version lies before its release. ok is false for text that is
// no version.
func Order(version string) (order int, ok bool) {
	rest := version
	final := 9
	for place := 0; place < 3; place++ {
		digits := 0
		for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
			digits++
		}
		if digits == 0 && place == 0 || digits > 6 {
			return 0, false
		}
		number, _ := strconv.Atoi("0" + rest[:digits])
		order = order*1000 + min(number, 999)
		rest = rest[digits:]
		if digits > 0 && strings.HasPrefix(rest, ".") && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9' {
			rest = rest[1:]
			continue
		}
		for place++; place < 3; place++ {
			order *= 1000
		}
		rest = strings.TrimPrefix(rest, ".")
		for _, early := range []string{"dev", "a", "b", "rc"} {
			if strings.HasPrefix(rest, early) {
				final = 0
			}
		}
	}
	return order*10 + final, true
}

// AtLeast reports whether version is floor or later. A version that cannot be
// read is taken as the newest.
func AtLeast(version, floor string) bool {
	v, ok := Order(version)
	if !ok {
		return true
	}
	f, _ := Order(floor)
	return v >= f
}
