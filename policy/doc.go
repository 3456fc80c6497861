// Package policy holds what is allowed: the policy file and its layers.
//
// Load reads the layers (system, user, project) into one Policy whose every
// value remembers where it was said. The part of it that findings rest on is
// rules.Settings, which package rules judges by. AppendAllow and its like keep
// a person's answers, and RecordTrust what of a checkout's file counts.
package policy
