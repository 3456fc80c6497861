package layers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"thresher/index"
	"thresher/internal/words"
	"thresher/policy"
	"thresher/policy/shared"
)

// Fetcher is how layers are reached.
type Fetcher struct {
	Client  func() (*index.Client, error) // proxies, certificates and netrc as for indexes; made where it is needed
	Environ []string                      // for git
	// Alone says that nobody is there to be asked for a password.
	Alone bool
}

// Layer is a shared layer, and how it stands.
type Layer struct {
	policy.SharedLayer
	Content  []byte
	SHA256   string
	Date     time.Time // of the content
	Signer   string    // the fingerprint of the key that vouches for it; "" for one that is pinned
	Version  int       // policy.version; 0 none
	Fetched  time.Time // when the content came
	Checked  time.Time // when its place was last seen to have it
	Failed   time.Time // when it could not be fetched again, since then
	Failure  string    // and why
	Refused  bool      // something came, and was not taken
	signedAt time.Time
	object   string
}

// VouchedBy says in words what vouches for a layer.
func (l Layer) VouchedBy() string {
	switch {
	case l.Signer != "":
		return "signed by " + l.Signer
	case l.Reference.Repository:
		return "the pinned commit"
	}
	return "with the pinned sha256"
}

// refusedError says why what came is not taken.
type refusedError struct{ message string }

func (e *refusedError) Error() string { return e.message }

func refuse(message string) error { return &refusedError{message} }

// Fetch brings a layer here, and checks all that Load will ask of it. Nothing is kept.
func (f Fetcher) Fetch(ctx context.Context, layer policy.SharedLayer, now time.Time) (Layer, error) {
	return f.fetch(ctx, layer, nil, now)
}

// fetch is Fetch after a version that was kept, nil for none.
func (f Fetcher) fetch(ctx context.Context, layer policy.SharedLayer, kept *record, now time.Time) (Layer, error) {
	fetched := Layer{SharedLayer: layer, Fetched: now, Checked: now}
	var err error
	if layer.Reference.Repository {
		err = f.byGit(ctx, &fetched, kept, now)
	} else {
		err = f.byHTTPS(ctx, &fetched, now)
	}
	if err != nil {
		return fetched, err
	}
	fetched.SHA256 = policy.Hash(fetched.Content)
	version, problems := policy.CheckShared(layer.Reference.String(), fetched.Content, now)
	if len(problems) > 0 {
		return fetched, refuse(broken(problems))
	}
	fetched.Version = version
	if !layer.Reference.Pinned() && fetched.signedAt.IsZero() && version == 0 {
		return fetched, refuse(noVersion)
	}
	if kept != nil && !layer.Reference.Pinned() {
		if message := rolledBack(kept, fetched); message != "" {
			return fetched, refuse(message)
		}
	}
	if fetched.Date.IsZero() {
		fetched.Date = now
	}
	return fetched, nil
}

// rolledBack says why a signed version is no successor of the one that is kept: its
// policy.version is a smaller one, its signature is older, or nothing tells which of
// two contents is the newer; "" for a successor.
func rolledBack(kept *record, fetched Layer) string {
	same := fetched.SHA256 == kept.SHA256
	switch {
	case fetched.Version < kept.Version:
		return olderVersion(fetched.Version, kept.Version)
	case !kept.SignedAt.IsZero() && !fetched.signedAt.IsZero() && fetched.signedAt.Before(kept.SignedAt):
		return olderSignature(fetched.signedAt, kept.SignedAt)
	case !same && fetched.Version == kept.Version && (fetched.signedAt.IsZero() || kept.SignedAt.IsZero()):
		return sameVersion(fetched.Version)
	}
	return ""
}

