package shim

import "io/fs"

// private says whether a file is this user's and nobody else's, as all in a
// user's temporary folder and cache are there.
func private(fs.FileInfo) bool { return true }
