//go:build !windows

package index

import (
	"io/fs"
	"os"
	"syscall"
)

// ownedAlone tells whether a directory belongs to this user and no other may
// write there.
func ownedAlone(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && info.IsDir() && int(stat.Uid) == os.Geteuid() && info.Mode().Perm()&0o022 == 0
}
