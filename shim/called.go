package shim

import (
	"path/filepath"
	"runtime"
	"strings"

	"thresher/internal/lazyregexp"
)

var pipName = lazyregexp.New(`^pip(3(\.[0-9]+)?)?$`)

// ProgramName tells under which pip name the binary was called: "pip", "pip3"
// or "pip3.N", or "" where it was called as thresher. It goes by argv[0], since
// the path of the running program has its links resolved.
func ProgramName(argv0 string) string {
	name := filepath.Base(argv0)
	if runtime.GOOS == "windows" {
		name = strings.TrimSuffix(strings.ToLower(name), ".exe")
	}
	if !pipName().MatchString(name) {
		return ""
	}
	return name
}
