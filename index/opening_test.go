package index

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// counted counts the connections that a listener takes.
type counted struct {
	net.Listener
	taken *atomic.Int32
}

func (c counted) Accept() (net.Conn, error) {
	connection, err := c.Listener.Accept()
	if err == nil {
		c.taken.Add(1)
	}
	return connection, err
}

// TestManyRequestsShareAConnection: with HTTP/2 requests that begin together do not
// shake hands each; with HTTP/1.1 each is answered all the same.
func TestManyRequestsShareAConnection(t *testing.T) {
	for _, http2 := range []bool{true, false} {
		var connections atomic.Int32
		s, bundle := tlsServerAs(t, func(w http.ResponseWriter, _ *http.Request) { writePage(w, "alpha-1.zip") },
			func(s *httptest.Server) {
				s.EnableHTTP2 = http2
				s.Listener = counted{s.Listener, &connections}
			})
		c := client(t, func(c *Config) { c.CertFile = bundle })
		var wait sync.WaitGroup
		for range 40 {
			wait.Go(func() {
				if _, err := c.Page(context.Background(), s.URL+"/simple", "alpha"); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		// The one that stands is shared a moment after it was given to who made it.
		if made := connections.Load(); http2 && made > 20 {
			t.Errorf("%d connections", made)
		}
	}
}

// TestAFailedFirstConnectionKeepsNobody: who waits for it tries by itself then.
func TestAFailedFirstConnectionKeepsNobody(t *testing.T) {
	s, _ := tlsServer(t, func(http.ResponseWriter, *http.Request) {})
	url := s.URL
	s.Close()
	c := client(t, nil)
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(func() {
			_, err := c.Page(context.Background(), url, "alpha")
			if err == nil || !strings.Contains(err.Error(), "cannot be reached") {
				t.Errorf("%v", err)
			}
		})
	}
	wait.Wait()
}
