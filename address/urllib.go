package address

import (
	"errors"
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Reading is how one Python's urllib.parse reads URLs.
type Reading struct {
	StripsBlanks   bool // Python 3.8.17, 3.9.17, 3.10.12, 3.11.4, 3.12: blanks before a URL's scheme
	PortsNoSchemes bool // Python 3.8: "name:80" has no scheme
}

// Parts is a URL as urllib.parse.urlsplit takes it apart, as secret as the URL.
type Parts struct {
	Scheme, Host, Path, Query, Fragment string // Host with credentials and port
}

var (
	errInvalidIPv6 = errors.New("what its host has in brackets is no address")
	errInvalidHost = errors.New("its host has characters that stand for others")
)

// Split follows urllib.parse.urlsplit. An error is what makes Python raise
// ValueError.
func (reading Reading) Split(url string) (Parts, error) {
	if reading.StripsBlanks {
		url = strings.TrimLeftFunc(url, func(c rune) bool { return c <= ' ' })
	}
	if strings.ContainsAny(url, "\t\r\n") {
		url = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(url)
	}
	var s Parts
	if i := strings.IndexByte(url, ':'); i > 0 && isScheme(url[:i]) && !(reading.PortsNoSchemes && isPort(url[i+1:])) {
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
		if isAlphanumeric(c) && (i > 0 || c > '9') || i > 0 && (c == '+' || c == '-' || c == '.') {
			continue
		}
		return false
	}
	return text != ""
}

func isPort(text string) bool {
	return text != "" && isDigits(text)
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

// joinSchemes are those that urllib.parse.urljoin resolves relative names
// against, among the ones that reach it here.
var joinSchemes = map[string]bool{"http": true, "https": true, "file": true, "": true}

// Join follows urllib.parse.urljoin.
func (reading Reading) Join(base, relative string) (string, error) {
	if base == "" || relative == "" {
		return base + relative, nil
	}
	b, err := reading.Split(base)
	if err != nil {
		return "", err
	}
	r, err := reading.Split(relative)
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
		return r.Unsplit(), nil
	}
	r.Host = b.Host
	if r.Path == "" {
		r.Path = b.Path
		if r.Query == "" {
			r.Query = b.Query
		}
		return r.Unsplit(), nil
	}
	r.Path = JoinPaths(b.Path, r.Path)
	return r.Unsplit(), nil
}

// JoinPaths gives the path that urllib.parse.urljoin makes of two.
func JoinPaths(base, relative string) string {
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

// Unsplit follows urllib.parse.urlunsplit for file, http and https URLs and
// those without scheme.
func (p Parts) Unsplit() string {
	url := p.Path
	if p.Host != "" || p.Scheme != "" && !strings.HasPrefix(url, "//") {
		if url != "" && url[0] != '/' {
			url = "/" + url
		}
		url = "//" + p.Host + url
	}
	if p.Scheme != "" {
		url = p.Scheme + ":" + url
	}
	if p.Query != "" {
		url += "?" + p.Query
	}
	if p.Fragment != "" {
		url += "#" + p.Fragment
	}
	return url
}
