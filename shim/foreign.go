package shim

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"thresher/internal/files"
	"thresher/internal/words"
)

// foreignOwner gives the owner of a path, or of the nearest directory above it
// that is there, where that is not the user of this process.
func foreignOwner(path string) (owner string, foreign bool) {
	for {
		info, err := os.Stat(path)
		if err == nil {
			return files.OwnerName(info), !files.IsMine(info)
		}
		above := filepath.Dir(path)
		if above == path || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
			return "", false
		}
		path = above
	}
}

// ownPlaceRemedy is what a user can do who may not write to a path: take another
// environment, or a home directory of their own.
func (in *invocation) ownPlaceRemedy(a *asked, path string) string {
	if a != nil && isBelow(path, a.environment.Prefix) {
		return words.NewEnvironment()
	}
	return in.homeRemedy(path)
}

// homeRemedy is a home or temporary directory that this user can write to, where
// a path lies below one that is another's; "" for any other path.
func (in *invocation) homeRemedy(path string) string {
	switch info, err := os.Stat(in.places.Account); {
	case isBelow(path, in.environment["TMPDIR"]):
		return words.SetVariable("TMPDIR", "/tmp")
	case !isBelow(path, in.places.Home):
		return ""
	case in.places.Account != "" && err == nil && files.IsMine(info):
		return words.SetVariable("HOME", in.places.Account)
	}
	return messageOwnHome
}

// isBelow says whether a path is a directory or lies below it.
func isBelow(path, directory string) bool {
	return directory != "" && (path == directory || strings.HasPrefix(path, directory+string(filepath.Separator)))
}

// foreignRemedy is homeRemedy of what an error of the file system is about, where
// that is another user's.
func (in *invocation) foreignRemedy(err error) (owner, remedy string) {
	var failed *fs.PathError
	if !errors.Is(err, fs.ErrPermission) || !errors.As(err, &failed) {
		return "", ""
	}
	owner, foreign := foreignOwner(failed.Path)
	if !foreign {
		return "", ""
	}
	return owner, in.homeRemedy(failed.Path)
}
