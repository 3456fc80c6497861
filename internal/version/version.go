// Package version says which thresher this is.
package version

import (
	"runtime/debug"
	"strings"
	"sync"

	"thresher/internal/lazyregexp"
)

// Next is the release that the sources lead to: what a build is a development
// build of where no tag says that it is a release. CHANGELOG.md begins with it.
const Next = "0.1.0"

// String is the version of this program, by Semantic Versioning 2.0: "1.2.3"
// where it was built from the tag v1.2.3, otherwise a development build of the
// next release with the commit's time and name,
// "0.1.0-dev.20260102150405+0123456789ab", and ".dirty" behind it where the
// checkout had changes. Without a commit, as in a copy without git, it is
// "0.1.0-dev".
var String = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Next + "-dev"
	}
	return Of(info)
})

var (
	release = lazyregexp.New(`^v([0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+)?)$`)
	// commit is the end of what Go calls a pseudo-version (go.dev/ref/mod).
	commit = lazyregexp.New(`([0-9]{14})-([0-9a-f]{12})(\+dirty)?$`)
)

// Of is the version of the program that a build information describes, as
// String has it.
func Of(info *debug.BuildInfo) string {
	found := commit().FindStringSubmatch(info.Main.Version)
	if tag := release().FindStringSubmatch(info.Main.Version); tag != nil && found == nil {
		return tag[1]
	}
	if found != nil {
		return development(found[1], found[2], found[3] != "")
	}
	var time, revision string
	var dirty bool
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.time": // RFC 3339, in UTC
			time = strings.NewReplacer("-", "", "T", "", ":", "", "Z", "").Replace(setting.Value)
		case "vcs.revision":
			revision = setting.Value
		case "vcs.modified":
			dirty = setting.Value == "true"
		}
	}
	return development(time, revision, dirty)
}

func development(time, revision string, dirty bool) string {
	text := Next + "-dev"
	if time != "" {
		text += "." + time
	}
	if revision == "" {
		return text
	}
	text += "+" + revision[:min(12, len(revision))]
	if dirty {
		text += ".dirty"
	}
	return text
}
