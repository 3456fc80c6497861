//go:build unix

package files

import (
	"io/fs"
	"os"
	"syscall"
)

// nonBlocking keeps an open from waiting for the other end of a FIFO.
const nonBlocking = syscall.O_NONBLOCK

// Owner gives the numbers of the user and the group that a file belongs to. ok
// is false where the system keeps no such numbers.
func Owner(info fs.FileInfo) (user, group int, ok bool) {
	status, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int(status.Uid), int(status.Gid), true
}

// IsMine tells whether a file belongs to the user of this process.
func IsMine(info fs.FileInfo) bool {
	user, _, ok := Owner(info)
	return ok && user == os.Geteuid()
}

// IsMineAlone tells whether a file belongs to the user of this process and
// nobody else may write there.
func IsMineAlone(info fs.FileInfo) bool { return IsMine(info) && info.Mode().Perm()&0o022 == 0 }
