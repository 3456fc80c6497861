package shim

import (
	"thresher/gate"
	"thresher/internal/memory"
	"thresher/policy/rules"
)

// publisherTable is what is remembered of who published which file.
func publisherTable(path string) memory.Table[gate.Published] {
	return memory.Table[gate.Published]{Path: path, Kind: "publishers"}
}

// publications begins with what earlier runs learned of publishers.
func (in *invocation) publications() (*gate.Publications, error) {
	if in.places.Publishers() == "" {
		return gate.NewPublications(nil), nil
	}
	remembered, err := publisherTable(in.places.Publishers()).Read()
	return gate.NewPublications(remembered), err
}

// rememberPublishers keeps what this run learned of publishers.
func (in *invocation) rememberPublishers(d *door) error {
	if in.places.Publishers() == "" {
		return nil
	}
	return publisherTable(in.places.Publishers()).Add(in.untilInterrupted(), d.config.Publications.Learned())
}

// publisher judges who published a file.
func (j *judgement) publisher(e rules.PublisherEvidence) []rules.Finding {
	findings := j.asked.policy.Decide(j.asked.policy.JudgePublisher(e), rules.InGate).Findings
	j.holdByRule(e.Name, e.Version, findings)
	return findings
}
