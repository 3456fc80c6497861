package inside

import (
	_ "embed"
	"strings"
	"sync"

	"thresher/archive"
)

// knownList is what projects have had for long that are known for a startup
// hook: canonical name, kind and sha256 of its content. So a wheel of theirs
// that comes from a folder or an index without dates is no stranger.
// `go run ./bench/inside -hooks` prints it.
//
//go:embed known.tsv
var knownList string

var knownHooks = sync.OnceValue(func() map[string]bool {
	known := map[string]bool{}
	for line := range strings.Lines(knownList) {
		known[strings.TrimSpace(line)] = true
	}
	return known
})

// IsKnown tells whether a project, by its canonical name, has had a hook of this
// content for long.
func IsKnown(canonical string, hook Hook) bool {
	return hook.SHA256 != "" && (hook.Kind == archive.PathFile || hook.Kind == archive.StartFile) &&
		knownHooks()[canonical+"\t"+string(hook.Kind)+"\t"+hook.SHA256]
}
