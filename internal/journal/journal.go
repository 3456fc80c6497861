// Package journal keeps the log of past runs: one JSON object a line, for the
// user alone (mode 0600), rotated by size.
package journal

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"thresher/internal/files"
)

// rotateAt is the size in bytes past which the log is moved to its ".1":
// some ten thousand runs.
const rotateAt = 8 << 20

// idBytes is how long the id of a run is. Of ten thousand runs two have the same
// once in a hundred logs; who names a run is told then.
const idBytes = 4

// Finding is one finding of a run as the log keeps it.
type Finding struct {
	Subject string `json:"subject"`
	Rule    string `json:"rule"`
	Action  string `json:"action"`
	// Observed is what Action would have been but for `mode = "observe"`.
	Observed string `json:"observed,omitempty"`
	Evidence string `json:"evidence"`
}

// Change is one distribution that the run changed. Before or After is empty
// where the distribution was new or removed. Lines of threshers before 0.1.0
// have nothing else.
type Change struct {
	Name   string `json:"name"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
	// Index is the index or folder that After was taken from, without
	// credentials; empty where it came from a URL or directory, or is not known.
	Index string `json:"index,omitempty"`
	// SHA256 is the hex digest of the archive that After was installed from or
	// built from; empty where there was none, or which it was is not known.
	SHA256 string `json:"sha256,omitempty"`
	// URL and BeforeURL are the address or directory that After and Before were
	// installed from where that was no index (PEP 610), without credentials.
	URL       string `json:"url,omitempty"`
	BeforeURL string `json:"before_url,omitempty"`
}

// Vulnerability is one known vulnerability that stands after the run.
type Vulnerability struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	ID      string `json:"id"`
}

// Ignored is one known vulnerability that stands after the run and was ignored.
type Ignored struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	ID      string `json:"id"`
	// Expires is the first day on which the ignore does not count any more
	// ("2026-12-31"); empty where it has no such day.
	Expires string `json:"expires,omitempty"`
}

// PolicyLayer is one file of the policy that the run went by.
type PolicyLayer struct {
	Layer   string    `json:"layer"`   // "system", "user" and the like
	Source  string    `json:"source"`  // its path or address, without credentials
	SHA256  string    `json:"sha256"`  // of its content, hex
	Changed time.Time `json:"changed"` // when it was last changed
}

// Entry is one run. The names of the JSON fields are a contract.
type Entry struct {
	Schema int `json:"schema,omitempty"` // SchemaVersion; 0 before there was one
	// Words says how much of the run's words the line has: "" all of them, or Names.
	Words       Words     `json:"words,omitempty"`
	ID          string    `json:"id"` // of the run: 8 hexadecimal digits
	Time        time.Time `json:"time"`
	Host        string    `json:"host,omitempty"` // the machine's name
	Directory   string    `json:"cwd"`
	Environment string    `json:"environment"`
	// EnvironmentID is a digest of the environment's path, so that environments of
	// one machine are told apart where their paths are not in the line.
	EnvironmentID   string          `json:"environment_id,omitempty"`
	Target          string          `json:"target,omitempty"` // directory that --target, --prefix or --root named
	Argv            []string        `json:"argv"`             // credentials replaced by ***
	Requested       []string        `json:"requested"`
	Findings        []Finding       `json:"verdicts"`
	Changed         []Change        `json:"changed"`
	Vulnerabilities []Vulnerability `json:"vulnerabilities"`
	Ignored         []Ignored       `json:"ignored,omitempty"`
	Policy          []PolicyLayer   `json:"policy,omitempty"` // in the order in which they count
	Status          int             `json:"status"`
	// ObservedStatus is what Status would have been but for `mode = "observe"`; 0 the same.
	ObservedStatus int    `json:"observed_status,omitempty"`
	Pip            string `json:"pip"`
	Thresher       string `json:"thresher"`
	Milliseconds   int64  `json:"milliseconds"`
	PipRan         bool   `json:"pip_ran"`        // false also where the run ended before pip
	Note           string `json:"note,omitempty"` // "switched off by THRESHER=off" and the like
}

// Key is what a run is known by among others, of this machine and of other logs. Of
// ten thousand runs two may have the same id; their times differ.
func (e Entry) Key() string { return e.ID + " " + e.Time.UTC().Format(time.RFC3339Nano) }

// Append writes the entry as one line at the end of the log, with an ID where it
// has none. The line appears whole or not at all, also with several runs at once.
// Of an entry with Names the line has names alone, and the details go to a log of
// their own (DetailsOf), which nobody collects.
func Append(path string, entry Entry) error {
	if entry.ID == "" {
		random := make([]byte, idBytes)
		_, _ = rand.Read(random) // never fails (crypto/rand)
		entry.ID = hex.EncodeToString(random)
	}
	entry.Schema = SchemaVersion
	if entry.EnvironmentID == "" {
		entry.EnvironmentID = EnvironmentID(entry.Environment)
	}
	release, err := files.Lock(context.Background(), path)
	if err != nil {
		return fmt.Errorf("lock %s: %w", path, err)
	}
	defer release()
	if entry.Words == Names {
		if err := setApart(path); err != nil {
			return fmt.Errorf("keep the log's names apart from its details: %w", err)
		}
		whole := entry
		whole.Words = ""
		if err := appendLine(DetailsOf(path), whole); err != nil {
			return err
		}
		entry = NamesAlone(entry)
	}
	return appendLine(path, entry)
}

// appendLine writes one line; its caller holds the lock.
func appendLine(path string, entry Entry) error {
	line, err := json.Marshal(WithoutNulls(entry))
	if err != nil {
		return fmt.Errorf("encode log entry: %w", err)
	}
	if err := rotate(path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	before, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		if _, err = f.Write(append(line, '\n')); err != nil {
			// A full disk must not leave half a line before the next entry.
			err = errors.Join(err, f.Truncate(before))
		}
	}
	return errors.Join(err, f.Close())
}

// WithoutNulls keeps lists lists: a reader of the log need not tell null from empty.
func WithoutNulls(entry Entry) Entry {
	if entry.Argv == nil {
		entry.Argv = []string{}
	}
	if entry.Requested == nil {
		entry.Requested = []string{}
	}
	if entry.Findings == nil {
		entry.Findings = []Finding{}
	}
	if entry.Changed == nil {
		entry.Changed = []Change{}
	}
	if entry.Vulnerabilities == nil {
		entry.Vulnerabilities = []Vulnerability{}
	}
	return entry
}

func rotate(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Size() < rotateAt {
		return nil
	}
	return os.Rename(path, path+".1")
}

// Read gives the entries since a time (the zero time for all), oldest first,
// the rotated part included, and with the details that are kept apart. A line that
// is no entry is counted in broken and left out; a log that does not exist is
// empty. An entry that was written without an id has one made of its line.
func Read(path string, since time.Time) (entries []Entry, broken int, err error) {
	entries, broken, err = readParts(path, since)
	if err != nil || !HasDetails(path) {
		return entries, broken, err
	}
	detailed, others, err := readParts(DetailsOf(path), since)
	if err != nil {
		return nil, 0, err
	}
	// A switch to and fro moved names there as well; their details are in the same file.
	detailed = slices.DeleteFunc(detailed, func(entry Entry) bool { return entry.Words == Names })
	return merged(detailed, entries), broken + others, nil
}

// readParts gives the entries of a log and of its rotated part.
func readParts(path string, since time.Time) (entries []Entry, broken int, err error) {
	for _, part := range []string{path + ".1", path} {
		found, left, err := ReadFile(part, since)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		entries, broken = append(entries, found...), broken+left
	}
	return entries, broken, nil
}

// ReadFile gives the entries of one file, as Read does of both; one that does
// not exist is an error.
func ReadFile(path string, since time.Time) (entries []Entry, broken int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	lines := bufio.NewReader(f)
	for {
		line, readErr := lines.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			var entry Entry
			if json.Unmarshal(line, &entry) != nil {
				broken++
			} else if !entry.Time.Before(since) {
				if entry.ID == "" {
					sum := sha256.Sum256(line)
					entry.ID = hex.EncodeToString(sum[:idBytes])
				}
				entries = append(entries, entry)
			}
		}
		if errors.Is(readErr, io.EOF) {
			return entries, broken, nil
		}
		if readErr != nil {
			return nil, 0, fmt.Errorf("read %s: %w", path, readErr)
		}
	}
}
