package gate

import (
	"fmt"
	"slices"
	"strings"

	"thresher/address"
	"thresher/inside"
	"thresher/internal/words"
	"thresher/pep"
	"thresher/policy/rules"
)

// contents is what the gate reads in a file. It is remembered by the file's
// sha256, so it holds nothing that depends on where the file came from.
type contents struct {
	// Form is the one that it is kept in.
	Form int `json:"form,omitempty"`
	// Wheel says that the file is a wheel; otherwise it is a source archive.
	Wheel bool `json:"wheel"`
	// Name and Version are what the metadata says; "" for a source archive
	// without any, of which only the build can tell.
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
	// Requires are the dependencies as the metadata writes them.
	Requires []string `json:"requires,omitempty"`
	// RequiresPython and Extras are compared with the metadata that the index
	// offers by itself.
	RequiresPython string   `json:"requires_python,omitempty"`
	Extras         []string `json:"extras,omitempty"`
	// Problem is why the file cannot be read for certain; "" it can.
	Problem string `json:"problem,omitempty"`
	// Inside is what the file brings once it is installed; nil it was not read.
	Inside *inside.Contents `json:"inside,omitempty"`
}

// contentsOfMetadata reads a metadata file.
func contentsOfMetadata(text []byte) (contents, error) {
	metadata, err := pep.ParseMetadata(text)
	if err != nil {
		return contents{}, err
	}
	return contents{
		Name: metadata.Name, Version: metadata.Version, Requires: metadata.RequiresDist,
		RequiresPython: metadata.RequiresPython, Extras: metadata.ProvidesExtra,
	}, nil
}

// judgeContents judges a file that is here whole by what it is: its hash, its
// name and version, its metadata, and what that asks for by URL. nil lets it
// through.
func (g *Gate) judgeContents(offers []*offer, file readable, digests map[string]string) (contents, *rules.Finding) {
	matching := offers[:0:0]
	var mismatch *rules.Finding
	for _, o := range offers {
		if problem := differingHash(o.hashes, digests); problem != "" {
			finding := unlikeOffered(o, problem)
			mismatch = &finding
			continue
		}
		matching = append(matching, o)
	}
	if len(matching) == 0 {
		return contents{}, mismatch
	}
	filename := matching[0].filename
	read, known := g.recall(filename, digests["sha256"])
	if !known {
		read = readContents(filename, file)
		g.remember(digests["sha256"], read)
	}
	for _, o := range matching {
		if finding := g.judgeRead(o, read); finding != nil {
			return read, finding
		}
	}
	return read, nil
}

// judgeRead judges what was read in a file against what offered it.
func (g *Gate) judgeRead(o *offer, read contents) *rules.Finding {
	if read.Problem != "" {
		finding := unlikeOffered(o, read.Problem)
		return &finding
	}
	if read.forges() {
		finding := unlikeOffered(o, messageForgingMetadata)
		return &finding
	}
	if o.name != "" && read.Name != "" && pep.CanonicalName(read.Name) != o.name {
		finding := unlikeOffered(o, fmt.Sprintf(messageOtherName, read.Name))
		return &finding
	}
	if o.version != "" && read.Version != "" && !sameVersion(o.version, read.Version) {
		finding := unlikeOffered(o, fmt.Sprintf(messageOtherVersion, read.Version))
		return &finding
	}
	if problem := g.unlikeMetadata(o, read); problem != "" {
		finding := unlikeOffered(o, problem)
		return &finding
	}
	return g.judgeDeclared(o, read)
}

// forges says whether what pip prints of metadata as it stands there could steer
// a terminal or pass for a line of thresher's. The hash of the metadata keeps the
// gate from writing it in another way, as it does on pages.
func (c contents) forges() bool {
	if words.Forges(c.Name) || words.Forges(c.Version) || words.Forges(c.RequiresPython) {
		return true
	}
	return slices.ContainsFunc(c.Requires, words.Forges) || slices.ContainsFunc(c.Extras, words.Forges)
}

