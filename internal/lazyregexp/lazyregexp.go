// Package lazyregexp compiles regular expressions when they are first needed:
// a pip command that is passed through needs almost none, and must not wait
// for all of them at the start.
package lazyregexp

import (
	"regexp"
	"sync"
)

// New gives a function that compiles the expression once, at its first call,
// and panics where it is no regular expression.
func New(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
