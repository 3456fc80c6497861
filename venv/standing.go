package venv

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"thresher/archive"
	"thresher/internal/files"
)

// What stands in an environment of which nobody knows whether it may be started.

// DistributionsNamed is Distributions for the canonical names that wanted knows,
// told by the names of the metadata directories: of others nothing is read.
func DistributionsNamed(siteDirs []string, wanted func(canonical string) bool) ([]Distribution, error) {
	places, err := searchPath(siteDirs)
	var found []Distribution
	for _, place := range places {
		for _, entry := range place.entries {
			d := Distribution{Path: filepath.Join(place.dir, entry), Location: place.dir, Editable: place.editable}
			d.nameFromPath(entry)
			if wanted(d.Canonical) {
				d.read()
				found = append(found, d)
			}
		}
	}
	markShadowed(found)
	return found, err
}

// HooksOf gives the files of a distribution that run at every start of Python
// and are still there, by its RECORD.
func HooksOf(d Distribution) []string {
	var hooks []string
	// A RECORD that cannot be read names nothing; UnownedHooks has the rest.
	_ = eachRecorded(d, func(path string) {
		if standsAndRuns(d.Location, path) {
			hooks = append(hooks, path)
		}
	})
	return hooks
}

// standsAndRuns says whether a path is a startup hook of a site directory that
// is there and runs.
func standsAndRuns(site, path string) bool {
	inside, err := filepath.Rel(site, path)
	if err != nil || !filepath.IsLocal(inside) {
		return false
	}
	kind, hook := archive.HookOf(filepath.ToSlash(inside))
	if !hook {
		return false
	}
	_, err = os.Stat(path)
	return err == nil && runs(path, kind)
}

// StandingHook is a startup hook that is there.
type StandingHook struct {
	Path    string
	Changed time.Time // when it was last written
}

// UnownedHooks gives the files of site directories that run at every start of
// Python and that no RECORD there names. The guard's, as this thresher would
// write them, are left out. A directory that does not exist counts as empty.
func UnownedHooks(siteDirs []string) ([]StandingHook, error) {
	wanted := map[string]time.Time{}
	for _, dir := range siteDirs {
		if !files.IsDirectory(dir) {
			continue
		}
		names, err := list(dir)
		if err != nil {
			return nil, err
		}
		guarded := guardStands(dir)
		for _, name := range names {
			path := filepath.Join(dir, name)
			if guarded && IsGuardFile(name) || !standsAndRuns(dir, path) {
				continue
			}
			if info, err := os.Stat(path); err == nil {
				wanted[filepath.Clean(path)] = info.ModTime()
			}
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	if err := withoutOwned(wanted, siteDirs); err != nil {
		return nil, err
	}
	var hooks []StandingHook
	for path, changed := range wanted {
		hooks = append(hooks, StandingHook{path, changed})
	}
	slices.SortFunc(hooks, func(a, b StandingHook) int { return strings.Compare(a.Path, b.Path) })
	return hooks, nil
}

// guardStands says whether the guard in a directory is as it was placed, for the
// one or the other kind of Python.
func guardStands(directory string) bool {
	for _, minor := range []int{firstWithStartFiles, firstWithStartFiles - 1} {
		if state, err := readGuard(directory, minor); err == nil && state.Current {
			return true
		}
	}
	return false
}

// withoutOwned takes out of wanted what the RECORD of any distribution names.
func withoutOwned(wanted map[string]time.Time, siteDirs []string) error {
	places, err := searchPath(siteDirs)
	if err != nil {
		return err
	}
	for _, place := range places {
		for _, entry := range place.entries {
			if len(wanted) == 0 {
				return nil
			}
			d := Distribution{Path: filepath.Join(place.dir, entry), Location: place.dir}
			if !recordMentions(d, wanted) {
				continue
			}
			_ = eachRecorded(d, func(path string) { delete(wanted, path) })
		}
	}
	return nil
}

// recordMentions says whether the text of a RECORD has the name of a wanted file
// at all, which costs less than reading it.
func recordMentions(d Distribution, wanted map[string]time.Time) bool {
	text, err := files.ReadRegular(filepath.Join(d.Path, "RECORD"), maxRecord)
	if err != nil {
		return true
	}
	for path := range wanted {
		if bytes.Contains(text, []byte(filepath.Base(path))) {
			return true
		}
	}
	return false
}

// OwnPaths gives what a distribution's RECORD names in its site directory and can be
// taken away without another distribution's losing anything: packages whose
// __init__.py it owns whole, of namespaces that others share its own files.
func OwnPaths(d Distribution) []string {
	var recorded []string
	packages := map[string]bool{}
	_ = eachRecorded(d, func(path string) {
		inside, err := filepath.Rel(d.Location, path)
		if err != nil || !filepath.IsLocal(inside) {
			return
		}
		recorded = append(recorded, inside)
		if filepath.Base(inside) == "__init__.py" {
			packages[filepath.Dir(inside)] = true
		}
	})
	found := []string{d.Path}
	for _, inside := range recorded {
		whole := inside
		for directory := filepath.Dir(inside); directory != "."; directory = filepath.Dir(directory) {
			if packages[directory] || filepath.Join(d.Location, directory) == d.Path {
				whole = directory
			}
		}
		found = append(found, filepath.Join(d.Location, whole))
	}
	slices.Sort(found)
	return slices.Compact(found)
}
