package gate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"thresher/address"
	"thresher/archive"
	"thresher/index"
	"thresher/inside"
	"thresher/internal/files"
	"thresher/pep"
	"thresher/policy/rules"
)

// What a file brings is judged where it can still be held back: the file that
// pip will probably choose is read at its index, by its end, before pip is given
// the page. Every file is judged once more when it comes, by what it is; one
// that was not looked at in time stops there.

// Bounds of what is looked at before a page is given out.
const (
	maximalLooks = 8
	aheadTimeout = 15 * time.Second
)

// inspect looks into the file that pip will probably choose of a page, and
// holds back or blocks its release where policy says so; then into the next.
// Once pip was given the page nothing of it changes.
func (g *Gate) inspect(v *verdict) {
	if g.config.JudgeInside == nil && g.config.JudgePublisher == nil || v.name == "" || v.page == nil {
		return
	}
	v.inspecting.Lock()
	defer v.inspecting.Unlock()
	for range maximalLooks {
		kept := g.likeliestOf(v)
		if v.delivered || kept == nil || v.inspected[kept.file.URL] || inside.IsSettled(kept.file, g.config.now()) {
			return
		}
		v.inspected[kept.file.URL] = true
		if finding, _ := g.judgePublisher(v, kept); finding != nil {
			v.withhold(g, kept.version, *finding)
			continue
		}
		read, ok := g.readAhead(v.source, kept.name, kept.version, inside.Release{Version: kept.version, File: kept.file}, v)
		if !ok {
			return // it is judged when it comes
		}
		o := &offer{name: kept.name, version: kept.version, filename: kept.file.Filename, file: kept.file, verdict: v}
		finding, _ := g.judgeInside(o, read, nil)
		if finding == nil {
			return
		}
		v.withhold(g, kept.version, *finding)
	}
}

// likeliestOf gives the file that pip will probably choose under everything that
// is known to be asked of the project; nil for none, or where it is installed.
func (g *Gate) likeliestOf(v *verdict) *keptFile {
	var asked []request
	for _, wanted := range g.config.Requested {
		if pep.CanonicalName(wanted.Name) == v.name {
			asked = append(asked, requestOf(wanted))
		}
	}
	g.mutex.Lock()
	for key, ahead := range g.ahead {
		if key.name == v.name {
			asked = append(asked, ahead)
		}
	}
	g.mutex.Unlock()
	var specifiers pep.Specifiers
	files := v.files()
	for i, a := range asked {
		specifiers = a.specifiers
		if i == len(asked)-1 {
			break
		}
		files = slices.DeleteFunc(slices.Clone(files),
			func(kept keptFile) bool { return !a.specifiers.Contains(kept.version, true) })
	}
	best := likeliest(files, specifiers, g.config.Environment)
	if best == nil || sameVersion(best.version, g.config.Installed[v.name]) {
		return nil
	}
	return best
}

// withhold takes a release out of what pip is given, or blocks it: all of its
// files, for its source archive brings the same.
func (v *verdict) withhold(g *Gate, version string, finding rules.Finding) {
	v.rendering.Lock()
	defer v.rendering.Unlock()
	served := emptied(v.page)
	served.Files = slices.Clone(v.page.Files)
	for _, known := range v.page.Versions {
		if !sameVersion(known, version) {
			served.Versions = append(served.Versions, known)
		}
	}
	var left []keptFile
	for _, kept := range v.kept {
		if !sameVersion(kept.version, version) {
			left = append(left, kept)
			continue
		}
		at := slices.IndexFunc(served.Files, func(file index.File) bool { return file.URL == kept.file.URL })
		switch {
		case at < 0:
		case finding.Action == rules.Hold:
			served.Files = slices.Delete(served.Files, at, at+1)
		default:
			served.Files[at] = g.blockFile(v, *kept.file, kept.name, kept.version, finding)
		}
	}
	if finding.Action == rules.Hold {
		v.findings = append(v.findings, versionFinding{version, finding})
	} else {
		served.Versions = v.page.Versions
	}
	v.page, v.kept, v.json, v.html = served, left, nil, nil
}

// files gives what of a page may be had.
func (v *verdict) files() []keptFile {
	v.rendering.Lock()
	defer v.rendering.Unlock()
	return v.kept
}

