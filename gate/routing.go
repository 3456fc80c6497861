package gate

import (
	"context"
	"errors"
	"path"
	"sort"
	"strings"

	"thresher/index"
	"thresher/pep"
	"thresher/policy/rules"
)

// routing says which index answers for a name.
type routing struct {
	merged bool // every index speaks for itself
	place  int  // in Config.Indexes, of the one index that answers; -1 none has the name
	url    string
	page   *index.Page
	err    error // why that index gave no page
	// confusion is said of a name that several indexes have.
	confusion []rules.Finding
}

// askingOrder gives the places of indexes in the order in which they are asked
// for a name that belongs to one of them: private ones before public ones, so
// that a public index never answers for a private name nor hears of it, and
// among each, extra indexes before the main one.
func askingOrder(indexes []Index) []int {
	order := make([]int, len(indexes))
	for i := range order {
		order[i] = i
	}
	weight := func(i int) int {
		switch {
		case indexes[i].Public && indexes[i].Extra:
			return 2
		case indexes[i].Public:
			return 3
		case indexes[i].Extra:
			return 0
		}
		return 1
	}
	sort.SliceStable(order, func(a, b int) bool { return weight(order[a]) < weight(order[b]) })
	return order
}

// route finds the index that answers for a name, asking as few as it can. Who
// waits for it gives up with ctx; the asking goes on for those who come later.
func (g *Gate) route(ctx context.Context, name string) (routing, error) {
	return g.routes.start(name, func() (routing, error) {
		return g.findOwner(name), nil
	}).wait(ctx)
}

func (g *Gate) findOwner(name string) routing {
	if pin, ok := pinFor(g.config.Pins, name); ok {
		place, url := 0, pin
		for i, configured := range g.config.Indexes {
			if sameIndex(configured.URL, pin) {
				place, url = i, configured.URL
				break
			}
		}
		page, err := g.fetch(url, name)
		return routing{place: place, url: url, page: page, err: err}
	}
	if g.config.Strategy == AsPip || g.config.Popular(name) {
		return g.findAll(name)
	}
	for _, place := range g.rank {
		configured := g.config.Indexes[place]
		page, err := g.fetch(configured.URL, name)
		if err == nil || !configured.lacks(err) {
			return routing{place: place, url: configured.URL, page: page, err: err}
		}
	}
	return routing{place: -1, err: index.ErrNotFound}
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
		if err == nil || !configured.lacks(err) {
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
		bare, _, _ := index.StripCredentials(configured.URL)
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

// lacks says that an index, by the error it gave, has no such project, rather
// than having failed to say.
func (x Index) lacks(err error) bool {
	if errors.Is(err, index.ErrNotFound) {
		return true
	}
	var status *index.StatusError
	if errors.As(err, &status) {
		switch {
		case status.Status == 403:
			// An index that knows who asks and answers 403 has failed; without
			// credentials that says that it has no such name, as object stores
			// do.
			_, user, password := index.StripCredentials(x.URL)
			return !status.Sent && user == "" && password == ""
		case status.Status == 410:
			return true
		}
	}
	return false
}

// pinFor gives the index that a name is pinned to: that of the longest pattern
// which fits.
func pinFor(pins map[string]string, name string) (string, bool) {
	best, url := "", ""
	for pattern, target := range pins {
		if fits, err := path.Match(pattern, name); err != nil || !fits {
			continue
		}
		if best == "" || len(pattern) > len(best) || (len(pattern) == len(best) && pattern < best) {
			best, url = pattern, target
		}
	}
	return url, best != ""
}

// sameIndex compares two index URLs without their credentials.
func sameIndex(a, b string) bool {
	first, _, _ := index.StripCredentials(a)
	second, _, _ := index.StripCredentials(b)
	return strings.TrimRight(first, "/") == strings.TrimRight(second, "/")
}
