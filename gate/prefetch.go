package gate

import (
	"context"
	"maps"
	"sort"
	"strings"

	"thresher/address"
	"thresher/inside"
	"thresher/pep"
)

// Fetching ahead: pip asks for one page after another, because it learns of a
// project's dependencies only from the metadata of the file it chose. The gate
// guesses that file (the newest that fits), reads its metadata by itself, and
// has the next pages ready. A wrong guess costs a request and nothing else.

// request is what is known to be asked of a project: by the command, or by a
// file that depends on it.
type request struct {
	specifiers pep.Specifiers
	extras     string // canonical, sorted, joined by ","
}

// aheadKey names what was fetched ahead: a project under one set of extras.
type aheadKey struct{ name, extras string }

// maximalDepth and maximalAhead end what a hostile index could make endless.
const (
	maximalDepth = 40
	maximalAhead = 2000
)

// FetchAhead begins to fetch what the requested names will need.
func (g *Gate) FetchAhead() {
	for _, wanted := range g.config.Requested {
		g.fetchAhead(pep.CanonicalName(wanted.Name), requestOf(wanted), 0)
	}
}

func requestOf(wanted pep.Requirement) request {
	return request{specifiers: wanted.Specifiers, extras: joinExtras(wanted.Extras)}
}

func joinExtras(extras []string) string {
	canonical := make([]string, len(extras))
	for i, extra := range extras {
		canonical[i] = pep.CanonicalName(extra)
	}
	sort.Strings(canonical)
	return strings.Join(canonical, ",")
}

// fetchAhead begins to fetch and judge the page of a project, and then those
// of its likely dependencies.
func (g *Gate) fetchAhead(name string, asked request, depth int) {
	if g.slots == nil || depth > maximalDepth {
		return
	}
	key := aheadKey{name, asked.extras}
	g.mutex.Lock()
	_, begun := g.ahead[key]
	begun = begun || len(g.ahead) >= maximalAhead
	if !begun {
		g.ahead[key] = asked
	}
	g.mutex.Unlock()
	if begun {
		return
	}
	g.background.begin(func() {
		if !g.takeSlot() {
			return
		}
		dependencies, err := g.look(key, asked).wait(g.context)
		<-g.slots
		if err != nil || g.config.NoDependencies {
			return
		}
		for _, dependency := range dependencies {
			g.fetchAhead(pep.CanonicalName(dependency.Name), requestOf(dependency), depth+1)
		}
	})
}

// JudgeAnew lets a project be judged once more that was judged ahead: a person has
// said something of it since. pip has not asked for it yet.
func (g *Gate) JudgeAnew(canonical string) {
	g.verdicts.forget(func(key pageKey) bool { return key.name == canonical })
	g.looks.forget(func(key aheadKey) bool { return key.name == canonical })
	g.mutex.Lock()
	maps.DeleteFunc(g.ahead, func(key aheadKey, _ request) bool { return key.name == canonical })
	g.mutex.Unlock()
	for _, wanted := range g.config.Requested {
		if pep.CanonicalName(wanted.Name) == canonical {
			g.fetchAhead(canonical, requestOf(wanted), 0)
		}
	}
}

// look looks ahead from a project, once.
func (g *Gate) look(key aheadKey, asked request) *flight[[]pep.Requirement] {
	return g.looks.start(key, func() ([]pep.Requirement, error) { return g.lookAhead(key.name, asked), nil })
}

// takeSlot waits until fewer pages than allowed are being fetched ahead. What
// pip itself waits for takes no slot.
func (g *Gate) takeSlot() bool {
	select {
	case g.slots <- struct{}{}:
		return true
	case <-g.context.Done():
		return false
	}
}

