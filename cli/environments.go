package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"

	"thresher/python"
)

// inspectPrefix reads the environment in a directory by its interpreter.
func inspectPrefix(prefix string, environ []string, cacheDir string) (python.Environment, error) {
	names := []string{filepath.Join("bin", "python"), filepath.Join("bin", "python3")}
	if runtime.GOOS == "windows" {
		names = []string{filepath.Join("Scripts", "python.exe"), "python.exe"}
	}
	for _, name := range names {
		interpreter := filepath.Join(prefix, name)
		if _, err := os.Stat(interpreter); err == nil {
			return python.Inspect(interpreter, environ, cacheDir)
		}
	}
	return python.Environment{}, fmt.Errorf("%s has no interpreter: %w", prefix, fs.ErrNotExist)
}

// baseInterpreters finds the interpreters on this machine that environments are
// made from: on PATH, and those of pyenv, uv and conda. Links to one interpreter
// count once.
func (p *program) baseInterpreters() []python.Environment {
	var candidates []string
	for _, dir := range filepath.SplitList(p.environment["PATH"]) {
		if !filepath.IsAbs(dir) {
			continue
		}
		for _, pattern := range []string{"python3", "python3.[0-9]", "python3.[0-9][0-9]", "python", "python.exe"} {
			found, err := filepath.Glob(filepath.Join(dir, pattern))
			if err == nil { // the only error is that of a bad pattern, which a directory's name can make
				candidates = append(candidates, found...)
			}
		}
	}
	for _, pattern := range p.otherInterpreters() {
		if found, err := filepath.Glob(pattern); err == nil {
			candidates = append(candidates, found...)
		}
	}
	byFile := map[string]python.Environment{}
	for _, path := range candidates {
		resolved, err := filepath.EvalSymlinks(path)
		if err != nil {
			continue
		}
		wrapper := isScript(resolved)
		if name := filepath.Base(path); wrapper && name != "python3" && name != "python" {
			continue // one of pyenv's many; what they stand for is found by itself
		}
		environment, err := python.Inspect(path, p.environ, p.places.Cache)
		if err != nil || environment.Virtual {
			continue
		}
		if wrapper {
			if resolved, err = filepath.EvalSymlinks(environment.Interpreter); err != nil {
				continue
			}
		}
		if _, known := byFile[resolved]; !known {
			byFile[resolved] = environment
		}
	}
	var environments []python.Environment
	for _, environment := range byFile {
		environments = append(environments, environment)
	}
	sort.Slice(environments, func(i, j int) bool { return environments[i].Interpreter < environments[j].Interpreter })
	return environments
}

// otherInterpreters are where interpreters lie that are not on PATH, as patterns:
// pyenv's, those that uv installed, and conda's base.
func (p *program) otherInterpreters() []string {
	home := p.places.Home
	under := func(variable string, parts ...string) string {
		switch value := p.environment[variable]; {
		case filepath.IsAbs(value):
			return value
		case home == "":
			return ""
		}
		return filepath.Join(append([]string{home}, parts...)...)
	}
	interpreter := []string{"bin", "python3"}
	data := under("XDG_DATA_HOME", ".local", "share")
	if runtime.GOOS == "windows" {
		interpreter, data = []string{"python.exe"}, under("APPDATA", "AppData", "Roaming")
	}
	var patterns []string
	add := func(root string, parts ...string) {
		if root != "" {
			patterns = append(patterns, filepath.Join(append(append([]string{root}, parts...), interpreter...)...))
		}
	}
	add(under("PYENV_ROOT", ".pyenv"), "versions", "*")
	add(under("PYENV_ROOT", ".pyenv", "pyenv-win"), "versions", "*")
	uv := filepath.Join("uv", "python")
	if runtime.GOOS == "windows" {
		uv = filepath.Join("uv", "data", "python")
	}
	if own := p.environment["UV_PYTHON_INSTALL_DIR"]; filepath.IsAbs(own) {
		add(own, "*")
	} else if data != "" {
		add(filepath.Join(data, uv), "*")
	}
	if program := p.environment["CONDA_EXE"]; filepath.IsAbs(program) {
		add(filepath.Dir(filepath.Dir(program)))
	}
	for _, name := range []string{"miniforge3", "miniconda3", "mambaforge", "anaconda3"} {
		if home != "" {
			add(filepath.Join(home, name))
		}
	}
	return patterns
}

func isScript(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	start := make([]byte, 2)
	n, err := f.Read(start)
	return err == nil && strings.HasPrefix(string(start[:n]), "#!")
}

// tooOld says that an interpreter is below Python 3.8, which thresher does not
// speak to.
func tooOld(environment python.Environment) bool {
	var major, minor int
	if _, err := fmt.Sscanf(environment.PythonVersion, "%d.%d", &major, &minor); err != nil {
		return false
	}
	return major < 3 || major == 3 && minor < 8
}

var errNoState = errors.New("there is no home directory to keep the list of environments in: set " +
	"HOME or XDG_STATE_HOME")
