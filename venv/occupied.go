package venv

import (
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"thresher/archive"
	"thresher/python"
)

// Occupied tells whose the files of an environment are. Its methods may be
// called from many goroutines at once.
type Occupied struct {
	environment python.Environment
	owners      func() map[string][]string // by path; read when it is first needed

	mutex   sync.Mutex
	folders map[string]bool // whether they are there
}

// NewOccupied is for the distributions that are installed in an environment.
func NewOccupied(environment python.Environment, distributions []Distribution) *Occupied {
	return &Occupied{
		environment: environment, folders: map[string]bool{},
		owners: sync.OnceValue(func() map[string][]string {
			owners := map[string][]string{}
			for _, d := range distributions {
				if d.Canonical == "" || d.Shadowed {
					continue
				}
				// An unreadable RECORD names nothing: its files are nobody's.
				_ = eachRecorded(d, func(path string) {
					key := archive.PathKey(path)
					owners[key] = append(owners[key], d.Canonical)
				})
			}
			return owners
		}),
	}
}

// At gives the file that lies where pip would install one, and the canonical
// names of the distributions that it belongs to; none where nothing is there. ""
// stands for the environment itself: its guard, and the module by which
// virtualenv looks after distutils.
func (o *Occupied) At(scheme archive.Scheme, name string) (path string, owners []string) {
	folder := ""
	switch {
	case scheme == archive.Site && len(o.environment.SitePackages) > 0:
		folder = o.environment.SitePackages[0]
	case scheme == archive.Scripts:
		folder = o.environment.Scripts
		if runtime.GOOS == "windows" && filepath.Ext(name) == "" {
			name += ".exe" // what pip makes of a command
		}
	case scheme == archive.Environment:
		folder = o.environment.Prefix
	}
	path = filepath.Join(folder, filepath.FromSlash(name))
	if folder == "" || !o.isFolder(filepath.Dir(path)) {
		return "", nil
	}
	if info, err := os.Lstat(path); err != nil || info.IsDir() {
		return "", nil
	}
	if scheme == archive.Site && (IsGuardFile(name) || name == "_virtualenv.py" || name == "_virtualenv.pth") {
		return path, []string{""}
	}
	return path, o.owners()[archive.PathKey(path)]
}

// isFolder remembers its answers: most files of a new distribution would lie in
// folders that are not there.
func (o *Occupied) isFolder(path string) bool {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	is, known := o.folders[path]
	if !known {
		info, err := os.Stat(path)
		is = err == nil && info.IsDir()
		o.folders[path] = is
	}
	return is
}
