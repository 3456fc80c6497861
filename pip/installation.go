package pip

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"thresher/internal/files"
	"thresher/internal/lazyregexp"
	"thresher/internal/words"
	"thresher/pip/internal/pythontext"
	"thresher/pip/internal/release"
	"thresher/python"
)

// Errors that tell why no pip could be chosen. They are matched with errors.Is;
// the error itself says more.
var (
	// ErrNoPip says that no pip other than thresher itself was found.
	ErrNoPip = errors.New("no pip found")
	// ErrNoInterpreter says that the interpreter named by --python, PIP_PYTHON
	// or a guard does not exist.
	ErrNoInterpreter = errors.New("no such interpreter")
	// ErrTooOld says that this Python or pip cannot do what is asked of it.
	ErrTooOld = errors.New("below the oldest version supported")
)

// Installation is one pip together with the interpreter that runs it: what
// decides how a command line is read and where it installs.
type Installation struct {
	python.Environment        // of the interpreter that will run pip
	Script             string // absolute path of the pip script (…/bin/pip); empty where pip runs as a module
	Runner             string // …/pip/__pip-runner__.py where this pip works on another environment's interpreter
	Version            string // of pip: "26.2.1"
	PackageDir         string // directory of the pip package itself
	DefaultIndex       string // index URL that this pip uses by itself, from its own source
}

// AtLeast says whether the pip is this release or a later one.
func (i *Installation) AtLeast(version string) bool { return release.AtLeast(i.Version, version) }

// FindInput is what decides which pip runs.
type FindInput struct {
	Name        string   // as called: "pip", "pip3", "pip3.11"
	Environ     []string // NAME=value, as os.Environ gives it
	Dir         string   // working directory, absolute
	Self        string   // path of thresher's own binary, to pass over it on PATH
	Interpreter string   // named by a guard; wins over everything
	AsModule    bool     // the guard saw `python -m pip`: pip runs as a module there too
	Python      string   // interpreter or environment to work on instead, as --python takes it
	CacheDir    string   // thresher's own cache; answers of interpreters are kept there
}

// Find chooses the pip that a command line is meant for, in the order: the
// interpreter a guard names, --python, the next pip of the same name on PATH
// that is not thresher, and VIRTUAL_ENV's interpreter for an environment
// without a pip of its own. It starts no process unless what it finds cannot
// be read statically.
//
// It returns an error that is ErrNoPip, ErrNoInterpreter or ErrTooOld.
func Find(in FindInput) (*Installation, error) {
	environ := pythontext.EnvironmentOf(in.Environ)
	if in.Interpreter != "" {
		if !pythontext.Exists(in.Interpreter) {
			return nil, fmt.Errorf("%w: %s", ErrNoInterpreter, in.Interpreter)
		}
		found, err := describe(in.Interpreter, in.Environ, in.CacheDir)
		if err != nil {
			return nil, err
		}
		if found.Version == "" {
			// The pip that was called came from elsewhere: get-pip.py, a wheel
			// on PYTHONPATH, as pipx has it for a new environment.
			return pipFor(found, in)
		}
		if !in.AsModule {
			found.Script = scriptBeside(in.Interpreter, in.Name)
		}
		return found.on(in.Python, in)
	}
	found, dir, err := findOnPath(in)
	active := activeEnvironment(environ, dir)
	if active == "" {
		if err != nil {
			return nil, err
		}
		return found.on(in.Python, in)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s has none, and none is on PATH that could work on it", ErrNoPip, active)
	}
	if in.Python != "" {
		return found.on(in.Python, in)
	}
	return found.on(active, in)
}

// pipFor gives a pip that can work on an environment without one: that of the
// interpreter it was made with, or the next one on PATH.
func pipFor(target *Installation, in FindInput) (*Installation, error) {
	for _, name := range []string{"bin/python3", "bin/python", "python.exe"} {
		base := filepath.Join(target.BasePrefix, filepath.FromSlash(name))
		if target.BasePrefix == target.Prefix || !pythontext.Exists(base) {
			continue
		}
		if outside, err := describe(base, in.Environ, in.CacheDir); err == nil && outside.Version != "" {
			if found, err := outside.On(in.Interpreter, in.Environ, in.CacheDir); err == nil {
				return found, nil
			}
		}
	}
	if outside, _, err := findOnPath(in); err == nil {
		if found, err := outside.On(in.Interpreter, in.Environ, in.CacheDir); err == nil {
			return found, nil
		}
	}
	return nil, fmt.Errorf("%w in the environment of %s, and none is outside of it that could work on it", ErrNoPip,
		in.Interpreter)
}

