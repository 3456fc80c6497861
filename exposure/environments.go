package exposure

import (
	"cmp"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"thresher/internal/files"
	"thresher/venv"
)

// Place is a directory that distributions are installed into.
type Place struct {
	Path        string   // of the environment; of the user's site-packages, or a --target, that directory
	Directories []string // further site directories that are known of it
}

// PlaceOf is an environment that thresher has seen. The guard of a base
// interpreter stands in the user's site-packages, a place by itself.
func PlaceOf(known venv.KnownEnvironment) []Place {
	if !known.Base {
		return []Place{{Path: known.Prefix, Directories: []string{known.Directory}}}
	}
	return []Place{{Path: known.Prefix}, {Path: known.Directory, Directories: []string{known.Directory}}}
}

// Look looks for the releases in places, and completes what a log tells of them:
// what stands there, and which startup hooks do. A place is looked at once. What
// is wrong with one is in failures, and the rest is looked at all the same.
func Look(queries Queries, places []Place, told []Stay) (stays []Stay, looked int, failures []error) {
	var unique []Place
	at := map[string]int{}
	for _, place := range places {
		resolved := files.Resolved(place.Path)
		if i, seen := at[resolved]; seen {
			unique[i].Directories = append(unique[i].Directories, place.Directories...)
			continue
		}
		at[resolved] = len(unique)
		unique = append(unique, place)
	}
	byPlace := map[string][]Stay{}
	for _, stay := range told {
		resolved := files.Resolved(stay.Path)
		byPlace[resolved] = append(byPlace[resolved], stay)
		if _, seen := at[resolved]; !seen {
			at[resolved] = len(unique)
			unique = append(unique, Place{Path: stay.Path})
		}
	}
	type answer struct {
		stays   []Stay
		there   bool
		failure error
	}
	answers := make([]answer, len(unique))
	var wait sync.WaitGroup
	slots := make(chan struct{}, max(runtime.GOMAXPROCS(0), 2))
	for i, place := range unique {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			a := &answers[i]
			a.stays, a.there, a.failure = lookAt(queries, place, byPlace[files.Resolved(place.Path)])
		})
	}
	wait.Wait()
	for _, a := range answers {
		stays = append(stays, a.stays...)
		if a.there {
			looked++
		}
		if a.failure != nil {
			failures = append(failures, a.failure)
		}
	}
	sorted(stays)
	return stays, looked, failures
}

// sorted puts what stands before what stood, by place and time.
func sorted(stays []Stay) {
	slices.SortStableFunc(stays, func(a, b Stay) int {
		if a.Present != b.Present {
			if a.Present {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Log, b.Log), cmp.Compare(a.Path, b.Path), a.Since.Compare(b.Since))
	})
}

// lookAt looks at one place.
func lookAt(queries Queries, place Place, told []Stay) (stays []Stay, there bool, failure error) {
	directories := siteDirectories(place)
	there = len(directories) > 0
	installed, failure := venv.DistributionsNamed(directories, queries.names)
	stays = slices.Clone(told)
	for i := range stays {
		stays[i].Present = false
	}
	whole := files.IsRegular(filepath.Join(place.Path, "pyvenv.cfg")) ||
		files.IsDirectory(filepath.Join(place.Path, "conda-meta"))
	for _, d := range installed {
		if !queries.Match(d.Canonical, d.Version) {
			continue
		}
		i := slices.IndexFunc(stays, func(s Stay) bool {
			return s.canonical == d.Canonical && s.Version == d.Version && s.Until.IsZero() && !s.Present
		})
		if i < 0 {
			stays = append(stays, Stay{Path: place.Path, Since: d.Written, canonical: d.Canonical})
			i = len(stays) - 1
		}
		s := &stays[i]
		s.Name, s.Version, s.Present, s.Whole = d.Name, d.Version, true, whole
		s.Index = cmp.Or(s.Index, d.DirectURL)
		if digest, ok := strings.CutPrefix(d.ArchiveHash, "sha256:"); ok {
			s.SHA256 = cmp.Or(s.SHA256, digest)
		}
		s.Hooks = venv.HooksOf(d)
		switch {
		case whole:
		case ofSystem(d.Location):
			s.OfSystem = true
		default:
			s.Removable = venv.OwnPaths(d)
		}
	}
	if !there || len(stays) == 0 {
		return stays, there, failure
	}
	unowned, err := venv.UnownedHooks(directories)
	if failure == nil {
		failure = err
	}
	for i := range stays {
		s := &stays[i]
		s.Whole = whole
		for _, hook := range unowned {
			// One that was there before the release came is not its own, and where the
			// system's package manager installs, nothing is owned.
			if !s.OfSystem && !hook.Changed.Before(s.Since) {
				s.Hooks = append(s.Hooks, hook.Path)
			}
		}
		slices.Sort(s.Hooks)
		s.Hooks = slices.Compact(s.Hooks)
	}
	return stays, there, failure
}

// ofSystem says whether the system's package manager, and not pip, keeps the
// distributions of a directory (Debian's dist-packages outside /usr/local).
func ofSystem(directory string) bool {
	return filepath.Base(directory) == "dist-packages" && !strings.HasPrefix(directory, "/usr/local/")
}

// siteDirectories are the directories of a place that hold distributions, found
// without its interpreter.
func siteDirectories(place Place) []string {
	found := slices.Clone(place.Directories)
	for _, library := range []string{"lib", "lib64", filepath.Join("local", "lib")} {
		entries, err := os.ReadDir(filepath.Join(place.Path, library))
		if err != nil {
			continue // not there, or nobody's to look at: the registry names what counts
		}
		for _, entry := range entries {
			if name := entry.Name(); strings.HasPrefix(name, "python3") || strings.HasPrefix(name, "pypy3") {
				for _, site := range []string{"site-packages", "dist-packages"} {
					found = append(found, filepath.Join(place.Path, library, name, site))
				}
			}
		}
	}
	found = append(found, filepath.Join(place.Path, "Lib", "site-packages"), place.Path)
	seen := map[string]bool{}
	return slices.DeleteFunc(found, func(directory string) bool {
		resolved := files.Resolved(directory)
		if seen[resolved] { // lib64 is often a link to lib
			return true
		}
		seen[resolved] = true
		if directory == place.Path { // of --target, and of the user's own
			return !holdsDistributions(directory)
		}
		return !files.IsDirectory(directory)
	})
}

// holdsDistributions says whether metadata of distributions lies right in a
// directory.
func holdsDistributions(directory string) bool {
	entries, err := os.ReadDir(directory)
	return err == nil && slices.ContainsFunc(entries, func(entry os.DirEntry) bool {
		extension := filepath.Ext(entry.Name())
		return extension == ".dist-info" || extension == ".egg-info"
	})
}
