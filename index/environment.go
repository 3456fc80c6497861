package index

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// environment is what os.Environ gives. Of a name that stands twice the last
// one counts.
type environment struct {
	values map[string]string
	list   []string
}

func newEnvironment(list []string) environment {
	e := environment{values: make(map[string]string, len(list)), list: list}
	for _, entry := range list {
		if name, value, ok := strings.Cut(entry, "="); ok {
			e.values[e.key(name)] = value
		}
	}
	return e
}

// key folds names where the platform does.
func (e environment) key(name string) string {
	if runtime.GOOS == "windows" {
		return strings.ToUpper(name)
	}
	return name
}

func (e environment) get(name string) string { return e.values[e.key(name)] }

func (e environment) has(name string) bool {
	_, ok := e.values[e.key(name)]
	return ok
}

func (e environment) home() string {
	if runtime.GOOS == "windows" {
		return e.get("USERPROFILE")
	}
	return e.get("HOME")
}

// expandHome is os.path.expanduser for "~" and "~/…".
func (e environment) expandHome(path string) string {
	if path == "~" || strings.HasPrefix(path, "~/") || strings.HasPrefix(path, "~"+string(os.PathSeparator)) {
		return filepath.Join(e.home(), path[1:])
	}
	return path
}
