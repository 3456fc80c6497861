package gate

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"thresher/address"
	"thresher/archive"
	"thresher/inside"
	"thresher/internal/files"
	"thresher/internal/words"
	"thresher/policy/rules"
)

// What pip is about to install, all of it at once and before the first file is
// written: the bootstrap shows it. Wheels that were built in this run are judged
// here, and what one wheel would write over another's file.

// installPath is where the bootstrap shows it.
const installPath = "/-/install"

// maximalShown bounds the question.
const maximalShown = 16 << 20

// installing is what pip is about to install.
type installing struct {
	// Elsewhere says that it does not go into the environment of the run.
	Elsewhere bool         `json:"elsewhere"`
	Wheels    []shownWheel `json:"wheels"`
}

type shownWheel struct {
	Name   string `json:"name"`   // as pip writes it
	Path   string `json:"path"`   // of the wheel that pip will open, its bytes quoted as in a URL
	Link   string `json:"link"`   // where pip has it from
	Source string `json:"source"` // what it was built from, or Link; "" unknown
	// Editable says that it stands for a directory: only the command's own words
	// have pip make one.
	Editable bool `json:"editable"`
	byBuild  bool // a pip within the run installs it
}

// openedWheel is one of them, open.
type openedWheel struct {
	name     string // canonical
	offer    *offer
	wheel    *archive.Wheel
	paths    map[inside.Path]string // where files go → the member; "" a command that pip makes
	order    []inside.Path
	replaced []rules.ReplacedEvidence
}

// serveInstall judges what pip is about to install.
func (g *Gate) serveInstall(w http.ResponseWriter, r *http.Request) {
	var shown installing
	if err := json.NewDecoder(io.LimitReader(r.Body, maximalShown)).Decode(&shown); err != nil {
		refuse(w, r, http.StatusBadRequest, messageNoSuchPlace)
		return
	}
	byBuild := !same(r.Header.Get(headerSecret), g.secret)
	for i := range shown.Wheels {
		shown.Wheels[i].byBuild = byBuild
	}
	shown.Elsewhere = shown.Elsewhere || byBuild // a pip within the run has a place of its own
	if finding := g.judgeInstalling(shown); finding != nil {
		g.record(finding.Subject, "", *finding)
		w.WriteHeader(http.StatusForbidden)
		_, _ = fmt.Fprint(w, refusal(*finding))
		return
	}
	_, _ = fmt.Fprint(w, "yes")
}

// judgeInstalling gives why something may not be installed; nil where all may.
func (g *Gate) judgeInstalling(shown installing) *rules.Finding {
	if g.config.JudgeInside == nil {
		return nil
	}
	var opened []*openedWheel
	for _, s := range shown.Wheels {
		path, err := url.PathUnescape(s.Path)
		if err != nil {
			finding := unknownAddress(s.Link, "", "")
			return &finding
		}
		file, err := files.OpenRegular(path)
		if err != nil {
			continue // as pip will say
		}
		defer file.Close()
		w, finding := g.openShown(s, path, file)
		if finding != nil {
			return finding
		}
		if w != nil {
			opened = append(opened, w)
		}
	}
	g.findReplaced(opened, shown.Elsewhere)
	for _, w := range opened {
		if len(w.replaced) == 0 {
			continue
		}
		refused, notes := g.judgeInside(w.offer, inside.Contents{}, w.replaced)
		if refused != nil {
			refused.Action = rules.Block
			return refused
		}
		g.noteInstalled(w.offer, nil, notes)
	}
	return nil
}

// openShown opens a wheel, and judges it where that was not done before: one
// that was built in this run.
func (g *Gate) openShown(s shownWheel, path string, file *os.File) (*openedWheel, *rules.Finding) {
	o := &offer{name: canonical(s.Name), filename: filepath.Base(path), url: s.Link}
	if found := readings(o.filename, ""); len(found) > 0 {
		o.version = found[0].version
	}
	known := g.isApproved(path, s.byBuild)
	offers := slices.Concat(g.offered(s.Link), g.offered(s.Source))
	if len(offers) == 0 && s.Source == "" { // pip forgets where it had from what it built
		offers = g.sourcesOf(o.name, o.version)
	}
	if len(offers) > 0 {
		o.file, o.verdict, o.indexURL = offers[0].file, offers[0].verdict, offers[0].indexURL
		known = known || isWheel(offers[0].filename)
	}
	if !known {
		if finding := g.judgeBuilt(o, s, file); finding != nil {
			return nil, finding
		}
	}
	info, err := file.Stat()
	if err != nil {
		return nil, nil // as pip will say
	}
	wheel, err := archive.OpenDirectory(file, info.Size())
	if err != nil {
		finding := unlikeOffered(o, words.Printable(err.Error()))
		return nil, &finding
	}
	w := &openedWheel{name: o.name, offer: o, wheel: wheel, paths: make(map[inside.Path]string, len(wheel.Members))}
	add := func(path inside.Path, member string) {
		if _, twice := w.paths[path]; !twice {
			w.paths[path] = member
			w.order = append(w.order, path)
		}
	}
	for _, m := range wheel.Members {
		if path := inside.PathOf(m.Name); !m.IsFolder() && path.Scheme != archive.Headers && path.Scheme != archive.Nowhere {
			add(path, m.Name)
		}
	}
	for _, command := range inside.Commands(wheel) {
		add(inside.Path{Scheme: archive.Scripts, Name: command}, "")
	}
	return w, nil
}