// lookAhead makes a project's page ready under the index that answers for it,
// and gives the dependencies of its likeliest file.
func (g *Gate) lookAhead(name string, asked request) []pep.Requirement {
	route, err := g.route(g.context, name)
	if err != nil {
		return nil
	}
	first, last := max(route.place, 0), max(route.place, 0)
	if route.merged {
		first, last = 0, len(g.config.Indexes)-1
	}
	var best *keptFile
	var bestIndex string
	var bestVerdict *verdict
	for place := first; place <= last && place < len(g.config.Indexes); place++ {
		v, key, err := g.projectVerdict(g.context, place, name)
		if err != nil || v == nil || v.page == nil {
			continue
		}
		v.rendered(true, g.narrowed, g.onPipsSide)
		g.background.begin(func() { g.inspect(v) })
		if found := likeliest(v.files(), asked.specifiers, g.config.Environment); found != nil &&
			(best == nil || newer(found.version, best.version)) {
			best, bestIndex, bestVerdict = found, key.url, v
		}
	}
	if best == nil || sameVersion(best.version, g.config.Installed[name]) {
		return nil
	}
	read, ok := g.likelyContents(bestIndex, best, bestVerdict)
	if !ok {
		return nil // pip will ask by itself, and say what is wrong
	}
	var needed []pep.Requirement
	requirements, _ := pep.ParseRequirements(read.Requires)
	for _, requirement := range requirements {
		var extras []string
		if asked.extras != "" {
			extras = strings.Split(asked.extras, ",")
		}
		if applies, err := requirement.Applies(g.config.Environment, extras...); err != nil || !applies ||
			requirement.URL != "" {
			continue
		}
		installed, ok := g.config.Installed[pep.CanonicalName(requirement.Name)]
		// pip leaves alone what is installed and fits.
		if g.config.Eager || !ok || !requirement.Specifiers.Contains(installed, true) {
			needed = append(needed, requirement)
		}
	}
	return needed
}

// likelyContents gives the metadata of the file that pip will probably choose:
// as it was read before, as the index offers it, or from the file itself, which
// is fetched ahead.
func (g *Gate) likelyContents(indexURL string, kept *keptFile, v *verdict) (contents, bool) {
	read, ok := g.recall(kept.file.Filename, strings.ToLower(kept.file.Hashes["sha256"]))
	if !ok && kept.file.CoreMetadata {
		text, err := g.config.Source.Metadata(g.context, indexURL, kept.file)
		if err != nil {
			return contents{}, false
		}
		if read, err = contentsOfMetadata(text); err != nil {
			return contents{}, false
		}
		g.fetchFileAhead(indexURL, kept, v)
		return read, true
	}
	a := g.fetchFileAhead(indexURL, kept, v)
	if ok {
		return read, true
	}
	if read, ok := g.metadataByParts(indexURL, kept); ok {
		return read, true
	}
	if a == nil || !wait(g.context, a.judged) || a.failure != nil || a.err != nil || a.spool == nil {
		return contents{}, false
	}
	return a.read, a.refused == nil
}

// metadataByParts reads the metadata of a wheel out of its end, where the index
// offers none: what it depends on is known long before all of a large one is here.
// It serves the guess alone, for nobody compared it with the file's hash.
func (g *Gate) metadataByParts(indexURL string, kept *keptFile) (contents, bool) {
	file := kept.file
	if !isWheel(file.Filename) || strings.HasPrefix(file.URL, "file:") ||
		file.Size > 0 && file.Size <= inside.FirstRange(file.Size) {
		return contents{}, false
	}
	ctx, cancel := context.WithTimeout(g.context, aheadTimeout)
	defer cancel()
	ranges := inside.OverHTTP(g.config.Source.Open, g.judgeRedirectIn, file.URL, indexURL)
	text, err := inside.Metadata(ctx, file.Size, ranges)
	if err != nil {
		return contents{}, false
	}
	read, err := contentsOfMetadata(text)
	return read, err == nil
}

// largestAhead bounds what is fetched on a guess.
const largestAhead = 256 << 20

// fetchFileAhead begins to fetch a file that pip will probably choose; nil where
// pip's own cache has it, or it is too large for a guess.
func (g *Gate) fetchFileAhead(indexURL string, kept *keptFile, v *verdict) *arrival {
	if g.fileSlots == nil || kept.file.Size > largestAhead || strings.HasPrefix(kept.file.URL, "file:") {
		return nil
	}
	if _, ok := g.recall(kept.file.Filename, strings.ToLower(kept.file.Hashes["sha256"])); ok &&
		g.config.CachedByPip(kept.file.URL) {
		return nil
	}
	bare := address.Bare(indexURL)
	ahead := &offer{
		url: kept.file.URL, indexURL: indexURL, page: bare, name: kept.name, version: kept.version,
		filename: kept.file.Filename, hashes: kept.file.Hashes, file: kept.file, verdict: v, notes: kept.notes,
		length: kept.file.Size,
	}
	return g.startFile(kept.file.URL, []*offer{ahead}, true)
}

