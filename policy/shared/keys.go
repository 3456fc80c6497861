package shared

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jedisct1/go-minisign"
	"golang.org/x/crypto/ssh"
)

// Keys are those of a file that names shared layers: who may sign them.
type Keys struct {
	SSH      []AllowedSigner
	Minisign []MinisignKey
}

// AllowedSigner is one line of OpenSSH's format of allowed signers (ssh-keygen(1),
// ALLOWED SIGNERS).
type AllowedSigner struct {
	Principals string // whose key it is, as written
	Key        ssh.PublicKey
	Namespaces []string  // for what it signs; nil everything
	After      time.Time // the key counts from then on; zero always
	Before     time.Time // the key counts until then; zero for ever
}

// Fingerprint is the key's, with whose it is.
func (s AllowedSigner) Fingerprint() string {
	return ssh.FingerprintSHA256(s.Key) + " (" + s.Principals + ")"
}

// ParseAllowedSigner reads a line: principals, options, type of the key, key. The
// message says what is wrong.
func ParseAllowedSigner(line string) (s AllowedSigner, message string) {
	principals, rest, found := strings.Cut(strings.TrimSpace(line), " ")
	if !found || strings.ContainsAny(principals, "\"#\t") || strings.ContainsAny(line, "\r\n") {
		return s, noSigner
	}
	key, _, options, more, err := ssh.ParseAuthorizedKey([]byte(rest))
	if err != nil || len(more) > 0 {
		return s, noSigner
	}
	s.Principals, s.Key = principals, key
	for _, option := range options {
		name, value, _ := strings.Cut(option, "=")
		value = strings.Trim(value, `"`)
		switch strings.ToLower(name) {
		case "namespaces":
			s.Namespaces = strings.Split(value, ",")
		case "valid-after", "valid-before":
			moment, ok := parseMoment(value)
			if !ok {
				return s, noMoment(value)
			}
			if strings.EqualFold(name, "valid-after") {
				s.After = moment
			} else {
				s.Before = moment
			}
		default:
			return s, unknownOption(name)
		}
	}
	return s, ""
}

// parseMoment reads YYYYMMDD[HHMM[SS]], with Z for UTC and else in local time, as
// ssh-keygen does.
func parseMoment(text string) (time.Time, bool) {
	location := time.Local
	if bare, isUTC := strings.CutSuffix(text, "Z"); isUTC {
		text, location = bare, time.UTC
	}
	for _, layout := range []string{"20060102", "200601021504", "20060102150405"} {
		if moment, err := time.ParseInLocation(layout, text, location); err == nil && len(text) == len(layout) {
			return moment, true
		}
	}
	return time.Time{}, false
}

// signsFor says whether the key may sign for a namespace.
func (s AllowedSigner) signsFor(namespace string) bool {
	return s.Namespaces == nil || slices.Contains(s.Namespaces, namespace)
}

// MinisignKey is a public key of minisign.
type MinisignKey struct {
	text string
	key  minisign.PublicKey
}

// Fingerprint is the key itself: the number that minisign calls one by can be chosen.
func (k MinisignKey) Fingerprint() string { return "minisign " + k.text }

// minisignKeyLength is that of 42 bytes in base64.
const minisignKeyLength = 56

// ParseMinisignKey reads a public key, the line of 56 characters that begins with RW.
func ParseMinisignKey(text string) (MinisignKey, string) {
	key, err := minisign.NewPublicKey(text)
	if err != nil || len(text) != minisignKeyLength || key.SignatureAlgorithm != [2]byte{'E', 'd'} {
		return MinisignKey{}, noMinisignKey
	}
	return MinisignKey{text, key}, ""
}

// None says that there is no key at all.
func (k Keys) None() bool { return len(k.SSH)+len(k.Minisign) == 0 }

// Counts says why a key of this fingerprint does not count now; nil where it does.
func (k Keys) Counts(fingerprint string, now time.Time) error {
	for _, signer := range k.SSH {
		if signer.Fingerprint() == fingerprint {
			return signer.counts(now)
		}
	}
	return ErrUnsigned
}

// counts says why a key does not count at a moment.
func (s AllowedSigner) counts(now time.Time) error {
	switch {
	case !s.After.IsZero() && now.Before(s.After):
		return errors.New(notYetValid(s.Fingerprint(), s.After))
	case !s.Before.IsZero() && !now.Before(s.Before):
		return errors.New(noLongerValid(s.Fingerprint(), s.Before))
	}
	return nil
}

// Has says whether a key of this fingerprint is among them.
func (k Keys) Has(fingerprint string) bool {
	return slices.ContainsFunc(k.SSH, func(s AllowedSigner) bool { return s.Fingerprint() == fingerprint }) ||
		slices.ContainsFunc(k.Minisign, func(m MinisignKey) bool { return m.Fingerprint() == fingerprint })
}
