package address

import (
	"net"
	"net/url"
	"strings"
)

// Key gives the form in which URLs are compared: without credentials, fragment
// and closing slashes, scheme and host in lower case, without the port that the
// scheme means anyway, and quoted in one way. It holds no password, but it may
// hold a query.
func (u URL) Key() string {
	bare, _, _ := strings.Cut(u.Bare(), "#")
	if read, err := u.Read(); err == nil {
		read.Fragment, read.RawFragment = "", ""
		read.Host = strings.ToLower(read.Host)
		if read.Port() == standardPort(read.Scheme) || read.Port() == "" {
			read.Host = strings.TrimSuffix(read.Host, ":"+read.Port())
		}
		bare = read.String()
	}
	return strings.TrimRight(bare, "/")
}

// Same tells whether two URLs mean the same place, whoever asks there.
func (u URL) Same(other URL) bool { return u.Key() == other.Key() }

// Key gives the form in which URLs are compared.
func Key(text string) string { return Parse(text).Key() }

// Same tells whether two URLs mean the same place, whoever asks there. An empty
// text is the same as none.
func Same(a, b string) bool { return a != "" && b != "" && Key(a) == Key(b) }

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

// HostKey gives host and port of a URL as "host:port", in lower case and
// without the point that ends a full name; "" where it has no host.
func HostKey(u *url.URL) string {
	name := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if name == "" {
		return ""
	}
	return net.JoinHostPort(name, Port(u))
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
