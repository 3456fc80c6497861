package files

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// lockPoll is the time between two looks whether a lock is free.
const lockPoll = 50 * time.Millisecond

// Lock waits until no other process holds the lock of a path, a file beside it,
// and gives what lets go of it; the end of the process does so too. The
// directory is made where it is not there. It gives up with ctx.
func Lock(ctx context.Context, path string) (release func(), err error) {
	lock, err := lockOf(path)
	if err != nil {
		return nil, err
	}
	if ctx.Done() == nil {
		err = lock.Lock()
	} else {
		_, err = lock.TryLockContext(ctx, lockPoll)
	}
	if err != nil {
		return nil, err
	}
	return func() { _ = lock.Unlock() }, nil
}

// TryLock is Lock for who does not wait: held is false where another process
// holds it.
func TryLock(path string) (release func(), held bool, err error) {
	lock, err := lockOf(path)
	if err != nil {
		return nil, false, err
	}
	held, err = lock.TryLock()
	return func() { _ = lock.Unlock() }, held, err
}

func lockOf(path string) (*flock.Flock, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	return flock.New(path+".lock", flock.SetPermissions(0o600)), nil
}
