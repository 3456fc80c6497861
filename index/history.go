package index

import (
	"sort"
	"strings"
	"time"

	"thresher/pep"
)

// Release is one version on a page, by its files.
type Release struct {
	Version     string    // as its first file writes it
	PreRelease  bool      // a pre-release or development release, or no PEP 440 version
	First, Last time.Time // upload times of its first and last file; zero where unknown
	Files       int
	Wheels      int
	Sdists      int
	Attested    int  // files with provenance
	Yanked      bool // every file is
}

// attested tells whether every file has provenance.
func (r Release) attested() bool { return r.Files > 0 && r.Attested == r.Files }

// History is what a page tells of a project's past. Times are zero and
// durations 0 where the index gives no upload times.
type History struct {
	Status, StatusReason string
	Files                int // of any release
	Undated              int // of them, without an upload time
	Future               int // of them, dated more than a day after now

	Releases       []Release // by time of their first file; undated ones first
	First, Latest  time.Time // first files of the first and of the latest release
	LatestVersion  string    // of the latest release by time that is neither yanked nor a pre-release, else of the latest
	LastYear       int       // releases in the last 12 months
	LastTwoYears   int       // in the last 24
	MedianInterval time.Duration
	LongestSilence time.Duration // between two releases, or since the last one
	YankedShare    float64       // of the releases

	WheelOnly, SdistOnly bool // over the files of LatestVersion

	// LatestAttested: every file of LatestVersion has provenance.
	// PreviousAttested: how many stable releases right before it, counted
	// backwards without a gap, have provenance on every file.
	LatestAttested   bool
	PreviousAttested int
}

// versionOf gives the version of a file as pip takes it; "" for a file that is
// no distribution of the project.
func versionOf(filename, project string) string {
	if strings.HasSuffix(filename, ".whl") {
		name, version, err := pep.ParseWheelFilename(filename)
		if err != nil || name != pep.CanonicalName(project) {
			return ""
		}
		return version
	}
	version, err := pep.ParseSdistFilename(filename, project)
	if err != nil {
		return ""
	}
	return version
}

// wheelStart gives what the names of a release's wheels have in common, the
// name and the version as they are written; "" for what is not certainly a
// wheel's name.
func wheelStart(filename string) string {
	stem, wheel := strings.CutSuffix(filename, ".whl")
	if !wheel || strings.Count(stem, "-") != 4 {
		return ""
	}
	end := strings.IndexByte(stem, '-')
	return stem[:end+1+strings.IndexByte(stem[end+1:], '-')]
}

// releaseKey is what spellings of one version have in common.
func releaseKey(version string) (key string, preRelease bool) {
	v, err := pep.ParseVersion(version)
	if err != nil {
		return version, true
	}
	// "1.0" and "1.0.0" are one version: the release's trailing zeros go.
	text := v.String()
	start := strings.IndexByte(text, '!') + 1
	end := start
	for end < len(text) && (text[end] == '.' && end+1 < len(text) && '0' <= text[end+1] && text[end+1] <= '9' ||
		'0' <= text[end] && text[end] <= '9') {
		end++
	}
	release := text[start:end]
	for strings.HasSuffix(release, ".0") {
		release = strings.TrimSuffix(release, ".0")
	}
	return text[:start] + release + text[end:], v.IsPrerelease()
}

// releases gathers a page's files by version, by time of their first file.
// of is the release of each file, -1 for none.
func releases(p *Page) (list []Release, of []int) {
	index := map[string]int{}
	// Of one release there are dozens of wheels, whose names begin alike.
	wheels := map[string]int{}
	of = make([]int, len(p.Files))
	for i := range p.Files {
		f := &p.Files[i]
		of[i] = -1
		start := wheelStart(f.Filename)
		at, ok := wheels[start]
		if !ok || start == "" {
			version := versionOf(f.Filename, p.Name)
			if version == "" {
				continue
			}
			key, preRelease := releaseKey(version)
			if at, ok = index[key]; !ok {
				at = len(list)
				index[key] = at
				list = append(list, Release{Version: version, PreRelease: preRelease, Yanked: true})
			}
			wheels[start] = at
		}
		of[i] = at
		r := &list[at]
		r.Files++
		if strings.HasSuffix(f.Filename, ".whl") {
			r.Wheels++
		} else {
			r.Sdists++
		}
		if f.Provenance != "" {
			r.Attested++
		}
		r.Yanked = r.Yanked && f.Yanked
		if t := f.UploadTime; !t.IsZero() {
			if r.First.IsZero() || t.Before(r.First) {
				r.First = t
			}
			if t.After(r.Last) {
				r.Last = t
			}
		}
	}
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return list[order[i]].First.Before(list[order[j]].First) })
	sorted := make([]Release, len(list))
	position := make([]int, len(list))
	for to, from := range order {
		sorted[to] = list[from]
		position[from] = to
	}
	for i, at := range of {
		if at >= 0 {
			of[i] = position[at]
		}
	}
	return sorted, of
}

