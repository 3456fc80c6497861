package gate

import (
	"context"
	"net/http"
	"path"
	"strings"

	"thresher/address"
	"thresher/index"
	"thresher/policy/rules"
)

// Pages of links (--find-links): each file on them names its own project.

// serveLinks answers for a page of links.
func (g *Gate) serveLinks(w http.ResponseWriter, r *http.Request, place int) {
	key := pageKey{url: g.config.FindLinks[place]}
	v, err := g.verdicts.start(key, func() (*verdict, error) {
		ctx, cancel := context.WithTimeout(g.context, g.config.Deadline)
		defer cancel()
		page := linkedArchive(key.url)
		if page == nil {
			fetched, err := g.config.Source.FindLinksPage(ctx, key.url)
			if err != nil {
				return nil, err
			}
			page = fetched
		}
		return g.judgeLinks(key.url, page), nil
	}).wait(r.Context())
	if err != nil {
		g.serveFailure(w, r, key, "", err)
		return
	}
	g.deliver(key, v)
	if v.stop != nil {
		g.stopPip(w, r, refusal(*v.stop))
		return
	}
	g.servePage(w, r, v)
}

// judgeLinks makes the verdict on a page of links, where each file names its
// own project.
func (g *Gate) judgeLinks(rawURL string, page *index.Page) *verdict {
	bare := address.Bare(rawURL)
	result := &verdict{indexURL: bare}
	decided := map[string]rules.Action{}
	decisive := map[string]rules.Finding{}
	for _, file := range page.Files {
		for _, r := range readings(file.Filename, "") {
			if _, done := decided[r.name]; done {
				continue
			}
			project := Project{Name: r.name, Page: projectPart(page, r.name), IndexURL: bare}
			decisive[r.name], decided[r.name] = hardest(g.config.JudgeProject(g.context, project))
		}
	}
	judgeFile := g.config.JudgeFile
	g.filter(result, page, func(evidence FileEvidence) []rules.Finding {
		if action := decided[evidence.Name]; action == rules.Block || action == rules.Hold {
			return []rules.Finding{decisive[evidence.Name]}
		}
		return judgeFile(evidence)
	})
	return result
}

// projectPart gives the part of a page of links that is one project's.
func projectPart(page *index.Page, name string) *index.Page {
	part := emptied(page)
	part.Name = name
	for _, file := range page.Files {
		for _, r := range readings(file.Filename, "") {
			if r.name == name {
				part.Files = append(part.Files, file)
			}
		}
	}
	return part
}

// linkedArchive gives a page for a link that is itself an archive, which
// --find-links may name too; nil where it is none by its name.
func linkedArchive(rawURL string) *index.Page {
	bare, fragment, _ := strings.Cut(rawURL, "#")
	stripped := address.Bare(bare)
	u, err := address.Parse(stripped).Read()
	if err != nil || u.Path == "" {
		return nil
	}
	filename := path.Base(u.Path)
	if len(readings(filename, "")) == 0 {
		return nil
	}
	file := index.File{Filename: filename, URL: stripped}
	if algorithm, digest, ok := strings.Cut(fragment, "="); ok && algorithm != "egg" {
		file.Hashes = map[string]string{algorithm: digest}
	}
	return &index.Page{URL: stripped, Files: []index.File{file}}
}
