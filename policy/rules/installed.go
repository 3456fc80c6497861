package rules

import (
	"slices"
	"strings"
	"time"

	"thresher/address"
	"thresher/internal/words"
)

// InstalledEvidence is what is known of an installed distribution and of what
// the indexes say of it now.
type InstalledEvidence struct {
	Name, Version string
	Canonical     string    // PEP 503
	Since         time.Time // when it was installed, as far as its files tell
	Local         bool      // from a directory, a repository or an address, or editable
	Installer     string    // INSTALLER, "pip"
	// Origin is the index that it came from as the log has it, without
	// credentials; "" where the log has nothing of it.
	Origin string
	// Replaced is the version that took its place in this run; "" for none.
	Replaced string

	Answers []IndexAnswer
	Indexes int // how many indexes the command has; Answers may be of fewer
}

// IndexAnswer is what one index says of a project.
type IndexAnswer struct {
	Index   string // without credentials
	Listed  bool   // it has a file of the version
	Missing bool   // it has no such project
	Files   bool   // it has any file of the project
	Status  string // PEP 792
	Reason  string // of the status
	Asked   time.Time
}

// installers are those that install from indexes.
var installers = []string{"pip", "uv", "poetry", "pdm", "pipenv"}

// JudgeInstalled judges what is installed by what its index says of it now.
func (s *Settings) JudgeInstalled(e InstalledEvidence) []Finding {
	if s.Action(Vanished).Value == Off || s.allowedRelease(e.Canonical, e.Version, Vanished) != nil {
		return nil
	}
	answer, gone := e.vanished()
	if !gone {
		return nil
	}
	finding := s.finding(Vanished, e.Name, High, vanishedEvidence(e, answer))
	if e.Origin == "" {
		finding.Confidence = Medium
	}
	return one(finding, "thresher exposed "+words.ShellWord(words.Printable(e.Canonical+"=="+e.Version)))
}

// FromIndex says whether a release came from an index, so that its page says
// something of it: as the log has it, or where the log has nothing, as what
// installed it lets expect. A version of one's own (with a local label) does not.
func (e *InstalledEvidence) FromIndex() bool {
	switch {
	case e.Local || e.Version == "":
		return false
	case e.Origin != "":
		return true
	}
	return slices.Contains(installers, e.Installer) && !strings.Contains(e.Version, "+")
}

// vanished says whether the index that a release came from does not list it any
// more, or has put its project in quarantine, and gives what it said. Of a
// release of which nobody knows where it came from this takes every index's
// word, each of which has others of the project: one that was never there is not
// gone.
func (e *InstalledEvidence) vanished() (answer IndexAnswer, gone bool) {
	if !e.FromIndex() {
		return answer, false
	}
	answers := e.Answers
	if e.Origin != "" {
		answers = slices.DeleteFunc(slices.Clone(answers), func(a IndexAnswer) bool {
			return !address.Same(a.Index, e.Origin)
		})
	} else if len(answers) < e.Indexes {
		return answer, false
	}
	for _, a := range answers {
		// What a cache kept from before may not have the newest release yet.
		if a.Asked.IsZero() || !a.Asked.After(e.Since) {
			return answer, false
		}
		if a.Status == "quarantined" {
			return a, true
		}
		if a.Listed || e.Origin == "" && (a.Missing || !a.Files) {
			return answer, false
		}
		answer = a
	}
	return answer, len(answers) > 0
}
