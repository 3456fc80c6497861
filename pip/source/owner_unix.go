//go:build unix

package source

import (
	"os"
	"path/filepath"
	"syscall"
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
	status, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return true
	}
	mode := info.Mode().Perm()
	owner := int(status.Uid)
	return owner != 0 && owner != os.Geteuid() ||
		mode&0o002 != 0 ||
		mode&0o020 != 0 && status.Gid != 0 && int(status.Gid) != os.Getegid()
}
