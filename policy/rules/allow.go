package rules

import (
	"slices"
	"time"
)

// Before a host in allow stands what it is allowed to be, which tells it from a
// name.
const (
	TrustedHostPrefix = "trusted-host:" // an index without a certificate
	HostPrefix        = "host:"         // where builds and pip may fetch from
)

// answers says whether an entry for a name answers a rule.
func (a *Allow) answers(rule Rule) bool {
	info, _ := InfoOf(rule)
	if a.Rules != nil {
		return slices.Contains(a.Rules, rule) && info.Answer != AnswerURL
	}
	return info.Answer == AnswerName || info.Answer == AnswerTemporary && !a.Expires.IsZero()
}

// Covers says whether an entry answers all that another for the same name
// does, for as long.
func (a Allow) Covers(other Allow) bool {
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
