package index

import (
	"net"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"unicode"
)

// splitURL is a URL with its credentials taken out, unquoted.
type splitURL struct {
	bare                  string
	user, password        string
	hasUser, hasPassword  bool
	authority             string // host and port as written
	beforeAuth, afterAuth string // bare = beforeAuth + authority + afterAuth
}

// splitCredentials cuts a URL by its text, so that one that net/url refuses
// loses its credentials all the same (pip 26.2 misc.py,
// split_auth_netloc_from_url).
func splitCredentials(rawURL string) splitURL {
	scheme := strings.Index(rawURL, "://")
	if scheme < 0 {
		return splitURL{bare: rawURL, afterAuth: rawURL}
	}
	start := scheme + len("://")
	end := len(rawURL)
	if i := strings.IndexAny(rawURL[start:], "/?#\\"); i >= 0 {
		end = start + i
	}
	// A password with an unquoted slash ends the authority early. What is
	// left before it then has no port, and the rest holds the "@".
	if authority := rawURL[start:end]; !strings.Contains(authority, "@") && !portOrNone(authority) {
		if at := strings.LastIndex(rawURL, "@"); at > end {
			end = at + 1
			if i := strings.IndexAny(rawURL[end:], "/?#\\"); i >= 0 {
				end += i
			} else {
				end = len(rawURL)
			}
		}
	}
	s := splitURL{beforeAuth: rawURL[:start], authority: rawURL[start:end], afterAuth: rawURL[end:]}
	if at := strings.LastIndex(s.authority, "@"); at >= 0 {
		var user, password string
		user, password, s.hasPassword = strings.Cut(s.authority[:at], ":")
		s.hasUser = true
		s.user, s.password = unquote(user), unquote(password)
		s.authority = s.authority[at+1:]
	}
	s.bare = s.beforeAuth + s.authority + s.afterAuth
	return s
}

// portOrNone tells whether an authority is a host alone or one with a number
// behind the last colon.
func portOrNone(authority string) bool {
	if strings.HasSuffix(authority, "]") {
		return true
	}
	i := strings.LastIndexByte(authority, ':')
	return i < 0 || strings.Trim(authority[i+1:], "0123456789") == ""
}

// unquote decodes %XX as urllib does: what is no escape stays as it is.
func unquote(text string) string {
	if !strings.Contains(text, "%") {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) && isHex(text[i+1]) && isHex(text[i+2]) {
			b.WriteByte(unhex(text[i+1])<<4 | unhex(text[i+2]))
			i += 2
			continue
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	}
	return c - 'a' + 10
}

// StripCredentials takes the user and password out of a URL, unquoted.
func StripCredentials(rawURL string) (bare, user, password string) {
	s := splitCredentials(rawURL)
	return s.bare, s.user, s.password
}

// Redact gives the URL as it may be printed, as pip does: a password, or a
// user name that stands alone (a token), becomes "****". So does a query,
// which may be a signature.
func Redact(rawURL string) string {
	s := splitCredentials(rawURL)
	after := s.afterAuth
	if path, query, ok := strings.Cut(after, "?"); ok && query != "" {
		after = path + "?****"
	}
	auth := ""
	switch {
	case s.hasPassword:
		auth = url.PathEscape(s.user) + ":****@"
	case s.hasUser:
		auth = "****@"
	}
	return Printable(s.beforeAuth + auth + s.authority + after)
}

// RedactRepository is Redact for the URL of a repository: "git@" before the host
// of an ssh URL is no secret, and nothing can be fetched without it.
func RedactRepository(rawURL string) string {
	s := splitCredentials(rawURL)
	if s.hasUser && !s.hasPassword && strings.Contains(s.beforeAuth, "ssh://") {
		return Printable(rawURL)
	}
	return Redact(rawURL)
}

// Printable makes text from elsewhere fit for one line of a terminal: control
// characters and what changes the direction of writing become "?", and 300
// runes are enough.
func Printable(text string) string {
	plain := true
	for i := 0; i < len(text); i++ {
		if text[i] < 0x20 || text[i] >= 0x7f {
			plain = false
			break
		}
	}
	if plain && len(text) <= 300 {
		return text
	}
	var b strings.Builder
	count := 0
	for _, r := range text {
		if count == 300 {
			b.WriteString("…")
			break
		}
		if !unicode.IsPrint(r) {
			r = '?'
		}
		b.WriteRune(r)
		count++
	}
	return b.String()
}

// origin is what credentials belong to.
type origin struct {
	scheme, host, port string
}

