package rules

import (
	"errors"
	"slices"
	"strings"
	"time"

	"thresher/pep"
)

// Allow is an answer that was kept: what it is about is no question any more.
type Allow struct {
	Subject Subject
	Reason  string
	Expires time.Time // the first day on which it does not count any more; zero: never
	// Rules are the only rules it answers; nil: those whose answer is the name or
	// URL (Info.Answer).
	Rules []Rule
	Source
}

// LongestMalware is how far ahead the end of an answer to malware may lie.
const LongestMalware = 30 * Day

// Answerable gives the rules that an answer about a kind of subject may name,
// in the order of docs/rules.md.
func Answerable(kind SubjectKind) []Rule {
	answers := []Answer{AnswerName, AnswerNamedRule, AnswerTemporary, AnswerURL}
	if kind == ReleaseSubject {
		answers = []Answer{AnswerNamedRule, AnswerRelease}
	}
	var names []Rule
	for _, info := range table {
		if slices.Contains(answers, info.Answer) {
			names = append(names, info.Rule)
		}
	}
	return names
}

// Check says what is wrong with an answer, beside its words: a release is
// allowed for the rules that it names alone, and for malware with an end.
func (a *Allow) Check() error {
	switch {
	case a.Subject.Kind == ReleaseSubject && a.Rules == nil:
		return errors.New(releaseNeedsRules(Answerable(ReleaseSubject)))
	case slices.Contains(a.Rules, Malware) && a.Expires.IsZero():
		return errors.New(malwareNeedsEnd)
	}
	for _, rule := range a.Rules {
		if !slices.Contains(Answerable(a.Subject.Kind), rule) {
			return errors.New(notAnswered(rule, a.Subject.Kind))
		}
	}
	return nil
}

// TooLong says whether an answer to malware ends later than one may that is
// given at this moment.
func (a *Allow) TooLong(now time.Time) bool {
	return slices.Contains(a.Rules, Malware) && a.Expires.After(now.Add(LongestMalware.Duration()))
}

// answers says whether an entry for a name answers a rule.
func (a *Allow) answers(rule Rule) bool {
	info, _ := InfoOf(rule)
	if a.Rules != nil {
		return slices.Contains(a.Rules, rule) && info.Answer != AnswerURL
	}
	return info.Answer == AnswerName || info.Answer == AnswerTemporary && !a.Expires.IsZero()
}

// isAbout says whether an entry is about all releases of a canonical name.
func (a *Allow) isAbout(canonical string) bool {
	return a.Subject.Kind == NameSubject && MatchesPattern(a.Subject.Name, canonical)
}

// Covers says whether an entry answers all that another for the same subject
// does, for as long.
func (a *Allow) Covers(other *Allow) bool {
	if !LastsAsLong(a.Expires, other.Expires) || a.Rules != nil && other.Rules == nil {
		return false
	}
	return !slices.ContainsFunc(other.Rules, func(rule Rule) bool { return !a.answers(rule) })
}

// LastsAsLong says whether a first day of not counting is no sooner than
// another; zero is never.
func LastsAsLong(expires, other time.Time) bool {
	return expires.IsZero() || !other.IsZero() && !expires.Before(other)
}

// Expired says whether a first day of not counting has come; zero never does.
func Expired(expires, now time.Time) bool {
	return !expires.IsZero() && !now.Before(expires)
}

func (s *Settings) hasExpired(expires time.Time) bool { return Expired(expires, s.Now) }

// allowing returns the first entry, the nearest layer's, that still counts and
// that fits, or nil.
func (s *Settings) allowing(fits func(entry *Allow) bool) *Allow {
	for i := range s.Allow {
		if entry := &s.Allow[i]; fits(entry) && !s.hasExpired(entry.Expires) {
			return entry
		}
	}
	return nil
}

// allowedFor returns the entry that answers a rule for all releases of a
// canonical name, or nil.
func (s *Settings) allowedFor(canonical string, rule Rule) *Allow {
	if canonical == "" {
		return nil
	}
	return s.allowing(func(entry *Allow) bool { return entry.isAbout(canonical) && entry.answers(rule) })
}

// allowedRelease returns the entry that answers a rule for one release of a
// canonical name, or for all of them, or nil.
func (s *Settings) allowedRelease(canonical, version string, rule Rule) *Allow {
	if entry := s.allowedFor(canonical, rule); entry != nil {
		return entry
	}
	return s.allowing(func(entry *Allow) bool {
		return entry.answersRelease(rule) && entry.Subject.isRelease(canonical, version)
	})
}

