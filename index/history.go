package index

import "time"

// Release is one version on a page, by its files.
type Release struct {
	Version     string    // as the file names write it
	PreRelease  bool      // a pre-release or development release
	First, Last time.Time // upload times of its first and last file; zero where unknown
	Files       int
	Wheels      int
	Sdists      int
	Attested    int  // files with provenance
	Yanked      bool // every file is
}

// History is what a page tells of a project's past. Times are zero and
// durations 0 where the index gives no upload times.
type History struct {
	Status, StatusReason string
	Files                int
	Undated              int // files without an upload time
	Future               int // files dated after now, by more than a day

	Releases       []Release // by time of their first file; undated ones first
	First, Latest  time.Time // first files of the first and of the latest release
	LatestVersion  string    // of the latest release by time that is neither yanked nor a pre-release
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

// Summarise reads a page's history as of now. It asks nobody.
func Summarise(p *Page, now time.Time) History { return History{} }

// LostProvenance names the files of a page that have no provenance although
// the two stable releases before them had it on every file (PEP 740): what an
// attacker with a stolen upload token produces. Order is by upload time, not
// by version. A release that lost it counts as the new normal once it is
// 30 days old at now.
func LostProvenance(p *Page, now time.Time) map[string]bool { return nil }
