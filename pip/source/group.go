package source

import (
	"errors"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"thresher/pep"
	"thresher/pip/option"
)

// Group reads "[path/pyproject.toml:]name" of --group, as PEP 735 and pip
// from 25.1 on do, with the groups that it includes.
func (s *Collection) Group(text string, origin option.Origin) {
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
	resolver := &groupResolver{
		groups: groups, sources: s,
		parsed: map[string][]groupItem{}, ancestors: map[string][]string{}, resolved: map[string][]groupMember{},
	}
	members, err := resolver.run(name)
	if err != nil {
		s.record(err, s.place(path))
		return
	}
	for _, member := range members {
		r, err := s.requirementString(member.text)
		s.add(r, err, option.Origin{Kind: option.FromGroup, Place: s.place(path) + ":" + member.group})
		if s.Failure != nil {
			return
		}
	}
}

// loadGroups reads the [dependency-groups] table of a project file.
func (s *Collection) loadGroups(path string) (map[string]any, error) {
	if err := checkURLText(path); err != nil {
		return nil, err
	}
	file := &sourceFile{given: path, kind: kindGroups, top: true}
	if err := s.readPath(file, s.opened(path)); err != nil {
		var d *doubt
		if errors.As(err, &d) {
			return nil, err
		}
		return nil, refused(option.NotOpened, err)
	}
	s.files = append(s.files, file)
	var document map[string]any
	if err := unmarshalTOML(file.content, &document); err != nil {
		return nil, refused(option.WrongGroups, err)
	}
	raw, found := document["dependency-groups"]
	if !found {
		return nil, refused(option.WrongGroups, nil)
	}
	groups, ok := raw.(map[string]any)
	if !ok {
		return nil, refused(option.WrongGroups, nil)
	}
	return groups, nil
}

// unmarshalTOML decodes TOML as Python's tomllib does; what go-toml takes and
// tomllib does not is refused.
func unmarshalTOML(content []byte, into any) error {
	if len(content) >= 3 && string(content[:3]) == "\xef\xbb\xbf" {
		return errors.New(tomlByteOrderMark)
	}
	return toml.Unmarshal(content, into)
}

// groupMember is a requirement of a group, and the group it stands in.
type groupMember struct{ text, group string }

// groupItem is a requirement, or the inclusion of another group.
type groupItem struct {
	text    string
	include any // what "include-group" names; nil for a requirement
}

// groupResolver follows the reference implementation of PEP 735 inside pip:
// the one of its own up to 26.0, where the first problem ends it, and
// packaging's from 26.1 on, which collects problems but lets a broken
// requirement through as an unexpected exception.
type groupResolver struct {
	groups    map[string]any
	sources   *Collection
	parsed    map[string][]groupItem
	ancestors map[string][]string
	resolved  map[string][]groupMember
	problem   error // the first of those that are collected, from 26.1 on
	members   int
}

// maximalMembers bounds what the groups of one file include in each other.
const maximalMembers = 100000

func (g *groupResolver) run(name string) ([]groupMember, error) {
	if err := g.checkNames(); err != nil {
		return nil, err
	}
	members, err := g.resolve(pep.CanonicalName(name))
	if err == nil {
		err = g.problem
	}
	return members, err
}

// checkNames refuses two spellings of one group anywhere in the table.
func (g *groupResolver) checkNames() error {
	seen := map[string]bool{}
	for name := range g.groups {
		canonical := pep.CanonicalName(name)
		switch twice := seen[canonical]; {
		case twice && g.sources.dialect.groupsByPackaging:
			return refused(option.WrongGroups, nil)
		case twice:
			return crashed(option.WrongGroups, nil)
		}
		seen[canonical] = true
	}
	return nil
}

// collect is for a ValueError, TypeError or LookupError of the resolver's own.
func (g *groupResolver) collect() error {
	wrong := refused(option.WrongGroups, nil)
	if !g.sources.dialect.groupsByPackaging {
		return wrong
	}
	g.problem = wrong
	return nil
}

// exception is one that packaging's resolver does not collect.
func (g *groupResolver) exception(cause error) error {
	if g.sources.dialect.groupsByPackaging {
		return crashed(option.WrongGroups, cause)
	}
	return refused(option.WrongGroups, cause)
}

func (g *groupResolver) resolve(canonical string) ([]groupMember, error) {
	if members, known := g.resolved[canonical]; known {
		return members, nil
	}
	items, err := g.parse(canonical)
	if err != nil {
		return nil, err
	}
	var members []groupMember
	for _, item := range items {
		if item.include == nil {
			members = append(members, groupMember{text: item.text, group: canonical})
			continue
		}
		included, ok := item.include.(string)
		if !ok {
			return nil, g.exception(nil)
		}
		inner := pep.CanonicalName(included)
		if slices.Contains(g.ancestors[canonical], inner) {
			if err := g.collect(); err != nil {
				return nil, err
			}
			continue
		}
		g.ancestors[inner] = append(slices.Clone(g.ancestors[canonical]), canonical)
		if len(g.ancestors[inner]) > maximalDepth {
			return nil, &doubt{reason: reasonTooDeep}
		}
		more, err := g.resolve(inner)
		if err != nil {
			return nil, err
		}
		members = append(members, more...)
		if g.members += len(more); g.members > maximalMembers {
			return nil, &doubt{reason: reasonTooManyMembers}
		}
	}
	if g.problem != nil {
		return nil, nil
	}
	g.resolved[canonical] = members
	return members, nil
}

// parse reads the items of one group.
func (g *groupResolver) parse(canonical string) ([]groupItem, error) {
	if items, known := g.parsed[canonical]; known {
		return items, nil
	}
	content, found := any(nil), false
	for name, value := range g.groups {
		if pep.CanonicalName(name) == canonical {
			content, found = value, true
		}
	}
	if !found {
		return nil, g.collect()
	}
	list, ok := content.([]any)
	if !ok {
		return nil, g.collect()
	}
	var items []groupItem
	for _, item := range list {
		switch item := item.(type) {
		case string:
			if err := checkText(item); err != nil {
				return nil, err
			}
			if _, err := g.sources.dialect.parseRequirement(item); err != nil {
				return nil, g.exception(err)
			}
			items = append(items, groupItem{text: item})
			continue
		case map[string]any:
			if included, ok := item["include-group"]; ok && len(item) == 1 {
				items = append(items, groupItem{include: included})
				continue
			}
		}
		if err := g.collect(); err != nil {
			return nil, err
		}
	}
	g.parsed[canonical] = items
	return items, nil
}
