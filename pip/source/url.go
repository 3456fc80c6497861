package source

import (
	"errors"
	"net/netip"
	"path/filepath"
	"runtime"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"thresher/internal/lazyregexp"
)

// splitURL is a URL as Python's urllib.parse.urlsplit takes it apart.
type splitURL struct {
	Scheme, Host, Path, Query, Fragment string // Host with credentials and port
}

var (
	errInvalidIPv6 = errors.New("ValueError: Invalid IPv6 URL")
	errInvalidHost = errors.New("ValueError: netloc contains invalid characters under NFKC normalization")
)

// urlSplit follows urllib.parse.urlsplit. An error is what makes Python raise
// ValueError.
func (d *dialect) urlSplit(url string) (splitURL, error) {
	if d.stripsURLs {
		url = strings.TrimLeftFunc(url, func(c rune) bool { return c <= ' ' })
	}
	if strings.ContainsAny(url, "\t\r\n") {
		url = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(url)
	}
	var s splitURL
	if i := strings.IndexByte(url, ':'); i > 0 && isScheme(url[:i]) && !(d.portsNoSchemes && isPort(url[i+1:])) {
		s.Scheme, url = strings.ToLower(url[:i]), url[i+1:]
	}
	if strings.HasPrefix(url, "//") {
		end := strings.IndexAny(url[2:], "/?#")
		if end < 0 {
			end = len(url) - 2
		}
		s.Host, url = url[2:2+end], url[2+end:]
		if err := checkHost(s.Host); err != nil {
			return s, err
		}
	}
	url, s.Fragment, _ = strings.Cut(url, "#")
	s.Path, s.Query, _ = strings.Cut(url, "?")
	return s, nil
}

func isScheme(text string) bool {
	for i := 0; i < len(text); i++ {
		c := text[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '+' && c != '-' && c != '.') {
			return false
		}
	}
	return text != ""
}

