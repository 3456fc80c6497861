// Package python tells what an interpreter is, where it installs and what it
// imports from: read from files where these say it, else asked, once.
package python

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"thresher/internal/files"
)

// Environment is an interpreter and where it installs.
type Environment struct {
	Interpreter string // absolute path as it was asked for, links kept; behind a script, what the script runs
	Prefix      string // sys.prefix
	BasePrefix  string // sys.base_prefix; equal to Prefix outside a virtual environment
	// PythonVersion is that of the interpreter, "3.11.7"; only "3.11" where
	// nothing tells more.
	PythonVersion string
	// SitePackages are the directories that installed distributions are found
	// in, the one that pip installs pure Python into first. With SystemSite
	// those of the base interpreter follow.
	SitePackages []string
	Scripts      string // where pip puts commands
	Virtual      bool   // UnderVirtualenv, or a conda environment other than base
	Conda        bool
	SystemSite   bool // the virtual environment sees the base interpreter's distributions too

	said *answer // nil where files told enough
}

// UnderVirtualenv is what pip means by a virtual environment (pip 26.2
// virtualenv.py, running_under_virtualenv).
func (e Environment) UnderVirtualenv() bool { return e.Prefix != e.BasePrefix }

// closed says whether a virtual environment sees nothing of its base.
func (e Environment) closed() bool { return e.UnderVirtualenv() && !e.SystemSite }

// Inspect tells what environment an interpreter runs in, from the files around
// it and without starting it, as Python's own start-up (getpath, site) reads
// them: a pyvenv.cfg beside the interpreter or one directory up makes its
// prefix the directory above the interpreter's. Only an interpreter that is a
// script (pyenv's are), or around which no standard library or no full version
// is found, is asked; its answer is kept in cacheDir, "" for nowhere. environ
// is the user's. The error wraps fs.ErrNotExist where there is no such
// interpreter.
func Inspect(interpreter string, environ []string, cacheDir string) (Environment, error) {
	absolute, err := filepath.Abs(interpreter)
	if err != nil {
		return Environment{}, fmt.Errorf(messageInspect, interpreter, err)
	}
	info, err := os.Stat(absolute)
	if err != nil {
		return Environment{}, fmt.Errorf(messageInspect, interpreter, err)
	}
	if info.IsDir() {
		return Environment{}, fmt.Errorf(messageInspect, interpreter, errors.New(messageIsDirectory))
	}
	script, err := isScript(absolute)
	if err != nil {
		return Environment{}, fmt.Errorf(messageInspect, interpreter, err)
	}
	if script {
		return inspectByAsking(absolute, true, environ, cacheDir)
	}
	configuration, found, err := findConfiguration(absolute)
	if err != nil {
		return Environment{}, fmt.Errorf(messageInspect, interpreter, err)
	}
	var environment Environment
	var known bool
	if found {
		environment, known = readVirtual(absolute, configuration, runtime.GOOS)
	} else {
		environment, known = readBase(absolute, runtime.GOOS)
	}
	if known && isFull(environment.PythonVersion) {
		return environment, nil
	}
	asked, err := inspectByAsking(absolute, false, environ, cacheDir)
	if err != nil && known {
		return environment, nil // but for the version it is known for certain
	}
	return asked, err
}

// isFull tells "3.11.7" from "3.11".
func isFull(version string) bool { return strings.Count(version, ".") >= 2 }

// isScript tells a text file with a #! line from a program.
func isScript(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrPermission) {
		return false, nil // a program may be executable and not readable
	}
	if err != nil {
		return false, err
	}
	start := make([]byte, 2)
	n, _ := f.Read(start) // what cannot be read is no script
	return string(start[:n]) == "#!", f.Close()
}

// readVirtual describes the environment of an interpreter with a pyvenv.cfg;
// known is false where its site-packages cannot be told.
func readVirtual(interpreter string, c Configuration, system string) (environment Environment, known bool) {
	prefix := filepath.Dir(filepath.Dir(interpreter))
	environment = Environment{
		Interpreter: interpreter, Prefix: prefix, PythonVersion: c.version(),
		Scripts:    scriptsDirectory(prefix, system),
		SystemSite: c.SystemSite(),
	}
	environment.SitePackages, environment.PythonVersion = sitePackages(prefix, environment.PythonVersion, system)
	if len(environment.SitePackages) == 0 {
		return environment, false
	}
	base := baseInterpreter(interpreter, c, system)
	baseEnvironment, found := readBase(base, system)
	if found {
		environment.BasePrefix = baseEnvironment.Prefix
	} else if environment.BasePrefix = c.Values["home"]; system != "windows" {
		environment.BasePrefix = filepath.Dir(environment.BasePrefix)
	}
	if environment.SystemSite {
		if !found {
			return environment, false
		}
		environment.SitePackages = append(environment.SitePackages, baseEnvironment.SitePackages...)
	}
	if !isFull(environment.PythonVersion) && minorOf(baseEnvironment.PythonVersion) == minorOf(environment.PythonVersion) {
		environment.PythonVersion = baseEnvironment.PythonVersion
	}
	environment.Virtual = environment.UnderVirtualenv()
	return environment, true
}

