package gate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"thresher/pep"
	"thresher/policy/rules"
)

// Entry is one file that was let through.
type Entry struct {
	Name     string            // canonical
	Version  string            // as the file name writes it
	Filename string            //
	Hashes   map[string]string // algorithm → hex digest; empty where the index gives none
	URL      string            // without credentials; the path of a local file
	Index    string            // page or folder it came from, without credentials
	Notes    []rules.Finding   // of the action note
}

// Arrived is a distribution that is in the environment after a run and was not
// there, or was another one, before it.
type Arrived struct {
	Name    string
	Version string
	Hash    string // "sha256:…" of the archive where pip recorded it (direct_url.json); "" none
}

// Unvouched gives those of arrived that no entry of the ledger stands for: by
// the archive's hash where pip recorded one and the entry has one of the same
// algorithm, by name and version otherwise.
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
		if !hashed || !ok || strings.EqualFold(known, digest) {
			return true
		}
	}
	return false
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

// VouchFile hashes a wheel or source archive that the command names by path,
// and gives its entry. The error says what could not be read, or that the file
// name is none of a distribution.
func VouchFile(path string) (Entry, error) {
	entries, err := vouchReadings(path)
	if err != nil {
		return Entry{}, err
	}
	return entries[0], nil
}

func vouchReadings(path string) ([]Entry, error) {
	filename := filepath.Base(path)
	found := readings(filename, "")
	if len(found) == 0 {
		return nil, fmt.Errorf(messageNoDistribution, path)
	}
	digest, err := fileDigest(path)
	if err != nil {
		return nil, fmt.Errorf("hash %s: %w", path, err)
	}
	entries := make([]Entry, len(found))
	for i, r := range found {
		entries[i] = Entry{
			Name: r.name, Version: r.version, Filename: filename,
			Hashes: map[string]string{"sha256": digest}, URL: path, Index: filepath.Dir(path),
		}
	}
	return entries, nil
}

// VouchFolder gives the entries of all wheels and source archives that lie in
// a folder named by --find-links, sorted by file name. As pip, it looks no
// deeper than the folder itself. A source archive whose name can be read in
// several ways ("a-1-2.tar.gz") has an entry for each.
func VouchFolder(folder string) ([]Entry, error) {
	listed, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("read folder %s: %w", folder, err)
	}
	var entries []Entry
	for _, item := range listed {
		if len(readings(item.Name(), "")) == 0 {
			continue
		}
		path := filepath.Join(folder, item.Name())
		// A link to a file counts as the file, as it does for pip.
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("read folder %s: %w", folder, err)
		}
		if !info.Mode().IsRegular() {
			continue
		}
		found, err := vouchReadings(path)
		if err != nil {
			return nil, err
		}
		entries = append(entries, found...)
	}
	sort.SliceStable(entries, func(i, j int) bool { return entries[i].Filename < entries[j].Filename })
	return entries, nil
}

func fileDigest(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	_, err = io.Copy(sum, file)
	if closing := file.Close(); err == nil {
		err = closing
	}
	return hex.EncodeToString(sum.Sum(nil)), err
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
