package gate

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"thresher/address"
	"thresher/internal/files"
	"thresher/internal/words"
	"thresher/pep"
	"thresher/policy/rules"
)

// What pip uses without fetching it: files and folders of this machine, wheels
// of its own cache, repositories. The bootstrap shows each before pip opens it.

// use is what pip is about to use.
type use struct {
	Link string `json:"link"` // "file:///…", "git+https://…"
	// that pip will open, its bytes quoted as in a URL; "" for no place of this machine
	Path        string `json:"path"`
	Origin      string `json:"origin"`      // of a wheel in pip's cache: the address that it was built from
	Requirement string `json:"requirement"` // as pip writes it
	From        string `json:"from"`        // who requires it, as pip writes it; "" the command

	// byBuild says that a pip which a build started asks, or the build itself.
	byBuild bool
}

// serveUse judges what pip is about to use.
func (g *Gate) serveUse(w http.ResponseWriter, r *http.Request) {
	asked, err := decodeUse(r)
	if err != nil {
		refuse(w, r, http.StatusBadRequest, messageNoSuchPlace)
		return
	}
	asked.byBuild = !same(r.Header.Get(headerSecret), g.secret)
	if finding := g.judgeUse(asked); finding != nil {
		g.record("", "", *finding)
		w.WriteHeader(http.StatusForbidden)
		_, _ = fmt.Fprint(w, refusal(*finding))
		return
	}
	_, _ = fmt.Fprint(w, "yes")
}

// judgeUse gives why something may not be used; nil where it may.
func (g *Gate) judgeUse(asked use) *rules.Finding {
	unknown := unknownAddress(asked.Link, asked.From, "")
	if asked.Path == "" {
		if g.named(asked.Link) {
			return nil
		}
		return &unknown
	}
	path, err := url.PathUnescape(asked.Path)
	if err != nil {
		return &unknown
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // pip says best what is not there
	case err != nil:
		return &unknown
	case asked.Origin != "":
		return g.judgeCachedWheel(path, asked)
	case info.IsDir():
		// Nothing but the command's own words has pip take a folder.
		if len(g.namedPaths(path)) > 0 {
			return nil
		}
		return &unknown
	}
	if offers := g.localOffers(path, asked.Link); len(offers) > 0 {
		return g.judgeLocal(path, offers, asked)
	}
	if g.isApproved(path, asked.byBuild) {
		return nil
	}
	return &unknown
}

// namedPaths gives the command's own words for a local place.
func (g *Gate) namedPaths(path string) []*offer {
	var offers []*offer
	real := files.Resolved(path)
	for _, named := range g.config.Named {
		if named.Path != "" && files.Resolved(named.Path) == real {
			offers = append(offers, &offer{name: named.Name, filename: filepath.Base(path), hashes: named.Hashes,
				page: filepath.Dir(path), url: path})
		}
	}
	return offers
}

// localOffers gives what lets a local place be used: the command's own words, a
// folder of --find-links, a page on this machine.
func (g *Gate) localOffers(path, link string) []*offer {
	offers := append(g.offered(link), g.namedPaths(path)...)
	real := files.Resolved(path)
	for _, folder := range g.config.Folders {
		if files.Resolved(folder) == filepath.Dir(real) || files.Resolved(folder) == files.Resolved(filepath.Dir(path)) {
			offers = append(offers, &offer{filename: filepath.Base(path), page: folder, url: path})
		}
	}
	return offers
}

