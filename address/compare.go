package address

import (
	"net"
	"net/url"
	"strings"
)

// Key gives the form in which URLs are compared: without credentials, fragment
// and closing slashes, scheme and host in lower case, without the port that the
// scheme means anyway, and its path quoted in one way, of http and https without
// the dots between slashes that clients resolve before they ask. It holds no
// password, but it may hold a query.
func (u URL) Key() string {
	bare, _, _ := strings.Cut(u.Bare(), "#")
	if read, err := u.Read(); err == nil {
		read.Fragment, read.RawFragment = "", ""
		read.Host = strings.ToLower(read.Host)
		if read.Port() == standardPort(read.Scheme) || read.Port() == "" {
			read.Host = strings.TrimSuffix(read.Host, ":"+read.Port())
		}
		read.RawPath = requoted(read.EscapedPath())
		if dotted := "/" + strings.Trim(read.EscapedPath(), "/") + "/"; strings.HasPrefix(read.Scheme, "http") &&
			(strings.Contains(dotted, "/./") || strings.Contains(dotted, "/../")) {
			read.RawPath = JoinPaths("/", read.EscapedPath())
			read.Path = Unquote(read.RawPath)
		}
		bare = read.String()
	}
	return strings.TrimRight(bare, "/")
}

// requoted quotes in a path what has to be, and nothing else: pip quotes more of
// a page's links than the page does, "!" and "+" among it (pip 26.2 link.py,
// _clean_url_path), and servers take both for one.
func requoted(path string) string {
	if !strings.Contains(path, "%") {
		return path
	}
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] != '%' || !isEscape(path, i) {
			b.WriteByte(path[i])
			continue
		}
		escape := strings.ToUpper(path[i : i+3])
		i += 2
		c := byte(HexDigit(escape[1])<<4 | HexDigit(escape[2]))
		if c == '%' || isStray(string(c), 0) || strings.IndexByte("/?#", c) >= 0 {
			b.WriteString(escape)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// Same tells whether two URLs mean the same place, whoever asks there.
func (u URL) Same(other URL) bool { return u.Key() == other.Key() }

// Key gives the form in which URLs are compared.
func Key(text string) string { return Parse(text).Key() }

// Same tells whether two URLs mean the same place, whoever asks there. An empty
// text is the same as none.
func Same(a, b string) bool { return a != "" && b != "" && (a == b || Key(a) == Key(b)) }

// standardPort is the port that a scheme means where none is written. Of
// "git+https" the transport counts.
func standardPort(scheme string) string {
	switch scheme[strings.LastIndexByte(scheme, '+')+1:] {
	case "http":
		return "80"
	case "https":
		return "443"
	case "ssh":
		return "22"
	case "socks5", "socks5h": // proxies
		return "1080"
	}
	return ""
}

// Port gives the port of a URL as net/url has it, or the one that its scheme
// means; "" for neither.
func Port(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	return standardPort(strings.ToLower(u.Scheme))
}

// HostPort gives the form in which hosts are compared, "host:port": in lower case
// and without the point that ends a full name.
func HostPort(host, port string) string {
	return net.JoinHostPort(strings.TrimSuffix(strings.ToLower(host), "."), port)
}

// HostKey is HostPort of a URL, with the port that its scheme means where it names
// none; "" where it has no host.
func HostKey(u *url.URL) string {
	if u.Hostname() == "" {
		return ""
	}
	return HostPort(u.Hostname(), Port(u))
}

// HostOf is HostKey of a text, "" also for what cannot be read.
func HostOf(text string) string {
	u, err := Parse(text).Read()
	if err != nil {
		return ""
	}
	return HostKey(u)
}

// CutVersionControl takes "git+" and the like off a URL (pip 26.2 vcs). ok is
// false where there is none of the four.
func CutVersionControl(text string) (system, rest string, ok bool) {
	for _, system := range []string{"git", "hg", "svn", "bzr"} {
		if rest, found := strings.CutPrefix(text, system+"+"); found {
			return system, rest, true
		}
	}
	return "", text, false
}