// sourcesOf gives the source archives of a release on the pages that pip was
// given.
func (g *Gate) sourcesOf(name, version string) []*offer {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	var found []*offer
	for key, v := range g.served {
		if v.name != name {
			continue
		}
		for _, kept := range v.kept {
			if !isWheel(kept.file.Filename) && sameVersion(kept.version, version) {
				found = append(found, &offer{
					indexURL: key.url, name: name, version: kept.version, filename: kept.file.Filename, file: kept.file, verdict: v,
				})
			}
		}
	}
	return found
}

// judgeBuilt judges what a wheel brings that was built in this run. What was
// built from a directory that the command names is its own.
func (g *Gate) judgeBuilt(o *offer, s shownWheel, file *os.File) *rules.Finding {
	place, local := address.FilePath(s.Source)
	if !s.byBuild && (s.Editable || local && len(g.namedPaths(place)) > 0 && isFolder(place)) {
		return nil
	}
	opened, err := openLocal(file)
	if err != nil {
		finding := unlikeOffered(o, words.Printable(err.Error()))
		return &finding
	}
	read, known := g.recall(o.filename, opened.digests["sha256"])
	if !known {
		read = readContents(o.filename, opened)
		g.remember(opened.digests["sha256"], read)
	}
	if read.Problem != "" {
		finding := unlikeOffered(o, read.Problem)
		return &finding
	}
	refused, notes := g.judgeArrived([]*offer{o}, read)
	if refused == nil && read.Inside != nil {
		g.noteInstalled(o, read.Inside.Hooks, notes)
	}
	return refused
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// noteInstalled adds to the ledger what was seen of a release only now.
func (g *Gate) noteInstalled(o *offer, hooks []inside.Hook, notes []rules.Finding) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	for i := range g.ledger {
		entry := &g.ledger[i]
		if entry.Name != o.name || !sameVersion(entry.Version, o.version) {
			continue
		}
		entry.Notes = append(slices.Clip(entry.Notes), notes...)
		for _, hook := range hooks {
			entry.Hooks = append(slices.Clip(entry.Hooks), hook.Path)
		}
	}
}

// findReplaced finds the files of others that the wheels would write over, and
// the modules of others that Python would no longer import: of each other, and of
// what is installed and stays.
func (g *Gate) findReplaced(wheels []*openedWheel, elsewhere bool) {
	owners := map[inside.Path]*openedWheel{} // by path, as the file system compares it
	modules := map[string]broughtModule{}
	names := map[string]bool{}
	for _, w := range wheels {
		names[w.name] = true
	}
	for _, w := range wheels {
		for _, path := range w.order {
			name := archive.PathKey(path.Name)
			if path.Scheme == archive.Site && strings.HasPrefix(name, "pip/") && w.name != "pip" && !elsewhere {
				w.replaces(path, path, "pip") // all of it, that pip would import at its next start
				continue
			}
			key := inside.Path{Scheme: path.Scheme, Name: name}
			if first, taken := owners[key]; taken {
				g.findCollision(w, path, first, path)
				continue
			}
			owners[key] = w
			if !elsewhere && g.findOccupied(w, path, path, names) {
				continue
			}
			module, ok := archive.ModuleOf(name)
			if path.Scheme != archive.Site || !ok {
				continue
			}
			if first, taken := modules[module]; !taken {
				modules[module] = broughtModule{w, path}
			} else if first.wheel != w {
				g.findCollision(w, path, first.wheel, first.path)
			}
			if !elsewhere {
				for _, there := range g.config.Beside(path.Name) {
					g.findOccupied(w, path, inside.Path{Scheme: archive.Site, Name: there}, names)
				}
			}
		}
	}
}

// broughtModule is the first file of a module among the wheels.
type broughtModule struct {
	wheel *openedWheel
	path  inside.Path
}

// findCollision judges two files of different wheels that are one path or one
// module: a newcomer's is the one that replaces.
func (g *Gate) findCollision(w *openedWheel, path inside.Path, other *openedWheel, there inside.Path) {
	if inside.IsIdle(path) || inside.IsIdle(there) || sameContent(path, w.content(path), other.content(there)) {
		return
	}
	switch {
	case g.isNewcomer(w, path):
		w.replaces(path, there, other.name)
	case g.isNewcomer(other, there):
		other.replaces(there, path, w.name)
	}
}

