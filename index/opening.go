package index

import (
	"context"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"
)

// firstPatience is how long others wait for the first connection to a host.
const firstPatience = time.Second

// opening is the first connection to an https host in the making. HTTP/2 takes all
// requests over one, but only once it stands: of many requests at once each would
// shake hands by itself.
type opening struct {
	done chan struct{}
	once sync.Once
}

func (o *opening) end() { o.once.Do(func() { close(o.done) }) }

// afterFirst waits until the first connection to an address's host stands, or could
// not be made. Who comes first makes it, with the context that it gives, and calls
// end when that is over.
func (c *Client) afterFirst(ctx context.Context, u *url.URL) (traced context.Context, end func()) {
	if u.Scheme != "https" {
		return ctx, func() {}
	}
	c.mu.Lock()
	begun, known := c.opened[originOf(u)]
	if !known {
		begun = &opening{done: make(chan struct{})}
		c.opened[originOf(u)] = begun
	}
	c.mu.Unlock()
	if known {
		patience := time.NewTimer(firstPatience)
		defer patience.Stop()
		select {
		case <-begun.done:
		case <-patience.C:
		case <-ctx.Done():
		}
		return ctx, func() {}
	}
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { begun.end() }}
	return httptrace.WithClientTrace(ctx, trace), begun.end
}
