package address

import (
	"strings"

	"thresher/internal/lazyregexp"
)

var (
	urlInText = lazyregexp.New(`[A-Za-z][A-Za-z0-9+.-]*://\S+`)
	// bareCredentials are those of a proxy that is named without its scheme.
	bareCredentials = lazyregexp.New(`(^|=)[^\s/@:=]+:[^\s/@]+@`)
)

// RedactText gives a text, a word of a command line or a message, without users,
// passwords and queries of the URLs in it: nobody reads in a record who asked.
func RedactText(text string) string {
	if !strings.ContainsAny(text, "@?") {
		return text
	}
	text = urlInText().ReplaceAllStringFunc(text, func(found string) string { return Parse(found).shown("****@") })
	return bareCredentials().ReplaceAllString(text, "${1}****@")
}
