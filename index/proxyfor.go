package index

import "net/url"

// ProxyFor gives the proxy that the user has configured for a URL, nil where
// there is none. The error is always nil; the form is that of http.Transport.
func (c *Client) ProxyFor(u *url.URL) (*url.URL, error) { return c.proxies.forURL(u), nil }
