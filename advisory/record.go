package advisory

import (
	"encoding/json"
	"slices"
	"time"

	"thresher/pep"
)

// Record is what one OSV record says of one package, reduced to what matching
// and reporting need.
type Record struct {
	ID        string    `json:"id"`
	Aliases   []string  `json:"aliases,omitempty"`
	Summary   string    `json:"summary,omitempty"` // one printable line
	Score     float64   `json:"score,omitempty"`   // highest CVSS base score, where Vector is set
	Vector    string    `json:"vector,omitempty"`  // the CVSS vector it comes from; empty for none
	Link      string    `json:"link,omitempty"`    // a page about it, where the id does not lead to one
	Published time.Time `json:"published,omitzero"`
	Modified  time.Time `json:"modified,omitzero"`
	Ranges    []Range   `json:"ranges,omitempty"`
	Versions  []string  `json:"versions,omitempty"`  // listed ones that no range covers
	Malicious bool      `json:"malicious,omitempty"` // it says that releases themselves are malicious
	// Named are the only releases that are, where the range says too much; nil: all
	// that it is about.
	Named []string `json:"named,omitempty"`
}

// Range is an OSV range of type ECOSYSTEM: its events in the order of versions.
type Range []Event

// Event is one event of a range; exactly one field is set.
type Event struct {
	Introduced   string `json:"i,omitempty"`
	Fixed        string `json:"f,omitempty"`
	LastAffected string `json:"l,omitempty"`
	Limit        string `json:"m,omitempty"`
}

// Malware tells whether the record says of the version that it is malicious
// itself, and not only that it has a flaw.
func (r *Record) Malware(text string) bool { return r.malware(parseVersion(text)) }

func (r *Record) malware(v version) bool {
	return r.Malicious && r.affects(v) && (r.Named == nil || v.isOneOf(r.Named))
}

// Affects tells whether the record is about the version: one of the listed
// versions, or within a range (OSV schema, "Evaluation"). Versions that are no
// PEP 440 versions are listed literally, or stand below all others in a range.
func (r *Record) Affects(text string) bool { return r.affects(parseVersion(text)) }

func (r *Record) affects(v version) bool {
	if v.isOneOf(r.Versions) {
		return true
	}
	for _, span := range r.Ranges {
		if span.contains(v) {
			return true
		}
	}
	return false
}

// endless tells whether a range has no end: the versions still to come are in it.
func (span Range) endless() bool { return len(span) > 0 && span[len(span)-1].Introduced != "" }

// placedEvent is an event with its version read.
type placedEvent struct {
	Event
	at version
}

func (span Range) placed() []placedEvent {
	placed := make([]placedEvent, len(span))
	for i, event := range span {
		placed[i] = placedEvent{event, parseVersion(event.key())}
	}
	return placed
}

func (span Range) contains(v version) bool { return contains(span.placed(), v) }

// contains evaluates the events in their order (OSV schema, "Evaluation").
func contains(span []placedEvent, v version) bool {
	inside, limited, beforeLimit := false, false, false
	for _, event := range span {
		switch {
		case event.Introduced == "0":
			inside = true // before every version, even those PEP 440 does not know
		case event.Introduced != "":
			if v.compare(event.at) >= 0 {
				inside = true
			}
		case event.Fixed != "":
			if v.compare(event.at) >= 0 {
				inside = false
			}
		case event.LastAffected != "":
			if v.compare(event.at) > 0 {
				inside = false
			}
		case event.Limit != "":
			limited = true
			if event.Limit == "*" || v.compare(event.at) < 0 {
				beforeLimit = true
			}
		}
	}
	return inside && (!limited || beforeLimit)
}

// key is the version that the event is placed by.
func (e Event) key() string {
	switch {
	case e.Introduced != "":
		return e.Introduced
	case e.Fixed != "":
		return e.Fixed
	case e.LastAffected != "":
		return e.LastAffected
	}
	return e.Limit
}

// sortEvents brings events into the order of their versions, "0" first; events
// of one version stay as they were listed.
func sortEvents(span Range) {
	all := span.placed()
	slices.SortStableFunc(all, func(a, b placedEvent) int {
		switch aZero, bZero := a.Introduced == "0", b.Introduced == "0"; {
		case aZero && bZero:
			return 0
		case aZero:
			return -1
		case bZero:
			return 1
		}
		return a.at.compare(b.at)
	})
	for i := range all {
		span[i] = all[i].Event
	}
}

// version is a version string read once.
type version struct {
	text   string
	parsed pep.Version
	valid  bool
}

func parseVersion(text string) version {
	parsed, err := pep.ParseVersion(text)
	return version{text: text, parsed: parsed, valid: err == nil}
}

func (v version) compare(other version) int {
	if v.valid && other.valid {
		return v.parsed.Compare(other.parsed)
	}
	return pep.CompareOSV(v.text, other.text)
}

func (v version) equals(other version) bool {
	return v.valid && other.valid && v.parsed.Compare(other.parsed) == 0
}

// isOneOf tells whether a version is among those listed, as text or by its value.
func (v version) isOneOf(listed []string) bool {
	return slices.ContainsFunc(listed, func(text string) bool {
		return text == v.text || v.valid && parseVersion(text).equals(v)
	})
}

// decodeRecords reads the stored form of a package's records.
func decodeRecords(text []byte) ([]Record, error) {
	var records []Record
	err := json.Unmarshal(text, &records)
	return records, err
}
