package index

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"syscall"
	"thresher/address"
	"thresher/internal/words"
)

// Where a redirect may lead. A server of the network must not be able to have
// the machine that installs ask what only that machine can reach: itself, its
// own network, the metadata service of its cloud.

// Redirected judges the Location of an answer to asked, and gives the address
// that is to be asked next, without a fragment. indexes are the addresses that
// the user configured: where one of them lies, a redirect may lead. The error
// is a *ContentError.
func (c *Client) Redirected(ctx context.Context, asked, location string, indexes []string) (string, error) {
	from, problem := readURL(address.Parse(asked))
	if problem != "" {
		return "", &ContentError{URL: address.Redact(asked), Reason: problem}
	}
	next, own, problem := c.follow(from, location)
	if problem != "" {
		return "", &ContentError{URL: address.Redact(from.String()), Reason: problem}
	}
	target, _, _ := strings.Cut(own.Secret(), "#")
	for _, configured := range indexes {
		if u, problem := readURL(address.Parse(configured)); problem == "" && u.Host == next.Host {
			return target, nil
		}
	}
	if !c.mayLead(ctx, from, next) {
		return "", &ContentError{URL: address.Redact(from.String()), Reason: textInward(words.Printable(next.Hostname()))}
	}
	return target, nil
}

// mayLead says whether one host may send to another: not from the network to
// what is private, by the words of the target or by what its name stands for.
func (c *Client) mayLead(ctx context.Context, from, to *url.URL) bool {
	if c.isInward(ctx, from.Hostname()) {
		return true
	}
	if c.proxies.forURL(to) != nil {
		return !inwardByName(to.Hostname()) // the proxy looks the name up
	}
	return !c.isInward(ctx, to.Hostname())
}

// isInward says whether a host is private, by its words or by the address that
// its name has.
func (c *Client) isInward(ctx context.Context, host string) bool {
	if inwardByName(host) {
		return true
	}
	if net.ParseIP(host) != nil {
		return false
	}
	addresses, err := net.DefaultResolver.LookupIPAddr(ctx, host)
	if err != nil {
		return false // then it is not reached either
	}
	for _, found := range addresses {
		if inward(found.IP) {
			return true
		}
	}
	return false
}

func inwardByName(host string) bool {
	if address.IsLoopback(host) || strings.HasSuffix(strings.ToLower(host), ".localhost") {
		return true
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && inward(ip)
}

// sharedNetwork is what carriers and clouds give their own machines (RFC 6598).
var sharedNetwork = net.IPNet{IP: net.IPv4(100, 64, 0, 0).To4(), Mask: net.CIDRMask(10, 32)}

func inward(ip net.IP) bool {
	return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast() ||
		ip.IsUnspecified() ||
		ip.IsInterfaceLocalMulticast() || ip.IsMulticast() || sharedNetwork.Contains(ip)
}

// outwardOnly marks the context of a request that a host of the network
// redirected: its connection must not end inside, whatever the name stood for
// when it was looked up first.
type outwardOnly struct{}

// redirectedFrom gives the context for asking to after from led there.
func (c *Client) redirectedFrom(ctx context.Context, from, to *url.URL) context.Context {
	if c.proxies.forURL(to) != nil || c.isInward(ctx, from.Hostname()) {
		return ctx
	}
	return context.WithValue(ctx, outwardOnly{}, true)
}

var errInward = errors.New("a redirect must not lead into a private network")

// refuseInward is the Control of a dialer.
func refuseInward(ctx context.Context, _, target string, _ syscall.RawConn) error {
	if ctx.Value(outwardOnly{}) == nil {
		return nil
	}
	host, _, err := net.SplitHostPort(target)
	if ip := net.ParseIP(host); err != nil || ip == nil || inward(ip) {
		return errInward
	}
	return nil
}
