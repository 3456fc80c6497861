package exposure

import (
	"cmp"
	"time"

	"thresher/internal/journal"
	"thresher/pep"
)

// Stay is one release in one environment, from when it came until it went.
type Stay struct {
	Path    string    // of the environment, or of the directory that it was installed into
	Name    string    // as the distribution writes it
	Version string    //
	Present bool      // it stands there now; of a collected log: its last line about it says so
	Since   time.Time // zero where not known
	Until   time.Time // zero where it stands, and where not known
	Index   string    // or address, or directory, that it came from, without credentials; "" not known
	SHA256  string    // hex digest of the archive that it was installed from; "" not known
	Hooks   []string  // paths of files that run at every start of Python and are still there
	Log     string    // the collected log that tells of it; "" this machine
	// Removable are the paths of the distribution in an environment that cannot be
	// put away as a whole, since it is no virtual one.
	Removable []string
	// OfSystem says that the system's package manager keeps the distribution.
	OfSystem bool
	// Whole says that the environment is a virtual one, which can be put away.
	Whole bool

	canonical string
}

// Run is one run that brought one of the releases.
type Run struct {
	journal.Entry
	Change journal.Change
	Log    string
}

// History gives the stays that a log tells of and the runs that brought the
// releases, oldest first. entries are in the order of time. log names the log
// where it is a collected one.
func History(queries Queries, entries []journal.Entry, log string) (stays []Stay, runs []Run) {
	for _, entry := range entries {
		place := entry.Place()
		for _, change := range entry.Changed {
			canonical := pep.CanonicalName(change.Name)
			if !queries.names(canonical) {
				continue
			}
			open := standing(stays, place, canonical)
			switch {
			case open != nil && change.After == open.Version && change.Before == change.After:
				// Installed again: it stands since it first came.
			case open != nil:
				open.Until, open.Present = entry.Time, false
			case queries.Match(canonical, change.Before):
				// It came before the log began, or by another way.
				stays = append(stays, Stay{
					Path: place, Name: change.Name, Version: change.Before, Until: entry.Time,
					Index: change.BeforeURL, Log: log, canonical: canonical,
				})
			}
			if !queries.Match(canonical, change.After) {
				continue
			}
			runs = append(runs, Run{Entry: entry, Change: change, Log: log})
			if open = standing(stays, place, canonical); open == nil {
				stays = append(stays, Stay{
					Path: place, Name: change.Name, Version: change.After, Present: true, Since: entry.Time, Log: log,
					canonical: canonical,
				})
				open = &stays[len(stays)-1]
			}
			open.Index = cmp.Or(change.Index, change.URL, open.Index)
			open.SHA256 = cmp.Or(change.SHA256, open.SHA256)
		}
	}
	return stays, runs
}

// standing is the stay of a project in a place that has not ended yet.
func standing(stays []Stay, place, canonical string) *Stay {
	for i := range stays {
		if s := &stays[i]; s.Present && s.Path == place && s.canonical == canonical {
			return s
		}
	}
	return nil
}
