//go:build unix

package shim

import (
	"io/fs"
	"os"
	"syscall"
)

// private says whether a file is this user's and nobody else's.
func private(info fs.FileInfo) bool {
	status, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(status.Uid) == os.Geteuid() && info.Mode().Perm()&0o077 == 0
}