// releases gives what of a page can vouch for another of its files.
func (v *verdict) releases() []inside.Release {
	files := v.files()
	releases := make([]inside.Release, len(files))
	for i, kept := range files {
		releases[i] = inside.Release{Version: kept.version, File: kept.file}
	}
	return releases
}

// judgeInside judges what a file brings: the finding that does something, nil
// for none, and notes. replaced are files of others that it would take the
// place of.
func (g *Gate) judgeInside(o *offer, read inside.Contents, replaced []rules.ReplacedEvidence) (*rules.Finding,
	[]rules.Finding) {
	if g.config.JudgeInside == nil {
		return nil, nil
	}
	evidence := rules.InsideEvidence{Name: o.name, Version: o.version, Filename: o.filename, Replaced: replaced}
	if o.name != "pip" {
		for _, script := range read.Scripts {
			if archive.OwnScript(script) || archive.LeadsOut(script) {
				evidence.Replaced = append(evidence.Replaced, rules.ReplacedEvidence{Path: "bin/" + script})
			} else if archive.SystemCommand(script) && !inside.IsSettled(o.file, g.config.now()) {
				evidence.Replaced = append(evidence.Replaced, rules.ReplacedEvidence{By: "bin/" + script})
			}
		}
	}
	var hooks []inside.Hook
	for _, hook := range read.Hooks {
		if hook.Kind == archive.Configuration { // however long it is out
			evidence.Replaced = append(evidence.Replaced, rules.ReplacedEvidence{Path: hook.Path})
		} else {
			hooks = append(hooks, hook)
		}
	}
	if len(hooks) == 0 && len(evidence.Replaced) == 0 {
		return nil, nil
	}
	g.compareHooks(o, hooks, &evidence)
	return weighed(g.config.JudgeInside(evidence))
}

// compareHooks fills in what is known of hooks from older releases and from what
// is installed.
func (g *Gate) compareHooks(o *offer, hooks []inside.Hook, evidence *rules.InsideEvidence) {
	settled := inside.IsSettled(o.file, g.config.now())
	var open []inside.Hook
	for _, hook := range hooks {
		known := settled || inside.IsKnown(o.name, hook) || g.config.InstalledHook(o.name, hook.Path, hook.SHA256)
		if !hook.Runs || known {
			evidence.Hooks = append(evidence.Hooks, rules.HookEvidence{Path: hook.Path, Runs: hook.Runs, Seen: known})
			continue
		}
		open = append(open, hook)
	}
	var vouching []inside.Release
	if o.verdict == nil {
		local := *o
		local.verdict = g.pageOf(o.name) // of a file in a folder: pip may have asked an index as well
		o = &local
	}
	if len(open) > 0 && o.verdict != nil {
		allowed := func(version string) bool { return g.config.AllowsHooks(o.name, version) }
		vouching = inside.Vouching(o.verdict.releases(), o.version, o.filename, g.config.now(), allowed)
	}
	standings, compared := inside.Compare(open, vouching, func(release inside.Release) (inside.Contents, bool) {
		return g.readAhead(o.verdict.source, o.name, release.Version, release, nil)
	})
	evidence.Compared = compared
	for _, s := range standings {
		evidence.Hooks = append(evidence.Hooks, rules.HookEvidence{Path: s.Hook.Path, Runs: true,
			Seen: s.Seen != "", Other: s.Other})
	}
}

// pageOf gives a page of the network that pip was given of a project; nil for
// none.
func (g *Gate) pageOf(name string) *verdict {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	for _, v := range g.served {
		if name != "" && v.name == name && strings.HasPrefix(v.indexURL, "http") {
			return v
		}
	}
	return nil
}

// judgeArrived judges what the files at an address bring, once one of them is
// here: what would be held back can only be refused.
func (g *Gate) judgeArrived(offers []*offer, read contents) (refused *rules.Finding, notes []rules.Finding) {
	if read.Inside == nil || !read.Wheel {
		return nil, nil
	}
	for _, o := range offers {
		named := *o
		if named.name == "" {
			named.name = canonical(read.Name)
		}
		if named.version == "" {
			named.version = read.Version
		}
		finding, noted := g.judgeInside(&named, *read.Inside, nil)
		if finding != nil {
			finding.Action = rules.Block
			return finding, nil
		}
		for _, note := range noted {
			if !slices.Contains(notes, note) {
				notes = append(notes, note)
			}
		}
	}
	return nil, notes
}

