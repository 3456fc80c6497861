// Package route says which of a user's indexes are asked for a name, and in
// which order. Nothing else decides it: what the gate asks while pip runs, and
// what is asked about a name before, go the same way.
package route

import (
	"errors"
	"sort"

	"thresher/address"
	"thresher/index"
)

// The values of Table.Strategy.
const (
	FirstIndex = "first-index" // a name belongs to the first index that has it
	AsPip      = "pip"         // every index is asked for every name
)

// Index is one package index of the user's configuration.
type Index struct {
	URL   string // as configured, credentials included
	Extra bool   // an extra index
	// Public says that anybody may register names there: the index that pip
	// uses where none is configured. It is asked last, whatever its place.
	Public bool
}

// String is the address without its secrets, so that no way of printing an index, or
// a table of some, shows them.
func (x Index) String() string { return address.Redact(x.URL) }

// GoString is String, for %#v.
func (x Index) GoString() string { return x.String() }

// Table is what a user's configuration says about indexes.
type Table struct {
	Indexes  []Index // in pip's order
	Strategy string  // FirstIndex or AsPip; "" is FirstIndex
	// Pin gives the URL of the index that policy binds a canonical name to, ""
	// for none; nil where nothing is bound.
	Pin func(canonical string) string
	// Popular says that a name is so well known that several indexes may serve
	// it; nil for no name.
	Popular func(canonical string) bool
	// Barred says that no index of these is to be asked for a name: it belongs to
	// one that is not among them; nil for no name.
	Barred func(canonical string) bool
}

// Stop is an index that is asked for a name, and its place in Table.Indexes. A
// pin to an index that is not there has the first place, where pip asks first.
type Stop struct {
	Index
	Place int
}

// Answer is what came of asking for a name.
type Answer struct {
	Stop
	Page *index.Page
	Err  error // why that index gave no page; index.ErrNotFound where none has the name
	None bool  // no index has it
}

// Merges says that every index speaks for itself about a name, as in pip: each
// may have it. A name that is bound to an index is never merged.
func (t Table) Merges(canonical string) bool {
	if t.pin(canonical) != "" || t.barred(canonical) {
		return false
	}
	return t.Strategy == AsPip || t.Popular != nil && t.Popular(canonical)
}

// Stops are the indexes that may be asked for a name, in the order in which they
// are asked until one has it: the one that it is bound to alone; else private
// ones before public ones, so that a public index never answers for a private
// name nor hears of it, and among each, extra indexes before the main one.
func (t Table) Stops(canonical string) []Stop {
	if pin := t.pin(canonical); pin != "" {
		for place, configured := range t.Indexes {
			if address.Same(configured.URL, pin) {
				return []Stop{{configured, place}}
			}
		}
		return []Stop{{Index{URL: pin}, 0}}
	}
	if t.barred(canonical) {
		return nil
	}
	stops := make([]Stop, len(t.Indexes))
	for place, configured := range t.Indexes {
		stops[place] = Stop{configured, place}
	}
	sort.SliceStable(stops, func(a, b int) bool { return stops[a].rank() < stops[b].rank() })
	return stops
}

// rank orders the stops.
func (x Index) rank() int {
	switch {
	case x.Public && x.Extra:
		return 2
	case x.Public:
		return 3
	case x.Extra:
		return 0
	}
	return 1
}

// Owner asks one index after the other until one has the name, and none after
// one that failed to say: a private name must not leak while its own index is
// down. page gives the name's page on the index at a URL.
func (t Table) Owner(canonical string, page func(url string) (*index.Page, error)) Answer {
	for _, stop := range t.Stops(canonical) {
		found, err := page(stop.URL)
		if err == nil || !stop.Lacks(err) {
			return Answer{Stop: stop, Page: found, Err: err}
		}
	}
	return Answer{Err: index.ErrNotFound, None: true}
}

// KeepsOthersOut says whether an index that has a name keeps others from being
// asked for it.
func (t Table) KeepsOthersOut(canonical, url string) bool {
	if t.Merges(canonical) {
		return false
	}
	stops := t.Stops(canonical)
	return len(stops) > 1 && !address.Same(stops[len(stops)-1].URL, url)
}

func (t Table) barred(canonical string) bool { return t.Barred != nil && t.Barred(canonical) }

func (t Table) pin(canonical string) string {
	if t.Pin == nil {
		return ""
	}
	return t.Pin(canonical)
}

// Lacks says that an index, by the error it gave, has no such project, rather
// than having failed to say.
func (x Index) Lacks(err error) bool {
	if errors.Is(err, index.ErrNotFound) {
		return true
	}
	var status *index.StatusError
	if !errors.As(err, &status) {
		return false
	}
	switch status.Status {
	case 403:
		// An index that knows who asks and answers 403 has failed; without
		// credentials that says that it has no such name, as object stores do.
		user, password := address.Parse(x.URL).Credentials()
		return !status.Sent && user == "" && password == ""
	case 410:
		return true
	}
	return false
}
