package index

import (
	"context"
	"net/url"
	"strings"

	"thresher/address"
)

// credentials are what one request carries as basic authentication.
type credentials struct {
	user, password string
}

func credentialsIn(u address.URL) credentials {
	user, password := u.Credentials()
	return credentials{user, password}
}

// scope is the index or page that a person configured: what its credentials
// belong to.
type scope struct {
	address.URL
	origin origin
}

// credentialsFor finds what to send to u, in pip's order: the URL's own, the
// index URL's, netrc, what the keyring or a person gave before, a user name
// alone (pip 26.2 auth.py). own are the credentials that stood in u itself.
//
// The index URL's credentials go to its own origin only. After a redirect to
// another host, netrc and the keyring count over https only: whoever can
// redirect must not be able to have them sent in the clear.
func (c *Client) credentialsFor(u *url.URL, own address.URL, s scope, redirected bool) (credentials, bool) {
	target := originOf(u)
	mine := s.origin.mayTake(target)
	c.mu.Lock()
	told, ok := c.told[target]
	c.mu.Unlock()
	if ok {
		return told, true
	}
	if own.Complete() {
		return credentialsIn(own), true
	}
	if mine && s.Complete() {
		return credentialsIn(s.URL), true
	}
	user := wantedUser(own, s, mine)
	if !redirected || mine || target.scheme == "https" {
		if found, ok := netrcFor(c.netrc, target.host); ok {
			return found, true
		}
		c.mu.Lock()
		found, ok := c.remembered[target]
		c.mu.Unlock()
		if ok && (user == "" || user == found.user) {
			return found, true
		}
	}
	if user != "" {
		return credentials{user: user}, true
	}
	return credentials{}, false
}

func wantedUser(own address.URL, s scope, mine bool) string {
	if !own.HasUser() && mine {
		own = s.URL
	}
	return credentialsIn(own).user
}

// unlock asks the keyring after a 401, for the index URL first and then for
// the host, and remembers what it says. It tells whether there is something
// new to try.
func (c *Client) unlock(ctx context.Context, u *url.URL, own address.URL, s scope, redirected bool,
	refused credentials) bool {
	target := originOf(u)
	mine := s.origin.mayTake(target)
	if c.keyring == nil || own.Complete() || mine && s.Complete() || redirected && !mine && target.scheme != "https" {
		return false
	}
	user := wantedUser(own, s, mine)
	var services []string
	if mine {
		services = append(services, strings.TrimRight(s.Bare(), "/")+"/")
	}
	services = append(services, u.Host)
	for _, service := range services {
		found, ok := c.askOnce(ctx, service, user)
		if ok && found != refused {
			c.mu.Lock()
			c.remembered[target] = found
			c.mu.Unlock()
			return true
		}
	}
	return false
}

// keyringAnswer is what the keyring said about a service and user, asked once.
type keyringAnswer struct {
	said  chan struct{} // closed once the rest is there
	found credentials
	ok    bool
}

func (c *Client) askOnce(ctx context.Context, service, user string) (credentials, bool) {
	key := service + "\x00" + user
	c.mu.Lock()
	if c.keyringFailed {
		c.mu.Unlock()
		return credentials{}, false
	}
	a := c.keyringAnswers[key]
	if a == nil {
		a = &keyringAnswer{said: make(chan struct{})}
		c.keyringAnswers[key] = a
		// Not under this request's own context, for others wait for the
		// answer too; each of them no longer than it may.
		go c.consult(context.WithoutCancel(ctx), a, service, user)
	}
	c.mu.Unlock()
	select {
	case <-a.said:
		return a.found, a.ok
	case <-ctx.Done():
		return credentials{}, false
	}
}

func (c *Client) consult(ctx context.Context, a *keyringAnswer, service, user string) {
	defer close(a.said)
	foundUser, password, ok, err := c.keyring(ctx, service, user)
	if err != nil {
		c.note(noteKeyring(err))
		c.mu.Lock()
		c.keyringFailed = true
		c.mu.Unlock()
		return
	}
	a.found, a.ok = credentials{foundUser, password}, ok
}

// Authenticate remembers what a person at pip's own question said for the host
// of rawURL. It comes before everything else: pip asks only where that was
// refused. It returns an error where rawURL has no host.
func (c *Client) Authenticate(rawURL, user, password string) error {
	u, problem := readURL(address.Parse(rawURL))
	if problem != "" {
		return &ContentError{URL: address.Redact(rawURL), Reason: problem}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told[originOf(u)] = credentials{user, password}
	return nil
}

func newScope(rawURL string) (scope, string) {
	s := scope{URL: address.Parse(rawURL)}
	u, problem := readURL(s.URL)
	if problem != "" {
		return s, problem
	}
	s.origin = originOf(u)
	return s, ""
}
