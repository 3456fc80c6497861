package report

import (
	"slices"
	"strings"
	"time"

	"thresher/advisory"
	"thresher/internal/journal"
	"thresher/pep"
)

// Place is one environment as it was read, or as a log tells of it.
type Place struct {
	Machine   string
	Path      string
	Python    string
	Installed []Installed
	Findings  []Finding
	Ignored   []journal.Ignored // of a place that a log tells of: what its last run ignored
}

// Installed is one package in a place.
type Installed struct {
	Name      string // canonical
	Version   string
	Installed time.Time // zero where not known
}

// Finding is one vulnerability in one package of a place.
type Finding struct {
	advisory.Vulnerability
	Package string // canonical
	Version string
	Fix     string   // lowest version without it; "" none is known
	Held    []string // what keeps the fix back, in words
	Ignored bool
}

// Standing gives the places that a log tells of, with what its runs left there: what
// was there before and no run changed is not known. Places come in the order of
// their paths.
func Standing(log Log) []Place {
	type standing struct {
		installed map[string]Installed
		ignored   []journal.Ignored
	}
	byPath := map[string]*standing{}
	for _, entry := range log.Entries {
		path := entry.Place()
		if path == "" {
			continue
		}
		at := byPath[path]
		if at == nil {
			at = &standing{installed: map[string]Installed{}}
			byPath[path] = at
		}
		if entry.PipRan {
			at.ignored = entry.Ignored
		}
		for _, change := range entry.Changed {
			name := pep.CanonicalName(change.Name)
			if change.After == "" {
				delete(at.installed, name)
				continue
			}
			at.installed[name] = Installed{name, change.After, entry.Time}
		}
	}
	var places []Place
	for path, at := range byPath {
		place := Place{Machine: log.Machine, Path: path, Ignored: at.ignored}
		for _, installed := range at.installed {
			place.Installed = append(place.Installed, installed)
		}
		slices.SortFunc(place.Installed, func(a, b Installed) int { return strings.Compare(a.Name, b.Name) })
		places = append(places, place)
	}
	slices.SortFunc(places, func(a, b Place) int { return strings.Compare(a.Path, b.Path) })
	return places
}

// Ignores says whether the last run there ignored a vulnerability.
func (p *Place) Ignores(f *Finding) bool {
	return slices.ContainsFunc(p.Ignored, func(i journal.Ignored) bool {
		return pep.CanonicalName(i.Name) == f.Package && f.Names(i.ID)
	})
}

// lastRuns gives the time of the last run that ended well, by place.
func lastRuns(entries []journal.Entry) map[string]time.Time {
	last := map[string]time.Time{}
	for _, entry := range entries {
		if path := entry.Place(); path != "" && entry.Status == 0 && entry.Time.After(last[path]) {
			last[path] = entry.Time
		}
	}
	return last
}
