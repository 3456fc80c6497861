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
	"thresher/policy"
)

// Entry is one file that was let through.
type Entry struct {
	Name     string            // canonical
	Version  string            // as the file name writes it
	Filename string            //
	Hashes   map[string]string // algorithm → hex digest; empty where the index gives none
	URL      string            // without credentials; the path of a local file
	Index    string            // page or folder it came from, without credentials
	Notes    []policy.Finding  // of the action note
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
	filename := filepath.Base(path)
	name, version, _, ok := distribution(filename, "")
	if !ok {
		return Entry{}, fmt.Errorf(messageNoDistribution, path)
	}
	digest, err := fileDigest(path)
	if err != nil {
		return Entry{}, fmt.Errorf("hash %s: %w", path, err)
	}
	return Entry{
		Name: name, Version: version, Filename: filename,
		Hashes: map[string]string{"sha256": digest}, URL: path, Index: filepath.Dir(path),
	}, nil
}

// VouchFolder gives the entries of all wheels and source archives that lie in
// a folder named by --find-links, sorted by file name. As pip, it looks no
// deeper than the folder itself.
func VouchFolder(folder string) ([]Entry, error) {
	listed, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("read folder %s: %w", folder, err)
	}
	var entries []Entry
	for _, item := range listed {
		if _, _, _, ok := distribution(item.Name(), ""); !ok {
			continue
		}
		path := filepath.Join(folder, item.Name())
		// A link to a file counts as the file, as it does for pip.
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			if err != nil {
				return nil, fmt.Errorf("read folder %s: %w", folder, err)
			}
			continue
		}
		entry, err := VouchFile(path)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].Filename < entries[j].Filename })
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

// distribution reads a file name: the canonical name of the project, its
// version, and whether it is a source archive. project is the name asked for;
// where it is "", a source archive's name ends at the last "-".
func distribution(filename, project string) (name, version string, source, ok bool) {
	if strings.HasSuffix(filename, ".whl") {
		parts := strings.Split(strings.TrimSuffix(filename, ".whl"), "-")
		if (len(parts) != 5 && len(parts) != 6) || parts[0] == "" || parts[1] == "" {
			return "", "", false, false
		}
		name = pep.CanonicalName(parts[0])
		if project != "" && name != project {
			return "", "", false, false
		}
		return name, strings.ReplaceAll(parts[1], "_", "-"), false, true
	}
	if project != "" {
		version, err := pep.ParseSdistFilename(filename, project)
		return project, version, true, err == nil
	}
	// The last dash before a digit parts name and version in every archive
	// that a build tool of the last decade made.
	for i := len(filename) - 1; i > 0; i-- {
		if filename[i] == '-' && i+1 < len(filename) && filename[i+1] >= '0' && filename[i+1] <= '9' {
			name = pep.CanonicalName(filename[:i])
			version, err := pep.ParseSdistFilename(filename, name)
			return name, version, true, err == nil
		}
	}
	return "", "", false, false
}
