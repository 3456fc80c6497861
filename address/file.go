package address

import (
	"path/filepath"
	"runtime"
	"strings"
)

// PathToURL gives the file: URL of an absolute path, quoted as pip does.
func PathToURL(path string) string {
	path = filepath.ToSlash(path)
	var b strings.Builder
	b.WriteString("file://")
	if !strings.HasPrefix(path, "/") {
		b.WriteByte('/') // a drive
	}
	const digits = "0123456789ABCDEF"
	for i := 0; i < len(path); i++ {
		c := path[i]
		if isAlphanumeric(c) || strings.IndexByte("/_.-~", c) >= 0 || c == ':' && i == 1 && runtime.GOOS == "windows" {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

// FilePath gives the path that a file: URL names, as pip's url_to_path does; it
// may be relative to the working directory. ok is false for any other URL and
// for one of another machine, which only Windows has.
func FilePath(text string) (path string, ok bool) {
	text, ok = strings.CutPrefix(strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(text), "file:")
	if !ok {
		return "", false
	}
	text, _, _ = strings.Cut(text, "#")
	text, _, _ = strings.Cut(text, "?")
	host := ""
	if rest, found := strings.CutPrefix(text, "//"); found {
		end := strings.IndexByte(rest, '/')
		if end < 0 {
			end = len(rest)
		}
		host, text = rest[:end], rest[end:]
	}
	path = Unquote(text)
	switch {
	case host != "" && host != "localhost" && runtime.GOOS != "windows":
		return "", false
	case host != "" && host != "localhost":
		path = `\\` + host + path
	case runtime.GOOS == "windows" && len(path) > 2 && path[0] == '/' && path[2] == ':':
		path = path[1:]
	}
	return filepath.FromSlash(path), true
}
