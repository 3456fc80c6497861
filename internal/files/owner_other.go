//go:build !unix

package files

import "io/fs"

// nonBlocking is nothing where there are no FIFOs among files.
const nonBlocking = 0

// Owner knows nobody: who may write is in access lists here, which are not read.
func Owner(fs.FileInfo) (user, group int, ok bool) { return 0, 0, false }

// IsMine is true: what lies below a user's profile is that user's.
func IsMine(fs.FileInfo) bool { return true }

// IsMineAlone is true: a user's own folders are closed to others by their
// inherited access lists.
func IsMineAlone(fs.FileInfo) bool { return true }
