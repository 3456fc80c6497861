package shim

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"thresher/internal/files"
)

// A run has a folder of its own in TMPDIR, and may have one in the cache. A run
// that is killed leaves them behind; the next one takes them away. Which run is
// alive tells a file in the folder that it has locked: the lock ends with the
// process, however it ends.
const (
	folderUse  = "in-use"            // as it is named to lock it
	folderLock = folderUse + ".lock" // the file that is locked
	// A lock that was just made may not be held yet.
	folderGrace = time.Minute
)

// ownFolder is a folder of this run alone, until remove.
type ownFolder struct {
	path    string
	release func() // ends the lock that says that this run is alive; nil where nothing can be locked
}

// ownFolder makes the run's own folder in TMPDIR.
func (in *invocation) ownFolder() (ownFolder, error) {
	return makeOwnFolder(cmp.Or(in.environment["TMPDIR"], os.TempDir()), "thresher-", in.start)
}

// makeOwnFolder makes a folder below parent, and takes away those of the same
// kind that dead runs have left there.
func makeOwnFolder(parent, prefix string, now time.Time) (ownFolder, error) {
	sweepFolders(parent, prefix, now)
	path, err := os.MkdirTemp(parent, prefix)
	if err != nil {
		return ownFolder{}, err
	}
	release, held, err := files.TryLock(filepath.Join(path, folderUse))
	if err != nil || !held {
		// Where nothing can be locked (some network file systems) nothing is
		// swept: the mark of a dead run is what nobody holds.
		return ownFolder{path: path}, ignoreMissing(os.Remove(filepath.Join(path, folderLock)))
	}
	return ownFolder{path, release}, nil
}

// remove takes the folder away; it does nothing where there is none.
func (f ownFolder) remove() error {
	if f.release != nil {
		f.release() // Windows removes no file that is open
	}
	if f.path == "" {
		return nil
	}
	return os.RemoveAll(f.path)
}

// sweepFolders takes away what dead runs of this user's have left: real folders
// below parent of such a name, which nobody else can write, with a lock in them
// that nobody holds. What cannot be told or removed is left; it is no matter of
// this run.
func sweepFolders(parent, prefix string, now time.Time) {
	directory, err := os.Open(parent)
	if err != nil {
		return
	}
	names, _ := directory.Readdirnames(-1)
	_ = directory.Close() // it was only read
	for _, name := range names {
		if strings.HasPrefix(name, prefix) {
			sweepFolder(filepath.Join(parent, name), now)
		}
	}
}

func sweepFolder(folder string, now time.Time) {
	info, err := os.Lstat(folder)
	if err != nil || !info.IsDir() || !files.IsMineAlone(info) {
		return
	}
	mark, err := os.Lstat(filepath.Join(folder, folderLock))
	if err != nil || !mark.Mode().IsRegular() || mark.Size() != 0 || !files.IsMineAlone(mark) ||
		now.Sub(mark.ModTime()) < folderGrace {
		return
	}
	release, held, err := files.TryLock(filepath.Join(folder, folderUse))
	if err != nil || !held {
		return
	}
	release()                // Windows removes no file that is open; nobody locks an old folder anew
	_ = os.RemoveAll(folder) // which follows no links
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
