package gate

import (
	"slices"
	"strings"

	"thresher/address"
	"thresher/index"
	"thresher/policy/rules"
)

// Offers are the addresses that pip may fetch in this run: files of the pages
// that it was given, URLs that the command itself names, and what these
// redirect to. All others are refused.

// offer is one such address.
type offer struct {
	url      string // as it is to be asked for, credentials included
	indexURL string // of the page it is on, credentials included; "" no page
	page     string // the same, without credentials
	name     string // canonical; "" only the file tells
	version  string // as the file name writes it; "" only the file tells
	filename string
	hashes   map[string]string // algorithm → hex digest
	file     *index.File       // of a page; nil none
	verdict  *verdict          // on that page; nil none
	notes    []rules.Finding
	blocked  *rules.Finding // why it is refused although it is on the page
	from     string         // the address that redirected here
	length   int64          // as the page says; 0 unknown
}

// offerFiles enters the files of a page that pip is given. The mutex must be
// held.
func (g *Gate) offerFiles(indexURL string, v *verdict) {
	for _, kept := range v.kept {
		g.enterOffer(&offer{
			url: kept.file.URL, indexURL: indexURL, page: v.indexURL, name: kept.name, version: kept.version,
			filename: kept.file.Filename, hashes: kept.file.Hashes, file: kept.file, verdict: v, notes: kept.notes,
			length: kept.file.Size,
		})
	}
	for _, blocked := range v.blocked {
		g.enterOffer(&offer{url: blocked.url, name: blocked.name, version: blocked.version, blocked: &blocked.finding})
	}
}

// offerNamed enters the archives that the command names by URL.
func (g *Gate) offerNamed() {
	for _, named := range g.config.Named {
		if scheme, _, ok := strings.Cut(named.URL, "://"); !ok || strings.Contains(scheme, "+") {
			continue
		}
		bare, _, _ := strings.Cut(named.URL, "#")
		found := &offer{url: bare, name: named.Name, filename: lastSegment(bare), hashes: named.Hashes}
		if readings := readings(found.filename, named.Name); len(readings) > 0 && strings.HasSuffix(found.filename, ".whl") {
			found.version = readings[0].version
		}
		g.enterOffer(found)
	}
}

// enterOffer files an offer under the last segment of its address, which costs
// nothing to find: pages have thousands of files, of which pip fetches one.
func (g *Gate) enterOffer(entered *offer) {
	place := lastSegment(entered.url)
	g.offers[place] = append(g.offers[place], entered)
}

// lastSegment gives the last segment of an address's path, unquoted.
func lastSegment(rawURL string) string {
	end := strings.IndexAny(rawURL, "?#")
	if end < 0 {
		end = len(rawURL)
	}
	path := strings.TrimRight(rawURL[:end], "/")
	return address.Unquote(path[strings.LastIndexByte(path, '/')+1:])
}

// offersOf gives the offers of an address, each once. The mutex must be held.
func (g *Gate) offersOf(rawURL string) []*offer {
	key := address.Key(rawURL)
	var found []*offer
	for _, o := range g.offers[lastSegment(rawURL)] {
		again := slices.ContainsFunc(found, func(known *offer) bool {
			return o.file != nil && known.file == o.file && known.name == o.name
		})
		if !again && address.Key(o.url) == key {
			found = append(found, o)
		}
	}
	return found
}

// offered gives what is known of an address: all that offered it, what blocks
// it first. Several pages may name one file.
func (g *Gate) offered(rawURL string) []*offer {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	found := g.offersOf(rawURL)
	for _, o := range found {
		if o.blocked != nil {
			return []*offer{o}
		}
	}
	return found
}

// offeredMetadata gives the file whose metadata an address is (PEP 658).
func (g *Gate) offeredMetadata(rawURL string) *offer {
	bare, ok := strings.CutSuffix(rawURL, ".metadata")
	if !ok {
		return nil
	}
	for _, o := range g.offered(bare) {
		if o.file != nil && o.file.CoreMetadata && o.blocked == nil {
			return o
		}
	}
	return nil
}

// offerRedirect lets pip fetch what an offered file redirects to, with the same
// expectations.
func (g *Gate) offerRedirect(target string, offers []*offer) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	for _, o := range offers {
		next := *o
		next.url, next.from = target, o.url
		g.enterOffer(&next)
	}
}

// named says whether the command itself names an address, so that a dependency
// may name it as well. Of a repository the revision counts: code forges hand out
// under its address what anybody has in a fork of it.
func (g *Gate) named(rawURL string) bool {
	for _, named := range g.config.Named {
		if named.URL == "" {
			continue
		}
		if address.Key(named.URL) == address.Key(rawURL) {
			return true
		}
	}
	return false
}
