package index

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
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
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return false // then it is not reached either
	}
	return slices.ContainsFunc(addresses, inward)
}

// inwardByName says whether a host is private by its words. A number in another
// spelling than the usual one ("127.1", "0x7f000001") counts as such: some
// resolvers, and those of proxies, take it for an address.
func inwardByName(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
	if address.IsLoopback(host) || strings.HasSuffix(host, ".localhost") {
		return true
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return inward(ip)
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	_, err := strconv.ParseUint(last, 0, 64)
	return err == nil || isDigits(last)
}

func isDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// inwardNetworks are those of IANA's registries of special addresses that no
// server of the network has, beside what netip tells: "this" network, what
// carriers and clouds give their own machines (RFC 6598), protocol assignments
// (a cloud's metadata service is among them), benchmarks, what is reserved, and
// the old site-local addresses.
var inwardNetworks = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("fec0::/10"),
}

// carriers are networks whose addresses stand for one of IPv4, which begins at
// this byte: NAT64 (RFC 6052), 6to4 (RFC 3056), translated ones (RFC 7915), and
// those that are only written differently (RFC 4291).
var carriers = map[netip.Prefix]int{
	netip.MustParsePrefix("64:ff9b::/96"): 12, netip.MustParsePrefix("2002::/16"): 2,
	netip.MustParsePrefix("::ffff:0:0:0/96"): 12, netip.MustParsePrefix("::/96"): 12,
}

func inward(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() || ip.IsMulticast() ||
		slices.ContainsFunc(inwardNetworks, func(network netip.Prefix) bool { return network.Contains(ip) }) {
		return true
	}
	for network, place := range carriers {
		if bytes := ip.AsSlice(); network.Contains(ip) {
			carried, _ := netip.AddrFromSlice(bytes[place : place+4])
			return inward(carried)
		}
	}
	return false
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
	to, err := netip.ParseAddrPort(target)
	if err != nil || inward(to.Addr()) {
		return errInward
	}
	return nil
}
