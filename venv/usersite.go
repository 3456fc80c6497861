package venv

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

const userSiteQuestion = `import json, site
print(json.dumps([site.getusersitepackages(), bool(site.check_enableusersite())]))`

// UserSite gives the user's own site-packages that an environment's interpreter
// looks into, or pip installs to with --user: "" for a virtual environment that
// is closed to what lies outside. The directory need not exist. environ is what
// the interpreter runs with.
func UserSite(environment Environment, environ []string) (string, error) {
	if environment.Prefix != environment.Base && !environment.SystemSite {
		return "", nil
	}
	if directory := plainUserSite(environment, environ, runtime.GOOS); directory != "" {
		return directory, nil
	}
	directory, _, err := askUserSite(environment.Interpreter, environ, "-E")
	return directory, err
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
	values := map[string]string{}
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		values[name] = value
	}
	base := values["PYTHONUSERBASE"]
	if base == "" && values["HOME"] != "" {
		base = filepath.Join(values["HOME"], ".local")
	}
	if !filepath.IsAbs(base) {
		return ""
	}
	return filepath.Join(base, "lib", library, "site-packages")
}

// userSite asks a base interpreter where the user's site-packages lie. The
// directory need not exist yet.
func userSite(interpreter string) (directory string, err error) {
	// Not isolated: the user's own site-packages are what is asked for.
	directory, enabled, err := askUserSite(interpreter, nil)
	if err == nil && !enabled {
		return "", fmt.Errorf(messageGuardBase, interpreter, ErrNoUserSite)
	}
	return directory, err
}

// askUserSite starts an interpreter with environ, this process's own where that
// is nil, and asks for its user's site-packages and whether it looks into them.
func askUserSite(interpreter string, environ []string, flags ...string) (directory string, enabled bool, err error) {
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	command := exec.CommandContext(ctx, interpreter, append(flags, "-c", userSiteQuestion)...)
	command.Env = environ
	// -c looks for modules in the working directory first.
	command.Dir = filepath.Dir(interpreter)
	var failure bytes.Buffer
	command.Stderr = &failure
	output, err := command.Output()
	if err != nil {
		return "", false, fmt.Errorf(messageAsk, interpreter, err, lastLine(failure.String()))
	}
	answer := []any{&directory, &enabled}
	if err := json.Unmarshal([]byte(lastLine(string(output))), &answer); err != nil || !filepath.IsAbs(directory) {
		return "", false, fmt.Errorf(messageAnswer, interpreter, lastLine(string(output)))
	}
	return directory, enabled, nil
}
