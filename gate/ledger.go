package gate

import (
	"encoding/hex"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"thresher/address"
	"thresher/internal/files"
	"thresher/pep"
	"thresher/policy/rules"
)

// Entry is one file that pip was let have, by what it is.
type Entry struct {
	Name     string            // canonical
	Version  string            // as the file name writes it
	Filename string            //
	Hashes   map[string]string // algorithm → hex digest, of our own counting
	URL      string            // without credentials; the path of a local file
	Origin   string            // of a wheel from pip's cache: what it was built from
	Index    string            // page or folder it came from, without credentials
	Notes    []rules.Finding   // of the action note
	Hooks    []string          // startup hooks of a wheel, which were judged
}

// Arrived is a distribution that is in the environment after a run and was not
// there, or was another one, before it.
type Arrived struct {
	Name    string
	Version string
	Hash    string // "sha256:…" of the archive where pip recorded it (direct_url.json); "" none
}

// Unvouched gives those of arrived that no entry of the ledger stands for: by
// the archive's hash where pip recorded one, by name and version otherwise. A
// hash that cannot be compared is a mismatch.
func Unvouched(ledger []Entry, arrived []Arrived) []Arrived {
	byName := map[string][]Entry{}
	for _, entry := range ledger {
		byName[entry.Name] = append(byName[entry.Name], entry)
	}
	var missing []Arrived
	for _, a := range arrived {
		if !vouched(byName[pep.CanonicalName(a.Name)], a) {
			missing = append(missing, a)
		}
	}
	return missing
}

func vouched(entries []Entry, a Arrived) bool {
	algorithm, digest, hashed := strings.Cut(strings.Replace(a.Hash, "=", ":", 1), ":")
	for _, entry := range entries {
		if !sameVersion(entry.Version, a.Version) {
			continue
		}
		known, ok := entry.Hashes[strings.ToLower(algorithm)]
		if !hashed || ok && strings.EqualFold(known, digest) {
			return true
		}
	}
	return false
}

// CameFrom gives the index or folder, without credentials, and the sha256 of the
// file that an arrival was installed or built from; "" where the ledger has none,
// or several that differ in it. pip records of no file from an index which one
// it took: where a release has wheels, its source archive is taken for not used.
func CameFrom(ledger []Entry, a Arrived) (index, sha256 string) {
	name := pep.CanonicalName(a.Name)
	var wheels, sources []Entry
	for _, entry := range ledger {
		switch {
		case entry.Name != name || !vouched([]Entry{entry}, a):
		case isWheel(entry.Filename):
			wheels = append(wheels, entry)
		default:
			sources = append(sources, entry)
		}
	}
	if len(wheels) > 0 {
		sources = wheels
	}
	for i, entry := range sources {
		if i == 0 {
			index, sha256 = entry.Index, entry.Hashes["sha256"]
			continue
		}
		if entry.Index != index {
			index = ""
		}
		if entry.Hashes["sha256"] != sha256 {
			sha256 = ""
		}
	}
	return index, sha256
}

// sameVersion says whether two spellings are one release: "1.0" and "1.00.0"
// are. What is no version of PEP 440 is compared as text.
func sameVersion(a, b string) bool {
	first, err := pep.ParseVersion(a)
	if err != nil {
		return strings.EqualFold(a, b)
	}
	second, err := pep.ParseVersion(b)
	return err == nil && first.Compare(second) == 0
}

// entryOf is the entry of a file that was let through: by what it says of itself,
// and where that is nothing by what offered it.
func entryOf(o *offer, read contents, digests map[string]string) Entry {
	entry := Entry{
		Name: canonical(read.Name), Version: read.Version, Filename: o.filename, Hashes: digests,
		URL: address.Bare(o.url), Index: o.page, Notes: o.notes,
	}
	if read.Wheel && read.Inside != nil {
		for _, hook := range read.Inside.Hooks {
			entry.Hooks = append(entry.Hooks, hook.Path)
		}
	}
	if entry.Name == "" {
		entry.Name = o.name
	}
	if entry.Version == "" {
		entry.Version = o.version
	}
	return entry
}

// enter adds what pip was let have to the ledger, once, with notes on what it
// brings.
func (g *Gate) enter(entry Entry, notes ...rules.Finding) {
	entry.Notes = append(slices.Clip(entry.Notes), notes...)
	g.mutex.Lock()
	defer g.mutex.Unlock()
	key := entry.Name + " " + entry.Version + " " + entry.Hashes["sha256"]
	if !g.entered[key] {
		g.entered[key] = true
		g.ledger = append(g.ledger, entry)
	}
}

// Holds says whether a file is one of those in the ledger, by its sha256.
func Holds(ledger []Entry, path string) (bool, error) {
	file, err := files.OpenRegular(path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	digests, err := digestsOf(file)
	if err != nil {
		return false, err
	}
	for _, entry := range ledger {
		if entry.Hashes["sha256"] == digests["sha256"] {
			return true, nil
		}
	}
	return false, nil
}

// EntriesOf gives what pip may take a local file for by its name; none for what
// is neither a wheel nor a source archive.
func EntriesOf(path string) []Entry {
	filename := filepath.Base(path)
	var entries []Entry
	for _, r := range readings(filename, "") {
		entries = append(entries, Entry{Name: r.name, Version: r.version, Filename: filename, URL: path,
			Index: filepath.Dir(path)})
	}
	return entries
}

// digestsOf hashes a file by every algorithm that pip knows.
func digestsOf(file io.ReadSeeker) (map[string]string, error) {
	sums := newSpool("").sums
	writers := make([]io.Writer, 0, len(sums))
	for _, sum := range sums {
		writers = append(writers, sum)
	}
	if _, err := io.Copy(io.MultiWriter(writers...), file); err != nil {
		return nil, err
	}
	digests := map[string]string{}
	for algorithm, sum := range sums {
		digests[algorithm] = hex.EncodeToString(sum.Sum(nil))
	}
	_, err := file.Seek(0, io.SeekStart)
	return digests, err
}

// reading is what pip may take a file for, by its name.
type reading struct {
	name    string // canonical
	version string
	source  bool // a source archive
}

// readings gives what pip may take a file for: on a project's page, where
// project is its canonical name, at most one distribution; elsewhere, where
// project is "", a source archive may be of several projects, and the one with
// the longest name comes first.
func readings(filename, project string) []reading {
	if stem, wheel := strings.CutSuffix(filename, ".whl"); wheel {
		written, rest, _ := strings.Cut(stem, "-")
		version, _, _ := strings.Cut(rest, "-")
		if dashes := strings.Count(stem, "-"); (dashes != 4 && dashes != 5) || written == "" || version == "" {
			return nil
		}
		name := pep.CanonicalName(written)
		if project != "" && name != project {
			return nil
		}
		return []reading{{name, strings.ReplaceAll(version, "_", "-"), false}}
	}
	if project != "" {
		version, err := pep.ParseSdistFilename(filename, project)
		if err != nil {
			return nil
		}
		return []reading{{project, version, true}}
	}
	var found []reading
	for i := len(filename) - 1; i > 0; i-- {
		if filename[i] != '-' || !pep.ValidName(filename[:i]) {
			continue
		}
		name := pep.CanonicalName(filename[:i])
		version, err := pep.ParseSdistFilename(filename, name)
		if err != nil {
			continue
		}
		if _, err := pep.ParseVersion(version); err == nil {
			found = append(found, reading{name, version, true})
		}
	}
	return found
}
