// Package address holds URLs that may carry secrets: shown without them unless
// asked otherwise, read as pip reads them, and compared in one way.
package address

import (
	"net/url"
	"strings"

	"thresher/internal/words"
)

// URL is a URL as somebody wrote it, with user, password and query. Every way
// of printing it leaves these out; Secret gives them. Local paths are URLs
// without scheme and host. The zero value is the empty text.
type URL struct {
	written              string
	before, host, after  string // the bare URL is all three: up to the host, host and port, the rest
	user, password       string // unquoted
	hasUser, hasPassword bool
	doubtful             bool // readers differ on where the host ends
}

// Parse takes a URL apart by its text, as pip does (pip 26.2 misc.py,
// split_auth_netloc_from_url, on Python's urlsplit), so that one that net/url
// refuses loses its credentials all the same. It takes every text: Read says
// what cannot be asked for.
func Parse(text string) URL {
	u := URL{written: text, after: text}
	scheme := strings.Index(text, "://")
	if scheme < 0 {
		u.cutWithoutScheme()
		return u
	}
	start := scheme + len("://")
	end := endOfAuthority(text, start)
	// A password with an unquoted slash ends the authority early, and pip
	// refuses it. What is left before it then has no port, and the rest holds
	// the "@".
	if authority := text[start:end]; !strings.Contains(authority, "@") && !hasPortOrNone(authority) {
		if at := strings.LastIndexByte(text, '@'); at > end {
			end = endOfAuthority(text, at+1)
		}
	}
	u.before, u.host, u.after = text[:start], text[start:end], text[end:]
	u.doubtful = strings.Contains(u.host, `\`)
	if at := strings.LastIndexByte(u.host, '@'); at >= 0 {
		u.setCredentials(u.host[:at])
		u.host = u.host[at+1:]
	}
	return u
}

// cutWithoutScheme finds the password of "user:password@host:port", as proxies
// are named.
func (u *URL) cutWithoutScheme() {
	at := strings.LastIndexByte(u.written[:endOfAuthority(u.written, 0)], '@')
	if at < 0 || !strings.Contains(u.written[:at], ":") || strings.ContainsAny(u.written[:at], " \t") {
		return
	}
	u.setCredentials(u.written[:at])
	u.after = u.written[at+1:]
}

func (u *URL) setCredentials(text string) {
	var user, password string
	user, password, u.hasPassword = strings.Cut(text, ":")
	u.hasUser = true
	u.user, u.password = Unquote(user), Unquote(password)
}

func endOfAuthority(text string, start int) int {
	if i := strings.IndexAny(text[start:], "/?#"); i >= 0 {
		return start + i
	}
	return len(text)
}

// hasPortOrNone tells whether an authority is a host alone or one with a number
// behind the last colon.
func hasPortOrNone(authority string) bool {
	if strings.HasSuffix(authority, "]") {
		return true
	}
	i := strings.LastIndexByte(authority, ':')
	return i < 0 || strings.Trim(authority[i+1:], "0123456789") == ""
}

// Secret gives the URL as it was written, with its credentials: for pip and for
// requests alone, never for a text that is shown or kept.
func (u URL) Secret() string { return u.written }

// Bare gives the URL without user and password.
func (u URL) Bare() string { return u.before + u.host + u.after }

// Credentials gives user and password, unquoted, "" for what is not there.
func (u URL) Credentials() (user, password string) { return u.user, u.password }

// HasUser tells whether a user is written, be it an empty one.
func (u URL) HasUser() bool { return u.hasUser }

// Complete tells whether both user and password are written.
func (u URL) Complete() bool { return u.hasUser && u.hasPassword }

// WithCredentials gives the URL with a user and password in the place of its
// own, as text: it is as secret as they are.
func (u URL) WithCredentials(user, password string) string {
	return u.before + url.UserPassword(user, password).String() + "@" + u.host + u.after
}

// WithUser gives the URL with a user that stands alone in the place of its own
// credentials, as text.
func (u URL) WithUser(user string) string {
	return u.before + url.User(user).String() + "@" + u.host + u.after
}

// String gives the URL as it may be shown, as pip does: a password, or a user
// name that stands alone (a token), becomes "****". So does a query, which may
// be a signature. The user of an ssh URL is no secret ("git@"), and nothing can
// be fetched without it.
func (u URL) String() string {
	switch {
	case u.hasPassword && u.before != "":
		return u.shown(url.PathEscape(u.user) + ":****@")
	case u.hasUser && strings.HasSuffix(u.Scheme(), "ssh"):
		return u.shown(url.PathEscape(u.user) + "@")
	}
	return u.shown("****@")
}

// shown gives the URL without its query, with other words for its credentials.
func (u URL) shown(credentials string) string {
	after := u.after
	if path, query, ok := strings.Cut(after, "?"); ok && query != "" {
		after = path + "?****"
	}
	if !u.hasUser {
		credentials = ""
	}
	return words.Printable(u.before + credentials + u.host + after)
}

// GoString is String, so that "%#v" shows no secret.
func (u URL) GoString() string { return u.String() }

// MarshalText is String, so that no document holds a secret.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// Redact gives a URL as it may be shown.
func Redact(text string) string { return Parse(text).String() }

// Bare gives a URL without user and password.
func Bare(text string) string { return Parse(text).Bare() }
