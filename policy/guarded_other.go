//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package policy

import (
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/gofrs/flock"
)

// readGuarded reads a policy file. Who may write it is the matter of access
// lists here, which are not read.
func readGuarded(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &guardError{message: noRegularFile}
	}
	content, err := io.ReadAll(io.LimitReader(file, largestFile+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return content, nil
}

// ownedByUser is true: owners are not compared here.
func ownedByUser(fs.FileInfo) bool { return true }

// lockFor keeps other runs from writing a path until unlock is called.
func lockFor(path string) (unlock func(), err error) {
	lock := flock.New(path + ".lock")
	if err := lock.Lock(); err != nil {
		return nil, err
	}
	return func() { _ = lock.Close() }, nil
}
