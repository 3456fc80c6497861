package setup

import "strings"

// withFirst puts a directory to the front of a PATH as Windows keeps it.
func withFirst(path, directory string) string {
	rest := without(path, directory)
	if rest == "" {
		return directory
	}
	return directory + ";" + rest
}

// without takes a directory out of a PATH as Windows keeps it, and leaves
// everything else as it is.
func without(path, directory string) string {
	var kept []string
	for part := range strings.SplitSeq(path, ";") {
		if !strings.EqualFold(strings.TrimRight(part, `\`), strings.TrimRight(directory, `\`)) {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, ";")
}
