package sandbox

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Secret is a place that is there and where secrets lie.
type Secret struct {
	Kind string // in words
	Path string
}

// Kinds of secrets that are not in a home directory's usual places.
const (
	kindProject  = "variables of a project (.env)"
	kindMachine  = "keys of this machine"
	kindAddress  = "passwords in addresses of package indexes"
	kindVariable = "what variables name as credentials"
)

// Secrets gives the places of the sandbox's list that are there and that this
// user can open, by kind. Nothing is opened, but for configurations that may
// have a password in an address.
func Secrets(input Input) []Secret {
	var found []Secret
	for _, path := range environmentFiles(input.Project, resolvedAll([]string{input.Home, input.Account})) {
		found = append(found, Secret{kindProject, path})
	}
	for _, path := range candidates(input) {
		if mayOpen(path) {
			found = append(found, Secret{kindOf(path), path})
		}
	}
	order := []string{}
	for _, kind := range homeSecrets {
		order = append(order, kind.kind)
	}
	slices.SortStableFunc(found, func(a, b Secret) int {
		return slices.Index(order, a.Kind) - slices.Index(order, b.Kind)
	})
	return found
}

// kindOf says what kind of secret lies at a place, which may be in another
// directory than usual by a variable of the XDG base directories.
func kindOf(path string) string {
	path = filepath.ToSlash(path)
	for _, kind := range homeSecrets {
		for _, usual := range kind.paths {
			for _, standard := range []string{"", ".config/", ".local/share/", ".cache/"} {
				if rest, ok := strings.CutPrefix(usual, standard); ok && strings.HasSuffix(path, "/"+rest) {
					return kind.kind
				}
			}
		}
	}
	switch {
	case slices.Contains(systemSecrets, path):
		return kindMachine
	case slices.ContainsFunc(configurations, func(usual string) bool { return strings.HasSuffix(path, usual) }):
		return kindAddress
	}
	return kindVariable
}

// mayOpen says whether a place is there and this user's to read. A file is
// opened for it, and not read.
func mayOpen(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() && !info.IsDir() {
		return false
	}
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	return file.Close() == nil
}
