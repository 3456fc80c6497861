package index

import "io/fs"

var keyringNames = []string{"keyring.exe"}

func runnable(info fs.FileInfo) bool { return info.Mode().IsRegular() }
