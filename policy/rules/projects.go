package rules

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"thresher/internal/words"
)

// JudgeProject judges a project by what an index and the advisories say of it.
// Questions of trust are put when a name is new to the environment; malware,
// quarantine and archiving are told at any time. What nobody could answer is
// reported as not known in one finding, and never taken for a pass.
func (s *Settings) JudgeProject(e ProjectEvidence) []Finding {
	var findings []Finding
	for _, rule := range []func(ProjectEvidence) []Finding{s.malware, s.quarantined, s.archived} {
		findings = append(findings, rule(e)...)
	}
	if !e.New {
		return quietWhenKnown(findings, true)
	}
	if e.Exists != Yes {
		return quietWhenKnown(append(findings, s.unknownName(e)...), true)
	}
	for _, rule := range []func(ProjectEvidence) []Finding{
		s.newProject, s.unpopular, s.stale, s.maintainers, s.organisation, s.funding, s.securityPolicy, s.notLearned,
	} {
		findings = append(findings, rule(e)...)
	}
	return quietWhenKnown(findings, true)
}

// about makes a finding about a project.
func (s *Settings) about(e ProjectEvidence, rule Rule, evidence string) []Finding {
	subject := e.Name
	if subject == "" {
		subject = e.Canonical
	}
	return one(s.finding(rule, subject, High, evidence+s.expiredFor(e.Canonical, rule)), "")
}

// answered says whether a rule is no question for this project any more: a
// person has allowed it, or an organisation that is trusted stands behind it.
func (s *Settings) answered(e ProjectEvidence, rule Rule) bool {
	if s.allowedFor(e.Canonical, rule) != nil {
		return true
	}
	return rule != Archived && s.trustedOrganisation(e) != ""
}

// trustedOrganisation returns the organisation of trust.organisations that
// owns the project on its index. Who the project's links point to is no
// evidence: anyone may link to anyone.
func (s *Settings) trustedOrganisation(e ProjectEvidence) string {
	for _, organisation := range s.Trust.Organisations {
		if organisation.Value == strings.ToLower(e.Organisation) && e.FromPublicIndex != No {
			return organisation.Value
		}
	}
	return ""
}

// Malware: an advisory says so of every release. An answer for one of them
// leaves it to each file's own judgement.
func (s *Settings) malware(e ProjectEvidence) []Finding {
	if len(e.Malware) == 0 {
		return nil
	}
	findings := s.about(e, Malware, malwareEvidence(e.Malware))
	findings[0].Hint = explainCommand(e.Canonical)
	entry := s.allowing(func(entry *Allow) bool {
		return entry.Subject.Name == e.Canonical &&
			entry.answersRelease(Malware)
	})
	if entry != nil {
		findings[0].Action = Note
		findings[0].Evidence += allowedAnyway(entry)
	}
	return findings
}

// Quarantined: the index has withdrawn it while it is looked into (PEP 792).
func (s *Settings) quarantined(e ProjectEvidence) []Finding {
	if !strings.EqualFold(e.Status, "quarantined") {
		return nil
	}
	findings := s.about(e, Quarantined, withReason(putInQuarantine, e.StatusReason))
	findings[0].Hint = explainCommand(e.Canonical)
	return findings
}

// Archived: its owners have archived or deprecated it (PEP 792); a status that
// nobody knows yet is told here, too.
func (s *Settings) archived(e ProjectEvidence) []Finding {
	status := strings.ToLower(e.Status)
	if status == "" || status == "active" || status == "quarantined" || !e.New || s.answered(e, Archived) {
		return nil
	}
	switch status {
	case "archived", "deprecated":
		return s.about(e, Archived, withReason(markedByOwners(status), e.StatusReason))
	}
	findings := s.about(e, Archived,
		withReason("its index gives it the status "+words.Printable(e.Status), e.StatusReason))
	findings[0].Confidence = Low
	return findings
}

