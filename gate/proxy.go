package gate

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/proxy"

	"thresher/address"
	"thresher/index"
	"thresher/policy/rules"
)

// connectTimeout bounds how long the forward proxy tries to reach a host.
const connectTimeout = 30 * time.Second

// The forward proxy is what pip's children find in their environment: builds
// that fetch by themselves, and the programs of repositories; and what a command
// in a sandbox of its own finds. It is closed but for hosts that the user allowed,
// and those of repositories that pip's command names.

// passes says whether the forward proxy may pass to a place for a build: path is
// "" where the way to it is a tunnel, of which only the host can be seen.
func (g *Gate) passes(build, key, path string) bool {
	if g.hosts[key] { // written when the gate was opened, and not since
		return true
	}
	return build != "" && slices.ContainsFunc(g.config.AllowedFetches, func(allowed rules.Fetch) bool {
		host, prefix, _ := strings.Cut(allowed.Place, "/")
		return allowed.Name == build && slices.Contains(hostKeys(host), key) &&
			(prefix == "" || liesBelow(path, "/"+prefix))
	})
}

// liesBelow says whether a path of a URL, as it is sent, is another or lies below
// it.
func liesBelow(path, prefix string) bool {
	rest, below := strings.CutPrefix(path, strings.TrimSuffix(prefix, "/"))
	return below && (rest == "" || rest[0] == '/') && !strings.Contains(strings.ToLower(rest), "..") &&
		!strings.Contains(strings.ToLower(rest), "%2e")
}

// builder gives the canonical name of the package whose build sends a request, ""
// where that is not known: the bootstrap gives every build a user name of its
// own. A request without credentials is asked for them as a proxy does, git and
// curl send them only then; it is answered.
func (g *Gate) builder(w http.ResponseWriter, r *http.Request) (build string, authentic bool) {
	if user, password, ok := index.BasicCredentials(r.Header.Get("Proxy-Authorization")); ok {
		if user == proxyUser && same(password, g.joining) {
			return "", true
		}
		if name, ofBuild := strings.CutPrefix(user, proxyUser+"-"); ofBuild &&
			same(password, proof(g.joining, "build", name)) {
			return name, true
		}
	}
	refuse(w, r, http.StatusProxyAuthRequired, messageNotThisRun, `Proxy-Authenticate: Basic realm="thresher"`)
	return "", false
}

// refusePlace stops a build, and what else pip runs, from reaching a place that
// had no verdict. shown is its URL as far as it can be seen.
func (g *Gate) refusePlace(w http.ResponseWriter, r *http.Request, build string, shown *url.URL) {
	port := address.Port(shown)
	host := shown.Hostname()
	if port != "443" && port != "80" {
		host = net.JoinHostPort(host, port)
	}
	if g.config.ProxyOnly {
		g.record(host, "", unknownHost(host, shown, g.config.now()))
		refuse(w, r, http.StatusForbidden, hostNotAllowed(shown.Hostname()))
		return
	}
	g.record(host, "", unknownPlace(build, g.lastSource(), host, shown, g.config.now()))
	refuse(w, r, http.StatusForbidden, hostRefused(shown.Hostname()))
}

// lastSource is the canonical name of the source archive that pip was let have
// last, which is probably what is being built.
func (g *Gate) lastSource() string {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	for _, entry := range slices.Backward(g.ledger) {
		if !strings.HasSuffix(entry.Filename, ".whl") {
			return entry.Name
		}
	}
	return ""
}

// tunnel answers CONNECT.
func (g *Gate) tunnel(w http.ResponseWriter, r *http.Request) {
	build, authentic := g.builder(w, r)
	if !authentic {
		return
	}
	name, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		refuse(w, r, http.StatusBadRequest, hostRefused(r.Host))
		return
	}
	if !g.passes(build, address.HostPort(name, port), "") {
		g.refusePlace(w, r, build, &url.URL{Scheme: "https", Host: r.Host})
		return
	}
	ctx, cancel := context.WithTimeout(g.context, connectTimeout)
	upstream, err := g.dial(ctx, name, port)
	cancel()
	if err != nil {
		refuse(w, r, http.StatusBadGateway, cannotReach(name, reasonOf(err)))
		return
	}
	defer upstream.Close()
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		http.Error(w, messageClosed, http.StatusInternalServerError)
		return
	}
	client, buffered, err := hijacker.Hijack()
	if err != nil {
		return
	}
	defer client.Close()
	stop := context.AfterFunc(g.context, func() {
		_ = client.Close()
		_ = upstream.Close()
	})
	defer stop()
	if _, err := io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		// Errors end the tunnel; both ends see them themselves.
		_, _ = io.Copy(upstream, buffered)
		closeWrite(upstream)
	}()
	_, _ = io.Copy(client, upstream)
	closeWrite(client)
	<-done
}

// closeWrite tells the other end that nothing more comes.
func closeWrite(connection net.Conn) {
	if half, ok := connection.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
		return
	}
	_ = connection.Close()
}

