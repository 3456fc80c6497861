package shared

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/hiddeco/sshsig"
	"github.com/jedisct1/go-minisign"
	"golang.org/x/crypto/ssh"
)

// The namespaces of SSH signatures (PROTOCOL.sshsig): what was signed as something
// else is no policy.
const (
	FileNamespace = "thresher-policy" // ssh-keygen -Y sign -n thresher-policy
	GitNamespace  = "git"             // what git signs commits and tags with
)

// ErrUnsigned says that there is no signature, or none by a key that is known.
var ErrUnsigned = errors.New(unsigned)

// Signed is a signature that holds.
type Signed struct {
	By string    // the key's fingerprint, with whose it is
	At time.Time // when, as far as the signature itself vouches for it; zero where it does not
}

// VerifySSH checks an armored SSH signature over content, and that one of the keys
// that count now made it.
func VerifySSH(content, armored []byte, namespace string, keys []AllowedSigner, now time.Time) (Signed, error) {
	signature, err := sshsig.Unarmor(armored)
	if err != nil {
		return Signed{}, errors.New(brokenSignature)
	}
	wrong := ErrUnsigned
	for _, signer := range keys {
		if !bytes.Equal(signer.Key.Marshal(), signature.PublicKey.Marshal()) {
			continue
		}
		switch {
		case !signer.signsFor(namespace):
			wrong = errors.New(signsNothingOfThis(signer.Fingerprint(), namespace))
		case signature.Namespace != namespace:
			wrong = errors.New(signedForAnother(namespace))
		case signer.counts(now) != nil:
			wrong = signer.counts(now)
		default:
			if err := sshsig.Verify(bytes.NewReader(content), signature, signer.Key, signature.HashAlgorithm,
				namespace); err != nil {
				return Signed{}, errors.New(badSignature)
			}
			return Signed{By: signer.Fingerprint()}, nil
		}
	}
	if wrong == ErrUnsigned {
		return Signed{}, errors.New(unknownKey(ssh.FingerprintSHA256(signature.PublicKey)))
	}
	return Signed{}, wrong
}

// VerifyMinisign checks a signature of minisign over content. Its moment is that of
// the trusted comment.
func VerifyMinisign(content, signature []byte, keys []MinisignKey) (Signed, error) {
	read, err := minisign.DecodeSignature(string(signature))
	if err != nil {
		return Signed{}, errors.New(brokenSignature)
	}
	for _, key := range keys {
		if key.key.KeyId != read.KeyId {
			continue
		}
		if ok, err := key.key.Verify(content, read); !ok || err != nil {
			return Signed{}, errors.New(badSignature)
		}
		return Signed{By: key.Fingerprint(), At: timestamp(read.TrustedComment)}, nil
	}
	return Signed{}, errors.New(unknownMinisignKey)
}

// timestamp reads `timestamp:SECONDS` of a trusted comment; zero where there is none.
func timestamp(comment string) time.Time {
	for word := range strings.FieldsSeq(strings.TrimPrefix(comment, "trusted comment: ")) {
		if text, found := strings.CutPrefix(word, "timestamp:"); found {
			if seconds, err := strconv.ParseInt(text, 10, 64); err == nil && seconds > 0 {
				return time.Unix(seconds, 0).UTC()
			}
		}
	}
	return time.Time{}
}
