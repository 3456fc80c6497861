package python

import (
	"path/filepath"

	"thresher/internal/files"
)

// Package gives the directory of a package that an environment's interpreter
// imports by this name, as with -E, "" where it has none. environ is the user's:
// with it the user's own site-packages come first.
func (e Environment) Package(name string, environ []string, cacheDir string) (string, error) {
	if e.said == nil {
		places := e.SitePackages
		user, err := UserSite(e, environ, cacheDir)
		if err == nil && user != "" && variablesOf(environ)["PYTHONNOUSERSITE"] == "" {
			places = append([]string{user}, places...)
		}
		if found := packageIn(places, name); found != "" || e.closed() {
			return found, nil
		}
	}
	said, err := e.ask(environ, cacheDir)
	if err != nil {
		return "", err
	}
	if found := packageIn(said.Path, name); found != "" {
		return found, nil
	}
	// What an interpreter imports from may be more than it was.
	fresh, err := ask(e.Interpreter, false, environ, cacheDir, true)
	if err != nil {
		return "", err
	}
	return packageIn(fresh.Path, name), nil
}

func packageIn(places []string, name string) string {
	for _, place := range places {
		if files.IsRegular(filepath.Join(place, name, "__init__.py")) {
			return filepath.Join(place, name)
		}
	}
	return ""
}

// ask gives what the interpreter says, which it may have been asked before.
func (e Environment) ask(environ []string, cacheDir string) (*answer, error) {
	if e.said != nil {
		return e.said, nil
	}
	return ask(e.Interpreter, false, environ, cacheDir, false)
}
