package venv

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"thresher/internal/files"
	"thresher/python"
)

// ErrNotOurs is returned for an environment that belongs to another user: a
// guard is never written there.
var ErrNotOurs = errors.New(messageNotOurs)

// ErrNoUserSite is returned for a base interpreter that does not look into the
// user's site-packages, so that a guard there would do nothing.
var ErrNoUserSite = errors.New(messageNoUserSite)

//go:embed guard/start.py
var startSource string

//go:embed guard/guard.py
var guardSource string

// The guard's files in a site-packages directory. From Python 3.15 on a .start
// file takes the place of the import lines in the .pth file of the same name
// (PEP 829), and names a function in a module.
const (
	pathFileName    = "thresher-guard.pth"
	startFileName   = "thresher-guard.start"
	startModuleName = "_thresher_start.py"
	guardModuleName = "_thresher_guard.py"
)

// firstWithStartFiles is the minor version of the first Python with PEP 829.
const firstWithStartFiles = 15

// IsGuardFile tells whether a file of this name in site-packages is the guard's.
func IsGuardFile(name string) bool {
	switch name {
	case pathFileName, startFileName, startModuleName, guardModuleName:
		return true
	}
	return false
}

// Guarded is the state of an environment's guard.
type Guarded struct {
	Directory string // the site-packages that the guard is in, or would be
	Installed bool   // all of its files are there
	Current   bool   // they are what this thresher would write for Program
	Program   string // the thresher that it calls
	Gone      bool   // Program is not there any more
}

// GuardState reads the guard of an environment: in its own site-packages, for
// a base interpreter in the user's unless it has one for all users.
func GuardState(environment python.Environment) (Guarded, error) {
	if !environment.Virtual {
		state, err := MachineGuardState(environment)
		if err != nil || state.Installed {
			return state, err
		}
	}
	directory, err := guardDirectory(environment)
	if err != nil {
		return Guarded{}, err
	}
	return readGuard(directory, environment.Minor())
}

// MachineGuardState reads the guard that a base interpreter has for all users,
// in its own site-packages.
func MachineGuardState(environment python.Environment) (Guarded, error) {
	directory, err := ownSitePackages(environment)
	if err != nil {
		return Guarded{}, err
	}
	return readGuard(directory, environment.Minor())
}

