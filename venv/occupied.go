package venv

import (
	"os"
	"path"
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
	folders map[string]bool                // whether they are there
	modules map[string]map[string][]string // by folder below site-packages, and module: the files of it there
}

// NewOccupied is for the distributions that are installed in an environment.
func NewOccupied(environment python.Environment, distributions []Distribution) *Occupied {
	return &Occupied{
		environment: environment, folders: map[string]bool{}, modules: map[string]map[string][]string{},
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
func (o *Occupied) At(scheme archive.Scheme, name string) (place string, owners []string) {
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
	place = filepath.Join(folder, filepath.FromSlash(name))
	if folder == "" || !o.isFolder(filepath.Dir(place)) {
		return "", nil
	}
	if info, err := os.Lstat(place); err != nil || info.IsDir() {
		return "", nil
	}
	if scheme == archive.Site && (IsGuardFile(name) || name == "_virtualenv.py" || name == "_virtualenv.pth") {
		return place, []string{""}
	}
	return place, o.owners()[archive.PathKey(place)]
}

// Beside gives the files below site-packages, by their paths there, that Python
// may import as the same module as the one named, which is another file.
func (o *Occupied) Beside(name string) []string {
	module, ok := archive.ModuleOf(name)
	if !ok {
		return nil
	}
	var found []string
	for _, folder := range []string{path.Dir(module), module} { // module.py, module/__init__.py
		for _, file := range o.modulesIn(folder)[archive.PathKey(module)] {
			if archive.PathKey(file) != archive.PathKey(name) {
				found = append(found, file)
			}
		}
	}
	return found
}

// modulesIn gives the files of a folder below site-packages that are modules.
func (o *Occupied) modulesIn(folder string) map[string][]string {
	if len(o.environment.SitePackages) == 0 {
		return nil
	}
	place := filepath.Join(o.environment.SitePackages[0], filepath.FromSlash(folder))
	if !o.isFolder(filepath.Dir(place)) || !o.isFolder(place) {
		return nil
	}
	o.mutex.Lock()
	defer o.mutex.Unlock()
	modules, known := o.modules[folder]
	if !known {
		modules = map[string][]string{}
		entries, _ := os.ReadDir(place) // of what cannot be read nothing is imported
		for _, entry := range entries {
			file := path.Join(folder, entry.Name())
			if module, ok := archive.ModuleOf(file); ok && !entry.IsDir() {
				key := archive.PathKey(module)
				modules[key] = append(modules[key], file)
			}
		}
		o.modules[folder] = modules
	}
	return modules
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