// Unknown-name: no index has it, or none could be asked.
func (s *Settings) unknownName(e ProjectEvidence) []Finding {
	if s.answered(e, UnknownName) {
		return nil
	}
	if e.Exists == Unknown {
		findings := s.about(e, UnknownName, nothingLearned(e.Failure))
		findings[0].Confidence = Low
		findings[0].Action = atMost(Note, findings[0].Action)
		findings[0].Hint = explainCommand(e.Canonical)
		return findings
	}
	findings := s.about(e, UnknownName, noIndexHasIt)
	if len(e.Suspicions) > 0 {
		findings[0].Target = words.Printable(e.Suspicions[0].Target)
		findings[0].Hint = explainCommand(e.Suspicions[0].Target)
	}
	return findings
}

// New-project: the first file is younger than cooldown.project.
func (s *Settings) newProject(e ProjectEvidence) []Finding {
	if e.First.IsZero() || s.answered(e, NewProject) || s.ExemptFromCooldown(e.Canonical) {
		return nil
	}
	if own := s.ofIndex(e.Index).Cooldown; own != nil && *own <= 0 {
		return nil
	}
	age := e.Now.Sub(e.First)
	switch {
	case age < 0:
		return s.about(e, NewProject, firstFileInFuture(e.First))
	case age < s.Cooldown.Project.Value.Duration():
		return s.about(e, NewProject, newProjectEvidence(age, s.Cooldown.Project.Value))
	}
	return nil
}

// Unpopular: not among the popular names. A private index's names cannot be.
func (s *Settings) unpopular(e ProjectEvidence) []Finding {
	if e.FromPublicIndex == No || e.Rank > 0 && e.Rank <= s.Trust.PopularRank.Value || s.answered(e, Unpopular) {
		return nil
	}
	return s.about(e, Unpopular, unpopularEvidence(e.Rank, s.Trust.PopularRank.Value))
}

// Stale: nothing new for longer than trust.stale-after.
func (s *Settings) stale(e ProjectEvidence) []Finding {
	if e.Latest.IsZero() || e.Status != "" && !strings.EqualFold(e.Status, "active") || s.answered(e, Stale) {
		return nil
	}
	silence := e.Now.Sub(e.Latest)
	if silence <= s.Trust.StaleAfter.Value.Duration() {
		return nil
	}
	return s.about(e, Stale, staleEvidence(silence, e.Latest))
}

// Maintainers: too few to survive a stolen password, or too many to know. An
// organisation's teams are not listed, so its projects are not counted. What so
// many use, or a private index has, is not worth a note.
func (s *Settings) maintainers(e ProjectEvidence) []Finding {
	count := len(e.Maintainers)
	if !e.Ownership || e.Organisation != "" || count == 0 || s.answered(e, Maintainers) {
		return nil
	}
	if s.Action(Maintainers).Value == Note && (s.popular(e) || e.FromPublicIndex == No) {
		return nil
	}
	if count >= s.Trust.MinMaintainers.Value && count <= s.Trust.MaxMaintainers.Value {
		return nil
	}
	return s.about(e, Maintainers,
		maintainersEvidence(e.Maintainers, s.Trust.MinMaintainers.Value, s.Trust.MaxMaintainers.Value))
}

// Organisation: nobody but single people stands behind it, as far as the
// index knows and attestations show.
func (s *Settings) organisation(e ProjectEvidence) []Finding {
	if !e.Ownership || e.Organisation != "" || e.SourceOwner != "" || s.popular(e) || s.answered(e, Organisation) {
		return nil
	}
	return s.about(e, Organisation, noOrganisationBehind)
}

// Funding: no link to any.
func (s *Settings) funding(e ProjectEvidence) []Finding {
	if !e.Described || FundingLink(e.URLs) != "" || s.popular(e) || s.answered(e, Funding) {
		return nil
	}
	return s.about(e, Funding, noFundingLink)
}

