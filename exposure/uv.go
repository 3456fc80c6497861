package exposure

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"thresher/pep"
)

// uv has a cache of its own, which whoever installs by both has beside pip's (uv
// 0.13). Every wheel is unpacked once, in a folder of archive-v*, and linked from
// there into environments; wheels that were built lie below sdists-v*. conda's
// folder of packages holds nothing that pip installed.

// CachedByUV is a wheel in uv's cache, unpacked or built.
const CachedByUV CacheKind = "uv"

// UVDirectory is where the uv of a user has its cache; "" where that cannot be told.
// look gives a variable's value.
func UVDirectory(look func(name string) string, dir, home string) string {
	chosen, cache, local := look("UV_CACHE_DIR"), look("XDG_CACHE_HOME"), look("LOCALAPPDATA")
	switch {
	case chosen != "" && !filepath.IsAbs(chosen):
		return filepath.Join(dir, chosen)
	case chosen != "":
		return chosen
	case runtime.GOOS == "windows":
		if local == "" {
			return ""
		}
		return filepath.Join(local, "uv", "cache")
	case filepath.IsAbs(cache):
		return filepath.Join(cache, "uv")
	case home == "":
		return ""
	}
	return filepath.Join(home, ".cache", "uv")
}

// UVCache looks through a cache of uv's for the releases, as Caches does through
// pip's.
func UVCache(queries Queries, directory string) (found []Cached, failures []error) {
	parts, err := os.ReadDir(directory)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, []error{fmt.Errorf("look through uv's cache: %w", err)}
	}
	for _, part := range parts {
		place := filepath.Join(directory, part.Name())
		switch {
		case strings.HasPrefix(part.Name(), "archive-v"):
			unpacked, left := uvArchives(queries, place)
			found, failures = append(found, unpacked...), append(failures, left...)
		case strings.HasPrefix(part.Name(), "sdists-v"):
			built, err := filesBelow(place)
			failures = append(failures, failing(err)...)
			for _, path := range built {
				name, version, err := pep.ParseWheelFilename(filepath.Base(path))
				if err == nil && queries.Match(pep.CanonicalName(name), version) {
					found = append(found, Cached{path, CachedByUV, pep.CanonicalName(name), version})
				}
			}
		}
	}
	slices.SortFunc(found, func(a, b Cached) int { return strings.Compare(a.Path, b.Path) })
	return found, failures
}

// uvArchives looks at the unpacked wheels: the .dist-info folder names each.
func uvArchives(queries Queries, directory string) (found []Cached, failures []error) {
	archives, err := os.ReadDir(directory)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, []error{fmt.Errorf("look through uv's cache: %w", err)}
	}
	for _, archive := range archives {
		if !archive.IsDir() {
			continue
		}
		path := filepath.Join(directory, archive.Name())
		entries, err := os.ReadDir(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // uv has taken it away
			failures = append(failures, fmt.Errorf("look through uv's cache: %w", err))
		}
		for _, entry := range entries {
			stem, ok := strings.CutSuffix(entry.Name(), ".dist-info")
			if !ok {
				continue
			}
			if name, version := nameAndVersion(stem); queries.Match(name, version) {
				found = append(found, Cached{path, CachedByUV, name, version})
			}
		}
	}
	return found, failures
}