// dial connects to a host, through the user's own proxy where there is one.
func (g *Gate) dial(ctx context.Context, name, port string) (net.Conn, error) {
	target := net.JoinHostPort(name, port)
	var dialer net.Dialer
	via, err := g.ownProxy(&url.URL{Scheme: "https", Host: target})
	if err != nil {
		return nil, err
	}
	if via == nil {
		return dialer.DialContext(ctx, "tcp", target)
	}
	if strings.HasPrefix(via.Scheme, "socks5") {
		socks, err := proxy.FromURL(via, &dialer)
		if err != nil {
			return nil, fmt.Errorf("use the proxy %s: %w", via.Host, err)
		}
		if withContext, ok := socks.(proxy.ContextDialer); ok {
			return withContext.DialContext(ctx, "tcp", target)
		}
		return socks.Dial("tcp", target)
	}
	connection, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(via.Hostname(), address.Port(via)))
	if err != nil {
		return nil, fmt.Errorf("connect to the proxy %s: %w", via.Host, err)
	}
	if via.Scheme == "https" {
		connection = tls.Client(connection, &tls.Config{ServerName: via.Hostname()})
	}
	tunnelled, err := connectThrough(ctx, connection, via, target)
	if err != nil {
		_ = connection.Close()
		return nil, err
	}
	return tunnelled, nil
}

func (g *Gate) ownProxy(target *url.URL) (*url.URL, error) {
	if g.config.Proxy == nil {
		return nil, nil
	}
	return g.config.Proxy(target)
}

// connectThrough asks a proxy for a tunnel.
func connectThrough(ctx context.Context, connection net.Conn, via *url.URL, address string) (net.Conn, error) {
	if deadline, ok := ctx.Deadline(); ok {
		if err := connection.SetDeadline(deadline); err != nil {
			return nil, err
		}
	}
	request := "CONNECT " + address + " HTTP/1.1\r\nHost: " + address + "\r\n"
	if header := basicOf(via); header != "" {
		request += "Proxy-Authorization: " + header + "\r\n"
	}
	if _, err := io.WriteString(connection, request+"\r\n"); err != nil {
		return nil, fmt.Errorf("ask the proxy %s for %s: %w", via.Host, address, err)
	}
	reader := bufio.NewReader(connection)
	response, err := http.ReadResponse(reader, &http.Request{Method: http.MethodConnect})
	if err != nil {
		return nil, fmt.Errorf("ask the proxy %s for %s: %w", via.Host, address, err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the proxy %s refuses %s: %s", via.Host, address, oneLine(response.Status))
	}
	if err := connection.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	return &bufferedConn{connection, reader}, nil
}

// bufferedConn reads first what was read ahead.
type bufferedConn struct {
	net.Conn
	reader *bufio.Reader
}

func (c *bufferedConn) Read(p []byte) (int, error) { return c.reader.Read(p) }

// CloseWrite passes on that nothing more comes.
func (c *bufferedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Close()
}

func basicOf(u *url.URL) string {
	if u.User == nil {
		return ""
	}
	password, _ := u.User.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password))
}

// forward answers requests for plain http URLs elsewhere.
func (g *Gate) forward(w http.ResponseWriter, r *http.Request) {
	build, authentic := g.builder(w, r)
	if !authentic {
		return
	}
	if r.URL.Scheme != "http" || r.URL.Hostname() == "" {
		refuse(w, r, http.StatusBadRequest, hostRefused(r.URL.Host))
		return
	}
	if !g.passes(build, address.HostKey(r.URL), r.URL.EscapedPath()) {
		g.refusePlace(w, r, build, r.URL)
		return
	}
	request := r.Clone(r.Context())
	request.RequestURI = ""
	for _, name := range hopByHop {
		request.Header.Del(name)
	}
	response, err := g.transport.RoundTrip(request)
	if err != nil {
		refuse(w, r, http.StatusBadGateway, cannotReach(r.URL.Hostname(), reasonOf(err)))
		return
	}
	defer response.Body.Close()
	for _, name := range hopByHop {
		response.Header.Del(name)
	}
	header := w.Header()
	for name, values := range response.Header {
		header[name] = values
	}
	if phrase := strings.TrimPrefix(response.Status,
		fmt.Sprintf("%d ", response.StatusCode)); response.StatusCode >= 400 &&
		phrase != http.StatusText(response.StatusCode) {
		// The reason phrase is all that pip prints of it.
		refuse(w, r, response.StatusCode, phrase)
		return
	}
	w.WriteHeader(response.StatusCode)
	if _, err := io.Copy(w, response.Body); err != nil {
		// Half a file must not look like a whole one.
		panic(http.ErrAbortHandler)
	}
}

// hopByHop are headers that concern one connection only (RFC 9110, 7.6.1).
var hopByHop = []string{
	"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization",
	"Te", "Trailer", "Transfer-Encoding", "Upgrade",
}
