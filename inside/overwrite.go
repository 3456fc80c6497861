package inside

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"thresher/archive"
	"thresher/internal/lazyregexp"
)

// Commands gives the names of the commands that an open wheel brings. Entry
// points that cannot be read are left out: whoever judged the wheel has refused
// it.
func Commands(wheel *archive.Wheel) []string {
	var entryPoints []byte
	for _, m := range wheel.Members {
		if isEntryPoints(m) {
			content, err := wheel.Read(m.Name, maximalEntryPoints)
			if err == nil {
				entryPoints = content
			}
		}
	}
	var names []string
	for _, script := range archive.ScriptsOf(wheel.Members, entryPoints) {
		names = append(names, script.Name)
	}
	return names
}

// idleFolders stand at the top of site-packages by mistake: of some thousand
// projects, each with its own. Nothing imports them once they are installed.
var idleFolders = []string{
	"tests", "test", "docs", "doc", "documentation", "examples", "example", "samples", "benchmarks", "benchmark",
	"demos", ".github", "licenses",
}

// IsIdle tells whether it does not matter which of two distributions has a file
// in the end: in folders like tests and docs at the top of site-packages, of
// texts beside them, and of manual pages.
func IsIdle(p Path) bool {
	top, _, nested := strings.Cut(p.Name, "/")
	switch {
	case p.Scheme == archive.Environment:
		return strings.HasPrefix(p.Name, "share/man/") || strings.HasPrefix(p.Name, "share/doc/") || isText(path.Base(p.Name))
	case p.Scheme != archive.Site:
		return false
	case nested:
		return slices.Contains(idleFolders, strings.ToLower(top))
	}
	return isText(top)
}

// namespaceLine is a line of an __init__.py that does nothing but have several
// distributions share one package, in the ways that PEP 420 made needless.
var namespaceLine = lazyregexp.New(
	`^(from pkgutil import extend_path|import pkgutil|import pkg_resources|try:|except ImportError:|pass|` +
		`__path__(: \w+(\[\w+\])?)? = (pkgutil\.|__import__\(["']pkgutil["']\)\.)?extend_path\(__path__, __name__\)|` +
		`(pkg_resources|__import__\(["']pkg_resources["']\))\.declare_namespace\(__name__\))(\s*#.*)?$`)

// SameModule tells whether it does not matter which of two files stands at a
// path: their content is the same, or they are modules of which each is empty or
// has several distributions share one package.
func SameModule(p Path, a, b []byte) bool {
	if bytes.Equal(bytes.TrimSpace(a), bytes.TrimSpace(b)) {
		return true
	}
	return path.Base(p.Name) == "__init__.py" && sharesPackage(a) && sharesPackage(b)
}

func sharesPackage(module []byte) bool {
	for line := range bytes.Lines(module) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && !namespaceLine().Match(line) {
			return false
		}
	}
	return true
}

// isText tells a file for people by its name.
func isText(base string) bool {
	lower := strings.ToLower(base)
	switch path.Ext(lower) {
	case ".md", ".rst", ".txt", "":
		stem := strings.TrimSuffix(lower, path.Ext(lower))
		return slices.Contains([]string{"license", "licence", "readme", "changelog", "changes", "authors",
			"notice", "contributing",
			"history", "copying", "requirements"}, stem)
	}
	return false
}
