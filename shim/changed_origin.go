package shim

import (
	"path/filepath"
	"strings"

	"thresher/address"
	"thresher/internal/files"
	"thresher/pep"
	"thresher/pip"
	"thresher/pip/source"
	"thresher/venv"
)

// withoutVerdict gives the distributions among those that arrived that no path
// or URL of the command accounts for: their verdict has to be in the gate's
// ledger. checkouts is the directory that pip puts editable checkouts into.
func withoutVerdict(arrived []venv.Distribution, command *pip.Command, checkouts string) []venv.Distribution {
	var left, unrecorded []venv.Distribution
	for _, d := range arrived {
		switch {
		case namedBySource(d, command.Requirements, checkouts):
		case keepsNoOrigin(d, command.Installation):
			unrecorded = append(unrecorded, d)
		default:
			left = append(left, d)
		}
	}
	// Which source brought which cannot be told; more distributions than
	// sources means that something else came along.
	if len(unrecorded) > sourcesInstalled(command.Requirements) {
		left = append(left, unrecorded...)
	}
	return left
}

// namedBySource says whether a path or URL that the command named and policy
// judged is where the distribution came from.
func namedBySource(d venv.Distribution, requirements []source.Requirement, checkouts string) bool {
	for _, r := range requirements {
		if fromPath(d, r) || fromURL(d, r) || fromCheckout(d, r, checkouts) {
			return true
		}
	}
	return false
}

// originNamed says whether where a distribution says that it came from is a place
// that the command names: beside directories and repositories an archive, whose
// hash is compared by itself.
func originNamed(d venv.Distribution, requirements []source.Requirement, checkouts string) bool {
	if namedBySource(d, requirements, checkouts) {
		return true
	}
	place := sourcePlace(d)
	for _, r := range requirements {
		if place != "" && r.Path != "" && files.Resolved(place) == files.Resolved(r.Path) {
			return true
		}
		for _, locked := range r.Locked {
			if address.Same(locked, d.DirectURL) {
				return true
			}
		}
	}
	return false
}

// fromPath: the directory that a requirement names. An editable one may lie in
// a directory below: setuptools' package_dir, or "#subdirectory=".
func fromPath(d venv.Distribution, r source.Requirement) bool {
	place := sourcePlace(d)
	if r.Path == "" || address.IsArchive(r.Path) || place == "" {
		return false // an archive's hash is in the ledger
	}
	if d.Editable {
		return liesIn(place, r.Path)
	}
	return files.Resolved(place) == files.Resolved(r.Path)
}

// fromURL: the URL of an archive or a repository, as PEP 610 has it recorded:
// without credentials, fragment and revision.
func fromURL(d venv.Distribution, r source.Requirement) bool {
	if r.URL == "" || r.Path != "" || d.DirectURL == "" {
		return false
	}
	recorded := address.Key(d.DirectURL)
	system, wanted, versioned := address.CutVersionControl(r.URL)
	if !versioned {
		return recorded == address.Key(wanted)
	}
	wanted = address.Key(withoutRevision(wanted))
	// pip gives subversion and bazaar over ssh their prefix back.
	return recorded == wanted || recorded == system+"+"+wanted
}

// fromCheckout: an editable repository, which pip checks out into a directory
// of the requirement's name and records as that directory.
func fromCheckout(d venv.Distribution, r source.Requirement, checkouts string) bool {
	_, _, versioned := address.CutVersionControl(r.URL)
	if !versioned || !r.Editable || !d.Editable || r.Canonical == "" {
		return false
	}
	below, err := filepath.Rel(files.Resolved(checkouts), files.Resolved(sourcePlace(d)))
	if err != nil || !filepath.IsLocal(below) {
		return false
	}
	name, _, _ := strings.Cut(filepath.ToSlash(below), "/")
	return pep.CanonicalName(name) == r.Canonical
}

// keepsNoOrigin says whether a distribution was installed in a way that leaves
// no record of where from: by a pip before 20.1, or by running its setup.py.
// (Of setup.py develop the place is known.)
func keepsNoOrigin(d venv.Distribution, installation *pip.Installation) bool {
	if d.DirectURL != "" || d.Editable {
		return false
	}
	if strings.HasSuffix(d.Path, ".egg-info") {
		return true
	}
	version, err := pep.ParseVersion(installation.Version)
	first, _ := pep.ParseVersion("20.1")
	return err == nil && version.Compare(first) < 0
}

// sourcesInstalled counts the directories and URLs among the requirements,
// each of which brings one distribution that is not editable.
func sourcesInstalled(requirements []source.Requirement) int {
	count := 0
	for _, r := range requirements {
		if !r.Constraint && !r.Editable && r.URL+r.Path != "" && !address.IsArchive(r.Path) {
			count++
		}
	}
	return count
}

// sourcePlace is the directory that a distribution came from as far as its own
// record or an .egg-link tells; empty for none.
func sourcePlace(d venv.Distribution) string {
	if d.DirectURL == "" {
		if d.Editable {
			return d.Location
		}
		return ""
	}
	path, _ := address.FilePath(d.DirectURL)
	return path
}

// checkouts is where this command's pip puts editable checkouts: --src, src in
// a virtual environment, else src in the working directory (pip 26.2
// locations.get_src_prefix).
func (in *invocation) checkouts(c *pip.Command) string {
	switch {
	case c.Targets.Src != "":
		return c.Targets.Src
	case c.Installation.UnderVirtualenv():
		return filepath.Join(c.Installation.Prefix, "src")
	}
	return filepath.Join(in.dir, "src")
}

// withoutRevision cuts "@v1.0" off a repository's URL, as pip does: behind the
// last "@" of its path.
func withoutRevision(repository string) string {
	start := 0
	if scheme := strings.Index(repository, "://"); scheme >= 0 {
		start = scheme + len("://")
	}
	repository, _, _ = strings.Cut(repository, "#")
	slash := strings.Index(repository[start:], "/")
	if slash < 0 {
		return repository
	}
	path := repository[start+slash:]
	if at := strings.LastIndex(path, "@"); at >= 0 {
		path = path[:at]
	}
	return repository[:start+slash] + path
}

// liesIn says whether a path is a directory or lies below it.
func liesIn(path, directory string) bool {
	below, err := filepath.Rel(files.Resolved(directory), files.Resolved(path))
	return err == nil && filepath.IsLocal(below)
}
