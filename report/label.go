package report

import (
	"slices"
	"strings"
)

// usualNames are how environments are called within their projects: these names
// tell nobody which one is meant.
var usualNames = []string{".venv", "venv", "env", ".env"}

// labels gives for each path as much of its end as tells it from the others: the
// project's folder where the environment has one of the usual names.
func labels(paths []string) []string {
	split := make([][]string, len(paths)) // without the usual name
	length := make([]int, len(paths))     // segments that are shown
	for i, path := range paths {
		split[i] = strings.FieldsFunc(path, func(c rune) bool { return c == '/' || c == '\\' })
		if count := len(split[i]); count > 1 && slices.Contains(usualNames, split[i][count-1]) {
			split[i] = split[i][:count-1]
		}
		length[i] = min(1, len(split[i]))
	}
	shown := make([]string, len(paths))
	for {
		byLabel := map[string][]int{}
		for i := range paths {
			shown[i] = strings.Join(split[i][len(split[i])-length[i]:], "/")
			byLabel[shown[i]] = append(byLabel[shown[i]], i)
		}
		longer := false
		for _, alike := range byLabel {
			for _, i := range alike {
				if len(alike) > 1 && length[i] < len(split[i]) {
					length[i]++
					longer = true
				}
			}
		}
		if longer {
			continue
		}
		for label, alike := range byLabel {
			for _, i := range alike {
				if len(alike) > 1 || label == "" {
					shown[i] = paths[i]
				}
			}
		}
		return shown
	}
}
