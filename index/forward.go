package index

import (
	"thresher/address"
	"thresher/internal/words"
)

// What stands in address and words by now, for callers that have not moved.

// StripCredentials takes the user and password out of a URL, unquoted.
func StripCredentials(rawURL string) (bare, user, password string) {
	u := address.Parse(rawURL)
	user, password = u.Credentials()
	return u.Bare(), user, password
}

// Redact gives the URL as it may be printed.
func Redact(rawURL string) string { return address.Redact(rawURL) }

// RedactRepository is Redact.
func RedactRepository(rawURL string) string { return address.Redact(rawURL) }

// Printable makes text from elsewhere fit for one line of a terminal.
func Printable(text string) string { return words.Printable(text) }
