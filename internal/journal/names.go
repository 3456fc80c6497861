package journal

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"thresher/internal/files"
	"thresher/internal/lazyregexp"
)

// Words is how much of a run's words a line of the log has.
type Words string

// How much a line has.
const (
	AllWords Words = "all"
	Names    Words = "names" // no paths, no addresses, no free text
)

// EnvironmentID is what stands for an environment beside its path: twelve
// hexadecimal digits of the path's SHA-256; "" for none. Who knows the path can
// recognise it, and nobody can read it out.
func EnvironmentID(prefix string) string {
	if prefix == "" {
		return ""
	}
	const digits = 12
	sum := sha256.Sum256([]byte(prefix))
	return hex.EncodeToString(sum[:])[:digits]
}

// Place is the directory that the run installed into: the environment, or the target
// in its place; of a line with names alone, which many environments share, with what
// tells them apart. "" where the run ended before one was found.
func (e Entry) Place() string {
	place := cmp.Or(e.Target, e.Environment)
	if e.Words == Names && e.EnvironmentID != "" {
		place += " (" + e.EnvironmentID + ")"
	}
	return place
}

// option is what a word of the command line has of an option's name.
var option = lazyregexp.New(`^(--[a-z][a-z-]*|-[A-Za-z])`)

// commands are the words that are kept of a command line, beside options.
var commands = []string{"install", "uninstall", "download", "wheel", "lock"}

// NamesAlone gives an entry without paths, addresses and free text: of the words of
// the command the command and the names of options, of directories and files the
// last element, of addresses the host. Names of packages, versions, digests, rules
// and statuses stay. It does not change the entry that it is given.
func NamesAlone(entry Entry) Entry {
	entry.Words = Names
	entry.EnvironmentID = cmp.Or(entry.EnvironmentID, EnvironmentID(entry.Environment))
	entry.Directory, entry.Environment = nameOf(entry.Directory), nameOf(entry.Environment)
	entry.Target = nameOf(entry.Target)
	var argv []string
	for _, word := range entry.Argv {
		if name := option().FindString(word); name != "" {
			argv = append(argv, name)
		} else if slices.Contains(commands, word) {
			argv = append(argv, word)
		}
	}
	entry.Argv = argv
	entry.Findings = slices.Clone(entry.Findings)
	for i := range entry.Findings {
		entry.Findings[i].Subject, entry.Findings[i].Evidence = nameOf(entry.Findings[i].Subject), ""
	}
	entry.Changed = slices.Clone(entry.Changed)
	for i := range entry.Changed {
		change := &entry.Changed[i]
		change.Index, change.URL, change.BeforeURL = nameOf(change.Index), nameOf(change.URL), nameOf(change.BeforeURL)
	}
	entry.Policy = slices.Clone(entry.Policy)
	for i := range entry.Policy {
		entry.Policy[i].Source = nameOf(entry.Policy[i].Source)
	}
	return entry
}

// nameOf gives the host of an address, the last element of a path, and any other
// text as it is.
func nameOf(text string) string {
	if name, _, direct := strings.Cut(text, " @ "); direct && !strings.ContainsAny(name, `:/\`) {
		return name // a requirement with its address (PEP 508)
	}
	if scheme, rest, found := strings.Cut(text, "://"); found && !strings.ContainsAny(scheme, `/\`) {
		if u, err := url.Parse(text); err == nil && u.Host != "" {
			return u.Hostname()
		}
		text = rest
		if !strings.HasSuffix(scheme, "file") {
			return "" // no address that can be read: nothing of it is kept
		}
	}
	slashed := strings.TrimRight(strings.ReplaceAll(text, `\`, "/"), "/")
	return slashed[strings.LastIndexByte(slashed, '/')+1:]
}

// DetailsOf is the path of the log that has the details of the runs whose lines
// have names alone.
func DetailsOf(path string) string {
	return filepath.Join(filepath.Dir(path), "details.jsonl")
}

// HasDetails says whether a log's details are kept apart, or once were.
func HasDetails(path string) bool { return files.IsRegular(DetailsOf(path)) }

// setApart moves what a log has beside names to its details, before the first line
// that has names alone; its caller holds the lock. What was collected of the log by
// then was collected; a log that begins anew is what collectors see next.
func setApart(path string) error {
	last, err := lastLine(path)
	if err != nil || !hasMoreThanNames(last) {
		return err // since the last line there is nothing else
	}
	for _, part := range []string{path + ".1", path} {
		content, err := os.ReadFile(part)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if !hasMoreThanNames(content) {
			continue
		}
		details := DetailsOf(path)
		if err := moveBehind(content, part, details); err != nil {
			return err
		}
	}
	return nil
}

// lastLine gives the last line of a file; none of one that is not there.
func lastLine(path string) ([]byte, error) {
	const end = 1 << 20 // no line is nearly as long
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	content := make([]byte, min(info.Size(), end))
	if _, err := file.ReadAt(content, info.Size()-int64(len(content))); err != nil {
		return nil, err
	}
	content = bytes.TrimSpace(content)
	return content[bytes.LastIndexByte(content, '\n')+1:], nil
}

// moveBehind puts the content of a part of the log at the end of the details.
func moveBehind(content []byte, part, details string) error {
	if err := rotate(details); err != nil {
		return err
	}
	before, err := os.ReadFile(details)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(content) > 0 && content[len(content)-1] != '\n' {
		content = append(content, '\n')
	}
	if err := files.Replace(details, append(before, content...), 0o600); err != nil {
		return err
	}
	return os.Remove(part)
}

// hasMoreThanNames says whether any line of a log has not been reduced to names.
func hasMoreThanNames(content []byte) bool {
	for line := range bytes.Lines(content) {
		if len(bytes.TrimSpace(line)) > 0 && !bytes.Contains(line, []byte(`"words":"names"`)) {
			return true
		}
	}
	return false
}

// ReadToCollect gives the runs since a time as they may leave the machine, oldest
// first: as the log's lines have them, those of before log.words was names with names
// alone; with Names all of them so. Details that are kept apart are never among them.
func ReadToCollect(path string, since time.Time, words Words) (entries []Entry, broken int, err error) {
	entries, broken, err = readParts(path, since)
	if err != nil {
		return nil, 0, err
	}
	if HasDetails(path) {
		detailed, others, err := readParts(DetailsOf(path), since)
		if err != nil {
			return nil, 0, err
		}
		broken += others
		for i := range detailed {
			detailed[i] = NamesAlone(detailed[i])
		}
		entries = merged(entries, detailed)
	}
	if words == Names {
		for i := range entries {
			entries[i] = NamesAlone(entries[i])
		}
	}
	return entries, broken, nil
}

// merged gives the runs of two logs, in the order of time; of one that is in both, the
// first's.
func merged(first, second []Entry) []Entry {
	known := map[string]bool{}
	var all []Entry
	for _, entry := range slices.Concat(first, second) {
		if key := entry.Key(); !known[key] {
			known[key] = true
			all = append(all, entry)
		}
	}
	slices.SortStableFunc(all, func(a, b Entry) int { return a.Time.Compare(b.Time) })
	return all
}
