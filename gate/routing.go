package gate

import (
	"context"

	"thresher/address"
	"thresher/index"
	"thresher/pep"
	"thresher/policy/rules"
)

// routing says which index answers for a name.
type routing struct {
	merged bool // every index speaks for itself
	place  int  // in Config.Indexes, of the one index that answers; -1 none has the name
	url    string
	public bool // of that index
	page   *index.Page
	err    error // why that index gave no page
	// confusion is said of a name that several indexes have.
	confusion []rules.Finding
}

// route finds the index that answers for a name, asking as few as it can. Who
// waits for it gives up with ctx; the asking goes on for those who come later.
func (g *Gate) route(ctx context.Context, name string) (routing, error) {
	return g.routes.start(name, func() (routing, error) {
		return g.findOwner(name), nil
	}).wait(ctx)
}

func (g *Gate) findOwner(name string) routing {
	if g.table.Merges(name) {
		return g.findAll(name)
	}
	answer := g.table.Owner(name, func(url string) (*index.Page, error) { return g.fetch(url, name) })
	if answer.None {
		return routing{place: -1, err: answer.Err}
	}
	return routing{place: answer.Place, url: answer.URL, public: answer.Public, page: answer.Page, err: answer.Err}
}

// findAll asks every index for a name that several may serve.
func (g *Gate) findAll(name string) routing {
	found := routing{merged: true, place: -1, err: index.ErrNotFound}
	for _, configured := range g.config.Indexes {
		if configured.Extra && g.failUnreached(configured.URL, name) {
			// Other indexes have the name as well: it is not worth waiting
			// through all retries again, once for each such name.
			continue
		}
		g.startFetch(configured.URL, name)
	}
	var having []Index
	var newest []pep.Version
	for i, configured := range g.config.Indexes {
		page, err := g.fetch(configured.URL, name)
		if err == nil || !configured.Lacks(err) {
			found.place, found.url, found.err = i, configured.URL, nil
		}
		if err == nil {
			if version, ok := newestOn(page, name); ok {
				having, newest = append(having, configured), append(newest, version)
			}
		}
	}
	if len(having) > 1 {
		found.confusion = g.config.JudgeConfusion(confusionEvidence(name, having, newest))
	}
	return found
}

// confusionEvidence describes a name that several indexes have: pip takes the
// newest version of all.
func confusionEvidence(name string, having []Index, newest []pep.Version) rules.ConfusionEvidence {
	chosen := 0
	for i := range newest {
		if newest[i].Compare(newest[chosen]) > 0 {
			chosen = i
		}
	}
	evidence := rules.ConfusionEvidence{Name: name}
	for i, configured := range having {
		bare := address.Bare(configured.URL)
		if i == chosen {
			evidence.Chosen = bare
		} else {
			evidence.Others = append(evidence.Others, bare)
		}
	}
	return evidence
}

// newestOn gives the newest version on a page; ok is false where it has none.
func newestOn(page *index.Page, name string) (newest pep.Version, ok bool) {
	for _, file := range page.Files {
		for _, r := range readings(file.Filename, name) {
			if version, err := pep.ParseVersion(r.version); err == nil && (!ok || version.Compare(newest) > 0) {
				newest, ok = version, true
			}
		}
	}
	return newest, ok
}
