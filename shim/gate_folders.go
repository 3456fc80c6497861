package shim

import (
	"os"
	"path/filepath"
	"strings"

	"thresher/address"
)

// localFolder gives the folder that a --find-links value names: a path or a
// file URL that is a directory. Anything else is a page.
func localFolder(value, dir string) (string, bool) {
	path, isFile := address.FilePath(value)
	switch {
	case isFile:
	case strings.HasPrefix(value, "file:") || strings.Contains(value, "://"):
		return "", false
	default:
		path = value
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	info, err := os.Stat(path)
	return path, err == nil && info.IsDir()
}

// isRegularFile says whether a path is a file with content, links followed.
func isRegularFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
