package shared

import (
	"fmt"
	"time"

	"thresher/internal/words"
)

// All text of this package that a person reads. Lower case, no final period.
const (
	noReference = "is no place of a shared policy, write it as git+https://HOST/PATH@COMMIT-OR-TAG#FILE " +
		"or https://HOST/PATH#sha256=HEX"
	noDigest    = "what follows # is no sha256=HEX, of 64 digits in lower case"
	noRevision  = "names no commit or tag, write it as git+https://HOST/PATH@COMMIT-OR-TAG#FILE"
	shortCommit = "names a commit by a part of its number, which may come to mean another one: write all 40 digits"
	noFile      = "names no file of the repository, write it behind a #"
	oddFile     = "the file is no plain path within the repository"

	credentialsInReference = "must not hold a user name or a password: git and netrc have their own places for these"
	queryInReference       = "must not have a query, which may be a secret"

	noSigner      = "is no line of allowed signers, write it as WHO ssh-ed25519 KEY"
	noMinisignKey = "is no public key of minisign, which is a line of 56 characters that begins with RW"

	unsigned           = "is not signed"
	brokenSignature    = "the signature cannot be read"
	badSignature       = "the signature does not fit the content"
	unknownMinisignKey = "is signed by a key that is not in policy.minisign-keys"
)

func unknownOption(name string) string {
	return fmt.Sprintf("the option %q of an allowed signer is not known here", words.Printable(name))
}

func noMoment(text string) string {
	return fmt.Sprintf("%q is no day as YYYYMMDD, nor with a time as YYYYMMDDHHMM", words.Printable(text))
}

func unknownKey(fingerprint string) string {
	return "is signed by " + fingerprint + ", which is not in policy.allowed-signers"
}

func signsNothingOfThis(fingerprint, namespace string) string {
	return fmt.Sprintf("the key %s may not sign in the namespace %s", words.Printable(fingerprint), namespace)
}

func signedForAnother(namespace string) string {
	return "is signed for something else, the namespace must be " + namespace
}

func notYetValid(fingerprint string, from time.Time) string {
	return fmt.Sprintf("the key %s counts from %s on", words.Printable(fingerprint), from.Format(time.DateTime))
}

func noLongerValid(fingerprint string, until time.Time) string {
	return fmt.Sprintf("the key %s counted until %s", words.Printable(fingerprint), until.Format(time.DateTime))
}
