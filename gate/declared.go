package gate

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"thresher/index"
	"thresher/pep"
	"thresher/policy/rules"
)

// Dependencies that are declared by URL ("x @ git+ssh://…", "x @ file:///…").
// pip fetches these past any index, some past any proxy, and builds what they
// hold as soon as it has read the metadata that names them. So a release whose
// metadata, read ahead, declares one that had no verdict is blocked before pip
// is given the page.

// releaseKey names a release: canonical name and version as written.
type releaseKey struct{ name, version string }

// declaredPatience is how long the page of a project waits for the metadata of
// its likeliest file. pip waits for the same file next.
const declaredPatience = 5 * time.Second

// declare enters a dependency by URL unless that URL had a verdict.
func (g *Gate) declare(name, version string, requirement pep.Requirement) {
	if g.config.NoDependencies || g.hadVerdict(requirement.URL) {
		return
	}
	declared := requirement.Name
	if len(requirement.Extras) > 0 {
		declared += "[" + strings.Join(requirement.Extras, ",") + "]"
	}
	declared += " @ " + index.RedactRepository(requirement.URL)
	finding := rules.Finding{
		Subject: name, Rule: rules.DirectURL, Action: rules.Block, Confidence: rules.High,
		Evidence: fmt.Sprintf(messageDeclared, index.Printable(version), declared), Hint: declaredHint(name, declared),
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if _, known := g.declared[releaseKey{name, version}]; !known {
		g.declared[releaseKey{name, version}] = finding
	}
}

// hadVerdict says whether a URL of a dependency is one that the command names.
func (g *Gate) hadVerdict(declared string) bool {
	comparable := func(address string) string {
		if system, rest, found := strings.Cut(address, "+"); found && !strings.ContainsAny(system, ":/") {
			address = rest
		}
		address, _, _ = strings.Cut(address, "#")
		bare, _, _ := index.StripCredentials(address)
		return strings.TrimRight(bare, "/")
	}
	for _, address := range g.config.AllowedURLs {
		if comparable(address) == comparable(declared) {
			return true
		}
	}
	return false
}

// settle gives the verdict on a page as it is after what its likeliest file
// declares by URL is known. It is made once for each page: what pip was given
// stays.
func (g *Gate) settle(name string, key pageKey, v *verdict) *verdict {
	if g.slots == nil || v.page == nil || len(v.kept) == 0 {
		return v
	}
	settled, err := g.settled.start(key, func() (*verdict, error) {
		g.awaitLooks(name)
		return g.withoutDeclared(v), nil
	}).wait(g.context)
	if err != nil {
		return v // the gate is closed
	}
	return settled
}

// awaitLooks waits until what was asked of a project, as far as that is known,
// was looked at; where nothing is known, until its newest release was.
func (g *Gate) awaitLooks(name string) {
	asked := map[aheadKey]request{}
	for range 2 {
		g.mutex.Lock()
		for key, request := range g.ahead {
			if key.name == name {
				asked[key] = request
			}
		}
		g.mutex.Unlock()
		if len(asked) > 0 {
			break
		}
		g.fetchAhead(name, request{}, 0)
	}
	ctx, cancel := context.WithTimeout(g.context, declaredPatience)
	defer cancel()
	for key, request := range asked {
		// What pip waits for takes no slot. An error is that of ctx: pip is not
		// held up any longer, and will find that nobody answers by itself.
		_, _ = g.look(key, request).wait(ctx)
	}
}

// withoutDeclared blocks the releases of a page that declare a dependency by a
// URL without verdict.
func (g *Gate) withoutDeclared(v *verdict) *verdict {
	versions := map[string]rules.Finding{}
	g.mutex.Lock()
	for release, finding := range g.declared {
		if release.name == v.name {
			versions[release.version] = finding
		}
	}
	g.mutex.Unlock()
	if len(versions) == 0 {
		return v
	}
	result := &verdict{
		name: v.name, indexURL: v.indexURL, findings: v.findings, faults: v.faults, blocked: maps.Clone(v.blocked),
	}
	of := func(version string) (rules.Finding, bool) {
		for declaring, finding := range versions {
			if sameVersion(declaring, version) {
				return finding, true
			}
		}
		return rules.Finding{}, false
	}
	for _, kept := range v.kept {
		if _, blocked := of(kept.version); !blocked {
			result.kept = append(result.kept, kept)
		}
	}
	page := *v.page
	page.Files = make([]index.File, 0, len(v.page.Files))
	for _, file := range v.page.Files {
		for _, r := range readings(file.Filename, v.name) {
			if finding, blocked := of(r.version); blocked && !strings.HasPrefix(file.URL, "http://"+g.address+"/b/") {
				file = g.blockFile(result, file, r.name, r.version, finding)
			}
		}
		page.Files = append(page.Files, file)
	}
	result.page = &page
	return result
}
