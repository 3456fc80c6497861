package exposure

import (
	"thresher/internal/journal"
	"thresher/pep"
)

// Origins says where the releases of one environment came from, as a log has it:
// the last change to each.
type Origins map[release]journal.Change

type release struct{ canonical, version string }

// OriginsOf reads a log for one environment.
func OriginsOf(entries []journal.Entry, environment string) Origins {
	origins := Origins{}
	for _, entry := range entries {
		if entry.Environment != environment || entry.Target != "" {
			continue
		}
		for _, change := range entry.Changed {
			if change.After != "" {
				origins[release{pep.CanonicalName(change.Name), change.After}] = change
			}
		}
	}
	return origins
}

// Of gives the index or folder that a release came from, and where it came from
// no index, its address; "" where the log does not tell.
func (o Origins) Of(canonical, version string) (index, url string) {
	change := o[release{canonical, version}]
	return change.Index, change.URL
}