func originOf(u *url.URL) origin {
	o := origin{scheme: strings.ToLower(u.Scheme), host: strings.ToLower(u.Hostname()), port: u.Port()}
	if o.port == "" {
		switch o.scheme {
		case "http":
			o.port = "80"
		case "https":
			o.port = "443"
		}
	}
	return o
}

// mayTake tells whether credentials that were given for o may be sent to the
// target: the same origin, or the same host on its standard https port instead
// of its http one (requests, should_strip_auth).
func (o origin) mayTake(target origin) bool {
	if o == target {
		return true
	}
	return o.host == target.host && o.scheme == "http" && o.port == "80" && target.scheme == "https" && target.port == "443"
}

// isLoopback tells whether a host is this machine by its own words.
func isLoopback(host string) bool {
	host = strings.ToLower(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// trustedHost is one --trusted-host; port "" is any.
type trustedHost struct {
	host, port string
}

// parseTrustedHost reads "host", "host:port", "[v6]:port" or a bare IPv6
// address (pip 26.2 misc.py, parse_netloc).
func parseTrustedHost(text string) (trustedHost, bool) {
	netloc := text
	if strings.Count(netloc, ":") >= 2 && !strings.ContainsAny(netloc, "[@") {
		netloc = "[" + netloc + "]"
	}
	u, err := url.Parse("https://" + netloc)
	if err != nil || u.Hostname() == "" {
		return trustedHost{}, false
	}
	return trustedHost{strings.ToLower(u.Hostname()), u.Port()}, true
}

func trusts(hosts []trustedHost, o origin) bool {
	for _, h := range hosts {
		if h.host == o.host && (h.port == "" || h.port == o.port) {
			return true
		}
	}
	return false
}

// SecureOrigin says whether pip would take a location without a warning:
// https, file, a loopback address, or a trusted host (pip 26.2 session.py,
// is_secure_origin).
func SecureOrigin(rawURL string, trustedHosts []string) bool {
	u, err := url.Parse(splitCredentials(rawURL).bare)
	if err != nil {
		return false
	}
	o := originOf(u)
	switch o.scheme {
	case "https", "file", "ssh":
		return true
	case "":
		return !strings.Contains(rawURL, "://") // a local path
	}
	if isLoopback(o.host) {
		return true
	}
	var hosts []trustedHost
	for _, text := range trustedHosts {
		if h, ok := parseTrustedHost(text); ok {
			hosts = append(hosts, h)
		}
	}
	return trusts(hosts, o)
}

// parseURL reads an http, https or file URL without credentials. The error
// does not repeat the text: it may hold credentials that could not be cut out.
func parseURL(bare string) (*url.URL, string) {
	u, err := url.Parse(escapeStray(bare))
	if err != nil {
		return nil, textNoURL
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
		if !plainHost(u.Host) {
			return nil, textNoHost
		}
	case "file":
	default:
		return nil, textScheme
	}
	u.User = nil
	return u, ""
}

// plainHost accepts host and port in ASCII letters, digits, ".", "-" and "_",
// or an IPv6 address: what net/url and Python's urllib read alike.
func plainHost(host string) bool {
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
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '-' || c == '_') {
			return false
		}
	}
	return len(port) <= 5 && strings.Trim(port, "0123456789") == ""
}

// escapeStray quotes what cannot stand in a URL, as pip does with links
// (_ensure_quoted_url), and drops what browsers and urllib drop.
func escapeStray(text string) string {
	text = strings.TrimFunc(text, func(r rune) bool { return r <= ' ' })
	clean := true
	for i := 0; i < len(text); i++ {
		if strayIn(text, i) || text[i] == '\t' || text[i] == '\n' || text[i] == '\r' {
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
		case c == '\t' || c == '\n' || c == '\r':
		case strayIn(text, i):
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func strayIn(text string, i int) bool {
	c := text[i]
	if c == '%' {
		return i+2 >= len(text) || !isHex(text[i+1]) || !isHex(text[i+2])
	}
	return c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0
}

// pathOfFileURL gives the local path of a file URL.
func pathOfFileURL(u *url.URL) string {
	path := u.Path
	if runtime.GOOS == "windows" {
		if len(path) > 2 && path[0] == '/' && path[2] == ':' {
			path = path[1:]
		}
		if u.Host != "" && u.Host != "localhost" {
			path = "//" + u.Host + path
		}
	}
	return filepath.FromSlash(path)
}

// fileURLOfPath gives the file URL of a local path.
func fileURLOfPath(path string) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed
	}
	return (&url.URL{Scheme: "file", Path: slashed}).String()
}
