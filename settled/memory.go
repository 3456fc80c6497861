package settled

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"thresher/internal/files"
)

// The second argument: what pip does is a function of what it reads. A run that
// changed nothing is remembered by a digest of all of it, and the same digest
// changes nothing again.

// longest is how long a run is remembered.
const longest = 24 * time.Hour

// Memory is a run that changed nothing.
type Memory struct {
	Pages  []string  // canonical names of the projects whose pages pip asked for
	Digest string    // of these pages
	Time   time.Time // of the run
}

// kept is a Memory as it is on the disk.
type kept struct {
	Question string   `json:"question"` // the digest that it is kept under
	Pages    []string `json:"pages"`
	Digest   string   `json:"digest"`
	Time     int64    `json:"time"` // seconds
	Sum      string   `json:"sum"`  // of the fields before
}

func (k kept) sum() string {
	k.Sum = ""
	text, _ := json.Marshal(k) // of texts and a number
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// QuestionDigest digests everything that decides what pip does but for the pages:
// the question itself, and what else the caller knows of.
func (q Question) QuestionDigest(beside ...string) (string, error) {
	text, err := json.Marshal(struct {
		Question Question
		Beside   []string
	}{q, beside})
	if err != nil {
		return "", fmt.Errorf("digest what is asked: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// PagesDigest digests of pages what this interpreter might take, in their order.
// ok is false where a file has no digest, or its metadata none: it may be another
// one tomorrow.
func (c *Closure) PagesDigest(names []string, pages map[string][]Candidate) (digest string, ok bool) {
	hash := sha256.New()
	for _, name := range sorted(names) {
		fmt.Fprintf(hash, "%q\n", name)
		for i := range pages[name] {
			candidate := &pages[name][i]
			if !c.usable(candidate) {
				continue
			}
			file := candidate.File
			if file.Hashes["sha256"] == "" || file.CoreMetadata && file.MetadataHashes["sha256"] == "" {
				return "", false
			}
			text, err := json.Marshal([]any{candidate.Version, candidate.Blocked, file.Filename, file.URL, file.Hashes,
				file.CoreMetadata, file.MetadataHashes, file.RequiresPython, file.Yanked, file.YankedReason})
			if err != nil {
				return "", false
			}
			fmt.Fprintf(hash, "%s\n", text)
		}
	}
	return hex.EncodeToString(hash.Sum(nil)), true
}

func sorted(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}

// Recall gives what is remembered under a question's digest in a directory; found
// is false where there is nothing, or it is too old. The error says that what is
// there is damaged; it is as good as nothing.
func Recall(directory, question string, now time.Time) (memory Memory, found bool, err error) {
	path := memoryPath(directory, question)
	text, err := files.ReadRegular(path, 1<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return Memory{}, false, nil
	}
	var known kept
	if err == nil {
		err = json.Unmarshal(text, &known)
	}
	if err == nil && (known.Sum != known.sum() || known.Question != question) {
		err = errors.New("it is not as it was written")
	}
	if err != nil {
		return Memory{}, false, fmt.Errorf("read %s: %w", path, err)
	}
	memory = Memory{Pages: known.Pages, Digest: known.Digest, Time: time.Unix(known.Time, 0)}
	age := now.Sub(memory.Time)
	return memory, age >= 0 && age < longest, nil
}

// Remember keeps a run that changed nothing, and lets go of what is too old.
func Remember(directory, question string, memory Memory) error {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return err
	}
	release, held, err := files.TryLock(filepath.Join(directory, "memory"))
	if err != nil || !held {
		return err // another run writes: this one is remembered another time
	}
	defer release()
	k := kept{Question: question, Pages: sorted(memory.Pages), Digest: memory.Digest, Time: memory.Time.Unix()}
	k.Sum = k.sum()
	text, err := json.Marshal(k)
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(directory)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil && strings.HasSuffix(entry.Name(), ".json") && memory.Time.Sub(info.ModTime()) > longest {
			_ = os.Remove(filepath.Join(directory, entry.Name())) // else the next run does it
		}
	}
	return files.Keep(memoryPath(directory, question), text)
}

func memoryPath(directory, question string) string {
	return filepath.Join(directory, question[:min(32, len(question))]+".json")
}
