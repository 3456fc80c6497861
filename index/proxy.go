package index

import (
	"net"
	"net/url"
	"strings"
)

// proxySettings says through which proxy a URL is asked for, as requests does
// (pip 26.2, requests/utils.py select_proxy and should_bypass_proxies, and
// urllib's getproxies_environment).
type proxySettings struct {
	explicit *url.URL            // --proxy: for everything, whatever NO_PROXY says
	byKey    map[string]*url.URL // "http", "https", "all", "all://host", …
	noProxy  []string
	never    bool // NO_PROXY is "*"
}

func newProxySettings(explicit string, ignoreEnvironment bool, environ environment) (proxySettings, string) {
	var s proxySettings
	if explicit != "" {
		u, ok := parseProxy(explicit)
		if !ok {
			return s, explicit
		}
		s.explicit = u
		return s, ""
	}
	if ignoreEnvironment {
		return s, ""
	}
	s.byKey = map[string]*url.URL{}
	texts := map[string]string{}
	// Two passes: a name in lower case wins, and an empty one takes away.
	for _, lower := range []bool{false, true} {
		for _, entry := range environ.list {
			name, value, _ := strings.Cut(entry, "=")
			folded := strings.ToLower(name)
			if len(name) < 7 || !strings.HasSuffix(folded, "_proxy") || (lower && !strings.HasSuffix(name, "_proxy")) {
				continue
			}
			key := strings.TrimSuffix(folded, "_proxy")
			switch {
			case value != "":
				texts[key] = value
			case lower:
				delete(texts, key)
			}
		}
		// In a CGI script HTTP_PROXY may be a header that a client sent.
		if !lower && environ.has("REQUEST_METHOD") {
			delete(texts, "http")
		}
	}
	for key, text := range texts {
		if key == "no" {
			continue
		}
		u, ok := parseProxy(text)
		if !ok {
			return s, text
		}
		s.byKey[key] = u
	}
	noProxy := environ.get("no_proxy")
	if noProxy == "" {
		noProxy = environ.get("NO_PROXY")
	}
	s.never = strings.TrimSpace(noProxy) == "*"
	for _, host := range strings.Split(strings.ReplaceAll(noProxy, " ", ""), ",") {
		if host != "" {
			s.noProxy = append(s.noProxy, strings.ToLower(host))
		}
	}
	return s, ""
}

// parseProxy reads a proxy's address; one without a scheme is http.
func parseProxy(text string) (*url.URL, bool) {
	if !strings.Contains(text, "://") {
		text = "http://" + strings.TrimPrefix(text, "//")
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return nil, false
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
		return u, true
	}
	return nil, false
}

// forURL gives the proxy for a URL, nil for none.
func (s proxySettings) forURL(u *url.URL) *url.URL {
	if s.explicit != nil {
		return s.explicit
	}
	host := strings.ToLower(u.Hostname())
	if s.bypass(host, u.Port()) {
		return nil
	}
	for _, key := range []string{u.Scheme + "://" + host, u.Scheme, "all://" + host, "all"} {
		if proxy := s.byKey[key]; proxy != nil {
			return proxy
		}
	}
	return nil
}

func (s proxySettings) bypass(host, port string) bool {
	if s.never {
		return true
	}
	withPort := host
	if port != "" {
		withPort += ":" + port
	}
	ip := net.ParseIP(host).To4()
	for _, entry := range s.noProxy {
		if ip != nil {
			if _, network, err := net.ParseCIDR(entry); err == nil && network.Contains(ip) {
				return true
			}
		}
		entry = strings.TrimLeft(entry, ".")
		if host == entry || withPort == entry || strings.HasSuffix(host, "."+entry) ||
			strings.HasSuffix(withPort, "."+entry) {
			return true
		}
	}
	return false
}
