package gate

import (
	"context"
	"errors"
	"net"
	"time"

	"thresher/address"
	"thresher/index"
)

// errOffline stands for an index that cannot be reached, where that does not
// matter: the name is installed, and its upgrade is skipped.
var errOffline = errors.New("the index cannot be reached")

// fetch gives the page of a project from one index. Each page is fetched once.
func (g *Gate) fetch(indexURL, name string) (*index.Page, error) {
	if g.isInstalled(name) && g.offlineReason(indexURL) != "" {
		return nil, errOffline
	}
	return g.await(g.startFetch(indexURL, name), indexURL, name)
}

func (g *Gate) startFetch(indexURL, name string) *flight[*index.Page] {
	return g.fetches.start(pageKey{indexURL, name}, func() (*index.Page, error) {
		ctx, cancel := context.WithTimeout(g.context, g.config.Deadline)
		defer cancel()
		page, err := g.config.Source.Page(ctx, indexURL, name)
		var connection *index.ConnectionError
		switch {
		case errors.As(err, &connection):
			g.markOffline(indexURL, reasonOf(connection.Err))
		case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
			g.markOffline(indexURL, noAnswerIn(g.config.Deadline))
		}
		g.see(indexURL, name, page, err)
		return page, err
	})
}

// failUnreached enters a failure for the page of a project without asking,
// where the index could not be reached before.
func (g *Gate) failUnreached(indexURL, name string) bool {
	reason := g.offlineReason(indexURL)
	if reason == "" {
		return false
	}
	g.fetches.start(pageKey{indexURL, name}, func() (*index.Page, error) {
		return nil, &index.ConnectionError{URL: address.Redact(indexURL), Err: errors.New(reason)}
	})
	return true
}

// suspicion is how long a page may take before the gate looks whether its
// index can be reached at all.
const suspicion = 300 * time.Millisecond

// await waits for a page. That of an installed name is not waited for once its
// index is known to be out of reach: an attempt to connect tells that long
// before all retries have failed.
func (g *Gate) await(page *flight[*index.Page], indexURL, name string) (*index.Page, error) {
	if !g.isInstalled(name) {
		return page.wait(g.context)
	}
	timer := time.NewTimer(suspicion)
	defer timer.Stop()
	select {
	case <-page.done:
	case <-g.context.Done():
		return nil, g.context.Err()
	case <-g.offlineSignal(indexURL):
		return nil, errOffline
	case <-timer.C:
		g.probes.start(indexURL, func() (struct{}, error) {
			if reason := g.probe(indexURL); reason != "" {
				g.markOffline(indexURL, reason)
			}
			return struct{}{}, nil
		})
		select {
		case <-page.done:
		case <-g.context.Done():
			return nil, g.context.Err()
		case <-g.offlineSignal(indexURL):
			return nil, errOffline
		}
	}
	var connection *index.ConnectionError
	if errors.As(page.err, &connection) {
		return nil, errOffline
	}
	return page.value, page.err
}

// probe connects once to where an index is reached, and gives why that failed.
func (g *Gate) probe(indexURL string) string {
	target, err := address.Parse(indexURL).Read()
	if err != nil || target.Hostname() == "" {
		return ""
	}
	if g.config.Proxy != nil {
		proxy, err := g.config.Proxy(target)
		if err != nil {
			return ""
		}
		if proxy != nil {
			target = proxy
		}
	}
	ctx, cancel := context.WithTimeout(g.context, g.config.Patience)
	defer cancel()
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(target.Hostname(), address.Port(target)))
	if err != nil {
		if g.context.Err() != nil {
			return ""
		}
		return reasonOf(err)
	}
	_ = connection.Close()
	return ""
}

// reasonOf gives the innermost words of a failed connection.
func reasonOf(err error) string {
	var resolving *net.DNSError
	if errors.As(err, &resolving) {
		return "no such host " + resolving.Name
	}
	var timing net.Error
	if errors.As(err, &timing) && timing.Timeout() {
		return "timed out"
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			break
		}
		err = inner
	}
	if err == nil {
		return "connection failed"
	}
	return oneLine(err.Error())
}

func (g *Gate) isInstalled(name string) bool {
	_, ok := g.config.Installed[name]
	return ok
}

func (g *Gate) offlineReason(indexURL string) string {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.offline[indexURL].reason
}

// offlineSignal is closed once the index is known to be out of reach.
func (g *Gate) offlineSignal(indexURL string) <-chan struct{} {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.offlineState(indexURL).signal
}

func (g *Gate) markOffline(indexURL, reason string) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	state := g.offlineState(indexURL)
	if state.reason == "" {
		state.reason = reason
		g.offline[indexURL] = state
		close(state.signal)
	}
}

// offlineState expects the mutex to be held.
func (g *Gate) offlineState(indexURL string) reachability {
	state, ok := g.offline[indexURL]
	if !ok {
		state = reachability{signal: make(chan struct{})}
		g.offline[indexURL] = state
	}
	return state
}

// reachability is what is known of the way to an index.
type reachability struct {
	reason string // why it cannot be reached; "" it can, or was not tried
	signal chan struct{}
}