// Security-policy: no link to one.
func (s *Settings) securityPolicy(e ProjectEvidence) []Finding {
	if !e.Described || SecurityLink(e.URLs) != "" || s.popular(e) || s.answered(e, SecurityPolicy) {
		return nil
	}
	return s.about(e, SecurityPolicy, noSecurityLink)
}

// popular says whether so many use a project that three softer questions need
// not be put about it.
func (s *Settings) popular(e ProjectEvidence) bool {
	return e.Rank > 0 && e.Rank <= s.Trust.PopularRank.Value
}

// notLearned is one finding with all that the index did not say. It bears the
// name of the first rule that it leaves open. A private index says nothing of all
// this, which nobody can change.
func (s *Settings) notLearned(e ProjectEvidence) []Finding {
	if e.FromPublicIndex == No {
		return nil
	}
	var open []Rule
	var missed []string
	missing := func(rule Rule, isMissing bool, word string) {
		if isMissing && s.Action(rule).Value != Off && !s.answered(e, rule) {
			open = append(open, rule)
			missed = append(missed, word)
		}
	}
	missing(NewProject, e.First.IsZero(), "when it began")
	missing(Stale, e.Latest.IsZero(), "when it last changed")
	missing(Maintainers, !e.Ownership || len(e.Maintainers) == 0 && e.Organisation == "", "who maintains it")
	missing(Funding, !e.Described && !s.popular(e), "its links")
	if len(open) == 0 {
		return nil
	}
	findings := s.about(e, open[0], notSaid(missed))
	findings[0].Confidence = Low
	findings[0].Action = atMost(Note, findings[0].Action)
	findings[0].Hint = explainCommand(e.Canonical)
	return findings
}

// FundingLink returns the link of a project to its funding, or "". Labels are
// the ones that the public index itself marks (its project metadata page).
func FundingLink(links []URL) string {
	return linkWith(links, func(label string, address *url.URL) bool {
		for _, prefix := range []string{"funding", "sponsor", "donation", "donate"} {
			if strings.HasPrefix(label, prefix) {
				return true
			}
		}
		path, host := strings.ToLower(address.Path), strings.ToLower(address.Hostname())
		return strings.HasPrefix(path, "/sponsors/") ||
			slices.Contains([]string{"opencollective.com", "patreon.com", "www.patreon.com", "liberapay.com",
				"ko-fi.com", "tidelift.com", "numfocus.org"}, host)
	})
}

// SecurityLink returns the link of a project to its security policy, or "".
func SecurityLink(links []URL) string {
	return linkWith(links, func(label string, address *url.URL) bool {
		path := strings.ToLower(address.Path)
		return strings.Contains(label, "security") || strings.Contains(label, "vulnerabilit") ||
			strings.HasSuffix(path, "/security") || strings.Contains(path, "/security/policy") ||
			strings.HasSuffix(path, "/security.md")
	})
}

func linkWith(links []URL, fits func(label string, address *url.URL) bool) string {
	for _, link := range links {
		address, err := url.Parse(link.URL)
		if err != nil || address.Scheme != "https" && address.Scheme != "http" {
			continue
		}
		if fits(strings.ToLower(strings.TrimSpace(link.Label)), address) {
			return link.URL
		}
	}
	return ""
}

// ExemptFromCooldown says whether cooldown.except names a canonical name.
func (s *Settings) ExemptFromCooldown(canonical string) bool {
	return slices.ContainsFunc(s.Cooldown.Except,
		func(pattern Sourced[string]) bool { return MatchesPattern(pattern.Value, canonical) })
}

// What evidence says about a suspicion of medium confidence.
const (
	youngImitation   = 30 * Day  // a name that began later than this is an imitation
	grownUp          = Year      // one that is older may be itself, if more speaks for it,
	veryOld          = 3 * Year  // such as a long life
	manyReleases     = 10        // or a history of releases
	abandonedSilence = 5 * Year  // but a name that nobody has touched for this long may have been parked
	establishedAge   = 10 * Year // unless it is as old as this, with a history of releases
)

