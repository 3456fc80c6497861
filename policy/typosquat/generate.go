//go:build ignore

// Generate writes the embedded data from a list of popular names, most popular
// first (by default the one beside the repository):
//
//	popular.txt   the names in canonical form, in that order
//	families.txt  words and names that stand in other popular names, with in how many
//	spelling.bin  how unusual each run of three letters is in popular names
package main

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	source := filepath.Join("..", "..", "..", "shared", "data", "popular.txt")
	if len(os.Args) > 1 {
		source = os.Args[1]
	}
	if err := generate(source); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func generate(source string) error {
	content, err := os.ReadFile(source)
	if err != nil {
		return fmt.Errorf("read the list of popular names: %w", err)
	}
	names := canonicalNames(string(content))
	for file, data := range map[string][]byte{
		"popular.txt":  []byte(strings.Join(names, "\n") + "\n"),
		"families.txt": families(names),
		"spelling.bin": spelling(names),
	} {
		if err := os.WriteFile(file, data, 0o644); err != nil {
			return fmt.Errorf("write the embedded data: %w", err)
		}
	}
	return nil
}

var separators = regexp.MustCompile(`[-_.]+`)

// canonicalNames returns the names of a list in canonical form (PEP 503), each
// once.
func canonicalNames(list string) []string {
	var names []string
	seen := map[string]bool{}
	for line := range strings.Lines(list) {
		name := separators.ReplaceAllString(strings.ToLower(strings.TrimSpace(line)), "-")
		if name != "" && !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// families counts in how many other names each word and each name stands, word
// by word. A single mention of a word that is no name is left out.
func families(names []string) []byte {
	listed := map[string]bool{}
	for _, name := range names {
		listed[name] = true
	}
	counts := map[string]int{}
	for _, name := range names {
		words := strings.Split(name, "-")
		members := map[string]bool{}
		for from := range words {
			for to := from + 1; to <= len(words); to++ {
				member := strings.Join(words[from:to], "-")
				if member != name && (to == from+1 || listed[member]) {
					members[member] = true
				}
			}
		}
		for member := range members {
			counts[member]++
		}
	}
	var lines bytes.Buffer
	for _, member := range slices.Sorted(maps.Keys(counts)) {
		if counts[member] > 1 || listed[member] {
			fmt.Fprintf(&lines, "%s %d\n", member, counts[member])
		}
	}
	return lines.Bytes()
}

// spelling returns one byte for each run of three symbols: how unusual the
// third is after the first two, in eighths of a natural logarithm. The symbols
// are the end of a word (0), the letters (1 to 26) and any digit (27).
func spelling(names []string) []byte {
	const symbols = 28
	symbol := func(c byte) int {
		switch {
		case 'a' <= c && c <= 'z':
			return int(c-'a') + 1
		case '0' <= c && c <= '9':
			return symbols - 1
		}
		return 0
	}
	var runs [symbols * symbols * symbols]float64
	var starts [symbols * symbols]float64
	var singles [symbols]float64
	total := 0.0
	for _, name := range names {
		first, second := 0, 0
		for _, c := range []byte(name + "-") {
			third := symbol(c)
			runs[(first*symbols+second)*symbols+third]++
			starts[first*symbols+second]++
			singles[third]++
			total++
			first, second = second, third
		}
	}
	// Runs that were seldom or never seen lean on how frequent the third
	// symbol is anywhere, with the weight of twenty sightings.
	const weight = 20
	table := make([]byte, len(runs))
	for run, count := range runs {
		chance := (count + weight*(singles[run%symbols]+1)/(total+symbols)) / (starts[run/symbols] + weight)
		table[run] = byte(min(255, math.Round(-8*math.Log(chance))))
	}
	return table
}