// on gives the installation itself, or the same pip on another interpreter.
func (i *Installation) on(python string, in FindInput) (*Installation, error) {
	if python == "" {
		return i, nil
	}
	interpreter, ok := identifyInterpreter(python, in.Dir)
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrNoInterpreter, python)
	}
	return i.On(interpreter, in.Environ, in.CacheDir)
}

// identifyInterpreter is what pip makes of --python: an existing file, or a
// directory with bin/python or Scripts/python.exe in it.
func identifyInterpreter(python, dir string) (string, bool) {
	if !filepath.IsAbs(python) {
		python = pythontext.JoinPath(dir, python)
	}
	info, err := os.Stat(python)
	if err != nil {
		return "", false
	}
	if !info.IsDir() {
		return python, true
	}
	for _, inside := range []string{"bin/python", "Scripts/python.exe"} {
		if candidate := filepath.Join(python, filepath.FromSlash(inside)); pythontext.Exists(candidate) {
			return candidate, true
		}
	}
	return "", false
}

// On gives the same pip working on another interpreter, as its --python does.
// It returns an error that is ErrTooOld where this pip cannot (before 22.3).
func (i *Installation) On(interpreter string, environ []string, cacheDir string) (*Installation, error) {
	runner := filepath.Join(i.PackageDir, "__pip-runner__.py")
	if !pythontext.Exists(runner) || !release.AtLeast(i.Version, "22.3") {
		return nil, fmt.Errorf("%w: pip %s has no --python", ErrTooOld, i.Version)
	}
	target, err := describe(interpreter, environ, cacheDir)
	if err != nil {
		return nil, err
	}
	target.Script, target.Runner = "", runner
	target.Version, target.PackageDir, target.DefaultIndex = i.Version, i.PackageDir, i.DefaultIndex
	return target, nil
}

// activeEnvironment gives the directory of an activated virtual environment
// that has no pip of its own, which makes PATH lead to a pip outside of it.
// before is the directory on PATH where the pip was found.
func activeEnvironment(environ pythontext.Environment, before string) string {
	active := environ.Get("VIRTUAL_ENV")
	if active == "" || !filepath.IsAbs(active) {
		return ""
	}
	bin := filepath.Join(active, "bin")
	if pythontext.OnWindows {
		bin = filepath.Join(active, "Scripts")
	}
	if _, ok := identifyInterpreter(active, active); !ok {
		return ""
	}
	for _, dir := range filepath.SplitList(environ.Get("PATH")) {
		if before != "" && dir == before {
			return "" // also where it is the environment's own
		}
		if dir != "" && filepath.Clean(dir) == bin {
			return active
		}
	}
	return ""
}

// findOnPath gives the first pip of that name on PATH that is not thresher,
// and the directory it was in. A directory that is empty or relative is passed
// over: what it holds depends on where one stands.
func findOnPath(in FindInput) (*Installation, string, error) {
	environ := pythontext.EnvironmentOf(in.Environ)
	dirs := filepath.SplitList(environ.Get("PATH"))
	var problems []error
	for at, dir := range dirs {
		if !filepath.IsAbs(dir) {
			continue
		}
		for _, name := range executableNames(in.Name) {
			candidate := filepath.Join(dir, name)
			if !files.IsProgram(candidate) || files.Same(candidate, in.Self) {
				continue
			}
			// What a wrapper is asked, it answers without the directories up
			// to its own: two shims can never call each other for ever.
			found, err := describeScript(candidate, in, dirs[at+1:])
			if err == nil {
				return found, dir, nil
			}
			problems = append(problems, fmt.Errorf("%s: %w", candidate, err))
		}
	}
	if len(problems) > 0 {
		return nil, "", fmt.Errorf("%w: %w", ErrNoPip, errors.Join(problems...))
	}
	return nil, "", fmt.Errorf("%w: no other %s is on PATH", ErrNoPip, in.Name)
}

func executableNames(name string) []string {
	if pythontext.OnWindows {
		return []string{name + ".exe"}
	}
	return []string{name}
}

// describeScript tells which interpreter and pip a script stands for.
func describeScript(path string, in FindInput, laterDirs []string) (*Installation, error) {
	if pythontext.OnWindows {
		return describeLauncher(path, in)
	}
	head, err := readHead(path, 4096)
	if err != nil {
		return nil, err
	}
	interpreter, ok := scriptInterpreter(head, in)
	if !ok {
		return askWrapper(path, head, in, laterDirs)
	}
	found, err := describe(interpreter, in.Environ, in.CacheDir)
	if err != nil {
		return nil, err
	}
	if found.Version == "" {
		return nil, fmt.Errorf("%w in the environment of %s", ErrNoPip, interpreter)
	}
	if isPipScript(head) {
		found.Script = path
	}
	return found, nil
}

