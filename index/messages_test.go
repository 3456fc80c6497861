package index

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
)

func TestConnectionErrorIsBrief(t *testing.T) {
	refused := os.NewSyscallError("connect", syscall.ECONNREFUSED)
	for _, test := range []struct {
		cause error
		want  string
	}{
		{&net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "index.example",
			Server: "192.0.2.1:53"}}, "no such host"},
		{&net.OpError{Op: "dial", Net: "tcp", Err: refused}, syscall.ECONNREFUSED.Error()},
		{&net.OpError{Op: "proxyconnect", Net: "tcp", Err: &net.OpError{Op: "dial", Net: "tcp", Err: refused}},
			"the proxy: " + syscall.ECONNREFUSED.Error()},
		{errors.New("another"), "another"},
		{nil, "unknown cause"},
	} {
		err := &ConnectionError{URL: "https://index.example/simple/a/", Err: test.cause}
		if want := "https://index.example/simple/a/: cannot be reached: " + test.want; err.Error() != want {
			t.Errorf("got %s, want %s", err, want)
		}
	}
}
