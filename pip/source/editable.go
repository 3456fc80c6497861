package source

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"thresher/address"
	"thresher/pip/internal/pythontext"
	"thresher/pip/option"
)

// parseEditable reads what stands behind -e, as install_req_from_editable does:
// a directory, a file: URL, a VCS URL with a name, and from pip 25.3 on
// "name @ URL".
func (s *Collection) parseEditable(text string, constraint bool) (Requirement, error) {
	r := Requirement{Text: text, Editable: true, MarkerApplies: true}
	if err := checkText(text); err != nil {
		return r, err
	}
	if constraint && s.dialect.constraintsPlain {
		return r, refused(option.EditableConstraint, nil)
	}
	if err := checkURLText(text); err != nil {
		return r, err
	}
	e, err := s.editableParts(text)
	if err != nil {
		return r, err
	}
	if e.named {
		parsed, err := s.dialect.parseRequirement(e.name)
		if err != nil {
			return r, refused(option.NoRequirement, err)
		}
		if err := s.setParsed(&r, parsed); err != nil {
			return r, err
		}
	}
	if len(e.extras) > 0 {
		r.Extras = e.extras
	}
	l, err := s.dialect.newLink(e.url)
	if err != nil {
		return r, linkRefusal(err)
	}
	return r, s.setLink(&r, l)
}

// editableParts is the result of pip's parse_editable.
type editableParts struct {
	name   string // a requirement of PEP 508, where named
	named  bool
	url    string
	extras []string
}

func (s *Collection) editableParts(text string) (editableParts, error) {
	d := &s.dialect
	if d.editableDirect {
		if parsed, err := d.parseRequirement(text); err == nil && parsed.url != "" {
			e := editableParts{name: parsed.name, named: true, url: parsed.url, extras: parsed.extras}
			if parsed.marker != nil {
				e.name += " ; " + parsed.marker.String()
			}
			return e, s.checkEditable(&e)
		}
	}
	bare, extras, err := d.stripExtras(text)
	if err != nil {
		return editableParts{}, err
	}
	url := text
	if info, err := os.Stat(s.opened(bare)); bare != "" && err == nil && info.IsDir() {
		if d.editableNeedsSetup {
			directory := s.absolute(bare)
			if !pythontext.Exists(filepath.Join(directory, "setup.py")) &&
				!(d.editableSetupCfg && pythontext.Exists(filepath.Join(directory, "setup.cfg"))) {
				return editableParts{}, refused(option.NoProject, nil)
			}
		}
		bare = address.PathToURL(s.absolute(bare))
	}
	if strings.HasPrefix(strings.ToLower(bare), "file:") {
		e := editableParts{url: bare, extras: extras}
		if err := s.eggName(&e); err != nil {
			return e, err
		}
		return e, s.checkEditable(&e)
	}
	for _, name := range vcsNames {
		if strings.HasPrefix(strings.ToLower(url), name+":") {
			url = name + "+" + url
			break
		}
	}
	if d.editableByPlus {
		before, _, plus := strings.Cut(strings.ToLower(url), "+")
		if !plus || !slices.Contains(vcsNames, before) {
			return editableParts{}, refused(option.NotEditable, nil)
		}
	}
	e := editableParts{url: url}
	if err := s.eggName(&e); err != nil {
		return e, err
	}
	return e, s.checkEditable(&e)
}

// eggName takes the name from "#egg=".
func (s *Collection) eggName(e *editableParts) error {
	l, err := s.dialect.newLink(e.url)
	if err != nil {
		return linkRefusal(err)
	}
	e.name, e.named = l.egg, l.hasEgg
	return nil
}

// checkEditable refuses what is neither local nor from version control, and a
// checkout without a name.
func (s *Collection) checkEditable(e *editableParts) error {
	l, err := s.dialect.newLink(e.url)
	if err != nil {
		return linkRefusal(err)
	}
	local := strings.HasPrefix(strings.ToLower(e.url), "file:")
	if s.dialect.editableDirect {
		local = strings.HasPrefix(e.url, "file:")
	}
	if !local && (!s.dialect.editableByPlus && !s.dialect.isVCSScheme(l.scheme) || e.name == "") {
		return refused(option.NotEditable, nil)
	}
	return nil
}