// SettleSuspicion says what evidence makes of a suspicion of medium confidence
// that a name is meant for a target: Yes, it is an imitation; No, it is a
// project of its own; Unknown, the question stays. The words say why.
func (s *Settings) SettleSuspicion(e ProjectEvidence, target string) (imitation Known, why string) {
	if len(e.Malware) > 0 || strings.EqualFold(e.Status, "quarantined") {
		return Yes, settledByStatus
	}
	age := e.Now.Sub(e.First)
	if e.Exists != Yes || e.First.IsZero() || age < -Day.Duration() {
		return Unknown, "" // a date that far in the future says that a clock is wrong
	}
	var imitated TargetEvidence
	if at := slices.IndexFunc(e.Targets, func(t TargetEvidence) bool { return t.Name == target }); at >= 0 {
		imitated = e.Targets[at]
	}
	if owner := sharedOwner(e, imitated); owner != "" {
		return No, settledByOwner(owner, target)
	}
	if age < youngImitation.Duration() {
		return Yes, settledByYouth(max(age, 0))
	}
	if e.First.Before(imitated.First) {
		return No, settledByAge(target)
	}
	if organisation := s.trustedOrganisation(e); organisation != "" {
		return No, settledByOrganisation(organisation)
	}
	silent := e.Now.Sub(e.Latest) > abandonedSilence.Duration() &&
		(age < establishedAge.Duration() || e.Releases < manyReleases)
	if age < grownUp.Duration() || e.Latest.IsZero() || silent || e.Latest.After(e.Now.Add(time.Hour)) {
		return Unknown, ""
	}
	var reasons []string
	speaks := func(does bool, words string) {
		if does {
			reasons = append(reasons, words)
		}
	}
	speaks(age >= veryOld.Duration(), words.Age(age)+" old")
	speaks(e.Releases >= manyReleases, words.Counted(int64(e.Releases), "release"))
	speaks(e.Provenance == Yes, "attested")
	speaks(e.Organisation != "", "an organisation")
	speaks(e.Ownership && len(e.Maintainers) >= 2, words.Counted(int64(len(e.Maintainers)), "maintainer"))
	if len(reasons) < 2 {
		return Unknown, ""
	}
	return No, strings.Join(reasons, ", ")
}

// sharedOwner returns the organisation or the account that owns both a project
// and the one that its name may be meant for; "" where none is known to. Nobody
// becomes an owner without having agreed.
func sharedOwner(e ProjectEvidence, imitated TargetEvidence) string {
	if e.Organisation != "" && strings.EqualFold(e.Organisation, imitated.Organisation) {
		return e.Organisation
	}
	for _, account := range e.Maintainers {
		if slices.ContainsFunc(imitated.Maintainers, func(other string) bool { return strings.EqualFold(account, other) }) {
			return account
		}
	}
	return ""
}

// Settle judges a project and what was suspected of its name before anything
// was known of it. The findings before are those of JudgeRequested for this
// name; the result has those that still stand, and those of JudgeProject.
func (s *Settings) Settle(before []Finding, e ProjectEvidence) []Finding {
	if e.Exists == No {
		findings, answered := s.withAnswer(before)
		return append(findings, slices.DeleteFunc(s.JudgeProject(e), func(f Finding) bool {
			return answered && f.Rule == UnknownName
		})...)
	}
	var findings []Finding
	for _, finding := range before {
		if finding.Rule == Typosquat && finding.Confidence == Medium {
			imitation, why := s.SettleSuspicion(e, finding.Target)
			switch imitation {
			case No:
				continue
			case Yes:
				finding.Confidence = High
				finding.Evidence += "; " + why
				finding.Action = s.typosquatAction(High)
			}
		}
		findings = append(findings, finding)
	}
	return append(findings, s.JudgeProject(e)...)
}
