package shared

import (
	"net/url"
	"strings"

	"thresher/internal/lazyregexp"
)

// Reference is one entry of [policy] from: where a shared layer lies. It holds no
// secret: an entry with a password or a query is refused.
type Reference struct {
	text string // as it is written
	// URL is what git or an HTTP client is given.
	URL string
	// Repository says that URL is one of git: the layer is File in Revision of it.
	Repository bool
	Revision   string // a whole commit, or the name of a tag or branch
	File       string // with slashes, relative
	// SHA256 of the content, hex; "" where a signature beside the file vouches for it.
	SHA256 string
}

// String gives the reference as it is written.
func (r Reference) String() string { return r.text }

// Commit is the pinned commit; "" where Revision is a name that may move.
func (r Reference) Commit() string {
	if commitPattern().MatchString(r.Revision) {
		return r.Revision
	}
	return ""
}

// Pinned says that the content can never be another: it needs no signature, and no
// refresh.
func (r Reference) Pinned() bool { return r.SHA256 != "" || r.Commit() != "" }

var (
	// commitPattern are the whole names of objects, SHA-1 and SHA-256.
	// plainPattern is what a URL consists of, and nothing that reads otherwise than it is.
	plainPattern  = lazyregexp.New(`^[!-~]+( [!-~]+)*$`)
	commitPattern = lazyregexp.New(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
	shortPattern  = lazyregexp.New(`^[0-9a-f]{7,63}$`)
	digestPattern = lazyregexp.New(`^[0-9a-f]{64}$`)
	// revisionPattern is narrower than what git takes for a name (git-check-ref-format):
	// nothing in it can be read as an option, a range or an expression.
	revisionPattern = lazyregexp.New(`^[A-Za-z0-9][A-Za-z0-9._+-]*(/[A-Za-z0-9][A-Za-z0-9._+-]*)*$`)
	filePattern     = lazyregexp.New(`^[A-Za-z0-9._+][A-Za-z0-9._+ -]*(/[A-Za-z0-9._+][A-Za-z0-9._+ -]*)*$`)
	hostPattern     = lazyregexp.New(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?(:[0-9]+)?$|^\[[0-9A-Fa-f:.]+\](:[0-9]+)?$`)
	userPattern     = lazyregexp.New(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`)
)

// ParseReference reads an entry: `git+https://HOST/PATH@COMMIT-OR-TAG#FILE`, with
// git+ssh and git+file as well, `https://HOST/PATH#sha256=HEX`, or the last without
// its fragment. The message says what is wrong, and repeats no secret.
func ParseReference(text string) (r Reference, message string) {
	scheme, rest, found := strings.Cut(text, "://")
	if !found || !plainPattern().MatchString(text) {
		return r, noReference
	}
	place, fragment, hasFragment := strings.Cut(rest, "#")
	r.text = text
	switch scheme {
	case "https":
		if hasFragment {
			digest, isDigest := strings.CutPrefix(fragment, "sha256=")
			if !isDigest || !digestPattern().MatchString(digest) {
				return r, noDigest
			}
			r.SHA256 = digest
		}
	case "git+https", "git+ssh", "git+file":
		r.Repository = true
		at, slash := strings.LastIndexByte(place, '@'), strings.IndexByte(place, '/')
		if slash < 0 || at < slash {
			return r, noRevision
		}
		place, r.Revision, r.File = place[:at], place[at+1:], fragment
		if message := r.checkRevision(); message != "" {
			return r, message
		}
		scheme = strings.TrimPrefix(scheme, "git+")
	default:
		return r, noReference
	}
	r.URL = scheme + "://" + place
	return r, checkURL(r.URL, scheme)
}

func (r Reference) checkRevision() string {
	switch {
	case r.Commit() == "" && shortPattern().MatchString(r.Revision):
		return shortCommit
	case !revisionPattern().MatchString(r.Revision), strings.Contains(r.Revision, ".."),
		strings.HasSuffix(r.Revision, ".lock"), strings.HasSuffix(r.Revision, "."):
		return noRevision
	case r.File == "":
		return noFile
	case !filePattern().MatchString(r.File):
		return oddFile
	}
	for part := range strings.SplitSeq(r.File, "/") {
		if part == "." || part == ".." {
			return oddFile
		}
	}
	return ""
}

func checkURL(text, scheme string) string {
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" || strings.ContainsAny(text, "\\ \t") {
		return noReference
	}
	if _, secret := u.User.Password(); secret || u.User != nil && scheme != "ssh" {
		return credentialsInReference
	}
	if u.RawQuery != "" || u.ForceQuery {
		return queryInReference
	}
	switch {
	case scheme == "file" && u.Host != "", scheme != "file" && !hostPattern().MatchString(u.Host),
		u.User != nil && !userPattern().MatchString(u.User.Username()), strings.Trim(u.Path, "/") == "":
		return noReference
	}
	for part := range strings.SplitSeq(u.Path, "/") {
		if part == ".." {
			return noReference
		}
	}
	return ""
}