func readGuard(directory string, minor int) (Guarded, error) {
	state := Guarded{Directory: directory}
	source, err := os.ReadFile(filepath.Join(directory, guardModuleName))
	if errors.Is(err, fs.ErrNotExist) {
		return state, nil
	}
	if err != nil {
		return state, fmt.Errorf(messageReadGuard, directory, err)
	}
	state.Program = programInGuard(string(source))
	state.Installed, state.Current = true, state.Program != ""
	if !state.Current {
		return state, nil
	}
	state.Gone = !files.IsRegular(state.Program)
	wanted, err := guardFiles(state.Program, minor)
	if err != nil {
		return state, err
	}
	for _, file := range wanted {
		content, err := os.ReadFile(filepath.Join(directory, file.name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			state.Installed, state.Current = false, false
		case err != nil:
			return state, fmt.Errorf(messageReadGuard, directory, err)
		case string(content) != file.content:
			state.Current = false
		}
	}
	return state, nil
}

// programInGuard finds the program that a guard's source names.
func programInGuard(source string) string {
	for line := range strings.Lines(source) {
		if literal, ok := strings.CutPrefix(line, "THRESHER = "); ok {
			quoted, err := strconv.QuotedPrefix(literal)
			if err != nil {
				return ""
			}
			program, err := strconv.Unquote(quoted)
			if err != nil {
				return ""
			}
			return program
		}
	}
	return ""
}

type guardFile struct{ name, content string }

// guardFiles gives the guard's files in the order in which they are written:
// what calls the others comes last.
func guardFiles(program string, minor int) ([]guardFile, error) {
	if !filepath.IsAbs(program) || !utf8.ValidString(program) {
		return nil, fmt.Errorf(messageProgramPath, program)
	}
	// Go's escapes for what is not ASCII are Python's as well.
	guard := []guardFile{{guardModuleName, strings.Replace(guardSource, "@THRESHER@", strconv.QuoteToASCII(program), 1)}}
	if minor >= firstWithStartFiles {
		guard = append(guard,
			guardFile{startModuleName, "directory = __file__.rpartition('_thresher_start')[0]\n" + startSource +
				"\n\ndef start():\n    pass\n"},
			guardFile{startFileName, strings.TrimSuffix(startModuleName, ".py") + ":start\n"})
	}
	return append(guard, guardFile{pathFileName, pathFile()}), nil
}

// pathFile gives the content of the .pth file: the start-up code in one line
// that begins with "import", as site.py demands. It reads the files of a virtual
// environment twice up to Python 3.13, and the guard of the user's
// site-packages may have come before: the mark on sys keeps the code from
// running again. sitedir is what site.py calls the directory that the file is in.
func pathFile() string {
	var code strings.Builder
	for line := range strings.Lines(startSource) {
		if trimmed := strings.TrimSpace(line); trimmed != "" && !strings.HasPrefix(trimmed, "#") {
			code.WriteString(strings.Replace(line, "    ", " ", -1))
		}
	}
	code.WriteString("sys._thresher_guard = True\n")
	return "import sys; hasattr(sys, '_thresher_guard') or exec(" + strconv.QuoteToASCII(code.String()) +
		", {'directory': sitedir})\n"
}

// InstallGuard writes the guard that calls the thresher at the absolute path
// binary: into the environment's own site-packages, for a base interpreter
// into the user's. A guard that is there already is renewed. The error wraps
// ErrNotOurs for another user's environment, ErrNoUserSite, or what the file
// system says of a read-only one.
func InstallGuard(environment python.Environment, binary string) error {
	directory, err := guardDirectory(environment)
	if err == nil {
		_, err = installGuard(environment, directory, binary)
	}
	return err
}

// installGuard writes the guard into a directory, and gives the known
// environment to remember.
func installGuard(environment python.Environment, directory, binary string) (KnownEnvironment, error) {
	known := KnownEnvironment{
		Prefix: environment.Prefix, Interpreter: environment.Interpreter, Directory: directory,
		Base: !environment.Virtual,
	}
	var err error
	wanted, err := guardFiles(binary, environment.Minor())
	if err != nil {
		return known, err
	}
	if known.Base {
		if known.Made, err = makeDirectories(directory); err != nil {
			return known, fmt.Errorf(messageWriteGuard, directory, err)
		}
	}
	if err := checkOwner(directory); err != nil {
		return known, fmt.Errorf(messageWriteGuard, directory, err)
	}
	for _, file := range wanted {
		if err := writeGuardFile(directory, file); err != nil {
			return known, fmt.Errorf(messageWriteGuard, directory, err)
		}
	}
	// Python takes a compiled module for current that is of the same second
	// and size.
	if err := removeCompiled(directory); err != nil {
		return known, fmt.Errorf(messageWriteGuard, directory, err)
	}
	return known, nil
}

// makeDirectories makes a directory and says which was the first that was not
// there before. That one's parent must belong to this user.
func makeDirectories(directory string) (made string, err error) {
	for dir := directory; !files.IsDirectory(dir) && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		made = dir
	}
	if made == "" {
		return "", nil
	}
	if err := checkOwner(filepath.Dir(made)); err != nil {
		return "", err
	}
	return made, os.MkdirAll(directory, 0o755)
}

// writeGuardFile puts a file in place whole or not at all, and leaves one
// alone that is as it should be.
func writeGuardFile(directory string, file guardFile) error {
	path := filepath.Join(directory, file.name)
	if content, err := os.ReadFile(path); err == nil && string(content) == file.content {
		return nil
	}
	return files.Replace(path, []byte(file.content), 0o644)
}

