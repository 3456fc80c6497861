package index

import (
	"context"
	"net"
	"net/http"
	"net/url"

	"thresher/address"
)

// RedirectHosts gives the hosts, as "host:port", that those are sent to who
// fetch a file, as many indexes do that keep files in an object store. The file
// itself is not fetched. It is asked for as a page of indexURL is: with the
// same credentials, certificates and proxy; with those of fileURL alone where
// indexURL is "". Errors: *ContentError, *ConnectionError, or the context's own;
// hosts found before are given with them.
func (c *Client) RedirectHosts(ctx context.Context, indexURL, fileURL string) ([]string, error) {
	own := address.Parse(fileURL)
	u, problem := readURL(own)
	if problem != "" {
		return nil, &ContentError{URL: address.Redact(fileURL), Reason: problem}
	}
	if u.Scheme == "file" {
		return nil, nil
	}
	if indexURL == "" {
		indexURL = fileURL
	}
	s, problem := newScope(indexURL)
	if problem != "" {
		return nil, &ContentError{URL: address.Redact(indexURL), Reason: problem}
	}
	var hosts []string
	first := originOf(u)
	for range maxRedirects {
		location, err := c.redirectOf(ctx, u, own, s, originOf(u) != first)
		if err != nil || location == "" {
			return hosts, err
		}
		next, nextOwn, problem := c.follow(u, location)
		if problem != "" {
			return hosts, &ContentError{URL: address.Redact(u.String()), Reason: problem}
		}
		u, own = next, nextOwn
		hosts = append(hosts, net.JoinHostPort(u.Hostname(), address.Port(u)))
	}
	return hosts, nil
}

// redirectOf asks for one byte of what is at a URL, and gives where that sends;
// "" where it does not send on.
func (c *Client) redirectOf(ctx context.Context, u *url.URL, own address.URL, s scope, redirected bool) (string, error) {
	for unlocked := false; ; unlocked = true {
		sent, has := c.credentialsFor(u, own, s, redirected)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
		if err != nil {
			return "", &ContentError{URL: address.Redact(u.String()), Reason: textNoURL}
		}
		request.Header.Set("Range", "bytes=0-0")
		request.Header.Set("User-Agent", c.config.UserAgent)
		if has {
			request.SetBasicAuth(sent.user, sent.password)
		}
		transport := c.verifying
		if trusts(c.trusted, originOf(u)) {
			transport = c.trusting
		}
		answer, err := transport().RoundTrip(request)
		if err != nil {
			if ctx.Err() != nil {
				return "", &interrupted{address.Redact(u.String()), ctx.Err()}
			}
			return "", c.connectionError(u, err)
		}
		// Nothing of the body is needed, which may be a whole file.
		_ = answer.Body.Close()
		if answer.StatusCode == http.StatusUnauthorized && !unlocked && c.unlock(ctx, u, own, s, redirected, sent) {
			continue
		}
		if answer.StatusCode < 300 || answer.StatusCode > 399 {
			return "", nil
		}
		return answer.Header.Get("Location"), nil
	}
}