// baseInterpreter finds the interpreter that an environment was made from.
func baseInterpreter(interpreter string, c Configuration, system string) string {
	if real, err := filepath.EvalSymlinks(interpreter); err == nil && real != interpreter &&
		filepath.Dir(filepath.Dir(real)) != filepath.Dir(filepath.Dir(interpreter)) {
		return real
	}
	// A copied interpreter leads nowhere; its name is found again in home.
	name := filepath.Base(interpreter)
	if system == "windows" {
		name = "python.exe"
	}
	return filepath.Join(c.Values["home"], name)
}

// readBase describes what a base interpreter or one of conda sees; known is
// false where no standard library lies around it.
func readBase(interpreter, system string) (environment Environment, known bool) {
	real, err := filepath.EvalSymlinks(interpreter)
	if err != nil {
		return Environment{}, false
	}
	prefix, library := findLibrary(real, system)
	if prefix == "" {
		return Environment{}, false
	}
	environment = Environment{
		Interpreter: interpreter, Prefix: prefix, BasePrefix: prefix, Scripts: scriptsDirectory(prefix, system),
	}
	minor := minorVersion(filepath.Base(library))
	environment.SitePackages, environment.PythonVersion = sitePackages(prefix, minor, system)
	if minor != "" {
		debian := []string{
			filepath.Join(prefix, "local", "lib", "python"+minor, "dist-packages"),
			filepath.Join(prefix, "lib", "python3", "dist-packages"),
		}
		if files.IsDirectory(debian[1]) {
			// Debian's pip installs below local, and its Python looks at no
			// site-packages beside its standard library.
			environment.SitePackages = existing(debian)
		}
	}
	readConda(&environment)
	if full := patchVersion(prefix, minor, environment.Conda); full != "" {
		environment.PythonVersion = full
	}
	if environment.PythonVersion == "" || len(environment.SitePackages) == 0 {
		return environment, false
	}
	return environment, true
}

// findLibrary looks for the standard library above a base interpreter, links
// resolved, as Python does.
func findLibrary(interpreter, system string) (prefix, library string) {
	for dir := filepath.Dir(interpreter); ; dir = filepath.Dir(dir) {
		if system == "windows" {
			if files.IsRegular(filepath.Join(dir, "Lib", "os.py")) {
				return dir, filepath.Join(dir, "Lib")
			}
		} else if found := libraries(dir); len(found) == 1 {
			return dir, found[0]
		} else if len(found) > 1 {
			// Several Pythons under one prefix: the interpreter's name decides.
			minor := minorVersion(filepath.Base(interpreter))
			for _, candidate := range found {
				if minor != "" && minorVersion(filepath.Base(candidate)) == minor {
					return dir, candidate
				}
			}
			return "", ""
		}
		if dir == filepath.Dir(dir) {
			return "", ""
		}
	}
}

// libraries gives the standard libraries below a prefix: lib/python3.11,
// lib64/python3.11, lib/python3.13t, lib/pypy3.9.
func libraries(prefix string) []string {
	var found []string
	seen := map[string]bool{}
	for _, lib := range []string{"lib", "lib64"} {
		for _, dir := range versionedDirectories(filepath.Join(prefix, lib)) {
			if name := filepath.Base(dir); !seen[name] && files.IsRegular(filepath.Join(dir, "os.py")) {
				seen[name] = true
				found = append(found, dir)
			}
		}
	}
	return found
}

// versionedDirectories gives the directories named as python3.11 below lib.
func versionedDirectories(lib string) []string {
	entries, err := os.ReadDir(lib)
	if err != nil {
		return nil
	}
	var found []string
	for _, entry := range entries {
		name := entry.Name()
		if (strings.HasPrefix(name, "python3.") || strings.HasPrefix(name, "pypy3.")) && minorVersion(name) != "" {
			found = append(found, filepath.Join(lib, name))
		}
	}
	return found
}

// minorVersion gives "3.11" of python3.11, python3.11.exe, python3.13t and
// pypy3.9, "" of any other name.
func minorVersion(name string) string {
	i := strings.Index(name, "3.")
	if i < 0 {
		return ""
	}
	end := i + 2
	for end < len(name) && name[end] >= '0' && name[end] <= '9' {
		end++
	}
	if end == i+2 {
		return ""
	}
	return name[i:end]
}

