package gate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"thresher/index"
	"thresher/policy/rules"
)

// quiet keeps the server's own words off the terminal: a pip that ends while
// it is answered is nothing to report.
var quiet = log.New(io.Discard, "", 0)

// ServeHTTP answers the run's own pips, and as a forward proxy what these start.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodConnect:
		g.tunnel(w, r)
	case r.URL.Scheme == "http" && r.URL.Host == g.address:
		// Whose index is the gate asks for it through the proxy, which is the gate
		// as well.
		r.URL.Scheme, r.URL.Host = "", ""
		g.ServeHTTP(w, r)
	case r.URL.IsAbs():
		g.forward(w, r)
	case r.Host != g.address || r.Header.Get("Origin") != "":
		// A page in a browser that made its host's name mean 127.0.0.1.
		refuse(w, r, http.StatusForbidden, messageNotThisRun)
	case g.config.ProxyOnly:
		refuse(w, r, http.StatusForbidden, messageNotThisRun)
	case strings.HasPrefix(r.URL.Path, "/-/"):
		g.serveRun(w, r)
	case g.config.WithoutTransport:
		g.serveAsIndex(w, r)
	default:
		refuse(w, r, http.StatusForbidden, messageNotThisRun)
	}
}

// serveProject answers for a project under one of the indexes.
func (g *Gate) serveProject(w http.ResponseWriter, r *http.Request, place int, name string) {
	g.mutex.Lock()
	g.asked[name] = true
	g.mutex.Unlock()
	v, key, err := g.projectVerdict(r.Context(), place, name)
	var unauthorised *index.AuthError
	if user, password, ok := g.pipsCredentials(r); ok && errors.As(err, &unauthorised) &&
		g.authenticate(key.url, user, password) {
		// What a person said at pip's question.
		g.forgetProject(name)
		g.forgetRefusal(key.url, name)
		v, key, err = g.projectVerdict(r.Context(), place, name)
	}
	switch {
	case err != nil && errors.Is(err, context.Canceled):
		refuse(w, r, gatewayTimeout, messageClosed)
	case errors.Is(err, errElsewhere):
		refuse(w, r, http.StatusNotFound, messageOtherIndex)
	case v == nil:
		g.serveFailure(w, r, key, name, err)
	default:
		g.inspect(v)
		g.deliver(key, v)
		switch {
		case v.stop != nil:
			g.stopPip(w, r, refusal(*v.stop))
		case v.page == nil:
			g.serveFailure(w, r, key, name, err)
		default:
			g.servePage(w, r, v)
		}
	}
}

// serveFailure answers where there is no page: with the upstream's own status,
// or with an empty page for a name whose upgrade is skipped.
func (g *Gate) serveFailure(w http.ResponseWriter, r *http.Request, key pageKey, name string, err error) {
	if err == nil || errors.Is(err, index.ErrNotFound) {
		refuse(w, r, http.StatusNotFound, messageNoProject)
		return
	}
	status, reason := g.fail(key.url, name, err)
	if errors.Is(err, errOffline) {
		g.servePage(w, r, &verdict{page: &index.Page{Name: name, JSON: true}})
		return
	}
	var unauthorised *index.AuthError
	if errors.As(err, &unauthorised) && unauthorised.Status == http.StatusUnauthorized {
		refuse(w, r, http.StatusUnauthorized, reason, `WWW-Authenticate: Basic realm="the index"`)
		return
	}
	refuse(w, r, status, reason)
}

// errElsewhere: the name belongs to another index than the one asked.
var errElsewhere = errors.New("the name belongs to another index")

