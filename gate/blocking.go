package gate

import (
	"strings"

	"thresher/address"
	"thresher/index"
	"thresher/pep"
	"thresher/policy/rules"
)

// A block must make pip stop, whatever else it could choose. Of all that an
// index can answer, pip (22.0 to 26.x) treats a missing, empty or refused page
// as a project without files, and then looks for an older parent that does not
// need it. Only a chosen file that cannot be fetched ends the run, with the
// reason phrase in pip's own error line. So a blocked file keeps its place in
// the page, its fetch is refused, and its metadata is not offered, because pip
// might do with that alone.

// blockFile gives the entry of a page that stands for a blocked file.
func (g *Gate) blockFile(result *verdict, file index.File, name, version string, finding rules.Finding) index.File {
	result.blocked = append(result.blocked, blockedFile{url: file.URL, name: name, version: version, finding: finding})
	// Only what pip chooses by: whatever else the index said of the file, a pip
	// to come might do with.
	return index.File{
		Filename: file.Filename, URL: file.URL, Hashes: file.Hashes, RequiresPython: file.RequiresPython,
		Size: file.Size, UploadTime: file.UploadTime, Yanked: file.Yanked, YankedReason: file.YankedReason,
	}
}

// blockProject makes pip stop at a project. Where there are files, each is
// blocked. Where there is none (the project is quarantined, or removed), files
// are made up that fit what the command asks for, because pip has to choose
// one of them. A dependency's specifier is not known here: there pip is
// stopped at the page.
func (g *Gate) blockProject(result *verdict, page *index.Page, finding rules.Finding) {
	served := &index.Page{Name: result.name, URL: g.madeUpURL(result), JSON: true}
	if page != nil {
		served = emptied(page)
		for _, file := range page.Files {
			for _, r := range readings(file.Filename, result.name) {
				served.Files = append(served.Files, g.blockFile(result, file, r.name, r.version, finding))
			}
		}
	}
	if len(served.Files) == 0 {
		version, ok := fittingVersion(g.config.Requested, result.name)
		if !ok {
			result.stop = &finding
			return
		}
		stem := strings.ReplaceAll(result.name, "-", "_") + "-" + version
		for _, filename := range []string{stem + "-py3-none-any.whl", stem + ".tar.gz"} {
			served.Files = append(served.Files, g.blockFile(result, index.File{Filename: filename, URL: served.URL + filename},
				result.name, version, finding))
		}
	}
	served.Status, served.StatusReason = "", ""
	result.page = served
}

// madeUpURL is where files are said to lie that are nowhere: below the page that
// pip asks for.
func (g *Gate) madeUpURL(result *verdict) string {
	base := result.indexURL
	if base == "" && len(g.config.Indexes) > 0 {
		base = address.Bare(g.config.Indexes[0].URL)
	}
	return strings.TrimRight(base, "/") + "/" + result.name + "/"
}

// fittingVersion gives a version that everything the command asks of a name
// allows; ok is false where the command does not name it or none was found.
func fittingVersion(requested []pep.Requirement, name string) (version string, ok bool) {
	candidates := []string{"1.0", "99999"}
	var all []pep.Specifiers
	for _, wanted := range requested {
		if pep.CanonicalName(wanted.Name) != name {
			continue
		}
		all = append(all, wanted.Specifiers)
		for _, clause := range wanted.Specifiers.List() {
			if parsed, err := pep.ParseVersion(clause.Version); err == nil {
				text := parsed.String()
				candidates = append(candidates, text, parsed.Public()+".1", parsed.Public()+".post1")
			} else if parsed, err := pep.ParseVersion(strings.TrimSuffix(clause.Version, ".*")); err == nil {
				candidates = append(candidates, parsed.String())
			}
		}
	}
	if len(all) == 0 {
		return "", false
	}
	candidates = append(candidates, "0")
	for _, candidate := range candidates {
		fits := true
		for _, specifiers := range all {
			fits = fits && specifiers.Contains(candidate, true)
		}
		if fits {
			return candidate, true
		}
	}
	return "", false
}
