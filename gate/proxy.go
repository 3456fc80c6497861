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
// that fetch by themselves, and the programs of repositories. It is closed but
// for hosts that the user allowed, and those of repositories that the command
// names.

// passes says whether the forward proxy may pass to a host.
func (g *Gate) passes(key string) bool {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.hosts[key]
}

// proxyAuthentic checks the proxy's credentials, and asks for them as a proxy
// does: git and curl send them only then.
func (g *Gate) proxyAuthentic(w http.ResponseWriter, r *http.Request) bool {
	if user, password, ok := index.BasicCredentials(r.Header.Get("Proxy-Authorization")); ok && user == proxyUser &&
		same(password, g.joining) {
		return true
	}
	refuse(w, r, http.StatusProxyAuthRequired, messageNotThisRun, `Proxy-Authenticate: Basic realm="thresher"`)
	return false
}

// refuseHost stops pip, and what it runs, from reaching a host that had no
// verdict.
func (g *Gate) refuseHost(w http.ResponseWriter, r *http.Request, host, port string) {
	allowed := host
	if port != "443" && port != "80" {
		allowed = net.JoinHostPort(host, port)
	}
	g.record("", "", rules.Finding{
		Subject: host, Rule: rules.DirectURL, Action: rules.Block, Confidence: rules.High,
		Evidence: messageUnknownHost, Hint: unknownHostHint(allowed),
	})
	refuse(w, r, http.StatusForbidden, hostRefused(host))
}

// tunnel answers CONNECT.
func (g *Gate) tunnel(w http.ResponseWriter, r *http.Request) {
	if !g.proxyAuthentic(w, r) {
		return
	}
	name, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		refuse(w, r, http.StatusBadRequest, hostRefused(r.Host))
		return
	}
	if !g.passes(address.HostPort(name, port)) {
		g.refuseHost(w, r, name, port)
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
	if !g.proxyAuthentic(w, r) {
		return
	}
	if r.URL.Scheme != "http" || r.URL.Hostname() == "" {
		refuse(w, r, http.StatusBadRequest, hostRefused(r.URL.Host))
		return
	}
	if !g.passes(address.HostKey(r.URL)) {
		g.refuseHost(w, r, r.URL.Hostname(), address.Port(r.URL))
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
