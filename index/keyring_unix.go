//go:build !windows

package index

import "io/fs"

var keyringNames = []string{"keyring"}

func runnable(info fs.FileInfo) bool {
	return info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}
