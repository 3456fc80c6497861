package testkit

import (
	"os"
	"strings"
	"testing"
)

// releases are the pips that whatever concerns every pip is tried with, from the
// oldest whose transport the gate is tried as to the newest. 21.0.1 starts its
// children from a zip file of itself, 21.3.1 and 22.0.4 from the folder within.
var releases = []string{"20.3.4", "21.0.1", "21.3.1", "22.0.4", "23.2.1", "24.2", "25.3", "26.2.1", "26.3"}

// PipReleases gives the pips that a test which concerns every pip runs with: the
// one that comes with AnyPython; where Full the oldest, 23.2.1, whose downloads
// differ most from those of later ones, and the newest. THRESHER_TEST_FULL=all
// asks for each, as .ci/all does, and releases in its place for these.
func PipReleases(t testing.TB) []string {
	t.Helper()
	switch asked := os.Getenv(fullVariable); {
	case asked == "":
		return []string{releaseOf(BundledPip(t, AnyPython(t)))}
	case asked == "all":
		return releases
	case strings.Contains(asked, "."):
		return strings.Fields(asked)
	}
	return []string{releases[0], "23.2.1", releases[len(releases)-1]}
}

// PipPython gives the interpreter that runs every pip of PipReleases. The test
// is skipped where there is none, which in CI is a failure.
func PipPython(t testing.TB) Python {
	t.Helper()
	for _, wanted := range []int{11, 10} {
		for _, p := range Pythons(t) {
			if p.Minor == wanted {
				return p
			}
		}
	}
	unavailable(t, "no python 3.10 or 3.11 to run old and new pips")
	return Python{}
}