// findOccupied looks whether a file of a wheel would take the place of one that is
// installed: at the same path, or of the same module. What this run replaces takes
// its files along. It says whether there was one to take.
func (g *Gate) findOccupied(w *openedWheel, path, there inside.Path, installing map[string]bool) bool {
	place, owners := g.config.Occupied(there.Scheme, there.Name)
	if len(owners) == 0 || slices.Contains(owners, w.name) || inside.IsIdle(path) || inside.IsIdle(there) {
		return false
	}
	for _, owner := range owners {
		if installing[owner] {
			continue
		}
		if owner == "" { // of the environment itself, which nothing excuses
			w.replaces(path, there, owner)
			return true
		}
		content, err := files.ReadRegular(place, maximalCompared)
		if err == nil && sameContent(path, w.content(path), content) || !g.isNewcomer(w, path) {
			return false
		}
		w.replaces(path, there, owner)
		return true
	}
	return false
}

// maximalCompared bounds the files whose content is compared.
const maximalCompared = 1 << 20

// replaces notes that a file of the wheel would take the place of another's.
func (w *openedWheel) replaces(path, there inside.Path, owner string) {
	evidence := rules.ReplacedEvidence{Path: there.Name, Owner: owner}
	if there.Scheme == archive.Scripts {
		evidence.Path = "bin/" + there.Name
	}
	if path != there {
		evidence.By = path.Name
	}
	w.replaced = append(w.replaced, evidence)
}

// content gives the content of a member; nil for what is too large, or a command
// that pip makes.
func (w *openedWheel) content(path inside.Path) []byte {
	member := w.paths[path]
	if member == "" {
		return nil
	}
	content, err := w.wheel.Read(member, maximalCompared)
	if err != nil {
		return nil
	}
	return content
}

// sameContent compares two files; what is not known is not the same.
func sameContent(path inside.Path, a, b []byte) bool {
	return a != nil && b != nil && inside.SameModule(path, a, b)
}

// isNewcomer says whether nothing but this very file puts a file of its
// distribution at a path, or a module of that name: no release that is out for long, nor what is installed.
func (g *Gate) isNewcomer(w *openedWheel, path inside.Path) bool {
	now := g.config.now()
	if inside.IsSettled(w.offer.file, now) {
		return false
	}
	installed := []inside.Path{path}
	if path.Scheme == archive.Site {
		for _, there := range g.config.Beside(path.Name) {
			installed = append(installed, inside.Path{Scheme: archive.Site, Name: there})
		}
	}
	for _, there := range installed {
		if _, owners := g.config.Occupied(there.Scheme, there.Name); slices.Contains(owners, w.name) {
			return false
		}
	}
	if w.offer.verdict == nil { // from a folder: of a name that many have it is nothing new
		return g.config.Popular == nil || !g.config.Popular(w.name)
	}
	for _, release := range inside.Vouching(w.offer.verdict.releases(), w.offer.version, w.offer.filename, now, nil) {
		paths, err := g.olderPaths.start(pageKey{w.offer.verdict.source, release.File.URL},
			func() (map[inside.Path]bool, error) {
				ctx, cancel := context.WithTimeout(g.context, aheadTimeout)
				defer cancel()
				ranges := inside.OverHTTP(g.config.Source.Open, g.judgeRedirectIn, release.File.URL, w.offer.verdict.source)
				return inside.Paths(ctx, release.File.Size, ranges)
			}).wait(g.context)
		if err != nil {
			continue // it vouches for nothing
		}
		if paths[path] || hasModule(paths, path) || path.Scheme == archive.Scripts && w.paths[path] == "" && len(paths) > 0 &&
			g.hadCommand(w, release, path.Name) {
			return false
		}
	}
	return true
}

// hasModule says whether one of the paths is a file of the same module, as
// compiled code of another interpreter is.
func hasModule(paths map[inside.Path]bool, path inside.Path) bool {
	module, ok := archive.ModuleOf(path.Name)
	if !ok || path.Scheme != archive.Site {
		return false
	}
	for known := range paths {
		if other, ok := archive.ModuleOf(known.Name); ok && known.Scheme == archive.Site && other == module {
			return true
		}
	}
	return false
}

// hadCommand says whether an older release has a command that pip makes.
func (g *Gate) hadCommand(w *openedWheel, release inside.Release, name string) bool {
	ctx, cancel := context.WithTimeout(g.context, aheadTimeout)
	defer cancel()
	ranges := inside.OverHTTP(g.config.Source.Open, g.judgeRedirectIn, release.File.URL, w.offer.verdict.source)
	contents, err := inside.Ahead(ctx, release.File.Filename, release.File.Size, ranges, true)
	return err == nil && slices.ContainsFunc(contents.Scripts,
		func(script string) bool { return strings.EqualFold(script, name) })
}
