package advisory

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"thresher/internal/words"
	"thresher/pep"
)

// Bounds of one OSV record. The largest of PyPI are some 500 kB.
const (
	maxRecordSize = 16 << 20
	maxAffected   = 10_000
	maxEvents     = 20_000
	maxVersions   = 200_000
	maxAliases    = 1_000
	maxSummary    = 160 // runes
	// Up to this many comparisons, listed versions that a range covers anyway
	// are dropped; beyond it the list is kept as it is.
	maxComparisons = 4_000_000
)

// osvRecord is the part of the OSV schema 1.7 that is used.
type osvRecord struct {
	ID         string         `json:"id"`
	Modified   time.Time      `json:"modified"`
	Published  time.Time      `json:"published"`
	Withdrawn  *time.Time     `json:"withdrawn"`
	Aliases    []string       `json:"aliases"`
	Summary    string         `json:"summary"`
	Details    string         `json:"details"`
	Severity   []osvSeverity  `json:"severity"`
	Affected   []osvAffected  `json:"affected"`
	References []osvReference `json:"references"`
	Specific   specific       `json:"database_specific"`
}

type osvSeverity struct {
	Type  string `json:"type"`
	Score string `json:"score"`
}

type osvAffected struct {
	Package struct {
		Ecosystem string `json:"ecosystem"`
		Name      string `json:"name"`
	} `json:"package"`
	Severity []osvSeverity `json:"severity"`
	Ranges   []osvRange    `json:"ranges"`
	Versions []string      `json:"versions"`
	Specific specific      `json:"database_specific"`
}

type osvRange struct {
	Type   string     `json:"type"`
	Events []osvEvent `json:"events"`
}

type osvEvent struct {
	Introduced   string `json:"introduced"`
	Fixed        string `json:"fixed"`
	LastAffected string `json:"last_affected"`
	Limit        string `json:"limit"`
}

type osvReference struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

// parsedRecord is one OSV record split by the packages of PyPI it is about.
type parsedRecord struct {
	id        string
	modified  time.Time
	withdrawn bool
	malware   bool
	foreign   bool // about other ecosystems only
	packages  map[string]*Record
}

// errNotRecord says that a text is not an OSV record.
var errNotRecord = errors.New("not an OSV record")

// parseOSV reads one OSV record. Withdrawn records give no packages. The error
// says why text is none that could be used.
func parseOSV(text []byte) (parsedRecord, error) {
	var source osvRecord
	if err := json.Unmarshal(text, &source); err != nil {
		return parsedRecord{}, fmt.Errorf("%w: %w", errNotRecord, err)
	}
	if !validID(source.ID) {
		return parsedRecord{}, fmt.Errorf("%w: the id is %.80q", errNotRecord, source.ID)
	}
	if len(source.Affected) > maxAffected {
		return parsedRecord{}, fmt.Errorf("%s: more than %d affected packages", source.ID, maxAffected)
	}
	parsed := parsedRecord{id: source.ID, modified: source.Modified.UTC(), packages: map[string]*Record{}}
	if source.Withdrawn != nil {
		parsed.withdrawn = true
		return parsed, nil
	}
	for i := range source.Affected {
		affected := &source.Affected[i]
		if ecosystem, _, _ := strings.Cut(affected.Package.Ecosystem, ":"); ecosystem != "PyPI" {
			continue
		}
		if !pep.ValidName(affected.Package.Name) {
			continue // nothing of that name can be installed
		}
		name := pep.CanonicalName(affected.Package.Name)
		record := parsed.packages[name]
		if record == nil {
			record = source.record()
			parsed.packages[name] = record
		}
		if err := record.add(affected, source.overReaches); err != nil {
			return parsedRecord{}, fmt.Errorf("%s: %w", source.ID, err)
		}
	}
	for _, record := range parsed.packages {
		record.compact()
		parsed.malware = parsed.malware || record.Malicious
	}
	parsed.foreign = len(parsed.packages) == 0
	return parsed, nil
}

// record gives what the source says of all its packages alike.
func (source *osvRecord) record() *Record {
	r := &Record{ID: source.ID, Published: source.Published.UTC(), Modified: source.Modified.UTC()}
	for _, alias := range source.Aliases {
		if validID(alias) && alias != source.ID && len(r.Aliases) < maxAliases {
			r.Aliases = append(r.Aliases, alias)
		}
	}
	r.Malicious = source.saysMalicious()
	r.Summary = summarise(source.Summary, source.Details)
	r.raise(source.Severity)
	if linkOf(source.ID) == "" {
		r.Link = firstLink(source.References)
	}
	return r
}

