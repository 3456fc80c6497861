package index

import (
	"net/url"
	"slices"
	"strings"
	"unicode"

	"thresher/address"
)

// hashNames are the algorithms that pip takes from a URL, the strongest first
// (pip 26.2 link.py).
var hashNames = []string{"sha512", "sha384", "sha256", "sha224", "sha1", "md5"}

// longestFilename is far beyond what a file system takes.
const longestFilename = 1024

// link is one URL of a page as pip would follow it.
type link struct {
	url             string // absolute, without fragment
	filename        string
	hash, hashValue string // from the URL itself; "" none
}

// linkReader makes the URLs of one page absolute.
type linkReader struct {
	base *url.URL
	// authority is the last "https://host" that was found good: most files
	// of a page are on one host.
	authority string
}

// read gives the link behind the text of a URL. ok is false where it cannot
// be told for certain what pip would fetch, or take it for.
func (r *linkReader) read(text string) (link, bool) {
	if l, ok := r.readPlain(text); ok {
		return l, true
	}
	return r.readAny(text)
}

// pathByte marks the bytes of a path that mean the same to every reader of
// URLs: no escape, no "@" or "\", no query, no fragment.
var pathByte = func() (table [256]bool) {
	for c := 'a'; c <= 'z'; c++ {
		table[c], table[c-'a'+'A'] = true, true
	}
	for c := '0'; c <= '9'; c++ {
		table[c] = true
	}
	for _, c := range "/-._~+!,=:()" {
		table[c] = true
	}
	return table
}()

// readPlain reads the usual form in one pass: an absolute URL of plain bytes.
func (r *linkReader) readPlain(text string) (link, bool) {
	authority := r.authority
	if authority == "" || !strings.HasPrefix(text, authority) || len(text) == len(authority) ||
		text[len(authority)] != '/' {
		scheme := strings.Index(text, "://")
		if scheme < 0 || (text[:scheme] != "https" && text[:scheme] != "http") {
			return link{}, false
		}
		slash := strings.IndexByte(text[scheme+3:], '/')
		if slash < 0 || !address.PlainHost(text[scheme+3:scheme+3+slash]) {
			return link{}, false
		}
		authority = text[:scheme+3+slash]
		r.authority = authority
	}
	slash := 0
	var l link
	for i := len(authority); i < len(text); i++ {
		c := text[i]
		if !pathByte[c] {
			if c != '#' {
				return link{}, false
			}
			name, value, _ := strings.Cut(text[i+1:], "=")
			if !slices.Contains(hashNames, name) || !isDigest(value) {
				return link{}, false
			}
			l.hash, l.hashValue = name, value
			text = text[:i]
			break
		}
		if c == '.' && i == slash+1 {
			return link{}, false // perhaps a dot segment
		}
		if c == '/' {
			slash = i
		}
	}
	filename := text[slash+1:]
	if filename == "" || len(filename) > longestFilename {
		return link{}, false
	}
	l.url, l.filename = text, filename
	return l, true
}

func isDigest(text string) bool {
	for i := 0; i < len(text); i++ {
		if address.HexDigit(text[i]) < 0 {
			return false
		}
	}
	return text != ""
}

func (r *linkReader) readAny(text string) (link, bool) {
	// Where a backslash stands, readers of URLs differ on what the host is.
	if path, _, _ := strings.Cut(text, "#"); strings.Contains(path, "\\") {
		return link{}, false
	}
	text = address.Quoted(text)
	bare, fragment, _ := strings.Cut(text, "#")
	reference, err := url.Parse(bare)
	if err != nil || reference.Opaque != "" {
		return link{}, false
	}
	u := reference
	if r.base != nil {
		u = r.base.ResolveReference(reference)
	}
	u.Fragment, u.RawFragment = "", ""
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
		if !address.PlainHost(u.Host) {
			return link{}, false
		}
	case "file":
		// Only a local page may lead to local files.
		if r.base == nil || r.base.Scheme != "file" {
			return link{}, false
		}
	default:
		return link{}, false
	}
	filename := lastSegment(address.Unquote(u.EscapedPath()))
	if !plainFilename(filename) {
		return link{}, false
	}
	l := link{url: u.String(), filename: filename}

	// pip looks for these words behind any "&" of the query too, which
	// cannot be taken out without changing what is fetched.
	for _, word := range []string{"&egg=", "&subdirectory="} {
		if strings.Contains(u.RawQuery, word) {
			return link{}, false
		}
	}
	if egg, ok := fragmentValue("#"+fragment, "egg"); ok {
		if base, _ := address.SplitExtension(filename); egg != base {
			return link{}, false
		}
	}
	searched := "#" + fragment
	if _, query, ok := strings.Cut(u.RawQuery, "&"); ok {
		searched = "&" + query + searched
	}
	l.hash, l.hashValue = firstHash(searched)
	return l, true
}

// lastSegment is posixpath.basename(path.rstrip("/")).
func lastSegment(path string) string {
	path = strings.TrimRight(path, "/")
	return path[strings.LastIndexByte(path, '/')+1:]
}

// plainFilename refuses names that pips read differently: older ones unquote
// a second time, and a backslash separates folders on Windows; and those that
// would steer the terminal where pip prints them, or look like another there.
func plainFilename(name string) bool {
	if name == "" || name == "." || name == ".." || len(name) > longestFilename {
		return false
	}
	for _, c := range name {
		if c == '%' || c == '\\' || !unicode.IsPrint(c) {
			return false
		}
	}
	return true
}

// fragmentValue finds "#name=value" or "&name=value".
func fragmentValue(text, name string) (string, bool) {
	for i := 0; i < len(text); i++ {
		if (text[i] == '#' || text[i] == '&') && strings.HasPrefix(text[i+1:], name+"=") {
			value, _, _ := strings.Cut(text[i+1+len(name)+1:], "&")
			return value, true
		}
	}
	return "", false
}

// firstHash finds the first digest in text (pip 26.2 link.py,
// find_hash_url_fragment).
func firstHash(text string) (name, value string) {
	for i := 0; i < len(text); i++ {
		if text[i] != '#' && text[i] != '&' {
			continue
		}
		for _, name := range hashNames {
			if strings.HasPrefix(text[i+1:], name+"=") {
				value, _, _ := strings.Cut(text[i+1+len(name)+1:], "&")
				return name, value
			}
		}
	}
	return "", ""
}
