package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"thresher/internal/files"
	"thresher/internal/words"
)

// TrustRecord is one project file that a user has trusted.
type TrustRecord struct {
	SHA256 string    `json:"sha256"` // of its content, hex
	Path   string    `json:"path"`   // where it lay when it was trusted
	Time   time.Time `json:"time"`
}

// Trust is what a user has trusted: contents, not places. A project file that
// changes is not trusted any more.
type Trust struct{ Records []TrustRecord }

// Has says whether the content with this SHA-256 (hex) was trusted.
func (t Trust) Has(sha256 string) bool {
	return slices.ContainsFunc(t.Records, func(record TrustRecord) bool { return record.SHA256 == sha256 })
}

// ReadTrust reads a state file with what was trusted. A file that is missing
// trusts nothing; one that others may write or that cannot be read is an error
// of type *Error.
func ReadTrust(path string) (Trust, error) {
	content, err := readGuarded(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Trust{}, nil
	}
	if err != nil {
		return Trust{}, &Error{[]Problem{fileProblem(path, err)}}
	}
	var trust Trust
	if err := json.Unmarshal(content, &trust.Records); err != nil {
		return Trust{}, &Error{[]Problem{{Path: path, Message: brokenTrust,
			Hint: words.Remove(words.Printable(path))}}}
	}
	return trust, nil
}

// RecordTrust adds a record to a state file, which only its user may read. The
// same content is recorded once, with its latest place.
func RecordTrust(path string, record TrustRecord) error {
	return changeTrust(path, func(records []TrustRecord) []TrustRecord {
		records = slices.DeleteFunc(records, func(other TrustRecord) bool { return other.SHA256 == record.SHA256 })
		return append(records, record)
	})
}

// ForgetTrust takes the records about a path and those of a content out of a
// state file; either may be "". It returns how many it took.
func ForgetTrust(path, project, sha256 string) (int, error) {
	count := 0
	err := changeTrust(path, func(records []TrustRecord) []TrustRecord {
		return slices.DeleteFunc(records, func(record TrustRecord) bool {
			forget := record.Path == project && project != "" || record.SHA256 == sha256 && sha256 != ""
			if forget {
				count++
			}
			return forget
		})
	})
	return count, err
}

func changeTrust(path string, change func([]TrustRecord) []TrustRecord) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("record trust: %w", err)
	}
	unlock, err := files.LockBeside(path)
	if err != nil {
		return fmt.Errorf("record trust: %w", err)
	}
	defer unlock()
	trust, err := ReadTrust(path)
	if err != nil {
		return fmt.Errorf("record trust: %w", err)
	}
	records := change(trust.Records)
	if records == nil {
		records = []TrustRecord{}
	}
	content, err := json.MarshalIndent(records, "", "  ")
	if err != nil {
		return fmt.Errorf("record trust: %w", err)
	}
	if err := replaceBehindLinks(path, append(content, '\n'), 0o600); err != nil {
		return fmt.Errorf("record trust: %w", err)
	}
	return nil
}

// replaceBehindLinks replaces the file that a path leads to: who keeps it
// elsewhere has a link afterwards, too.
func replaceBehindLinks(path string, content []byte, mode fs.FileMode) error {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}
	return files.Replace(path, content, mode)
}