// differingHash compares a file with every hash that was given for it. One that
// cannot be compared is a mismatch where there is no other.
func differingHash(wanted, digests map[string]string) string {
	compared := false
	for _, algorithm := range []string{"sha256", "sha384", "sha512", "sha224", "sha1", "md5"} {
		want, ok := wanted[algorithm]
		if !ok {
			continue
		}
		if !strings.EqualFold(want, digests[algorithm]) {
			return fmt.Sprintf(messageOtherHash, algorithm, digests[algorithm], want)
		}
		compared = true
	}
	if !compared && len(wanted) > 0 {
		return messageNoComparableHash
	}
	return ""
}

// offeredKey is the comparable address that a page gives of a file, wherever that
// redirects to.
func offeredKey(o *offer) string {
	if o.file != nil {
		return address.Key(o.file.URL)
	}
	return address.Key(o.url)
}

// unlikeMetadata compares a wheel's own metadata with what pip was given of it
// ahead (PEP 658), by which it chose.
func (g *Gate) unlikeMetadata(o *offer, read contents) string {
	g.mutex.Lock()
	given, ok := g.given[offeredKey(o)]
	g.mutex.Unlock()
	if !ok || !read.Wheel {
		return ""
	}
	same := func(a, b []string) bool {
		a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
		return slices.Equal(a, b)
	}
	switch {
	case pep.CanonicalName(given.Name) != pep.CanonicalName(read.Name) || !sameVersion(given.Version, read.Version),
		given.RequiresPython != read.RequiresPython, !same(given.Requires, read.Requires), !same(given.Extras, read.Extras):
		return messageOtherMetadata
	}
	return ""
}

// judgeDeclared judges the dependencies that metadata declares by URL. One that
// no input of the user's names is refused with the release that declares it:
// some of these pip would open by itself, and build.
func (g *Gate) judgeDeclared(o *offer, read contents) *rules.Finding {
	requirements, unreadable := pep.ParseRequirements(read.Requires)
	for _, line := range unreadable {
		if strings.Contains(line, "@") || strings.Contains(line, "://") {
			finding := declaredByURL(o, words.Printable(line), "")
			return &finding
		}
	}
	for _, requirement := range requirements {
		if requirement.URL == "" || g.config.NoDependencies || g.named(requirement.URL) && !isLocalURL(requirement.URL) {
			continue
		}
		applies, err := requirement.Applies(g.config.Environment, g.extrasOf(o.name)...)
		if err == nil && !applies && !isLocalURL(requirement.URL) {
			g.declare(requirement, read)
			continue
		}
		finding := declaredByURL(o, declaredText(requirement), declaredHint(o.name, declaredText(requirement)))
		return &finding
	}
	return nil
}

// isLocalURL tells an address that pip opens past any network.
func isLocalURL(rawURL string) bool {
	scheme, _, ok := strings.Cut(rawURL, ":")
	return !ok || strings.EqualFold(scheme, "file") || len(scheme) < 2
}

// declaredText writes a dependency by URL without secrets.
func declaredText(requirement pep.Requirement) string {
	text := requirement.Name
	if len(requirement.Extras) > 0 {
		text += "[" + strings.Join(requirement.Extras, ",") + "]"
	}
	return text + " @ " + address.Redact(requirement.URL)
}

// declare remembers who names an address, to be told where pip asks for it.
func (g *Gate) declare(requirement pep.Requirement, read contents) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.declared[address.Key(requirement.URL)] = read.Name + " " + read.Version
}

// extrasOf gives the extras that the command asks of a name. Those that a
// dependency asks are found where pip fetches what they bring.
func (g *Gate) extrasOf(name string) []string {
	var extras []string
	for _, wanted := range g.config.Requested {
		if pep.CanonicalName(wanted.Name) == name {
			extras = append(extras, wanted.Extras...)
		}
	}
	return extras
}
