package settled

import (
	"slices"
	"strings"

	"thresher/pep"
)

// Formats is which kinds of files a command lets pip take (pip 26.3
// format_control.py): canonical names, or ":all:".
type Formats struct {
	NoBinary   []string
	OnlyBinary []string
}

const everything = ":all:"

// certain says whether the two lists mean the same in whatever order they were said:
// a requirements file may add to those of the command, and take away from them.
func (f Formats) certain() bool {
	for _, lists := range [][2][]string{{f.NoBinary, f.OnlyBinary}, {f.OnlyBinary, f.NoBinary}} {
		if slices.Contains(lists[0], everything) && len(lists[1]) > 0 {
			return false
		}
		for _, name := range lists[0] {
			written := name == everything || pep.ValidName(name) && name == pep.CanonicalName(name)
			if !written || slices.Contains(lists[1], name) {
				return false
			}
		}
	}
	return true
}

// allow says whether pip may take a file for a project. What is not certain is
// allowed.
func (f Formats) allow(project, filename string) bool {
	refused := f.OnlyBinary
	if strings.HasSuffix(filename, ".whl") {
		refused = f.NoBinary
	}
	return !f.certain() || !slices.Contains(refused, everything) && !slices.Contains(refused, project)
}
