package shim

import (
	"sync"
	"time"

	"thresher/exposure"
	"thresher/gate"
	"thresher/internal/journal"
	"thresher/policy/rules"
	"thresher/venv"
)

// tellVanished names what was installed when the run began and is no longer on
// the index that it came from, as far as the run met its page.
func (in *invocation) tellVanished(a *asked, c *changed, before state, sightings []gate.Sighting) {
	byName := map[string][]rules.IndexAnswer{}
	for _, s := range sightings {
		byName[s.Name] = append(byName[s.Name], rules.IndexAnswer{
			Index: s.Index, Listed: s.Listed, Missing: s.Missing, Files: s.Files, Status: s.Status, Reason: s.StatusReason,
			Asked: s.Fetched,
		})
	}
	replaced := map[string]string{}
	for _, change := range c.changes {
		if change.Before != change.After {
			replaced[change.Distribution.Canonical] = change.After
		}
	}
	// On a good day nobody asks where anything came from.
	origins := sync.OnceValue(func() exposure.Origins {
		entries, _, err := journal.Read(in.places.Log(), time.Time{})
		if err != nil {
			return nil
		}
		return exposure.OriginsOf(entries, a.command.Installation.Prefix)
	})
	for _, d := range before.distributions {
		answers := byName[d.Canonical]
		if d.Shadowed || d.Canonical == "" || len(answers) == 0 || listed(answers) {
			continue
		}
		evidence := evidenceOf(d, origins(), answers, len(a.command.Indexes))
		if len(a.command.FindLinks) > 0 && evidence.Origin == "" {
			continue // it may have come from there
		}
		evidence.Replaced = replaced[d.Canonical]
		for _, f := range a.policy.JudgeInstalled(evidence) {
			f = a.policy.Observed(f)
			c.findings = append(c.findings, f)
			c.refused = c.refused || f.Action == rules.Block
			in.say.vanished(f)
		}
	}
}

// listed says whether every index has the release, and nothing else to say.
func listed(answers []rules.IndexAnswer) bool {
	for _, answer := range answers {
		if !answer.Listed || answer.Status == "quarantined" {
			return false
		}
	}
	return true
}

// evidenceOf is what is known of an installed distribution, and what the indexes
// say of it.
func evidenceOf(
	d venv.Distribution, origins exposure.Origins, answers []rules.IndexAnswer, indexes int,
) rules.InstalledEvidence {
	evidence := rules.InstalledEvidence{
		Name: d.Name, Canonical: d.Canonical, Version: d.Version, Since: d.Written, Installer: d.Installer,
		Local: d.DirectURL != "" || d.Editable, Answers: answers, Indexes: indexes,
	}
	index, url := origins.Of(d.Canonical, d.Version)
	evidence.Origin, evidence.Local = index, evidence.Local || url != ""
	return evidence
}