// describeLauncher takes pip.exe for what stands beside it in Scripts.
func describeLauncher(path string, in FindInput) (*Installation, error) {
	dir := filepath.Dir(path)
	for _, interpreter := range []string{filepath.Join(dir, "python.exe"),
		filepath.Join(filepath.Dir(dir), "python.exe")} {
		if pythontext.Exists(interpreter) {
			found, err := describe(interpreter, in.Environ, in.CacheDir)
			if err == nil && found.Version == "" {
				err = ErrNoPip
			}
			return found, err
		}
	}
	return nil, fmt.Errorf("%w beside %s", ErrNoInterpreter, path)
}

func readHead(path string, size int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, size))
}

// isPipScript tells a script that pip or virtualenv wrote from a wrapper
// somebody wrote in Python, whose own doings nobody has read.
func isPipScript(head []byte) bool {
	for _, line := range bytes.Split(head, []byte("\n")) {
		line = bytes.TrimSpace(line)
		for _, known := range []string{
			"from pip._internal.cli.main import cli", // from pip 26.3 on
			"from pip._internal.cli.main import main", "from pip._internal.main import main",
			"from pip._internal import main",
		} {
			if string(line) == known {
				return len(head) < 1024
			}
		}
	}
	return false
}

// scriptInterpreter reads the interpreter of a Python script: a "#!" line, the
// same through env, or the shell lines that stand in for one that is too long.
func scriptInterpreter(head []byte, in FindInput) (string, bool) {
	first, rest, _ := bytes.Cut(head, []byte("\n"))
	line, ok := strings.CutPrefix(string(bytes.TrimSpace(first)), "#!")
	if !ok {
		return "", false
	}
	line = strings.TrimSpace(line)
	program, argument, _ := strings.Cut(line, " ")
	argument = strings.TrimSpace(argument)
	base := filepath.Base(program)
	switch {
	case strings.HasPrefix(base, "python") || strings.HasPrefix(base, "pypy"):
		return program, filepath.IsAbs(program) && pythontext.Exists(program)
	case base == "env":
		name := strings.TrimSpace(strings.TrimPrefix(argument, "-S"))
		name, _, _ = strings.Cut(name, " ")
		if !strings.HasPrefix(name, "python") || strings.ContainsRune(name, '/') {
			return "", false
		}
		for _, dir := range filepath.SplitList(pythontext.Environment(in.Environ).Get("PATH")) {
			candidate := filepath.Join(dir, name)
			if info, err := os.Stat(candidate); filepath.IsAbs(dir) && err == nil && !info.IsDir() &&
				info.Mode()&0o111 != 0 {
				head, err := readHead(candidate, 2)
				// A version manager's python is a shell script: ask that one.
				return candidate, err == nil && string(head) != "#!"
			}
		}
		return "", false
	case base == "sh":
		match := execLine().FindSubmatch(rest)
		if match == nil {
			return "", false
		}
		path := string(match[1])
		return path, filepath.IsAbs(path) && pythontext.Exists(path)
	}
	return "", false
}

// execLine is what installers write for an interpreter whose path is too long
// for a "#!" line or has blanks in it.
var execLine = lazyregexp.New(`^'''exec' "?([^"\n]+?)"? "\$0" "\$@"\n`)

// askWrapper asks a pip that is no Python script which pip it stands for.
func askWrapper(path string, head []byte, in FindInput, laterDirs []string) (*Installation, error) {
	environ := withVariable(in.Environ, "PATH", strings.Join(laterDirs, string(filepath.ListSeparator)))
	environ = withoutPipVariables(environ)
	if match := pyenvLine().FindSubmatch(head); match != nil {
		output, err := askAs(string(match[1]), environ, in.Dir, "which", filepath.Base(path))
		if err != nil {
			return nil, err
		}
		script := strings.TrimSpace(output)
		if !filepath.IsAbs(script) || !pythontext.Exists(script) {
			return nil, fmt.Errorf("ask %s which pip it runs: it named no file", path)
		}
		return describeScript(script, in, laterDirs)
	}
	output, err := askAs(path, environ, in.Dir, "--version")
	if err != nil {
		return nil, err
	}
	match := versionLine().FindStringSubmatch(strings.TrimSpace(output))
	if match == nil {
		return nil, fmt.Errorf("ask %s which pip it runs: it does not answer --version as pip does", path)
	}
	packageDir, minor := match[2], match[3]
	prefix := filepath.Clean(filepath.Join(packageDir, "..", "..", "..", ".."))
	for _, name := range []string{"python" + minor, "python3", "python"} {
		interpreter := filepath.Join(prefix, "bin", name)
		if !pythontext.Exists(interpreter) {
			continue
		}
		found, err := describe(interpreter, in.Environ, in.CacheDir)
		if err != nil {
			return nil, err
		}
		if found.PackageDir == packageDir {
			return found, nil
		}
	}
	return nil, fmt.Errorf("ask %s which pip it runs: the interpreter of %s was not found", path, packageDir)
}

