package python

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"thresher/internal/lazyregexp"
)

// configurationName is the file that makes a directory a virtual environment
// (PEP 405).
const configurationName = "pyvenv.cfg"

// Configuration is a pyvenv.cfg.
type Configuration struct {
	Text   string            // the whole file
	Values map[string]string // by keys in lower case
}

// ReadConfiguration reads the pyvenv.cfg of a directory. The error wraps
// fs.ErrNotExist where it has none.
func ReadConfiguration(directory string) (Configuration, error) {
	content, err := os.ReadFile(filepath.Join(directory, configurationName))
	if err != nil {
		return Configuration{}, err
	}
	c := Configuration{Text: string(content), Values: map[string]string{}}
	for line := range strings.Lines(c.Text) {
		if key, value, ok := strings.Cut(line, "="); ok {
			c.Values[strings.ToLower(strings.TrimSpace(key))] = strings.TrimSpace(value)
		}
	}
	return c, nil
}

// findConfiguration reads the pyvenv.cfg beside the interpreter or one
// directory up, in Python's order, links not resolved.
func findConfiguration(interpreter string) (c Configuration, found bool, err error) {
	dir := filepath.Dir(interpreter)
	for _, place := range []string{dir, filepath.Dir(dir)} {
		c, err := ReadConfiguration(place)
		switch {
		case err == nil:
			return c, true, nil
		case !errors.Is(err, fs.ErrNotExist):
			// Python would leave it out of account; whether that makes the
			// environment a virtual one is then not for certain.
			return Configuration{}, false, err
		}
	}
	return Configuration{}, false, nil
}

// version gives the version that the environment's maker wrote down: venv
// "version", virtualenv and uv "version_info" ("3.11.7.final.0"). It is "" for
// what is no final release.
func (c Configuration) version() string {
	version, info := releaseOf(c.Values["version"]), c.Values["version_info"]
	if version == "" || strings.ContainsAny(info, "abcr") && !strings.Contains(info, "final") {
		version = releaseOf(info)
	}
	return version
}

// releaseOf gives "3.11.7" of "3.11.7" and "3.11.7.final.0", "" of anything else.
func releaseOf(text string) string {
	match := finalRelease().FindStringSubmatch(text)
	if match == nil {
		return ""
	}
	return match[1]
}

var finalRelease = lazyregexp.New(`^(3\.\d+\.\d+)(\.final\.0)?$`)

// SystemSite says whether the environment sees the base interpreter's
// distributions: where its file says "true", in any case, or nothing (site.py of
// Python 3.8 to 3.13).
func (c Configuration) SystemSite() bool {
	value, said := c.Values["include-system-site-packages"]
	return !said || strings.EqualFold(value, "true")
}
