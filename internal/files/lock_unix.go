//go:build unix && !aix && !solaris

package files

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// LockBeside keeps other processes that call it from writing beside a path until
// release is called. The directory is what is locked: a lock file would stay
// behind in a checkout.
func LockBeside(path string) (release func(), err error) {
	directory, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(directory.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		directory.Close()
		return nil, err
	}
	return func() { directory.Close() }, nil
}