// Summarise reads a page's history as of now. It asks nobody. Files that are
// no distribution of the project do not count.
func Summarise(p *Page, now time.Time) History {
	h := History{Status: p.Status, StatusReason: p.StatusReason}
	list, of := releases(p)
	h.Releases = list
	for i, at := range of {
		if at < 0 {
			continue
		}
		h.Files++
		switch t := p.Files[i].UploadTime; {
		case t.IsZero():
			h.Undated++
		case t.After(now.Add(24 * time.Hour)):
			h.Future++
		}
	}
	latest := -1
	yanked := 0
	var times []time.Time
	for i, r := range list {
		if r.Yanked {
			yanked++
		} else if !r.PreRelease {
			latest = i
		}
		if r.First.IsZero() {
			continue
		}
		times = append(times, r.First)
		if r.First.After(now.AddDate(-1, 0, 0)) {
			h.LastYear++
		}
		if r.First.After(now.AddDate(-2, 0, 0)) {
			h.LastTwoYears++
		}
	}
	if len(list) == 0 {
		return h
	}
	h.YankedShare = float64(yanked) / float64(len(list))
	h.rhythm(times, now)
	if latest < 0 {
		latest = len(list) - 1
	}
	r := list[latest]
	h.LatestVersion = r.Version
	h.WheelOnly, h.SdistOnly = r.Sdists == 0, r.Wheels == 0
	h.LatestAttested = r.attested()
	for i := latest - 1; i >= 0; i-- {
		if list[i].PreRelease {
			continue
		}
		if !list[i].attested() || list[i].First.IsZero() {
			break
		}
		h.PreviousAttested++
	}
	return h
}

// rhythm fills in what the times of releases tell; they are in order.
func (h *History) rhythm(times []time.Time, now time.Time) {
	if len(times) == 0 {
		return
	}
	h.First, h.Latest = times[0], times[len(times)-1]
	var intervals []time.Duration
	for i := 1; i < len(times); i++ {
		intervals = append(intervals, times[i].Sub(times[i-1]))
	}
	h.LongestSilence = max(0, now.Sub(h.Latest))
	for _, interval := range intervals {
		h.LongestSilence = max(h.LongestSilence, interval)
	}
	if len(intervals) == 0 {
		return
	}
	sort.Slice(intervals, func(i, j int) bool { return intervals[i] < intervals[j] })
	middle := len(intervals) / 2
	h.MedianInterval = intervals[middle]
	if len(intervals)%2 == 0 {
		h.MedianInterval = intervals[middle-1]/2 + intervals[middle]/2
	}
}

const (
	// attestedBefore is how many stable releases must have had provenance
	// before its absence says something.
	attestedBefore = 2
	// lossSettles is the age at which a release without provenance is no
	// longer an exception but what the project does now.
	lossSettles = 30 * 24 * time.Hour
)

// LostProvenance names the files of a page that have no provenance although
// the two stable releases before them had it on every file (PEP 740): what an
// attacker with a stolen upload token produces. Order is by upload time, not
// by version; an undated page tells nothing. A release that lost it does not
// count as a predecessor, so that a second bad release does not clear the
// first, until it is 30 days old at now: then it is what the project does.
func LostProvenance(p *Page, now time.Time) map[string]bool {
	attestations := false
	for i := range p.Files {
		attestations = attestations || p.Files[i].Provenance != ""
	}
	if !attestations {
		return nil
	}
	list, of := releases(p)
	// lost[i]: release i as a whole came without, after two that had it.
	lost := make([]bool, len(list))
	predecessors := func(before time.Time, except int) (attested, seen int) {
		later := sort.Search(len(list), func(i int) bool { return !list[i].First.Before(before) })
		for i := later - 1; i >= 0 && seen < attestedBefore; i-- {
			r := list[i]
			if i == except || r.PreRelease || r.First.IsZero() {
				continue
			}
			if lost[i] && now.Sub(r.First) < lossSettles {
				continue
			}
			seen++
			if r.attested() {
				attested++
			}
		}
		return attested, seen
	}
	for i, r := range list {
		if r.First.IsZero() || r.attested() {
			continue
		}
		attested, _ := predecessors(r.First, i)
		lost[i] = attested == attestedBefore
	}
	files := map[string]bool{}
	for i, at := range of {
		f := &p.Files[i]
		if at < 0 || f.Provenance != "" || f.UploadTime.IsZero() {
			continue
		}
		if attested, _ := predecessors(f.UploadTime, at); attested == attestedBefore {
			files[f.Filename] = true
		}
	}
	return files
}
