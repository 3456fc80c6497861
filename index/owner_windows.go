package index

import "io/fs"

// ownedAlone: a user's own folders are closed to others by their inherited
// access lists.
func ownedAlone(info fs.FileInfo) bool { return info.IsDir() }
