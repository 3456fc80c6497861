//go:build unix

package shim

import "golang.org/x/sys/unix"

// executable says whether the system lets a file be run: not on a file system
// that is mounted without.
func executable(path string) bool { return unix.Access(path, unix.X_OK) == nil }