func newer(a, b string) bool {
	first, err := pep.ParseVersion(a)
	if err != nil {
		return false
	}
	second, err := pep.ParseVersion(b)
	return err != nil || first.Compare(second) > 0
}

// likeliest gives the file that pip will probably choose: a wheel of the newest
// version that fits. nil where there is none, or where it is a source archive,
// whose dependencies nobody knows before it is built.
func likeliest(files []keptFile, specifiers pep.Specifiers, environment map[string]string) *keptFile {
	var best *keptFile
	var bestVersion pep.Version
	prereleases := specifiers.NamesPrerelease()
	for i := range files {
		kept := &files[i]
		version, err := pep.ParseVersion(kept.version)
		if err != nil || kept.file.Yanked || (version.IsPrerelease() && !prereleases) {
			continue
		}
		order := 1
		if best != nil {
			order = version.Compare(bestVersion)
		}
		if order < 0 || (order == 0 && strings.HasSuffix(best.file.Filename, ".whl")) {
			continue
		}
		if !specifiers.Match(version) || !fitsPython(kept.file.RequiresPython, environment) ||
			!fitsPlatform(kept.file.Filename, environment) {
			continue
		}
		best, bestVersion = kept, version
	}
	if best != nil && !strings.HasSuffix(best.file.Filename, ".whl") {
		return nil
	}
	return best
}

func fitsPython(requires string, environment map[string]string) bool {
	if requires == "" || environment["python_full_version"] == "" {
		return true
	}
	specifiers, err := pep.ParseSpecifiers(requires)
	return err != nil || specifiers.Contains(environment["python_full_version"], true)
}

// fitsPlatform guesses by its tags whether a wheel can be installed. A source
// archive always can.
func fitsPlatform(filename string, environment map[string]string) bool {
	stem, wheel := strings.CutSuffix(filename, ".whl")
	if !wheel {
		return true
	}
	parts := strings.Split(stem, "-")
	if len(parts) < 5 {
		return false
	}
	interpreters, abis, platforms := parts[len(parts)-3], parts[len(parts)-2], parts[len(parts)-1]
	return anyPart(platforms, func(tag string) bool { return fitsSystem(tag, environment) }) &&
		anyPart(interpreters, func(tag string) bool { return fitsInterpreter(tag, abis, environment) })
}

func anyPart(tags string, fits func(string) bool) bool {
	for _, tag := range strings.Split(tags, ".") {
		if fits(tag) {
			return true
		}
	}
	return false
}

func fitsSystem(tag string, environment map[string]string) bool {
	if tag == "any" {
		return true
	}
	machine := strings.ToLower(environment["platform_machine"])
	switch environment["sys_platform"] {
	case "linux":
		return strings.Contains(tag, "linux") && strings.HasSuffix(tag, "_"+machine)
	case "darwin":
		return strings.HasPrefix(tag, "macosx") && (strings.HasSuffix(tag, machine) || strings.HasSuffix(tag, "universal2"))
	case "win32":
		return tag == "win32" || strings.HasPrefix(tag, "win_") && strings.HasSuffix(tag, machine)
	}
	return false
}

func fitsInterpreter(tag, abis string, environment map[string]string) bool {
	if tag == "py3" {
		return true
	}
	minor := strings.TrimPrefix(environment["python_version"], "3.")
	digits, cpython := strings.CutPrefix(tag, "cp3")
	if cpython {
		if digits == minor {
			return true
		}
		return anyPart(abis, func(abi string) bool { return abi == "abi3" }) && shorterOrLess(digits, minor)
	}
	if digits, generic := strings.CutPrefix(tag, "py3"); generic {
		return shorterOrLess(digits, minor)
	}
	if digits, pypy := strings.CutPrefix(tag, "pp3"); pypy {
		return environment["implementation_name"] == "pypy" && digits == minor
	}
	return false
}

// shorterOrLess compares two numbers without leading zeros.
func shorterOrLess(a, b string) bool {
	return len(a) < len(b) || (len(a) == len(b) && a <= b)
}
