package sandbox

import (
	"path/filepath"
	"slices"
	"strings"
)

// toolDirectories are variables by which tools of builds find a cache or a home
// of their own, and the directory of the run that they get instead.
var toolDirectories = []struct{ variable, directory string }{
	{"CCACHE_DIR", "ccache"}, {"SCCACHE_DIR", "sccache"}, {"CARGO_HOME", "cargo"},
	{"GOCACHE", "go-build"}, {"GOMODCACHE", "go-mod"}, {"ZIG_GLOBAL_CACHE_DIR", "zig"}, {"CONAN_HOME", "conan"},
	{"npm_config_cache", "npm"}, {"NUMBA_CACHE_DIR", "numba"}, {"MPLCONFIGDIR", "matplotlib"},
	{"IPYTHONDIR", "ipython"}, {"JUPYTER_RUNTIME_DIR", "jupyter"}, {"TRITON_CACHE_DIR", "triton"},
}

// Directories gives an environment the folder of a run as its place for
// temporary files, and for what tools of builds keep elsewhere. What is set
// already stays, but for the temporary files; what keep names is not set.
func Directories(environ []string, folder string, keep ...string) []string {
	temporary := slices.DeleteFunc([]string{"TMPDIR", "TEMP", "TMP"}, func(name string) bool {
		return slices.Contains(keep, name)
	})
	made := slices.DeleteFunc(slices.Clone(environ), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return slices.Contains(temporary, name)
	})
	for _, name := range temporary {
		made = append(made, name+"="+folder)
	}
	for _, tool := range toolDirectories {
		isSet := func(pair string) bool { return strings.HasPrefix(pair, tool.variable+"=") }
		if !slices.ContainsFunc(environ, isSet) && !slices.Contains(keep, tool.variable) {
			made = append(made, tool.variable+"="+filepath.Join(folder, tool.directory))
		}
	}
	return made
}
