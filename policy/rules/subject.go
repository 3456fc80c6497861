package rules

import (
	"errors"
	"slices"
	"strings"

	"thresher/address"
	"thresher/internal/words"
	"thresher/pep"
)

// Subject is what an answer is about: the word that `thresher allow` takes, and
// the key of a table below [allow].
type Subject struct {
	Kind SubjectKind
	// Name is a canonical name, for NameSubject and BuildSubject also with `*`
	// for any characters; a host in lower case, with its port where it has one; or a URL
	// in the form in which URLs are compared, without credentials.
	Name    string
	Version string // of a ReleaseSubject, as PEP 440 writes it
	Place   string // of a FetchSubject: a host, with its port and the beginning of a path where it has them
}

// SubjectKind says how a subject is written.
type SubjectKind string

// The kinds of subjects.
const (
	NameSubject        SubjectKind = "NAME"                     // every release of a project
	ReleaseSubject     SubjectKind = "NAME==VERSION"            // one release of it
	URLSubject         SubjectKind = "URL"                      // an archive, a repository or an index
	HostSubject        SubjectKind = "host:HOST[:PORT]"         // where builds and pip may fetch from
	TrustedHostSubject SubjectKind = "trusted-host:HOST[:PORT]" // an index without a certificate
	BuildSubject       SubjectKind = "build:NAME"               // its build runs outside the sandbox
	// FetchSubject is a place from which the builds of one name may fetch.
	FetchSubject SubjectKind = "fetch:NAME=HOST[:PORT][/PREFIX]"
)

// hostPrefixes are what stands before a host: what it is allowed to be.
var hostPrefixes = []struct {
	prefix string
	kind   SubjectKind
}{{"host:", HostSubject}, {"trusted-host:", TrustedHostSubject}}

// What stands before a name whose build is allowed more: all, or one place to
// fetch from.
const (
	buildPrefix = "build:"
	fetchPrefix = "fetch:"
)

// ParseSubject reads what an answer is about, in any spelling of a name. The
// error says what is wrong with the text.
func ParseSubject(text string) (Subject, error) {
	for _, known := range hostPrefixes {
		host, isHost := strings.CutPrefix(text, known.prefix)
		if !isHost {
			continue
		}
		if host == "" || host != words.Printable(host) || strings.ContainsAny(host, " /@*") {
			return Subject{}, errors.New(noHost(host))
		}
		return Subject{Kind: known.kind, Name: strings.ToLower(host)}, nil
	}
	if rest, isFetch := strings.CutPrefix(text, fetchPrefix); isFetch {
		return parseFetch(rest)
	}
	if name, isBuild := strings.CutPrefix(text, buildPrefix); isBuild {
		pattern, ok := CanonicalPattern(name)
		if !ok {
			return Subject{}, errors.New(NoName(name))
		}
		return Subject{Kind: BuildSubject, Name: pattern}, nil
	}
	if strings.Contains(text, "://") {
		place := address.Parse(text)
		_, err := place.Read()
		switch {
		case place.HasUser():
			return Subject{}, errors.New(urlWithCredentials)
		// the key of nothing but a scheme
		case err != nil || text != words.Printable(text), !strings.Contains(place.Key(), "://"):
			return Subject{}, errors.New(noURL(text))
		}
		return Subject{Kind: URLSubject, Name: place.Key()}, nil
	}
	if name, version, isRelease := strings.Cut(text, "=="); isRelease {
		canonical, ok := pep.ParseName(strings.TrimSpace(name))
		parsed, err := pep.ParseVersion(version)
		switch {
		case !ok:
			return Subject{}, errors.New(NoName(name))
		case err != nil:
			return Subject{}, errors.New(noVersion(version))
		}
		return Subject{Kind: ReleaseSubject, Name: canonical, Version: parsed.String()}, nil
	}
	pattern, ok := CanonicalPattern(text)
	if !ok {
		return Subject{}, errors.New(NoName(text))
	}
	return Subject{Kind: NameSubject, Name: pattern}, nil
}

// parseFetch reads what stands behind fetchPrefix.
func parseFetch(text string) (Subject, error) {
	written, place, found := strings.Cut(text, "=")
	name, ok := pep.ParseName(strings.TrimSpace(written))
	if !ok {
		return Subject{}, errors.New(NoName(written))
	}
	host, prefix, _ := strings.Cut(place, "/")
	if !found || host == "" || place != words.Printable(place) || strings.ContainsAny(place, " @*?#") ||
		strings.Contains(place, "://") || slices.Contains(strings.Split(prefix, "/"), "..") {
		return Subject{}, errors.New(noPlace(place))
	}
	place = strings.ToLower(host)
	if prefix != "" {
		place += "/" + prefix
	}
	return Subject{Kind: FetchSubject, Name: name, Place: place}, nil
}

// String writes the subject as ParseSubject reads it.
func (s Subject) String() string {
	switch s.Kind {
	case ReleaseSubject:
		return s.Name + "==" + s.Version
	case BuildSubject:
		return buildPrefix + s.Name
	case FetchSubject:
		return fetchPrefix + s.Name + "=" + s.Place
	case HostSubject, TrustedHostSubject:
		for _, known := range hostPrefixes {
			if known.kind == s.Kind {
				return known.prefix + s.Name
			}
		}
	}
	return s.Name
}

// urlSubject is a URL as it was written somewhere else than in an answer.
func urlSubject(text string) Subject { return Subject{Kind: URLSubject, Name: address.Key(text)} }

// isRelease says whether the subject is the release of a canonical name with
// this version, in any spelling of PEP 440.
func (s Subject) isRelease(canonical, version string) bool {
	return s.Kind == ReleaseSubject && s.Name == canonical && (s.Version == version || sameVersion(s.Version, version))
}

func sameVersion(a, b string) bool {
	first, err := pep.ParseVersion(a)
	if err != nil {
		return false
	}
	second, err := pep.ParseVersion(b)
	return err == nil && first.Compare(second) == 0
}
