package rules

import (
	"cmp"
	"slices"
	"strings"

	"thresher/address"
	"thresher/internal/words"
	"thresher/pep"
)

// JudgeIndex judges an index, a find-links place or a trusted host.
func (s *Settings) JudgeIndex(e IndexEvidence) []Finding {
	findings := s.foreignIndex(e)
	if !e.TrustedHost && strings.Contains(e.URL, "://") {
		findings = append(findings, s.insecure(e.URL)...)
	}
	return quietWhenKnown(findings, true)
}

// Foreign-index: a requirements file brings along where names come from, or
// whom to believe without a certificate. The policy's own pins are no
// strangers.
func (s *Settings) foreignIndex(e IndexEvidence) []Finding {
	if !e.FromFile || isLocal(e.URL) {
		return nil
	}
	subject := urlSubject(e.URL)
	if e.TrustedHost {
		subject = Subject{Kind: TrustedHostSubject, Name: strings.ToLower(words.Printable(e.URL))}
	} else if !strings.Contains(e.URL, "://") {
		return nil // a folder
	}
	if s.allowedPlace(subject, ForeignIndex) != nil {
		return nil
	}
	for _, pin := range s.Pin {
		if subject == urlSubject(pin.URL) {
			return nil
		}
	}
	return one(s.finding(ForeignIndex, subject.String(), High, foreignIndexEvidence(e)), "")
}

// JudgeConfusion judges a name that more than one index has.
func (s *Settings) JudgeConfusion(e ConfusionEvidence) []Finding {
	if e.Pinned || s.PinFor(e.Name) != nil || len(e.Others) == 0 {
		return nil
	}
	finding := s.finding(Confusion, e.Name, Medium, confusionEvidence(e))
	if e.Rank > 0 {
		// Accelerator indexes and mirrors list popular names, too.
		finding.Confidence = Low
		finding.Action = atMost(Note, finding.Action)
	}
	return quietWhenKnown(one(finding, "thresher policy show"), true)
}

// JudgeIndexChange judges a name that came from a private index before: from
// another one it comes only where the policy binds it there, or says that the
// index has moved.
func (s *Settings) JudgeIndexChange(e IndexChange) []Finding {
	if s.PinFor(e.Name) != nil || e.Rank > 0 || address.Same(s.MovedTo(e.Before), e.Now) {
		return nil
	}
	finding := s.finding(IndexChanged, e.Name, High, indexChangedEvidence(e))
	finding.Place = messagePolicyIndex
	return quietWhenKnown(one(finding, indexChangedEdit(e)), true)
}

// MovedTo gives the address that an index has now, by what the policy says; its
// own where it says nothing.
func (s *Settings) MovedTo(index string) string {
	for range s.Moved { // a circle ends
		at := slices.IndexFunc(s.Moved, func(moved Moved) bool { return address.Same(moved.Old, index) })
		if at < 0 {
			break
		}
		index = s.Moved[at].New
	}
	return index
}

// PinFor returns the pin that counts for a canonical name, or nil: that of the
// nearest layer, and in one layer the one that says most of the name.
func (s *Settings) PinFor(canonical string) *Pin {
	var best *Pin
	for i := range s.Pin {
		pin := &s.Pin[i]
		if !MatchesPattern(pin.Pattern, canonical) {
			continue
		}
		if best == nil || pin.Layer > best.Layer || pin.Layer == best.Layer && moreSpecific(pin.Pattern, best.Pattern) {
			best = pin
		}
	}
	return best
}

func moreSpecific(a, b string) bool {
	exactA, exactB := !strings.Contains(a, "*"), !strings.Contains(b, "*")
	if exactA != exactB {
		return exactA
	}
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(b, a)) > 0
}

// JudgeArrival judges what was not in an environment before pip ran.
func (s *Settings) JudgeArrival(a Arrival) []Finding {
	var findings []Finding
	subject := a.Name
	if subject == "" {
		subject = a.Path
	}
	canonical, _ := pep.ParseName(a.Name) // a lone file has none, and no answer by name
	if a.Hook && s.allowedRelease(canonical, a.Version, StartupHook) == nil {
		finding := s.finding(StartupHook, subject, High, startupHookEvidence(a))
		if finding.Action == Hold {
			finding.Action = Note // it is there, and with what an older release had it cannot be compared
		}
		hint := answerRelease(a.Name, a.Version, StartupHook)
		if a.Name == "" {
			hint = words.Show(words.Printable(a.Path))
		}
		findings = append(findings, one(finding, hint)...)
	}
	if a.Replaces {
		findings = append(findings,
			one(s.finding(Unvouched, subject, High, ownFileReplaced(a)),
				words.Show(words.Printable(a.Path)))...)
	} else if !a.Vouched && a.Name != "" {
		findings = append(findings,
			one(s.finding(Unvouched, subject, High, unvouchedEvidence(a)),
				"pip uninstall "+words.ShellWord(words.Printable(a.Name)))...)
	}
	return quietWhenKnown(findings, true)
}

// Pins returns the pins as pattern and index URL, the nearest layer's where two
// layers name the same pattern.
func (s *Settings) Pins() map[string]string {
	pins := map[string]string{}
	for _, pin := range slices.Backward(s.Pin) {
		pins[pin.Pattern] = pin.URL
	}
	return pins
}

// hostOf is the host of a URL for evidence, or the URL itself.
func hostOf(text string) string {
	if parsed, err := address.Parse(text).Read(); err == nil && parsed.Host != "" {
		return words.Printable(parsed.Host)
	}
	return address.Redact(text)
}
