package index

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"thresher/internal/words"
)

// Reasons of a *ContentError.
const (
	textNotUTF8      = "the page is no UTF-8"
	textNoPageObject = "the page is no JSON object"
	textNoFiles      = "the page has no list of files"
	textFileObject   = "a file of the page is no JSON object"
	textMeta         = "\"meta\" of the page is no JSON object"
	textNoURL        = "the address is no URL"
	textNoHost       = "the address has no host name that can be read"
	textScheme       = "only http, https and file addresses are read"
	textHalf         = "the answer ended in the middle"
	textSlow         = "the answer did not end in time"
	textCharset      = "the page is in a charset that is not read"
	textRedirectTo   = "it redirects to an address that cannot be read"
	textEncoding     = "the answer is compressed in a way that was not asked for"
	textGzip         = "the compressed answer is broken"
	textUnasked304   = "it says that nothing changed although nothing was asked"
	textNoMetadata   = "the metadata does not match the digest that the page names"
	textProvenance   = "the provenance is in a form that is not read"
	textElsewhere    = "the provenance is on another host than the index"
	textDocument     = "the project's document is in a form that is not read"
	textDirectory    = "it is no file"
	textTooMany      = "the page lists more files or versions than any project has"
)

// textNoRoots is said where a certificate is refused because none could be
// accepted.
const textNoRoots = "there are no certificate authorities on this machine; install ca-certificates, or name a bundle " +
	"with PIP_CERT or SSL_CERT_FILE"

func textMember(key string) string {
	return fmt.Sprintf("%q of a file of the page has a type that cannot be read", key)
}

func textAPIVersion(version string) string {
	return fmt.Sprintf("the page is of version %q of the API; only 1 is known", words.Printable(version))
}

func textContentType(contentType string) string {
	if contentType == "" {
		return "it does not say what it is (no Content-Type); a page is text/html or application/vnd.pypi.simple.v1"
	}
	return fmt.Sprintf("it is %q; a page is text/html or application/vnd.pypi.simple.v1", words.Printable(contentType))
}

func textTooLarge(limit int64) string {
	if limit >= 1<<20 {
		return fmt.Sprintf("it is larger than %d MiB", limit>>20)
	}
	return fmt.Sprintf("it is larger than %d bytes", limit)
}

func textInward(host string) string {
	return "it redirects into a private network, to " + host
}

func textRedirects(count int) string {
	return fmt.Sprintf("it redirects more than %d times", count)
}

func textDowngrade(host string) string {
	return fmt.Sprintf("it redirects from https to plain http on %s, where anyone on the way can change the answer; if "+
		"that is meant, add --trusted-host %s", host, host)
}

// Errors of arguments and of the configuration.

func textName(name string) string {
	return fmt.Sprintf("%q is no project name", words.Printable(name))
}

func textIndexURL(reason string) string { return "read the index URL: " + reason }

func textProxy(reason string) string { return "read the proxy: " + reason }

func textTrustedHost(host string) string {
	return fmt.Sprintf("read the trusted host %q: it has no host part", words.Printable(host))
}

// Notes: what did not work but stopped nothing.

func noteCache(action string, err error) string {
	return fmt.Sprintf("the page cache is not used: %s: %v", action, err)
}

func noteCacheOwner(dir string) string {
	return fmt.Sprintf("the page cache is not used: %s belongs to another user or may be written by others", dir)
}

const textOddNetrc = "%s is no regular file, or above 1 MB"

func noteNetrc(err error) string { return fmt.Sprintf("netrc is not used: %v", err) }

func noteKeyring(err error) string { return fmt.Sprintf("the keyring is not used: %v", err) }

// The errors themselves.

func (e *StatusError) Error() string {
	text := e.URL + ": " + strconv.Itoa(e.Status)
	if e.Reason != "" {
		text += " " + e.Reason
	}
	if e.RetryAfter > 0 {
		text += fmt.Sprintf(" (try again in %s)", e.RetryAfter.Round(time.Second))
	}
	return text
}

func (e *ConnectionError) Error() string {
	switch {
	case e.TLS:
		return e.URL + ": the certificate was not accepted: " + cause(e.Err)
	case e.Timeout:
		return e.URL + ": no answer in time: " + cause(e.Err)
	}
	return e.URL + ": cannot be reached: " + cause(e.Err)
}

// cause is why, in the words of who said so: not what was dialled and which
// name server was asked.
func cause(err error) string {
	if err == nil {
		return "unknown cause"
	}
	whose := ""
	var dialling *net.OpError
	if errors.As(err, &dialling) && dialling.Op == "proxyconnect" {
		whose = "the proxy: "
	}
	var resolving *net.DNSError
	var called *os.SyscallError
	switch {
	case errors.As(err, &resolving):
		return whose + words.Printable(resolving.Err) // "no such host"
	case errors.As(err, &called):
		return whose + words.Printable(called.Err.Error()) // "connection refused"
	}
	return words.Printable(err.Error())
}

func (e *ContentError) Error() string { return e.URL + ": " + e.Reason }

func (e *AuthError) Error() string {
	who := "the index"
	if e.Status == statusProxyAuth {
		who = "the proxy"
	}
	if e.Sent {
		return fmt.Sprintf("%s: %d: %s does not accept the credentials", e.URL, e.Status, who)
	}
	return fmt.Sprintf("%s: %d: %s wants credentials and there are not any in the URL, netrc or keyring",
		e.URL, e.Status, who)
}