// AllowsRelease says whether a person has answered a rule for one release of a
// canonical name, or for all of them.
func (s *Settings) AllowsRelease(canonical, version string, rule Rule) bool {
	return s.allowedRelease(canonical, version, rule) != nil
}

// HasAnswer says whether a rule is answered for a subject as a finding names it: an
// address, or a name of which this version is meant; "" for all.
func (s *Settings) HasAnswer(subject, version string, rule Rule) bool {
	if strings.Contains(subject, "://") {
		return s.allowedURL(subject, rule) != nil
	}
	canonical, _ := pep.ParseName(subject)
	return s.AllowsRelease(canonical, version, rule)
}

// answersRelease says whether an entry for a release answers a rule. Malware is
// a matter of the user and the system: a checkout has no say in it, trusted or
// not.
func (a *Allow) answersRelease(rule Rule) bool {
	return slices.Contains(a.Rules, rule) && (rule != Malware || !a.Layer.IsProject())
}

// AllowedMalware returns the answers to malware that count.
func (s *Settings) AllowedMalware() []Allow {
	var answers []Allow
	for i := range s.Allow {
		if entry := &s.Allow[i]; entry.Subject.Kind == ReleaseSubject && entry.answersRelease(Malware) &&
			!s.hasExpired(entry.Expires) {
			answers = append(answers, *entry)
		}
	}
	return answers
}

// allowedPlace returns the entry that answers a rule for a URL or a host, or
// nil.
func (s *Settings) allowedPlace(place Subject, rule Rule) *Allow {
	return s.allowing(func(entry *Allow) bool {
		return entry.Subject == place && (entry.Rules == nil || slices.Contains(entry.Rules, rule))
	})
}

// allowedURL is allowedPlace for a URL as written.
func (s *Settings) allowedURL(text string, rule Rule) *Allow {
	return s.allowedPlace(urlSubject(text), rule)
}

// AllowedHosts gives the hosts ("name" or "name:port") that allow names as
// "host:NAME": builds and pip may fetch from there.
func (s *Settings) AllowedHosts() []string {
	var hosts []string
	for _, entry := range s.Allow {
		if entry.Subject.Kind == HostSubject && s.allowedPlace(entry.Subject, DirectURL) != nil {
			hosts = append(hosts, entry.Subject.Name)
		}
	}
	return hosts
}

// Allowed returns the entry that answers a rule for all releases of a name in
// any spelling, or nil.
func (s *Settings) Allowed(name string, rule Rule) *Allow {
	canonical, _ := pep.ParseName(name)
	return s.allowedFor(canonical, rule)
}

// expiredFor says since when an answer to a rule does not count any more, for
// the evidence of the finding that it does not keep away; "" for none.
func (s *Settings) expiredFor(canonical string, rule Rule) string {
	for i := range s.Allow {
		entry := &s.Allow[i]
		if entry.isAbout(canonical) && entry.answers(rule) && s.hasExpired(entry.Expires) {
			return answerExpired(entry)
		}
	}
	return ""
}

// expiredForRelease is expiredFor of one release.
func (s *Settings) expiredForRelease(canonical, version string, rule Rule) string {
	for i := range s.Allow {
		entry := &s.Allow[i]
		if entry.answersRelease(rule) && entry.Subject.isRelease(canonical, version) && s.hasExpired(entry.Expires) {
			return answerExpired(entry)
		}
	}
	return s.expiredFor(canonical, rule)
}

// AllowedBuilds gives the canonical names and patterns whose builds run outside
// the sandbox.
func (s *Settings) AllowedBuilds() []string {
	var patterns []string
	for _, entry := range s.Allow {
		if entry.Subject.Kind == BuildSubject && !s.hasExpired(entry.Expires) {
			patterns = append(patterns, entry.Subject.Name)
		}
	}
	return patterns
}

// Fetch is a place from which the builds of one name may fetch.
type Fetch struct {
	Name  string // canonical
	Place string // "host", "host:port", with "/" and the beginning of a path where only that is allowed
}

// AllowedFetches gives the places from which builds may fetch, that allow names
// as "fetch:NAME=PLACE".
func (s *Settings) AllowedFetches() []Fetch {
	var fetches []Fetch
	for _, entry := range s.Allow {
		if entry.Subject.Kind == FetchSubject && !s.hasExpired(entry.Expires) {
			fetches = append(fetches, Fetch{Name: entry.Subject.Name, Place: entry.Subject.Place})
		}
	}
	return fetches
}

// AllowsBuild says whether the build of a canonical name runs outside the
// sandbox.
func (s *Settings) AllowsBuild(canonical string) bool {
	return slices.ContainsFunc(s.AllowedBuilds(), func(pattern string) bool {
		return MatchesPattern(pattern, canonical)
	})
}
