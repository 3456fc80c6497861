package index

import (
	"errors"
	"net/url"
	"strings"

	"thresher/address"
)

// origin is what credentials belong to.
type origin struct {
	scheme, host, port string
}

func originOf(u *url.URL) origin {
	return origin{scheme: strings.ToLower(u.Scheme), host: strings.ToLower(u.Hostname()), port: address.Port(u)}
}

// mayTake tells whether credentials that were given for o may be sent to the
// target: the same origin, or the same host on its standard https port instead
// of its http one (requests, should_strip_auth).
func (o origin) mayTake(target origin) bool {
	if o == target {
		return true
	}
	return o.host == target.host && o.scheme == "http" && o.port == "80" && target.scheme == "https" &&
		target.port == "443"
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

// readURL reads an http, https or file URL without its credentials. problem is ""
// or says why it cannot be asked, without repeating the text.
func readURL(written address.URL) (u *url.URL, problem string) {
	u, err := written.Read()
	switch {
	case errors.Is(err, address.ErrNoHost):
		return nil, textNoHost
	case err != nil:
		return nil, textNoURL
	}
	switch u.Scheme {
	case "http", "https", "file":
		return u, ""
	}
	return nil, textScheme
}