// sitePackages gives the site-packages below a prefix, and the version with
// the directory's minor where the one given is of another.
func sitePackages(prefix, version, system string) ([]string, string) {
	if system == "windows" {
		return existing([]string{filepath.Join(prefix, "Lib", "site-packages")}), version
	}
	var found []string
	minor := ""
	for _, lib := range []string{"lib", "lib64"} {
		if lib == "lib64" && files.Same(filepath.Join(prefix, "lib"), filepath.Join(prefix, "lib64")) {
			continue
		}
		for _, dir := range versionedDirectories(filepath.Join(prefix, lib)) {
			site := filepath.Join(dir, "site-packages")
			if !files.IsDirectory(site) {
				continue
			}
			its := minorVersion(filepath.Base(dir))
			if version != "" && its != minorOf(version) && len(versionedDirectories(filepath.Join(prefix, lib))) > 1 {
				continue // left over from another Python
			}
			if minor != "" && its != minor {
				return nil, version // which one is in use cannot be told from here
			}
			minor = its
			found = append(found, site)
		}
	}
	if minor != "" && minorOf(version) != minor {
		version = minor
	}
	return found, version
}

// minorOf gives "3.11" of "3.11.7".
func minorOf(version string) string {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return ""
	}
	return parts[0] + "." + parts[1]
}

// Minor gives the 11 of Python 3.11, 0 where the version is not known.
func (e Environment) Minor() int {
	minor := 0
	_, text, _ := strings.Cut(minorOf(e.PythonVersion), ".")
	for _, digit := range text {
		if digit < '0' || digit > '9' {
			return 0
		}
		minor = minor*10 + int(digit-'0')
	}
	return minor
}

// readConda recognises an environment of conda. Base is told by the package
// manager itself, or by the places where all environments and packages lie.
func readConda(environment *Environment) {
	entries, err := os.ReadDir(filepath.Join(environment.Prefix, "conda-meta"))
	if err != nil {
		return
	}
	environment.Conda = true
	base := files.IsDirectory(filepath.Join(environment.Prefix, "condabin")) ||
		files.IsDirectory(filepath.Join(environment.Prefix, "envs")) &&
			files.IsDirectory(filepath.Join(environment.Prefix, "pkgs"))
	for _, entry := range entries {
		if rest, ok := strings.CutPrefix(entry.Name(), "conda-"); ok && rest != "" && rest[0] >= '0' && rest[0] <= '9' {
			base = true
		}
	}
	environment.Virtual = !base
}

// patchVersion finds the full version of a base interpreter: in conda's
// records, or in the header files.
func patchVersion(prefix, minor string, conda bool) string {
	if conda {
		entries, err := os.ReadDir(filepath.Join(prefix, "conda-meta"))
		if err == nil {
			for _, entry := range entries {
				if rest, ok := strings.CutPrefix(entry.Name(), "python-"+minor+"."); ok && minor != "" {
					if patch, _, ok := strings.Cut(rest, "-"); ok {
						return minor + "." + patch
					}
				}
			}
		}
	}
	for _, header := range []string{
		filepath.Join(prefix, "include", "python"+minor, "patchlevel.h"),
		filepath.Join(prefix, "include", "python"+minor+"t", "patchlevel.h"),
		filepath.Join(prefix, "include", "patchlevel.h"),
	} {
		content, err := os.ReadFile(header)
		if err != nil {
			continue
		}
		for line := range bytes.Lines(content) {
			fields := strings.Fields(string(line))
			if len(fields) == 3 && fields[0] == "#define" && fields[1] == "PY_VERSION" {
				version := strings.Trim(fields[2], `"`)
				return strings.TrimRight(version, "+")
			}
		}
	}
	return ""
}

func scriptsDirectory(prefix, system string) string {
	if system == "windows" {
		return filepath.Join(prefix, "Scripts")
	}
	return filepath.Join(prefix, "bin")
}

func existing(dirs []string) []string {
	return slices.DeleteFunc(dirs, func(dir string) bool { return !files.IsDirectory(dir) })
}

// inspectByAsking has an interpreter describe itself.
func inspectByAsking(interpreter string, script bool, environ []string, cacheDir string) (Environment, error) {
	said, err := ask(interpreter, script, environ, cacheDir, false)
	if err != nil {
		return Environment{}, err
	}
	environment := Environment{
		Interpreter: interpreter, Prefix: said.Prefix, BasePrefix: said.BasePrefix,
		PythonVersion: said.Version, Scripts: said.Scripts, said: said,
	}
	if script {
		environment.Interpreter = said.Executable
	}
	for _, place := range said.SitePackages {
		if !slices.Contains(environment.SitePackages, place) && files.IsDirectory(place) {
			environment.SitePackages = append(environment.SitePackages, place)
		}
	}
	if len(environment.SitePackages) == 0 {
		return Environment{}, fmt.Errorf(messageNoSitePackages, interpreter)
	}
	environment.Virtual = environment.UnderVirtualenv()
	if !environment.Virtual {
		readConda(&environment)
	} else if c, err := ReadConfiguration(environment.Prefix); err == nil {
		environment.SystemSite = c.SystemSite()
	}
	return environment, nil
}
