package rules

import (
	"slices"
	"strings"
)

// JudgePublisher judges who published a release by its attestations (PEP 740),
// against those before it. Every finding is one that the gate can act on.
func (s *Settings) JudgePublisher(e PublisherEvidence) []Finding {
	if s.allowedRelease(e.Name, e.Version, Publisher) != nil || switchedOff(s.ofIndex(e.Index).Publisher) {
		return nil
	}
	finding := s.finding(Publisher, e.Name, High, "")
	answer := answerRelease(e.Name, e.Version, Publisher)
	switch {
	case e.Failure != "":
		finding.Confidence, finding.Action = Low, atMost(Note, finding.Action)
		finding.Evidence = publisherUnknown(e)
	case len(e.Now) == 0 || e.IsUsual():
		return nil
	case len(e.Before) == 0 && len(e.Known) == 0:
		return nil
	case e.IsKnown(): // who may write to the repository adds a workflow; projects rename theirs
		finding.Confidence, finding.Action = Medium, atMost(Note, finding.Action)
		finding.Evidence = workflowChanged(e)
	default:
		finding.Evidence = publisherChanged(e) + s.expiredForRelease(e.Name, e.Version, Publisher)
	}
	return quietWhenKnown(one(finding, answer), true)
}

// IsKnown says whether every repository that attests the file is one of those
// before: another one beside it is as good as another one alone.
func (e PublisherEvidence) IsKnown() bool { return e.all(Identity.sameRepository) }

// IsUsual says whether the workflows are those of before as well.
func (e PublisherEvidence) IsUsual() bool {
	return e.all(func(now, before Identity) bool { return now.sameRepository(before) && now.Workflow == before.Workflow })
}

// all says whether everyone who attests the file is the same as one of those before.
func (e PublisherEvidence) all(same func(now, before Identity) bool) bool {
	before := slices.Concat(e.Before, e.Known)
	return len(e.Now) > 0 && !slices.ContainsFunc(e.Now, func(now Identity) bool {
		return !slices.ContainsFunc(before, func(earlier Identity) bool { return same(now, earlier) })
	})
}

// sameRepository compares as the places that hold repositories do: without regard
// to case.
func (i Identity) sameRepository(other Identity) bool {
	return strings.EqualFold(i.Kind, other.Kind) && strings.EqualFold(i.Repository, other.Repository)
}
