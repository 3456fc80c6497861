package policy

import (
	"path/filepath"
	"strings"

	"thresher/internal/lazyregexp"
	"thresher/internal/words"
	"thresher/policy/rules"
)

// Paths resolves the places of [sandbox]: "~/" is the home directory, and what
// is not absolute lies beside the policy file that names it. A place in a home
// that is not known is left out.
func Paths(places []rules.Sourced[string], home string) []string {
	var paths []string
	for _, place := range places {
		path := filepath.FromSlash(place.Value)
		if rest, ok := strings.CutPrefix(place.Value, "~/"); ok {
			if home == "" {
				continue
			}
			path = filepath.Join(home, rest)
		} else if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(place.Path), path)
		}
		paths = append(paths, filepath.Clean(path))
	}
	return paths
}

// Values gives the words of a list without the places they were said.
func Values(list []rules.Sourced[string]) []string {
	values := make([]string, len(list))
	for i, word := range list {
		values[i] = word.Value
	}
	return values
}

// readPlace reads a path of [sandbox]. The whole file system, or the whole home
// directory, is no place: nothing could run without the one, and the other
// holds everything.
func readPlace(text string) (string, string) {
	clean := filepath.ToSlash(filepath.Clean(filepath.FromSlash(text)))
	if text == "" || text != words.Printable(text) || clean == "/" || clean == "~" || clean == "." || clean == ".." {
		return "", noPlace(text)
	}
	return text, ""
}

var variablePattern = lazyregexp.New(`^[A-Za-z_*][A-Za-z0-9_*]*$`)

func readVariable(text string) (string, string) {
	if !variablePattern().MatchString(text) || strings.Trim(text, "*") == "" {
		return "", noVariable(text)
	}
	return text, ""
}