// Update fetches a layer and keeps it. What was kept stays where that fails, with the
// reason. Other processes that fetch the same wait, and find the work done: what was
// looked at less than young ago is taken as it is.
func (s Store) Update(ctx context.Context, f Fetcher, layer policy.SharedLayer, now time.Time, young time.Duration,
) (Layer, error) {
	release, err := s.lock(ctx, layer.Reference)
	if err != nil {
		return Layer{}, fmt.Errorf("keep %s: %w", layer.Reference, err)
	}
	defer release()
	kept, err := s.read(layer.Reference)
	if err != nil && !errors.Is(err, errDamaged) {
		return Layer{}, err
	}
	if age := now.Sub(kept.checked()); kept.vouchedBy(layer) && age.Abs() < young {
		return kept.layer(layer), nil
	}
	fetched, err := f.fetch(ctx, layer, kept, now)
	cause := context.Cause(ctx)
	if err != nil && errors.Is(cause, errTooSlow) {
		err = cause
	}
	if err != nil && kept != nil && !errors.Is(cause, context.Canceled) {
		var refused *refusedError
		kept.Failed, kept.Failure, kept.Refused = now, words.Printable(err.Error()), errors.As(err, &refused)
		return Layer{}, errors.Join(err, s.write(layer.Reference, kept))
	}
	if err != nil {
		return Layer{}, err
	}
	made := &record{Reference: layer.Reference.String(), Content: string(fetched.Content), SHA256: fetched.SHA256,
		Date: fetched.Date, Signer: fetched.Signer, SignedAt: fetched.signedAt, Version: fetched.Version,
		Object: fetched.object, Fetched: now, Checked: now}
	if kept != nil && kept.SHA256 == made.SHA256 {
		made.Fetched, made.Date = kept.Fetched, kept.Date
	}
	return fetched, s.write(layer.Reference, made)
}

// vouchedBy says whether there is a record, whose signer is still among a layer's keys.
func (r *record) vouchedBy(layer policy.SharedLayer) bool {
	return r != nil && (layer.Reference.Pinned() || layer.Keys.Has(r.Signer))
}

func (r *record) checked() time.Time {
	if r == nil {
		return time.Time{}
	}
	return r.Checked
}

func (r *record) layer(layer policy.SharedLayer) Layer {
	return Layer{SharedLayer: layer, Content: []byte(r.Content), SHA256: r.SHA256, Date: r.Date, Signer: r.Signer,
		Version: r.Version, Fetched: r.Fetched, Checked: r.Checked, Failed: r.Failed, Failure: r.Failure,
		Refused: r.Refused, signedAt: r.SignedAt, object: r.Object}
}

// byHTTPS fetches a file, and the signature beside it.
func (f Fetcher) byHTTPS(ctx context.Context, fetched *Layer, now time.Time) error {
	client, err := f.Client()
	if err != nil {
		return err
	}
	defer client.Close()
	reference, keys := fetched.Reference, fetched.Keys
	document, err := client.GetAtMost(ctx, reference.URL, largestLayer)
	if err != nil {
		return err
	}
	fetched.Content = document.Body
	if reference.SHA256 != "" {
		if sum := policy.Hash(document.Body); sum != reference.SHA256 {
			return refuse(otherDigest(sum))
		}
		return nil
	}
	if len(keys.Minisign) > 0 {
		signature, err := client.GetAtMost(ctx, reference.URL+".minisig", largestSignature)
		switch {
		case errors.Is(err, index.ErrNotFound) && len(keys.SSH) == 0:
			return refuse(noSignatureBeside(".minisig"))
		case err == nil:
			signed, err := shared.VerifyMinisign(document.Body, signature.Body, keys.Minisign)
			if err != nil {
				return refuse(err.Error())
			}
			fetched.Signer, fetched.signedAt, fetched.Date = signed.By, signed.At, signed.At
			return nil
		case !errors.Is(err, index.ErrNotFound):
			return err
		}
	}
	signature, err := client.GetAtMost(ctx, reference.URL+".sig", largestSignature)
	if errors.Is(err, index.ErrNotFound) {
		return refuse(noSignatureBeside(".sig"))
	}
	if err != nil {
		return err
	}
	signed, err := shared.VerifySSH(document.Body, signature.Body, shared.FileNamespace, keys.SSH, now)
	if err != nil {
		return refuse(err.Error())
	}
	fetched.Signer = signed.By
	return nil
}

// largestSignature is far more than any signature takes.
const largestSignature = 16 << 10
