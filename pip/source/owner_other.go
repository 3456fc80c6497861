//go:build !unix

package source

import "os"

// changeableByOthers cannot be told from the mode here; access lists decide.
func changeableByOthers(string, os.FileInfo) bool { return false }
