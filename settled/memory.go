package settled

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"thresher/internal/memory"
)

// The second argument: what pip does is a function of what it reads. A run that
// changed nothing is remembered by a digest of all of it, and the same digest
// changes nothing again.

// longest is how long a run is remembered.
const longest = 24 * time.Hour

// Memory is a run that changed nothing.
type Memory struct {
	Pages  []string  `json:"pages"`  // canonical names of the projects whose pages pip asked for
	Digest string    `json:"digest"` // of these pages
	Time   time.Time `json:"time"`   // of the run
}

// fresh says whether a memory counts still, or already: clocks are set.
func (m Memory) fresh(now time.Time) bool {
	age := now.Sub(m.Time)
	return age >= 0 && age < longest
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
			if !c.usable(name, candidate) {
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

// Memories is the table of such runs in a file, by the digests of their questions.
func Memories(path string) memory.Table[Memory] {
	return memory.Table[Memory]{Path: path, Kind: "settled"}
}

// Recall gives what is remembered under a question's digest; found is false where
// there is nothing, or it is too old. The error says that the file is damaged, or
// cannot be read; it is as good as nothing.
func Recall(path, question string, now time.Time) (remembered Memory, found bool, err error) {
	entries, err := Memories(path).Read()
	if err != nil {
		return Memory{}, false, err
	}
	remembered, found = entries[question]
	return remembered, found && remembered.fresh(now), nil
}

// Remember keeps a run that changed nothing, and lets go of what is too old and of
// what is damaged.
func Remember(ctx context.Context, path, question string, run Memory) error {
	run.Pages = sorted(run.Pages)
	keep := func(entries map[string]Memory) bool {
		maps.DeleteFunc(entries, func(_ string, known Memory) bool { return !known.fresh(run.Time) })
		entries[question] = run
		return true
	}
	err := Memories(path).Change(ctx, keep)
	var damaged *memory.DamagedError
	if errors.As(err, &damaged) && !damaged.Newer {
		if err = os.Remove(path); err == nil {
			err = Memories(path).Change(ctx, keep)
		}
	}
	return err
}