// pyenvLine is the last line of a shim that pyenv wrote.
var pyenvLine = lazyregexp.New(`(?m)^exec "([^"]+/pyenv)" exec "\$program" "\$@"$`)

// versionLine is the answer to `pip --version`.
var versionLine = lazyregexp.New(`^pip (\S+) from (.+) \(python (\d+\.\d+)\)$`)

// askAs runs a wrapper in the user's own directory and environment, which
// decide its answer.
func askAs(program string, environ []string, dir string, args ...string) (string, error) {
	cmd := exec.Command(program, args...)
	cmd.Env, cmd.Dir = environ, dir
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	output, err := cmd.Output()
	if last := words.LastLine(complaint.String()); err != nil && last != "" {
		err = fmt.Errorf("%w: %s", err, last)
	}
	if err != nil {
		return "", fmt.Errorf("ask %s which pip it runs: %w", program, err)
	}
	return string(output), nil
}

// withVariable gives a copy of an environment with one variable set.
func withVariable(environ []string, name, value string) []string {
	var changed []string
	for _, entry := range environ {
		if !strings.HasPrefix(entry, name+"=") {
			changed = append(changed, entry)
		}
	}
	return append(changed, name+"="+value)
}

// withoutPipVariables gives a copy without what could make a pip do anything
// but answer.
func withoutPipVariables(environ []string) []string {
	var kept []string
	for _, entry := range environ {
		if !strings.HasPrefix(entry, "PIP_") {
			kept = append(kept, entry)
		}
	}
	return append(kept, "PIP_CONFIG_FILE="+os.DevNull)
}

// scriptBeside gives the pip script in an interpreter's own directory, if
// there is one that an installer wrote.
func scriptBeside(interpreter, name string) string {
	for _, candidate := range []string{name, "pip", "pip3"} {
		path := filepath.Join(filepath.Dir(interpreter), candidate)
		head, err := readHead(path, 4096)
		if candidate != "" && err == nil && isPipScript(head) {
			return path
		}
	}
	return ""
}

// describe tells what an interpreter is and which pip it has. Version is empty
// where it has none.
func describe(interpreter string, environ pythontext.Environment, cacheDir string) (*Installation, error) {
	environment, err := python.Inspect(interpreter, environ, cacheDir)
	if err != nil {
		return nil, err
	}
	found := &Installation{Environment: environment}
	found.PackageDir, err = environment.Package("pip", environ, cacheDir)
	if err != nil || found.PackageDir == "" {
		return found, err
	}
	if found.Version, err = packageVersion(found.PackageDir); err != nil {
		return nil, err
	}
	found.DefaultIndex, err = defaultIndex(found.PackageDir)
	return found, err
}

// systemSite tells whether a virtual environment sees its base's packages:
// pip's own reading, which takes anything but "false" for yes.
func (i *Installation) systemSite() bool {
	configuration, err := python.ReadConfiguration(i.Prefix)
	if err != nil {
		return false
	}
	for line := range strings.Lines(configuration.Text) {
		if match := systemSiteLine().FindStringSubmatch(line); match != nil && match[1] == "false" {
			return false
		}
	}
	return true
}

var systemSiteLine = lazyregexp.New(`^include-system-site-packages\s*=\s*(true|false)`)

// packageVersion reads a pip package's version from its own source.
func packageVersion(dir string) (string, error) {
	content, err := os.ReadFile(filepath.Join(dir, "__init__.py"))
	if err != nil {
		return "", err
	}
	match := versionStatement().FindSubmatch(content)
	if match == nil {
		return "", fmt.Errorf("read %s: it states no version", filepath.Join(dir, "__init__.py"))
	}
	return string(match[1]), nil
}

var versionStatement = lazyregexp.New(`(?m)^__version__ = ["']([^"']+)["']`)

// defaultIndex reads from a pip's own source which index it uses by itself.
func defaultIndex(dir string) (string, error) {
	path := filepath.Join(dir, "_internal", "models", "index.py")
	content, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	match := indexStatement().FindSubmatch(content)
	if match == nil {
		return "", fmt.Errorf("read %s: it states no index", path)
	}
	return string(match[1]) + "simple", nil
}

var indexStatement = lazyregexp.New(`(?m)^PyPI = PackageIndex\(\s*["'](https?://[^"'/]+/)["']`)
