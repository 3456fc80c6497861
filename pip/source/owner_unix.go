//go:build unix

package source

import (
	"os"
	"path/filepath"

	"thresher/internal/files"
)

// changeableByOthers tells whether someone other than this user, his own group
// and root could put another file there between thresher's reading and pip's.
func changeableByOthers(path string, info os.FileInfo) bool {
	resolved, err := filepath.EvalSymlinks(path)
	if err != nil {
		return true
	}
	directory, err := os.Stat(filepath.Dir(resolved))
	if err != nil || writableByOthers(info) {
		return true
	}
	// In a sticky directory nobody can replace another user's file.
	return writableByOthers(directory) && directory.Mode()&os.ModeSticky == 0
}

func writableByOthers(info os.FileInfo) bool {
	user, group, known := files.Owner(info)
	mode := info.Mode().Perm()
	return !known || user != 0 && user != os.Geteuid() ||
		mode&0o002 != 0 ||
		mode&0o020 != 0 && group != 0 && group != os.Getegid()
}
