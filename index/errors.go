package index

import (
	"errors"
	"net/http"
	"time"
)

const statusProxyAuth = http.StatusProxyAuthRequired

// ErrNotFound: the index knows no such project (404, 410), or the document
// has no place in the index's layout.
var ErrNotFound = errors.New("the index knows no such project")

// StatusError is an answer that is neither success nor one of 401, 404, 407
// and 410.
type StatusError struct {
	URL        string // redacted
	Status     int
	Reason     string        // the reason phrase, printable
	RetryAfter time.Duration // what a 413, 429 or 503 asked for, where it was too long to wait
	Sent       bool          // credentials were sent
}

// ConnectionError: the index could not be reached, or did not answer in time.
type ConnectionError struct {
	URL     string // redacted
	Timeout bool
	TLS     bool // the certificate was not accepted
	Err     error
}

// Unwrap gives the cause.
func (e *ConnectionError) Unwrap() error { return e.Err }

// ContentError: something answered, but not with what can be read as a page.
type ContentError struct {
	URL    string // redacted
	Reason string
}

// AuthError: the index (401) or the proxy (407) wants other credentials.
type AuthError struct {
	URL    string // redacted
	Status int
	Sent   bool // credentials were sent and refused
}
