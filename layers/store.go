package layers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
	"unicode/utf8"

	"thresher/internal/files"
	"thresher/policy"
	"thresher/policy/shared"
)

// largestLayer is the size in bytes from which on a shared layer is refused, and
// largestRecord that of a file with one in it.
const (
	largestLayer  = 200 << 10
	largestRecord = 1 << 20
)

// Store keeps shared layers as they were fetched last, each in a file of its own.
type Store struct {
	dir string // "" keeps nothing
}

// NewStore gives the store in a directory, which is made when something is kept.
func NewStore(dir string) Store { return Store{dir} }

// record is what the file of a layer holds.
type record struct {
	Reference string    `json:"reference"`
	Content   string    `json:"content"`
	SHA256    string    `json:"sha256"`             // of the content
	Date      time.Time `json:"date"`               // of the content
	Signer    string    `json:"signer,omitempty"`   // the fingerprint of the key that vouches for it
	SignedAt  time.Time `json:"signed_at,omitzero"` // as the signature vouches for it
	Version   int       `json:"version,omitempty"`  // policy.version
	Object    string    `json:"object,omitempty"`   // of git: what the name led to
	Fetched   time.Time `json:"fetched"`            // when the content came
	Checked   time.Time `json:"checked"`            // when its place was last seen to have it
	Failed    time.Time `json:"failed,omitzero"`    // when it could not be fetched again, since then
	Failure   string    `json:"failure,omitempty"`  // and why
	Refused   bool      `json:"refused,omitempty"`  // something came, and was not taken
	Told      time.Time `json:"told,omitzero"`      // when that was said last
}

// path is the file of a layer.
func (s Store) path(reference string) string {
	sum := sha256.Sum256([]byte(reference))
	return filepath.Join(s.dir, hex.EncodeToString(sum[:16])+".json")
}

// errDamaged says that the file of a layer is not what was written.
var errDamaged = errors.New("damaged")

// read reads the file of a layer; nil where there is none. One that is damaged gives
// errDamaged: it is as good as none, and fetched anew.
func (s Store) read(reference shared.Reference) (*record, error) {
	if s.dir == "" {
		return nil, nil
	}
	path := s.path(reference.String())
	if err := policy.CheckGuarded(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	content, err := files.ReadRegular(path, largestRecord)
	if errors.Is(err, files.ErrTooLarge) {
		return nil, errDamaged
	}
	if err != nil {
		return nil, err
	}
	var read record
	if err := json.Unmarshal(content, &read); err != nil || read.Reference != reference.String() ||
		read.SHA256 != policy.Hash([]byte(read.Content)) ||
		reference.SHA256 != "" && read.SHA256 != reference.SHA256 || reference.Commit() != read.pinned(reference) {
		return nil, errDamaged
	}
	return &read, nil
}

// pinned is the commit that a record has of a reference that names one.
func (r *record) pinned(reference shared.Reference) string {
	if reference.Commit() == "" {
		return ""
	}
	return r.Object
}

func (s Store) write(reference shared.Reference, made *record) error {
	if !utf8.ValidString(made.Content) {
		return errors.New(notText)
	}
	content, err := json.MarshalIndent(made, "", "  ")
	if err != nil {
		return err
	}
	return files.Replace(s.path(reference.String()), append(content, '\n'), 0o600)
}

// lock keeps other runs from fetching the same layer.
func (s Store) lock(ctx context.Context, reference shared.Reference) (release func(), err error) {
	if s.dir == "" {
		return nil, errors.New(noPlaceToKeep)
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, err
	}
	return files.Lock(ctx, s.path(reference.String()))
}

// Fetched gives a layer to policy.Load. One whose signer is no longer among the keys
// counts as not fetched.
func (s Store) Fetched(layer policy.SharedLayer) (policy.FetchedLayer, error) {
	kept, err := s.read(layer.Reference)
	if err != nil {
		return policy.FetchedLayer{}, err
	}
	if !kept.vouchedBy(layer) {
		return policy.FetchedLayer{}, policy.ErrNotFetched
	}
	return policy.FetchedLayer{Content: []byte(kept.Content), Date: kept.Date}, nil
}

// Forget takes away what was kept of a layer.
func (s Store) Forget(reference string) error {
	err := os.Remove(s.path(reference))
	_ = os.Remove(s.path(reference) + ".lock") // where nobody holds it
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