// projectVerdict gives what pip is to be told of a name under one index. Where
// there is no page the error says why, and the verdict may be nil.
func (g *Gate) projectVerdict(ctx context.Context, place int, name string) (*verdict, pageKey, error) {
	route, err := g.route(ctx, name)
	if err != nil {
		return nil, pageKey{name: name}, err
	}
	configured := g.config.Indexes[place]
	switch {
	case route.merged && route.place >= 0:
		page, err := g.fetch(configured.URL, name)
		if err != nil && !configured.Lacks(err) {
			return g.verdictOn(ctx, pageKey{configured.URL, name}, configured.Public, nil, err, route.confusion)
		}
		if err != nil {
			return nil, pageKey{configured.URL, name}, index.ErrNotFound
		}
		return g.verdictOn(ctx, pageKey{configured.URL, name}, configured.Public, page, nil, route.confusion)
	case route.place < 0:
		// No index has it. A name that is blocked all the same must stop pip,
		// so the absence is judged too, under the first index pip asks.
		if place != 0 {
			return nil, pageKey{"", name}, index.ErrNotFound
		}
		return g.verdictOn(ctx, pageKey{"", name}, false, nil, index.ErrNotFound, nil)
	case route.place != place:
		return nil, pageKey{route.url, name}, errElsewhere
	}
	return g.verdictOn(ctx, pageKey{route.url, name}, route.public, route.page, route.err, nil)
}

// verdictOn judges a page once, however often it is asked for.
func (g *Gate) verdictOn(ctx context.Context, key pageKey, public bool, page *index.Page, failure error,
	confusion []rules.Finding) (*verdict, pageKey, error) {
	if errors.Is(failure, errOffline) {
		return nil, key, failure
	}
	v, err := g.verdicts.start(key, func() (*verdict, error) {
		return g.judge(key.name, key.url, public, page, failure, confusion), nil
	}).wait(ctx)
	if err != nil {
		return nil, key, err
	}
	return v, key, failure
}

// forgetProject lets a name be asked for anew.
func (g *Gate) forgetProject(name string) {
	g.routes.forget(func(known string) bool { return known == name })
	g.fetches.forget(func(key pageKey) bool { return key.name == name })
	g.verdicts.forget(func(key pageKey) bool { return key.name == name })
	g.mutex.Lock()
	defer g.mutex.Unlock()
	maps.DeleteFunc(g.served, func(key pageKey, _ *verdict) bool { return key.name == name })
}

// servePage writes a page in the form that pip asks for: JSON from 22.2 on.
func (g *Gate) servePage(w http.ResponseWriter, r *http.Request, v *verdict) {
	asJSON := strings.Contains(r.Header.Get("Accept"), contentJSON)
	body, kind := v.rendered(asJSON, g.narrowed, g.onPipsSide), contentHTML
	if asJSON {
		kind = contentJSON
	}
	if g.config.Narrow && same(r.Header.Get(headerSecret), g.joining) {
		body = v.whole(asJSON) // a build may start the pip of another Python
	}
	header := w.Header()
	header.Set("Content-Type", kind)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Cache-Control", "no-store")
	header.Set("Vary", "Accept")
	if r.Method != http.MethodHead {
		// An error here means that pip is gone.
		_, _ = w.Write(body)
	}
}

// The content types of pages (PEP 691). HTML goes out as plain text/html, which
// pips before 22.2 demand.
const (
	contentJSON = "application/vnd.pypi.simple.v1+json"
	contentHTML = "text/html; charset=utf-8"
)

// refuse answers with an error status and a reason phrase of our own, which is
// all that pip prints of an error. net/http writes only standard phrases.
func refuse(w http.ResponseWriter, r *http.Request, status int, reason string, headers ...string) {
	reason = oneLine(reason)
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		http.Error(w, reason, status)
		return
	}
	connection, buffer, err := hijacker.Hijack()
	if err != nil {
		http.Error(w, reason, status)
		return
	}
	defer connection.Close()
	body := reason + "\n"
	if r.Method == http.MethodHead {
		body = ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nCache-Control: "+
		"no-store\r\nConnection: close\r\n", status, reason, len(body))
	for _, header := range headers {
		b.WriteString(header + "\r\n")
	}
	b.WriteString("\r\n" + body)
	// An error here means that pip is gone.
	_, _ = buffer.WriteString(b.String())
	_ = buffer.Flush()
}