// judgeLocal reads a local archive as one that is fetched is read, and enters it
// into the ledger.
func (g *Gate) judgeLocal(path string, offers []*offer, asked use) *rules.Finding {
	for _, o := range offers {
		if o.blocked != nil {
			return o.blocked
		}
		if found := readings(o.filename, o.name); len(found) > 0 && o.version == "" && strings.HasSuffix(o.filename, ".whl") {
			o.name, o.version = found[0].name, found[0].version
		}
	}
	file, err := files.OpenRegular(path)
	if errors.Is(err, files.ErrNotRegular) {
		finding := unlikeOffered(offers[0], fmt.Sprintf(messageNoRegularFile, filepath.Base(path)))
		return &finding
	}
	if err != nil {
		return nil // as pip will say
	}
	defer file.Close()
	opened, err := openLocal(file)
	if err != nil {
		finding := unlikeOffered(offers[0], words.Printable(err.Error()))
		return &finding
	}
	read, finding := g.judgeContents(offers, opened, opened.digests)
	if finding != nil {
		return finding
	}
	finding, notes := g.judgeArrived(offers, read)
	if finding != nil {
		return finding
	}
	finding, published := g.judgePublishers(offers)
	if finding != nil {
		return finding
	}
	notes = append(notes, published...)
	for _, o := range offers {
		entry := entryOf(o, read, opened.digests)
		entry.Origin = redactedOrigin(asked.Origin)
		if finding := g.judgePageless(o, entry); finding != nil {
			return finding
		}
		g.enter(entry, notes...)
		g.publishedTaken(o)
	}
	g.approve(path, asked.byBuild)
	return nil
}

// judgePageless asks policy about a file that is on no page, by what it says of
// itself, or by what pip may take it for by its name.
func (g *Gate) judgePageless(o *offer, entry Entry) *rules.Finding {
	if o.file != nil || o.indexURL != "" {
		return nil
	}
	entries := []Entry{entry}
	if entry.Name == "" {
		entries = EntriesOf(o.filename)
	}
	for _, entry := range entries {
		for _, finding := range g.config.JudgeLocal(entry) {
			if finding.Action == rules.Block {
				return &finding
			}
		}
	}
	return nil
}

// judgeCachedWheel judges a wheel that an earlier run built: what it was built
// from must be something that this run may fetch, and the wheel is read.
func (g *Gate) judgeCachedWheel(path string, asked use) *rules.Finding {
	var source *offer
	if offers := g.offered(asked.Origin); len(offers) > 0 {
		source = offers[0]
		if source.blocked != nil {
			return source.blocked
		}
	} else if g.namesPlace(asked.Origin) && !asked.byBuild {
		// Of what is built there nobody knows the name beforehand, so that a build
		// could have any wheel pass for it.
		source = &offer{}
	}
	if source == nil {
		finding := unknownAddress(asked.Origin, asked.From, "")
		return &finding
	}
	built := &offer{
		url: path, page: cmp.Or(source.page, filepath.Dir(path)), filename: filepath.Base(path), name: source.name,
		version:  source.version,
		indexURL: source.indexURL, notes: source.notes, file: source.file,
		verdict: source.verdict,
	}
	return g.judgeLocal(path, []*offer{built}, asked)
}

// namesPlace says whether the command itself names what a wheel was built from.
func (g *Gate) namesPlace(origin string) bool {
	path, local := address.FilePath(origin)
	return local && len(g.localOffers(path, origin)) > 0 || g.named(origin)
}

func redactedOrigin(origin string) string {
	bare, _, _ := strings.Cut(origin, "#")
	return address.Redact(bare)
}

// approval is a local file that was judged in this run, for the run's own pips or
// for those that builds start: what a build had judged is no word of the user's.
type approval struct {
	path    string
	byBuild bool
}

func (g *Gate) approve(path string, byBuild bool) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.approved[approval{files.Resolved(path), byBuild}] = true
}

func (g *Gate) isApproved(path string, byBuild bool) bool {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.approved[approval{files.Resolved(path), byBuild}]
}

// localFile is an archive of this machine, hashed.
type localFile struct {
	*os.File
	length  int64
	digests map[string]string
}

func (f localFile) size() (int64, bool) { return f.length, true }

func openLocal(file *os.File) (localFile, error) {
	info, err := file.Stat()
	if err != nil {
		return localFile{}, err
	}
	digests, err := digestsOf(file)
	return localFile{file, info.Size(), digests}, err
}

// canonical writes a name as it is compared; "" stays.
func canonical(name string) string {
	if name == "" {
		return ""
	}
	return pep.CanonicalName(name)
}