// add takes in one entry of "affected" about the record's package. overReaches
// is asked of a record of malware that never ends and names versions as well.
func (r *Record) add(affected *osvAffected, overReaches func() bool) error {
	r.raise(affected.Severity)
	if len(r.Versions)+len(affected.Versions) > maxVersions {
		return fmt.Errorf("more than %d versions", maxVersions)
	}
	r.Versions = append(r.Versions, affected.Versions...)
	endless := false
	for _, source := range affected.Ranges {
		if source.Type != "ECOSYSTEM" { // GIT ranges say nothing of releases
			continue
		}
		if len(source.Events) > maxEvents || len(r.Ranges) > maxEvents {
			return fmt.Errorf("more than %d events", maxEvents)
		}
		if span := source.span(); len(span) > 0 {
			r.Ranges = append(r.Ranges, span)
			endless = endless || span.endless()
		}
	}
	if r.Malicious && endless && len(affected.Versions) > 0 && overReaches() {
		r.Named = append(r.Named, affected.Versions...)
	}
	return nil
}

// span gives the events of a range in the order of their versions.
func (source osvRange) span() Range {
	var span Range
	for _, event := range source.Events {
		// An object with several fields is several events.
		for _, single := range []Event{
			{Introduced: event.Introduced}, {Fixed: event.Fixed},
			{LastAffected: event.LastAffected}, {Limit: event.Limit},
		} {
			if single != (Event{}) {
				span = append(span, single)
			}
		}
	}
	sortEvents(span)
	return span
}

// compact drops listed versions that a range covers, which are nearly all. A
// version that PEP 440 does not know is matched literally, so it stays.
func (r *Record) compact() {
	events := 0
	for _, span := range r.Ranges {
		events += len(span)
	}
	if len(r.Versions)*events > maxComparisons {
		return
	}
	spans := make([][]placedEvent, len(r.Ranges))
	for i, span := range r.Ranges {
		spans[i] = span.placed()
	}
	r.Versions = slices.DeleteFunc(r.Versions, func(text string) bool {
		v := parseVersion(text)
		return v.valid && slices.ContainsFunc(spans, func(span []placedEvent) bool { return contains(span, v) })
	})
}

// raise takes the highest of the scores into the record.
func (r *Record) raise(severities []osvSeverity) {
	for _, s := range severities {
		if score, ok := scoreOf(s.Score); ok && (r.Vector == "" || score > r.Score) {
			r.Score, r.Vector = score, s.Score
		}
	}
}

// validID tells whether text can be an advisory's id or alias: it is printed,
// put into links and compared, so it is plain.
func validID(text string) bool {
	if len(text) < 2 || len(text) > 128 {
		return false
	}
	for i, c := range []byte(text) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case i > 0 && strings.IndexByte("-_.:+", c) >= 0:
		default:
			return false
		}
	}
	return true
}

// linkOf gives the page of an advisory whose id tells it; empty for others.
func linkOf(id string) string {
	for _, prefix := range []string{"PYSEC-", "GHSA-", "CVE-", "MAL-", "OSV-"} {
		if strings.HasPrefix(id, prefix) {
			return pageOf + id
		}
	}
	return ""
}

// pageOf is where OSV shows a record.
const pageOf = "https://osv.dev/vulnerability/"

// firstLink gives the most telling of the references.
func firstLink(references []osvReference) string {
	best := ""
	for _, reference := range references {
		if len(reference.URL) > 500 || strings.ContainsFunc(reference.URL, unprintable) ||
			!(strings.HasPrefix(reference.URL, "https://") || strings.HasPrefix(reference.URL, "http://")) {
			continue
		}
		if reference.Type == "ADVISORY" {
			return reference.URL
		}
		if best == "" {
			best = reference.URL
		}
	}
	return best
}

// summarise gives one printable line: the summary, or where a record has none
// (most PYSEC records) the first sentence of its details.
func summarise(summary, details string) string {
	line := folded(summary)
	if line == "" {
		paragraph := strings.TrimLeft(cut(details, 4096), "# \t\r\n*")
		if end := strings.Index(paragraph, "\n\n"); end > 0 {
			paragraph = paragraph[:end]
		}
		line = folded(paragraph)
		if end := strings.Index(line, ". "); end > 0 {
			line = line[:end]
		}
	}
	runes := []rune(strings.TrimRight(line, ". "))
	if len(runes) > maxSummary {
		return strings.TrimRight(string(runes[:maxSummary-1]), " ,.;:") + "…"
	}
	return string(runes)
}

// folded gives the start of a text as one line with single blanks.
func folded(text string) string {
	return strings.Join(strings.Fields(words.OneLine(cut(text, 4096))), " ")
}

// unprintable tells control characters and invisible formatting (which can
// turn the direction of a line) from what can be shown.
func unprintable(c rune) bool {
	return unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || c == '\u2028' || c == '\u2029' ||
		c == unicode.ReplacementChar
}

func cut(text string, length int) string {
	if len(text) > length {
		return text[:length]
	}
	return text
}
