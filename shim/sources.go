package shim

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"thresher/index"
)

// seconds makes a duration of pip's --timeout.
func seconds(n float64) time.Duration {
	return time.Duration(n * float64(time.Second))
}

// isArchive says whether pip takes a path for a wheel or sdist by its ending
// (pip 26.2 utils/filetypes.py).
func isArchive(path string) bool {
	lower := strings.ToLower(path)
	for _, ending := range []string{".zip", ".whl", ".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tlz", ".tar.lz", ".tar.lzma"} {
		if strings.HasSuffix(lower, ending) {
			return true
		}
	}
	return false
}

// fileURLPath writes a path as the path of a file URL, as PEP 610 records do.
func fileURLPath(path string) string {
	return (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()
}

// plainURL is a URL without credentials, query and fragment, to be compared.
func plainURL(text string) string {
	bare, _, _ := index.StripCredentials(text)
	bare, _, _ = strings.Cut(bare, "#")
	return bare
}

// localFolder gives the folder that a --find-links value names: a path or a
// file URL that is a directory. Anything else is a page.
func localFolder(value, dir string) (string, bool) {
	path := value
	if rest, ok := strings.CutPrefix(value, "file:"); ok {
		parsed, err := url.Parse("file:" + rest)
		if err != nil {
			return "", false
		}
		path = filepath.FromSlash(parsed.Path)
	} else if strings.Contains(value, "://") {
		return "", false
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	info, err := os.Stat(path)
	return path, err == nil && info.IsDir()
}
