package gate

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"thresher/address"
	"thresher/index"
	"thresher/inside"
	"thresher/pep"
	"thresher/policy/rules"
)

// Who published a release (PEP 740) is compared with who published those before
// it, where the file that pip would probably take can still be held back, and
// once more when a file comes. The index is asked about that file and the one
// before it, once: what it answers is kept for ever.

// publisherSettles is the age from which on a release counts as what the project
// does: an earlier one of the same stranger vouches for nobody.
const publisherSettles = 30 * 24 * time.Hour

// Published is what an index said of who published one file.
type Published struct {
	Name       string            `json:"name"`  // canonical
	Index      string            `json:"index"` // without credentials
	Publishers []index.Publisher `json:"publishers"`
	Taken      bool              `json:"taken,omitempty"` // pip was let have the file
}

// Publications are what is known of who published files, by a key of each. They
// may be used from many goroutines. The zero value knows of none.
type Publications struct {
	mutex   sync.Mutex
	known   map[string]Published
	learned map[string]Published
}

// NewPublications begins with what is remembered, by the keys of Learned.
func NewPublications(remembered map[string]Published) *Publications {
	return &Publications{known: remembered}
}

// Learned gives what is not remembered yet.
func (p *Publications) Learned() map[string]Published {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return maps.Clone(p.learned)
}

func (p *Publications) get(key string) (Published, bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if found, ok := p.learned[key]; ok {
		return found, true
	}
	found, ok := p.known[key]
	return found, ok
}

func (p *Publications) put(key string, published Published) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.learned == nil {
		p.learned = map[string]Published{}
	}
	p.learned[key] = published
}

// takenFrom gives who published the files of a project that were taken from an
// index.
func (p *Publications) takenFrom(name, indexURL string) []index.Publisher {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	var publishers []index.Publisher
	for _, known := range []map[string]Published{p.known, p.learned} {
		for _, published := range known {
			if published.Taken && published.Name == name && address.Same(published.Index, indexURL) {
				publishers = append(publishers, published.Publishers...)
			}
		}
	}
	return publishers
}

// publicationKey is the same for the same bytes under the same name on the same
// index; "" for a file whose hash the index does not say.
func publicationKey(indexURL string, file *index.File) string {
	digest := strings.ToLower(file.Hashes["sha256"])
	if digest == "" {
		return ""
	}
	return address.Key(indexURL) + " " + file.Filename + " " + digest
}

// publishersOf gives who published a file.
func (g *Gate) publishersOf(v *verdict, kept *keptFile) ([]index.Publisher, error) {
	key := publicationKey(v.indexURL, kept.file)
	if found, ok := g.config.Publications.get(key); ok && key != "" {
		return found.Publishers, nil
	}
	return g.asks.start(pageKey{v.source, kept.file.URL}, func() ([]index.Publisher, error) {
		ctx, cancel := context.WithTimeout(g.context, aheadTimeout)
		defer cancel()
		publishers, err := g.config.Source.Publishers(ctx, v.source, kept.file)
		if err == nil && key != "" {
			g.config.Publications.put(key, Published{Name: v.name, Index: v.indexURL, Publishers: publishers})
		}
		return publishers, err
	}).wait(g.context)
}

// judgePublisher judges who published a file of a page: the finding that does
// something, nil for none, and notes.
func (g *Gate) judgePublisher(v *verdict, kept *keptFile) (*rules.Finding, []rules.Finding) {
	if g.config.JudgePublisher == nil || v == nil || v.name == "" || kept.file == nil || kept.file.Provenance == "" ||
		inside.IsSettled(kept.file, g.config.now()) {
		return nil, nil
	}
	before := g.vouchingFor(v, kept)
	taken := g.config.Publications.takenFrom(v.name, v.indexURL)
	if before == nil && len(taken) == 0 {
		return nil, nil // nobody to compare it with
	}
	evidence := rules.PublisherEvidence{
		Name: kept.name, Version: kept.version, Filename: kept.file.Filename, Index: v.indexURL,
		Known: identities(taken),
	}
	now, err := g.publishersOf(v, kept)
	if evidence.Now = identities(now); err == nil && before != nil && !evidence.IsUsual() {
		var earlier []index.Publisher
		evidence.BeforeVersion = before.version
		earlier, err = g.publishersOf(v, before)
		evidence.Before = identities(earlier)
	}
	if err != nil && !errors.Is(err, index.ErrNotFound) {
		if g.context.Err() != nil {
			return nil, nil // nobody waits for it any more
		}
		evidence.Failure = messagePublisherUnread
	}
	return weighed(g.config.JudgePublisher(evidence))
}

// vouchingFor gives the attested file that a file is compared with: of the
// releases before it the last that has settled, or where none has the first.
func (g *Gate) vouchingFor(v *verdict, kept *keptFile) *keptFile {
	var settled, first *keptFile
	for _, other := range v.files() {
		version, err := pep.ParseVersion(other.version)
		at := other.file.UploadTime
		if err != nil || version.IsPrerelease() || other.file.Provenance == "" || at.IsZero() ||
			!at.Before(kept.file.UploadTime) || sameVersion(other.version, kept.version) {
			continue
		}
		if first == nil || at.Before(first.file.UploadTime) {
			first = &other
		}
		if g.config.now().Sub(at) >= publisherSettles && (settled == nil || at.After(settled.file.UploadTime)) {
			settled = &other
		}
	}
	if settled != nil {
		return settled
	}
	return first
}

// judgePublishers judges who published the files at an address, once one of them
// is here: what would be held back can only be refused. Who published what is
// let through is known from then on.
func (g *Gate) judgePublishers(offers []*offer) (refused *rules.Finding, notes []rules.Finding) {
	for _, o := range offers {
		if o.file == nil || o.verdict == nil {
			continue
		}
		kept := &keptFile{name: o.name, version: o.version, file: o.file}
		finding, noted := g.judgePublisher(o.verdict, kept)
		if finding != nil {
			finding.Action = rules.Block
			return finding, nil
		}
		notes = append(notes, noted...)
	}
	return nil, notes
}

// publishedTaken remembers that pip was let have the file of an offer.
func (g *Gate) publishedTaken(o *offer) {
	if o.file == nil || o.verdict == nil {
		return
	}
	key := publicationKey(o.verdict.indexURL, o.file)
	if found, ok := g.config.Publications.get(key); ok && !found.Taken && key != "" {
		found.Taken = true
		g.config.Publications.put(key, found)
	}
}

// identities are publishers as the rules compare them, each once.
func identities(publishers []index.Publisher) []rules.Identity {
	var found []rules.Identity
	for _, p := range publishers {
		identity := rules.Identity{Kind: p.Kind, Repository: p.Repository, Workflow: p.Workflow}
		if !slices.Contains(found, identity) {
			found = append(found, identity)
		}
	}
	return found
}
