package gate

import (
	"errors"
	"time"

	"thresher/address"
	"thresher/index"
)

// Sighting is what one index said in this run of a project that was installed
// when it began.
type Sighting struct {
	Name    string // canonical
	Version string // that was installed
	Index   string // without credentials
	Listed  bool   // the index has a file of that version
	Missing bool   // the index has no such project
	Files   bool   // the index has any file of the project
	// Status and StatusReason are of the project (PEP 792).
	Status, StatusReason string
	Fetched              time.Time // when the index said so
}

// see remembers what an index said of a project that is installed. Whatever else
// went wrong says nothing of it.
func (g *Gate) see(indexURL, name string, page *index.Page, err error) {
	version := g.config.Installed[name]
	if version == "" {
		return
	}
	seen := Sighting{Name: name, Version: version, Index: address.Bare(indexURL), Fetched: g.config.now()}
	switch {
	case err == nil:
		seen.Listed, seen.Files, seen.Fetched = page.Lists(version), len(page.Files) > 0, page.Fetched
		seen.Status, seen.StatusReason = page.Status, page.StatusReason
	case errors.Is(err, index.ErrNotFound):
		seen.Missing = true
	default:
		return
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.sightings = append(g.sightings, seen)
}

// Sightings gives what the indexes said of what was installed.
func (g *Gate) Sightings() []Sighting {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return append([]Sighting(nil), g.sightings...)
}
