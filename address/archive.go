package address

import (
	"slices"
	"strings"
)

// archiveExtensions are what pip unpacks (pip 26.2 filetypes.py).
var archiveExtensions = []string{
	".whl", ".zip", ".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tbz",
	".tar.xz", ".txz", ".tlz", ".tar.lz", ".tar.lzma",
}

// IsArchive tells whether pip takes a path or file name that it is given for
// that of an archive: by its extension, in letters of any case (pip 26.2
// filetypes.py, is_archive_file).
func IsArchive(path string) bool {
	_, extension := SplitExtension(path)
	return slices.Contains(archiveExtensions, strings.ToLower(extension))
}

// IsLinkedArchive tells whether pip takes a file on a page for a distribution:
// by its extension, in lower case only (pip 26.2 package_finder.py,
// evaluate_link).
func IsLinkedArchive(filename string) bool {
	_, extension := SplitExtension(filename)
	return slices.Contains(archiveExtensions, extension)
}

// SplitExtension is pip's splitext: posixpath.splitext, but ".tar" belongs to
// the extension.
func SplitExtension(path string) (base, extension string) {
	base = path
	name := path[strings.LastIndexByte(path, '/')+1:]
	if dot := strings.LastIndexByte(name, '.'); dot > 0 && strings.Trim(name[:dot], ".") != "" {
		cut := len(path) - len(name) + dot
		base, extension = path[:cut], path[cut:]
	}
	if len(base) >= 4 && strings.EqualFold(base[len(base)-4:], ".tar") {
		base, extension = base[:len(base)-4], base[len(base)-4:]+extension
	}
	return base, extension
}
