package index

import (
	"errors"
	"time"
)

// ErrNotFound: the index knows no such project, or the document has no place.
var ErrNotFound = errors.New("the index knows no such project")

// StatusError is an answer other than success that is no 401, 404 or 407.
type StatusError struct {
	URL        string // redacted
	Status     int
	Reason     string        // the reason phrase, printable
	RetryAfter time.Duration // what a 429 or 503 asked for, where it was too long to wait
}

func (e *StatusError) Error() string { return "" }

// ConnectionError: the index could not be reached, or did not answer in time.
type ConnectionError struct {
	URL     string // redacted
	Timeout bool
	TLS     bool // the certificate was not accepted
	Err     error
}

func (e *ConnectionError) Error() string { return "" }

// Unwrap gives the cause.
func (e *ConnectionError) Unwrap() error { return e.Err }

// ContentError: something answered, but with no page that can be read.
type ContentError struct {
	URL    string // redacted
	Reason string
}

func (e *ContentError) Error() string { return "" }

// AuthError: the index (401) or the proxy (407) wants other credentials.
type AuthError struct {
	URL    string // redacted
	Status int
	Sent   bool // credentials were sent and refused
}

func (e *AuthError) Error() string { return "" }
