package pip

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"thresher/pip/internal/pythontext"
	"thresher/pip/option"
)

// CachesURL says whether pip's cache in a directory holds an answer for a URL:
// a file under the URL's SHA-224, in http-v2 since pip 23.3 and in http before
// (pip 26.3 network/cache.py). Whether it is still good is pip's to say.
func CachesURL(cache, rawURL string) bool {
	rawURL, _, _ = strings.Cut(rawURL, "#")
	sum := sha256.Sum224([]byte(rawURL))
	name := hex.EncodeToString(sum[:])
	below := filepath.Join(name[0:1], name[1:2], name[2:3], name[3:4], name[4:5], name)
	for _, folder := range []string{"http-v2", "http"} {
		if info, err := os.Stat(filepath.Join(cache, folder, below)); err == nil && info.Mode().IsRegular() {
			return true
		}
	}
	return false
}

// ownCache is where pip keeps pages and built wheels by itself; empty where that
// is not known (Windows' own place).
func ownCache(environ pythontext.Environment, dir, home string) string {
	switch {
	case pythontext.OnWindows:
		return ""
	case runtime.GOOS == "darwin":
		return filepath.Join(pythontext.ExpandUser("~", environ, home), "Library", "Caches", "pip")
	}
	if cache := strings.TrimSpace(environ.Get("XDG_CACHE_HOME")); cache != "" {
		if !filepath.IsAbs(cache) {
			cache = filepath.Join(dir, cache)
		}
		return filepath.Join(cache, "pip")
	}
	return filepath.Join(pythontext.ExpandUser("~", environ, home), ".cache", "pip")
}

// CacheDirectories are where the pips of a user keep pages and built wheels, as
// the environment and configuration files choose and by themselves, without any
// of these pips: prefixes are the environments whose own configuration counts. A
// configuration that cannot be read is an error, and the others count all the
// same.
func CacheDirectories(environ []string, dir, home string, prefixes ...string) ([]string, error) {
	environment := pythontext.EnvironmentOf(environ)
	var found []string
	add := func(directory string) {
		if directory == "" {
			return
		}
		directory = pythontext.ExpandUser(directory, environment, home)
		if !filepath.IsAbs(directory) {
			directory = filepath.Join(dir, directory)
		}
		if !slices.Contains(found, directory) {
			found = append(found, directory)
		}
	}
	add(ownCache(environment, dir, home))
	if pythontext.OnWindows {
		if local := environment.Get("LOCALAPPDATA"); local != "" {
			add(filepath.Join(local, "pip", "cache"))
		}
	}
	var failures []error
	// The user's and the machine's configuration count without an environment, too:
	// a cache has none of its own.
	for _, prefix := range append([]string{ownCache(environment, dir, home)}, prefixes...) {
		reader := option.ConfigReader{
			Version: newestConfiguration, PythonVersion: "3.14", Environ: environment, Dir: dir, Home: home, Prefix: prefix,
		}
		loaded, end := reader.Load(false)
		if end != nil {
			if end.Failure != nil {
				failures = append(failures, errors.New(end.Failure.String()))
			} else if end.Unreadable != nil {
				failures = append(failures, fmt.Errorf("%s: %s", end.Unreadable.Place, end.Unreadable.Reason))
			}
			continue
		}
		for _, item := range loaded.Ordered("install") {
			if strings.TrimLeft(item.Key, "-") == "cache-dir" {
				add(item.Value)
			}
		}
	}
	return found, errors.Join(failures...)
}

// newestConfiguration is the pip by whose reading the configuration counts where
// none is at hand: that of the newest whose options are known.
const newestConfiguration = "26.3"
