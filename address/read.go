package address

import (
	"errors"
	"net"
	"net/url"
	"strings"
)

// What Read says of texts that nothing can be asked of. They do not repeat the
// text: it may hold credentials that could not be told from the rest.
var (
	ErrNoURL  = errors.New("the address is no URL")
	ErrNoHost = errors.New("the address has no host name that can be read")
)

// Read gives the URL as net/url has it, without user and password, with what
// cannot stand in a URL quoted as pip quotes it. The host of an http or https
// URL is one that net/url and Python read alike. Errors: ErrNoURL, ErrNoHost.
func (u URL) Read() (*url.URL, error) {
	if u.doubtful {
		return nil, ErrNoURL
	}
	read, err := url.Parse(Quoted(u.Bare()))
	if err != nil {
		return nil, ErrNoURL
	}
	read.User = nil
	read.Scheme = strings.ToLower(read.Scheme)
	if (read.Scheme == "http" || read.Scheme == "https") && !PlainHost(read.Host) {
		return nil, ErrNoHost
	}
	return read, nil
}

// Scheme gives the scheme in lower case, "" where none is written before "://".
func (u URL) Scheme() string { return strings.ToLower(strings.TrimSuffix(u.before, "://")) }

// PlainHost accepts host and port in ASCII letters, digits, ".", "-" and "_",
// or an IPv6 address: what net/url and Python's urllib read alike.
func PlainHost(host string) bool {
	if host == "" || strings.HasPrefix(host, ":") {
		return false
	}
	name, port := host, ""
	if strings.HasPrefix(host, "[") {
		end := strings.IndexByte(host, ']')
		if end < 0 || net.ParseIP(host[1:end]) == nil {
			return false
		}
		name, port = "v6", strings.TrimPrefix(host[end+1:], ":")
	} else if i := strings.IndexByte(host, ':'); i >= 0 {
		name, port = host[:i], host[i+1:]
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		if !isAlphanumeric(c) && c != '.' && c != '-' && c != '_' {
			return false
		}
	}
	return len(port) <= 5 && isDigits(port)
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func isDigits(text string) bool { return strings.Trim(text, "0123456789") == "" }

// IsLoopback tells whether a host is this machine by its own words, for what is
// trusted without a certificate: names below localhost are not, which some
// resolvers look up elsewhere (pip 26.3 network/session.py SECURE_ORIGINS).
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// Quoted quotes what cannot stand in a URL, as pip does with links
// (_ensure_quoted_url) and requests with what it asks for, and drops what
// browsers and urllib drop.
func Quoted(text string) string {
	text = strings.TrimFunc(text, func(r rune) bool { return r <= ' ' })
	clean := true
	for i := 0; i < len(text); i++ {
		if isStray(text, i) || isDropped(text[i]) {
			clean = false
			break
		}
	}
	if clean {
		return text
	}
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case isDropped(c):
		case isStray(text, i):
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isDropped(c byte) bool { return c == '\t' || c == '\n' || c == '\r' }

func isStray(text string, i int) bool {
	c := text[i]
	if c == '%' {
		return !isEscape(text, i)
	}
	return c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0
}

func isEscape(text string, i int) bool {
	return i+2 < len(text) && HexDigit(text[i+1]) >= 0 && HexDigit(text[i+2]) >= 0
}

// HexDigit gives the value of a hexadecimal digit, -1 for any other byte.
func HexDigit(c byte) int {
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

// Unquote is urllib.parse.unquote: what is no escape stays as it is.
func Unquote(text string) string {
	if !strings.Contains(text, "%") {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && isEscape(text, i) {
			b.WriteByte(byte(HexDigit(text[i+1])<<4 | HexDigit(text[i+2])))
			i += 2
			continue
		}
		b.WriteByte(text[i])
	}
	return strings.ToValidUTF8(b.String(), "\ufffd")
}
