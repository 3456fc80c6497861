package gate

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"thresher/index"
	"thresher/pep"
	"thresher/policy/rules"
)

// quiet keeps the server's own words off the terminal: a pip that ends while
// it is answered is nothing to report.
var quiet = log.New(io.Discard, "", 0)

// ServeHTTP answers pip: as an index where the request is for the gate itself,
// as a forward proxy otherwise.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodConnect:
		g.tunnel(w, r)
	case r.URL.IsAbs() && r.URL.Host != g.address:
		g.forward(w, r)
	case r.Host != g.address:
		// A page in a browser that made its host's name mean 127.0.0.1.
		refuse(w, r, http.StatusForbidden, messageNotThisRun)
	case r.URL.Path == challengePath:
		g.answerChallenge(w, r)
	case !g.authentic(r.Header.Get("Authorization")) && !(r.URL.IsAbs() && g.authentic(r.Header.Get("Proxy-Authorization"))):
		// The proxy's are enough: pip before 20.3 knows no NETRC, so that it
		// sends those alone.
		// Not 401: pip would ask the person at the terminal for a password.
		refuse(w, r, http.StatusForbidden, messageNotThisRun)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		refuse(w, r, http.StatusMethodNotAllowed, messageNotRead)
	default:
		g.serveOwn(w, r)
	}
}

// authentic checks a header of HTTP's basic authentication.
func (g *Gate) authentic(header string) bool {
	scheme, encoded, _ := strings.Cut(header, " ")
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil || !strings.EqualFold(scheme, "basic") {
		return false
	}
	// Hashed, so that not even the length can be told from the time taken.
	given, wanted := sha256.Sum256(decoded), sha256.Sum256([]byte(g.user+":"+g.password))
	return subtle.ConstantTimeCompare(given[:], wanted[:]) == 1
}

// serveOwn answers /i/N/NAME/, /f/N/ and /b/ID/FILE.
func (g *Gate) serveOwn(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	place := -1
	if len(parts) > 1 {
		if n, err := strconv.Atoi(parts[1]); err == nil {
			place = n
		}
	}
	switch {
	case len(parts) == 3 && parts[0] == "i" && place >= 0 && place < len(g.config.Indexes) && pep.ValidName(parts[2]):
		g.serveProject(w, r, place, pep.CanonicalName(parts[2]))
	case len(parts) == 2 && parts[0] == "f" && place >= 0 && place < len(g.config.FindLinks):
		g.serveLinks(w, r, place)
	case len(parts) == 3 && parts[0] == "b":
		g.serveBlocked(w, r, parts[1])
	default:
		refuse(w, r, http.StatusNotFound, messageNoSuchPlace)
	}
}

// serveProject answers for a project under one of the indexes.
func (g *Gate) serveProject(w http.ResponseWriter, r *http.Request, place int, name string) {
	v, key, err := g.projectVerdict(r.Context(), place, name)
	switch {
	case err != nil && errors.Is(err, context.Canceled):
		refuse(w, r, gatewayTimeout, messageClosed)
	case errors.Is(err, errElsewhere):
		refuse(w, r, http.StatusNotFound, messageOtherIndex)
	case v == nil:
		g.serveFailure(w, r, key, name, err)
	default:
		v = g.settle(name, key, v)
		g.deliver(key, v)
		switch {
		case v.stop != nil:
			stopPip(w, r, refusal(*v.stop))
		case v.page == nil:
			g.serveFailure(w, r, key, name, err)
		default:
			servePage(w, r, v)
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
		servePage(w, r, &verdict{page: &index.Page{Name: name, JSON: true}})
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
		if err != nil && !configured.lacks(err) {
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
	public := sameIndex(configured.URL, route.url) && configured.Public
	return g.verdictOn(ctx, pageKey{route.url, name}, public, route.page, route.err, nil)
}

// verdictOn judges a page once, however often it is asked for.
func (g *Gate) verdictOn(ctx context.Context, key pageKey, public bool, page *index.Page, failure error, confusion []rules.Finding) (*verdict, pageKey, error) {
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

// servePage writes a page in the form that pip asks for: JSON from 22.2 on.
func servePage(w http.ResponseWriter, r *http.Request, v *verdict) {
	asJSON := strings.Contains(r.Header.Get("Accept"), contentJSON)
	body, kind := v.rendered(asJSON), contentHTML
	if asJSON {
		kind = contentJSON
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

// serveBlocked answers for a blocked file that pip chose.
func (g *Gate) serveBlocked(w http.ResponseWriter, r *http.Request, id string) {
	g.mutex.Lock()
	blocked, ok := g.blocked[id]
	g.mutex.Unlock()
	if !ok {
		refuse(w, r, http.StatusNotFound, messageNoSuchPlace)
		return
	}
	g.record(blocked.name, blocked.version, blocked.finding)
	refuse(w, r, http.StatusForbidden, refusal(blocked.finding))
}

// stopPip answers with a page that no pip can read, so that it ends at once
// with a traceback whose last line quotes the reason. From pip 22.0 on that is
// the charset, which is none. Before, and with --use-deprecated=html5lib, it is
// a link whose host has a character that urllib.parse takes for an attack.
func stopPip(w http.ResponseWriter, r *http.Request, reason string) {
	charset := strings.NewReplacer(`"`, "'", `\`, "/").Replace(reason)
	host := strings.NewReplacer("/", "|", "?", ".", "#", "no. ", `"`, "'", `\`, "|", "<", "(", ">", ")", "&", "+", "[", "(", "]", ")").Replace(reason)
	header := w.Header()
	header.Set("Content-Type", `text/html; charset="`+charset+`"`)
	header.Set("Cache-Control", "no-store")
	if r.Method != http.MethodHead {
		// An error here means that pip is gone.
		_, _ = io.WriteString(w, `<!DOCTYPE html><html><body><a href="http://`+host+` &#8448;/">`+host+"</a></body></html>\n")
	}
}

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
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nCache-Control: no-store\r\nConnection: close\r\n", status, reason, len(body))
	for _, header := range headers {
		b.WriteString(header + "\r\n")
	}
	b.WriteString("\r\n" + body)
	// An error here means that pip is gone.
	_, _ = buffer.WriteString(b.String())
	_ = buffer.Flush()
}

// hostOf gives the key of a URL's host in Gate.hosts, "" where it has none.
func hostOf(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	return hostKey(u.Hostname(), portOf(u))
}

// originOf gives the start of a URL up to the end of its host, "" where it has
// none.
func originOf(rawURL string) string {
	scheme := strings.Index(rawURL, "://")
	if scheme < 0 {
		return ""
	}
	end := strings.IndexByte(rawURL[scheme+3:], '/')
	if end < 0 {
		return ""
	}
	return rawURL[:scheme+3+end+1]
}

func hostKey(name, port string) string {
	return strings.ToLower(strings.TrimSuffix(name, ".")) + ":" + port
}