func isPort(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

func checkHost(host string) error {
	open, closed := strings.Contains(host, "["), strings.Contains(host, "]")
	if open != closed {
		return errInvalidIPv6
	}
	if open {
		// Pythons differ in how closely they look; what is no address
		// would be refused by the connection anyway.
		_, address, _ := strings.Cut(host[strings.LastIndexByte(host, '@')+1:], "[")
		address, _, _ = strings.Cut(address, "]")
		if _, err := netip.ParseAddr(address); err != nil {
			return errInvalidIPv6
		}
	}
	for i := 0; i < len(host); i++ {
		if host[i] >= utf8.RuneSelf {
			plain := strings.NewReplacer("@", "", ":", "", "#", "", "?", "").Replace(host)
			folded := norm.NFKC.String(plain)
			if folded != plain && strings.ContainsAny(folded, "/?#@:") {
				return errInvalidHost
			}
			break
		}
	}
	return nil
}

// checkHostName is the ValueError that --trusted-host makes for what is no
// HOST or HOST:PORT.
func (d *dialect) checkHostName(text string) error {
	if strings.Count(text, ":") >= 2 && !strings.ContainsAny(text, "@[") {
		text = "[" + text + "]"
	}
	s, err := d.urlSplit("https://" + text)
	if err != nil {
		return err
	}
	host := s.Host[strings.LastIndexByte(s.Host, '@')+1:]
	name, port, _ := strings.Cut(host, ":")
	if strings.HasPrefix(host, "[") {
		_, port, _ = strings.Cut(host[strings.LastIndexByte(host, ']')+1:], ":")
	}
	if port != "" && strings.Trim(port, "0123456789") != "" {
		return errors.New("ValueError: Port could not be cast to integer value as " + pythonRepr(port))
	}
	if name == "" && d.namesHosts {
		return errors.New("ValueError: Trusted host URL must include a host part: " + pythonRepr(text))
	}
	return nil
}

// urlScheme is what pip takes for the scheme of a text, in lower case, "" for none.
func (d *dialect) urlScheme(text string) (string, error) {
	if d.schemeByColon {
		before, _, found := strings.Cut(text, ":")
		if !found {
			return "", nil
		}
		return strings.ToLower(before), nil
	}
	s, err := d.urlSplit(text)
	return s.Scheme, err
}

// vcsSchemes are pip's VCS schemes in the order of its messages.
var vcsSchemes = []string{
	"bzr+http", "bzr+https", "bzr+ssh", "bzr+sftp", "bzr+ftp", "bzr+lp", "bzr+file",
	"git+http", "git+https", "git+ssh", "git+git", "git+file",
	"hg+file", "hg+http", "hg+https", "hg+ssh", "hg+static-http",
	"svn+ssh", "svn+http", "svn+https", "svn+svn", "svn+file",
}

// vcsNames are pip's VCS backends in its order.
var vcsNames = []string{"bzr", "git", "hg", "svn"}

func (d *dialect) isVCSScheme(scheme string) bool {
	for _, known := range vcsSchemes {
		if scheme == known {
			return !d.bareVCSSchemes || scheme != "bzr+file" && scheme != "svn+file"
		}
	}
	return d.bareVCSSchemes && (scheme == "git" || scheme == "hg" || scheme == "svn" || scheme == "bzr")
}

// isURL tells whether pip takes a requirement for a URL.
func (d *dialect) isURL(text string) (bool, error) {
	scheme, err := d.urlScheme(text)
	if err != nil {
		return false, err
	}
	switch scheme {
	case "http", "https", "file", "ftp":
		return true, nil
	}
	return d.isVCSScheme(scheme), nil
}

var requirementsURL = lazyregexp.New(`(?i)^(http|https|file):`)

// isRequirementsURL is what pip's requirements reader takes for a URL when it
// resolves nested names.
func isRequirementsURL(text string) bool { return requirementsURL().MatchString(text) }

// joinSchemes are those that urllib.parse.urljoin resolves relative names
// against, among the ones that reach it here.
var joinSchemes = map[string]bool{"http": true, "https": true, "file": true, "": true}

// urlJoin follows urllib.parse.urljoin.
func (d *dialect) urlJoin(base, relative string) (string, error) {
	if base == "" || relative == "" {
		return base + relative, nil
	}
	b, err := d.urlSplit(base)
	if err != nil {
		return "", err
	}
	r, err := d.urlSplit(relative)
	if err != nil {
		return "", err
	}
	if r.Scheme == "" {
		r.Scheme = b.Scheme
	}
	if r.Scheme != b.Scheme || !joinSchemes[r.Scheme] {
		return relative, nil
	}
	if r.Host != "" {
		return r.unsplit(), nil
	}
	r.Host = b.Host
	if r.Path == "" {
		r.Path = b.Path
		if r.Query == "" {
			r.Query = b.Query
		}
		return r.unsplit(), nil
	}
	r.Path = joinPaths(b.Path, r.Path)
	return r.unsplit(), nil
}

func joinPaths(base, relative string) string {
	baseParts := strings.Split(base, "/")
	if baseParts[len(baseParts)-1] != "" {
		baseParts = baseParts[:len(baseParts)-1]
	}
	var parts []string
	if strings.HasPrefix(relative, "/") {
		parts = strings.Split(relative, "/")
	} else {
		parts = append(append(parts, baseParts...), strings.Split(relative, "/")...)
		// Inner empty parts go, as Python's filter does.
		kept := parts[:1]
		for i := 1; i < len(parts); i++ {
			if parts[i] != "" || i == len(parts)-1 {
				kept = append(kept, parts[i])
			}
		}
		parts = kept
	}
	var resolved []string
	for _, part := range parts {
		switch part {
		case "..":
			if len(resolved) > 0 {
				resolved = resolved[:len(resolved)-1]
			}
		case ".":
		default:
			resolved = append(resolved, part)
		}
	}
	if last := parts[len(parts)-1]; last == "." || last == ".." {
		resolved = append(resolved, "")
	}
	if joined := strings.Join(resolved, "/"); joined != "" {
		return joined
	}
	return "/"
}

// unsplit follows urllib.parse.urlunsplit for the schemes of joinSchemes.
func (s splitURL) unsplit() string {
	url := s.Path
	if s.Host != "" || s.Scheme != "" && !strings.HasPrefix(url, "//") {
		if url != "" && url[0] != '/' {
			url = "/" + url
		}
		url = "//" + s.Host + url
	}
	if s.Scheme != "" {
		url = s.Scheme + ":" + url
	}
	if s.Query != "" {
		url += "?" + s.Query
	}
	if s.Fragment != "" {
		url += "#" + s.Fragment
	}
	return url
}

// unquote is urllib.parse.unquote.
func unquote(text string) string {
	if !strings.Contains(text, "%") {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			high, low := hexDigit(text[i+1]), hexDigit(text[i+2])
			if high >= 0 && low >= 0 {
				b.WriteByte(byte(high<<4 | low))
				i += 2
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return strings.ToValidUTF8(b.String(), "\ufffd")
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// pathToURL gives the file: URL of an absolute path, quoted as pip does.
func pathToURL(path string) string {
	path = filepath.ToSlash(path)
	var b strings.Builder
	b.WriteString("file://")
	if !strings.HasPrefix(path, "/") {
		b.WriteByte('/') // a drive
	}
	const digits = "0123456789ABCDEF"
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			strings.IndexByte("/_.-~", c) >= 0 || c == ':' && i == 1 && runtime.GOOS == "windows" {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

// urlToPath gives the path of a file: URL as pip's url_to_path does; it may be
// relative to the working directory.
func (d *dialect) urlToPath(url string) (string, error) {
	if !strings.HasPrefix(url, "file:") {
		return "", errors.New("AssertionError: You can only turn file: urls into filenames (not " + pythonRepr(url) + ")")
	}
	s, err := d.urlSplit(url)
	if err != nil {
		return "", err
	}
	path := s.Path
	if s.Host != "" && s.Host != "localhost" {
		if runtime.GOOS != "windows" {
			return "", errors.New("ValueError: non-local file URIs are not supported on this platform: " + pythonRepr(url))
		}
		path = `\\` + s.Host + path
	}
	path = unquote(path)
	if runtime.GOOS == "windows" && s.Host == "" && len(path) >= 3 && path[0] == '/' && path[2] == ':' {
		path = path[1:]
	}
	return path, nil
}

// link is pip's Link: a URL that something is installed from.
type link struct {
	url    string
	scheme string
	host   string // with credentials and port
	path   string // unquoted
	egg    string // of "#egg="
	hasEgg bool
}

var (
	eggFragment = lazyregexp.New(`[#&]egg=([^&]*)`)
	projectName = lazyregexp.New(`(?i)^([A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9])$`)
)

// eggError is a "#egg=" that pip refuses.
type eggError struct{ fragment, url string }

func (e *eggError) Error() string { return eggErrorText(e.fragment, e.url) }

func (d *dialect) newLink(url string) (link, error) {
	s, err := d.urlSplit(url)
	if err != nil {
		return link{}, err
	}
	l := link{url: url, scheme: s.Scheme, host: s.Host, path: unquote(s.Path)}
	if m := eggFragment().FindStringSubmatch(url); m != nil {
		l.egg, l.hasEgg = m[1], true
		if d.eggNamesStrict && !projectName().MatchString(l.egg) {
			return l, &eggError{fragment: l.egg, url: url}
		}
	}
	return l, nil
}

// filename is the last part of the path, or the host where there is none.
func (l link) filename() string {
	path := strings.TrimRight(l.path, "/")
	if name := path[strings.LastIndexByte(path, '/')+1:]; name != "" {
		return name
	}
	return l.host[strings.LastIndexByte(l.host, '@')+1:]
}

func (l link) isWheel() bool {
	path := strings.TrimRight(l.path, "/")
	_, extension := splitExtension(path[strings.LastIndexByte(path, '/')+1:])
	return extension == ".whl"
}

// splitExtension is pip's splitext: posixpath.splitext, but ".tar" belongs to
// the extension.
func splitExtension(path string) (base, extension string) {
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

// isArchive tells whether pip takes a name for an archive's by its extension.
func isArchive(path string) bool {
	_, extension := splitExtension(path)
	switch strings.ToLower(extension) {
	case ".zip", ".whl", ".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tlz", ".tar.lz", ".tar.lzma":
		return true
	}
	return false
}
