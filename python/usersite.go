package python

import (
	"path/filepath"
	"runtime"
	"strings"
)

// UserSite gives the user's own site-packages that an environment's interpreter
// looks into, or pip installs to with --user: "" for a virtual environment that
// is closed to what lies outside. The directory need not exist. environ is the
// user's; an interpreter that has to be asked has its answer kept in cacheDir.
func UserSite(environment Environment, environ []string, cacheDir string) (string, error) {
	if environment.closed() {
		return "", nil
	}
	if directory := plainUserSite(environment, environ, runtime.GOOS); directory != "" {
		return directory, nil
	}
	directory, _, err := AskUserSite(environment, environ, cacheDir)
	return directory, err
}

// AskUserSite asks an interpreter where its user's site-packages lie, and
// whether it looks into them. The directory need not exist.
func AskUserSite(environment Environment, environ []string, cacheDir string) (
	directory string, enabled bool, err error,
) {
	said, err := environment.ask(environ, cacheDir)
	if err != nil {
		return "", false, err
	}
	directory = said.UserSite
	// The interpreter was asked without the variables that are Python's own.
	if base := variablesOf(environ)["PYTHONUSERBASE"]; base != "" {
		below, err := filepath.Rel(said.UserBase, directory)
		if err != nil {
			return "", false, err
		}
		directory = filepath.Join(base, below)
	}
	return directory, said.UserEnabled, nil
}

// plainUserSite gives the directory without asking, as Linux has it for CPython
// (sysconfig's posix_user scheme): "" where it cannot be told.
func plainUserSite(environment Environment, environ []string, system string) string {
	if system != "linux" || len(environment.SitePackages) == 0 {
		return ""
	}
	library := filepath.Base(filepath.Dir(environment.SitePackages[0]))
	if !strings.HasPrefix(library, "python3.") {
		return ""
	}
	values := variablesOf(environ)
	base := values["PYTHONUSERBASE"]
	if base == "" && values["HOME"] != "" {
		base = filepath.Join(values["HOME"], ".local")
	}
	if !filepath.IsAbs(base) {
		return ""
	}
	return filepath.Join(base, "lib", library, "site-packages")
}