// notePayloads notes members that an honest wheel seldom has, where the release
// before had none. Nobody waits for it: what is not known when pip has ended is
// not told.
func (g *Gate) notePayloads(o *offer, read contents) {
	if g.config.JudgeInside == nil || !read.Wheel || read.Inside == nil || len(read.Inside.Payloads) == 0 ||
		o.verdict == nil ||
		inside.IsSettled(o.file, g.config.now()) {
		return
	}
	own, err := pep.ParseVersion(o.version)
	if err != nil {
		return
	}
	g.background.begin(func() {
		older := inside.Older(o.verdict.releases(), own, o.filename)
		if len(older) == 0 {
			return
		}
		before, ok := g.readAhead(o.verdict.source, o.name, older[0].Version, older[0], nil)
		if !ok {
			return
		}
		evidence := rules.InsideEvidence{Name: o.name, Version: o.version, Filename: o.filename}
		for _, payload := range inside.NewPayloads(*read.Inside, before) {
			evidence.Payloads = append(evidence.Payloads, rules.PayloadEvidence{
				Path: payload.Path, Kind: rules.PayloadKind(payload.Kind), Size: payload.Size,
			})
		}
		g.noteInstalled(o, nil, g.config.JudgeInside(evidence))
	})
}

// readAhead gives what a wheel of a page brings, read by parts where it is not
// known yet; false where it could not be had. A small one that pip will probably
// choose is fetched whole, as it is ahead anyway: v is its page then, else nil.
func (g *Gate) readAhead(indexURL, name, version string, release inside.Release, v *verdict) (inside.Contents, bool) {
	file := release.File
	digest := strings.ToLower(file.Hashes["sha256"])
	if read, ok := g.recall(file.Filename, digest); ok && read.Inside != nil {
		return *read.Inside, true
	}
	found, err := g.partials.start(pageKey{indexURL, file.URL}, func() (inside.Contents, error) {
		place := g.memoryOf(partialKey(indexURL, digest))
		if read, ok := recallFrom(place, file.Filename); ok && digest != "" {
			return *read.Inside, nil
		}
		if path, local := address.FilePath(file.URL); local {
			return readLocalWheel(path, file.Filename)
		}
		if v != nil && file.Size > 0 && file.Size <= inside.FirstRange(file.Size) {
			kept := &keptFile{name: name, version: version, file: file}
			for _, own := range v.files() {
				if own.file.URL == file.URL {
					kept = &own // with what was noted of it
				}
			}
			if read, ok := g.wholeAhead(indexURL, kept, v); ok {
				return read, nil
			}
		}
		ctx, cancel := context.WithTimeout(g.context, aheadTimeout)
		defer cancel()
		ranges := inside.OverHTTP(g.config.Source.Open, g.judgeRedirectIn, file.URL, indexURL)
		contents, err := inside.Ahead(ctx, file.Filename, file.Size, ranges, false)
		if err == nil && digest != "" {
			rememberAt(place, contentsAhead(contents))
		}
		return contents, err
	}).wait(g.context)
	return found, err == nil
}

// contentsAhead is what was read of a wheel by parts.
func contentsAhead(read inside.Contents) contents { return contents{Wheel: true, Inside: &read} }

// partialKey is the place in the memory of what an index said of a file by parts
// of it: nobody compared these with the file's hash, so that they count for that
// index alone.
func partialKey(indexURL, digest string) string {
	sum := sha256.Sum256([]byte(address.Bare(indexURL) + "\n" + digest))
	return hex.EncodeToString(sum[:])
}

// wholeAhead fetches a file that pip will probably choose.
func (g *Gate) wholeAhead(indexURL string, kept *keptFile, v *verdict) (inside.Contents, bool) {
	a := g.fetchFileAhead(indexURL, kept, v)
	if a == nil {
		return inside.Contents{}, false
	}
	a.hasten()
	if !wait(g.context, a.judged) || a.failure != nil || a.err != nil || a.read.Inside == nil {
		return inside.Contents{}, false
	}
	return *a.read.Inside, true
}

func readLocalWheel(path, filename string) (inside.Contents, error) {
	file, err := files.OpenRegular(path)
	if err != nil {
		return inside.Contents{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return inside.Contents{}, err
	}
	return inside.OfWheel(file, info.Size(), filename)
}
