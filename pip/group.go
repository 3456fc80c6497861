package pip

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"thresher/pep"
)

// group reads "[path/pyproject.toml:]name" of --group, as PEP 735 and pip
// from 25.1 on do, with the groups that it includes.
func (s *sources) group(text string, origin Origin) {
	if s.Failure != nil {
		return
	}
	path, name := "pyproject.toml", text
	if at := strings.LastIndexByte(text, ':'); at >= 0 {
		path, name = text[:at], text[at+1:]
	}
	if err := checkText(text); err != nil {
		s.record(err, origin.Place)
		return
	}
	groups, err := s.loadGroups(path)
	if err != nil {
		s.record(err, s.place(path))
		return
	}
	resolver := &groupResolver{groups: groups, path: path, packaging: s.dialect.groupsByPackaging}
	members, err := resolver.resolve(pep.CanonicalName(name), name, nil)
	if err != nil {
		s.record(err, s.place(path))
		return
	}
	for _, member := range members {
		r, err := s.requirementString(member.text)
		if err != nil {
			var d *refusal
			if errors.As(err, &d) && !s.dialect.groupsByPackaging {
				err = refused(groupFailed(name, path, d.message))
			}
		}
		s.add(r, err, Origin{Kind: FromGroup, Place: s.place(path) + ":" + member.group})
		if s.Failure != nil {
			return
		}
	}
}

// loadGroups reads the [dependency-groups] table of a project file.
func (s *sources) loadGroups(path string) (map[string]any, error) {
	if err := checkURLText(path); err != nil {
		return nil, err
	}
	file := &sourceFile{Given: path, kind: kindGroups, top: true}
	if err := s.readPath(file, s.absolute(path)); err != nil {
		var d *doubt
		switch {
		case errors.As(err, &d):
			return nil, err
		case errors.Is(err, os.ErrNotExist):
			return nil, refused(groupFileMissing(path))
		}
		return nil, refused("Error reading " + path + ": " + pythonOSError(err, path))
	}
	s.Files = append(s.Files, file)
	var document map[string]any
	if err := unmarshalTOML(file.Content, &document); err != nil {
		return nil, refused("Error parsing " + path + ": " + err.Error())
	}
	raw, found := document["dependency-groups"]
	if !found {
		return nil, refused(groupTableMissing(path))
	}
	groups, ok := raw.(map[string]any)
	if !ok {
		return nil, refused(groupTableMalformed(path))
	}
	return groups, nil
}

// unmarshalTOML decodes TOML as Python's tomllib does; what go-toml takes and
// tomllib does not is refused.
func unmarshalTOML(content []byte, into any) error {
	if len(content) >= 3 && string(content[:3]) == "\xef\xbb\xbf" {
		return errors.New("Invalid statement (at line 1, column 1)") //nolint:staticcheck // Python's words
	}
	return toml.Unmarshal(content, into)
}

// groupMember is a requirement of a group, and the group it stands in.
type groupMember struct{ text, group string }

// groupResolver follows PEP 735's reference implementation.
type groupResolver struct {
	groups    map[string]any
	path      string
	packaging bool // the messages of packaging's resolver
	seen      int
}

// maximalMembers bounds what the groups of one file include in each other.
const maximalMembers = 100000

func (g *groupResolver) resolve(canonical, name string, within []string) ([]groupMember, error) {
	for _, outer := range within {
		if outer == canonical {
			return nil, refused(groupCycle(name, within[0], g.path))
		}
	}
	var content any
	found := 0
	written := name
	for key, value := range g.groups {
		if pep.CanonicalName(key) == canonical {
			content, written = value, key
			found++
		}
	}
	switch {
	case found > 1:
		return nil, refused(groupTwice(canonical, g.path))
	case found == 0:
		return nil, refused(groupMissing(name, g.path))
	}
	list, ok := content.([]any)
	if !ok {
		return nil, refused(groupMalformed(written, g.path))
	}
	within = append(within[:len(within):len(within)], canonical)
	var members []groupMember
	for _, item := range list {
		if g.seen++; g.seen > maximalMembers {
			return nil, &doubt{reason: reasonTooManyMembers}
		}
		switch item := item.(type) {
		case string:
			members = append(members, groupMember{text: item, group: written})
		case map[string]any:
			included, ok := item["include-group"].(string)
			if !ok || len(item) != 1 {
				return nil, refused(groupMalformed(written, g.path))
			}
			inner, err := g.resolve(pep.CanonicalName(included), included, within)
			if err != nil {
				return nil, err
			}
			members = append(members, inner...)
		default:
			return nil, refused(groupMalformed(written, g.path))
		}
	}
	return members, nil
}

// localProjectName gives the name that a local project's own files state for
// certain, "" where it is only known after building.
func localProjectName(dir string) string {
	content, err := os.ReadFile(filepath.Join(dir, "pyproject.toml"))
	if err != nil {
		return ""
	}
	var document map[string]any
	if unmarshalTOML(content, &document) != nil {
		return ""
	}
	project, _ := document["project"].(map[string]any)
	name, _ := project["name"].(string)
	if !pep.ValidName(name) {
		return ""
	}
	return name
}