// RemoveGuard takes the guard out of an environment without a trace, and the
// environment off the list in the state directory ("" for none). It is no
// error where there is no guard.
func RemoveGuard(environment python.Environment, stateDirectory string) error {
	directory, err := guardDirectory(environment)
	if err != nil {
		return err
	}
	if err := removeGuard(directory, ""); err != nil || stateDirectory == "" {
		return err
	}
	known, err := forget(stateDirectory, directory)
	if err != nil {
		return err
	}
	return removeGuard(directory, known.Made)
}

// removeGuard takes the guard's files away, what calls the others first, then
// the directories from directory up to made that are empty.
func removeGuard(directory, made string) error {
	for _, name := range []string{pathFileName, startFileName, startModuleName, guardModuleName} {
		if err := os.Remove(filepath.Join(directory, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf(messageRemoveGuard, directory, err)
		}
	}
	if err := removeCompiled(directory); err != nil {
		return fmt.Errorf(messageRemoveGuard, directory, err)
	}
	if made == "" {
		return nil
	}
	for dir := directory; ; dir = filepath.Dir(dir) {
		relative, err := filepath.Rel(made, dir)
		if err != nil || strings.HasPrefix(relative, "..") || os.Remove(dir) != nil {
			return nil // something else lies in it by now
		}
	}
}

// removeCompiled takes away what Python compiled the guard's modules to.
func removeCompiled(directory string) error {
	cache := filepath.Join(directory, "__pycache__")
	compiled, err := filepath.Glob(filepath.Join(escapePattern(cache), "_thresher_*.pyc*"))
	for _, path := range compiled {
		err = errors.Join(err, os.Remove(path))
	}
	if len(compiled) > 0 {
		_ = os.Remove(cache) // only where it is empty
	}
	return err
}

// escapePattern has a path stand for itself in filepath.Glob.
func escapePattern(path string) string {
	if filepath.Separator == '\\' {
		return path // Windows has no escape, and no * or ? in paths
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// EnsureGuard writes the guard where there is none that works, and remembers
// the environment in the state directory. A whole guard that calls another
// thresher is left alone as long as that one is there. Errors are those of
// InstallGuard.
func EnsureGuard(environment python.Environment, binary, stateDirectory string) error {
	state, err := GuardState(environment)
	if err != nil {
		return err
	}
	return ensureGuard(environment, state, binary, stateDirectory)
}

// EnsureMachineGuard is EnsureGuard for all users of a base interpreter: the
// guard lies in the interpreter's own site-packages, which are read with -I
// and for users who have none of their own.
func EnsureMachineGuard(environment python.Environment, binary, stateDirectory string) error {
	state, err := MachineGuardState(environment)
	if err != nil {
		return err
	}
	return ensureGuard(environment, state, binary, stateDirectory)
}

func ensureGuard(environment python.Environment, state Guarded, binary, stateDirectory string) error {
	if !state.Current || state.Gone {
		known, err := installGuard(environment, state.Directory, binary)
		if err != nil {
			return err
		}
		return remember(stateDirectory, known)
	}
	return remember(stateDirectory, KnownEnvironment{
		Prefix: environment.Prefix, Interpreter: environment.Interpreter, Directory: state.Directory,
		Base: !environment.Virtual,
	})
}

// guardDirectory gives the site-packages that an environment's guard belongs
// in.
func guardDirectory(environment python.Environment) (string, error) {
	if environment.Virtual {
		return ownSitePackages(environment)
	}
	directory, enabled, err := python.AskUserSite(environment, os.Environ(), "")
	if err == nil && !enabled {
		return "", fmt.Errorf(messageGuardBase, environment.Interpreter, ErrNoUserSite)
	}
	return directory, err
}

func ownSitePackages(environment python.Environment) (string, error) {
	if len(environment.SitePackages) == 0 {
		return "", fmt.Errorf(messageNoPackages, environment.Interpreter)
	}
	return environment.SitePackages[0], nil
}

// checkOwner returns ErrNotOurs where a directory belongs to another user.
func checkOwner(directory string) error {
	info, err := os.Stat(directory)
	if err == nil && !files.IsMine(info) {
		err = ErrNotOurs
	}
	return err
}
