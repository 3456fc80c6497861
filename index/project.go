package index

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"unicode/utf8"

	"thresher/address"
	"thresher/pep"
)

// projectAddress gives where an index keeps a project's JSON document: beside
// its simple pages, /pypi/NAME/json for a base that ends in /simple. ok is
// false for a base that ends otherwise.
func projectAddress(indexURL, name string) (address string, ok bool) {
	base := strings.TrimRight(indexURL, "/")
	for _, ending := range []string{"/simple", "/+simple"} {
		if strings.HasSuffix(base, ending) {
			return strings.TrimSuffix(base, ending) + "/pypi/" + name + "/json", true
		}
	}
	return "", false
}

// Project gives name's JSON document, from the cache for as long as
// Config.ProjectLifetime says. ErrNotFound: the index has none, or its layout
// has no place for one. Other errors are those of Page.
func (c *Client) Project(ctx context.Context, indexURL, name string) (*Project, error) {
	s, _, err := pageAddress(indexURL, name)
	if err != nil {
		return nil, err
	}
	location, ok := projectAddress(indexURL, pep.CanonicalName(name))
	if !ok || s.origin.scheme == "file" {
		return nil, ErrNotFound
	}
	r := request{
		kind: "project", address: address.Parse(location), scope: s, accept: "application/json",
		limit: c.config.MaxBody, lifetime: c.config.ProjectLifetime,
	}
	for {
		d, err := c.get(ctx, r)
		if err != nil {
			return nil, err
		}
		project, reason := parseProject(d.body)
		if reason == "" {
			d.keep()
			project.Fetched = d.fetched
			return project, nil
		}
		if !d.cached {
			return nil, &ContentError{URL: address.Redact(d.url), Reason: reason}
		}
		r.forget = true
	}
}

// projectDocument are the members that are read; "releases", the bulk of it,
// is skipped.
type projectDocument struct {
	Info struct {
		Name        string            `json:"name"`
		Version     string            `json:"version"`
		Summary     string            `json:"summary"`
		HomePage    string            `json:"home_page"`
		ProjectURLs map[string]string `json:"project_urls"`
		Classifiers []string          `json:"classifiers"`
	}
	Ownership *struct {
		Roles        []Role `json:"roles"`
		Organization string `json:"organization"`
	}
}

func parseProject(body []byte) (*Project, string) {
	text := strings.TrimPrefix(string(body), "\uFEFF")
	if !utf8.ValidString(text) {
		return nil, textNotUTF8
	}
	s := scanner{text: text}
	var info, ownership string
	if s.space() != '{' {
		return nil, textDocument
	}
	err := s.object(func(key string) error {
		value, err := s.skip()
		switch key {
		case "info":
			info = value
		case "ownership":
			ownership = value
		}
		return err
	})
	if err == nil {
		err = s.end()
	}
	if err != nil {
		return nil, err.Error()
	}
	var d projectDocument
	if info == "" || json.Unmarshal([]byte(info), &d.Info) != nil {
		return nil, textDocument
	}
	p := &Project{
		Name: d.Info.Name, Version: d.Info.Version, Summary: d.Info.Summary, HomePage: d.Info.HomePage,
		URLs: d.Info.ProjectURLs, Classifiers: d.Info.Classifiers,
	}
	if ownership != "" && ownership != "null" {
		if json.Unmarshal([]byte(ownership), &d.Ownership) != nil || d.Ownership == nil {
			return nil, textDocument
		}
		p.Ownership, p.Roles, p.Organization = true, d.Ownership.Roles, d.Ownership.Organization
	}
	return p, ""
}

const maxProvenance = 4 << 20

// Publishers gives who published a file by its provenance (PEP 740), each
// once. The index verified it at upload; here no signature is checked. It
// returns ErrNotFound where the file has none, and a *ContentError where the
// provenance is not on the index's own host.
func (c *Client) Publishers(ctx context.Context, indexURL string, f *File) ([]Publisher, error) {
	if f.Provenance == "" {
		return nil, ErrNotFound
	}
	s, problem := newScope(indexBase(indexURL))
	if problem != "" {
		return nil, &ContentError{URL: address.Redact(indexURL), Reason: problem}
	}
	u, err := url.Parse(address.Quoted(f.Provenance))
	if err != nil || originOf(u) != s.origin || u.User != nil {
		return nil, &ContentError{URL: address.Redact(f.Provenance), Reason: textElsewhere}
	}
	d, err := c.get(ctx, request{
		kind: "provenance", address: address.Parse(u.String()), scope: s, limit: maxProvenance,
		accept: "application/vnd.pypi.integrity.v1+json, application/json; q=0.1", lifetime: c.config.ProjectLifetime,
	})
	if err != nil {
		return nil, err
	}
	publishers, ok := parseProvenance(d.body)
	if !ok {
		return nil, &ContentError{URL: address.Redact(f.Provenance), Reason: textProvenance}
	}
	d.keep()
	return publishers, nil
}

func parseProvenance(body []byte) ([]Publisher, bool) {
	var document struct {
		Bundles []struct {
			Publisher *struct {
				Kind        string `json:"kind"`
				Repository  string `json:"repository"`
				Workflow    string `json:"workflow"`
				FilePath    string `json:"workflow_filepath"` // GitLab's word
				Environment string `json:"environment"`
			} `json:"publisher"`
		} `json:"attestation_bundles"`
	}
	if json.Unmarshal(body, &document) != nil || len(document.Bundles) == 0 {
		return nil, false
	}
	var found []Publisher
	seen := map[Publisher]bool{}
	for _, bundle := range document.Bundles {
		if bundle.Publisher == nil || bundle.Publisher.Kind == "" {
			return nil, false
		}
		p := Publisher{bundle.Publisher.Kind, bundle.Publisher.Repository, bundle.Publisher.Workflow,
			bundle.Publisher.Environment}
		if p.Workflow == "" {
			p.Workflow = bundle.Publisher.FilePath
		}
		if !seen[p] {
			seen[p] = true
			found = append(found, p)
		}
	}
	return found, true
}
