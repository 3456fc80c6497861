package rules

import (
	"slices"
	"strings"

	"thresher/address"
	"thresher/internal/words"
	"thresher/pep"
	"thresher/policy/typosquat"
)

// NameEvidenceOf returns what is known of a name offline: its rank on the
// embedded list of popular names, and what it may imitate. The name may have
// any spelling (PEP 503).
func NameEvidenceOf(name string) NameEvidence {
	canonical, ok := pep.ParseName(name)
	if !ok {
		return NameEvidence{}
	}
	evidence := NameEvidence{Rank: typosquat.Rank(canonical)}
	if evidence.Rank == 0 {
		evidence.Suspicions = typosquat.Check(canonical)
	}
	return evidence
}

// JudgeRequested judges one thing that pip was asked for, with no network at
// all. Notes are only about what is new to the environment.
func (s *Settings) JudgeRequested(r Requested, e NameEvidence) []Finding {
	var findings []Finding
	if unreadable := s.unreadable(r); unreadable != nil {
		return unreadable
	}
	if !r.Constraint {
		findings = append(findings, s.denied(r.Name, r.Canonical)...)
		findings = append(findings, s.unapproved(r)...)
		if r.Name != "" {
			findings = append(findings, s.importName(r, e)...)
			findings = onceAsked(append(findings, s.typosquat(r, e)...))
			findings = append(findings, s.stdlib(r)...)
			findings = append(findings, s.preferred(r)...)
			findings = append(findings, s.unbounded(r)...)
		}
	}
	findings = append(findings, s.pinned(r)...)
	findings = append(findings, s.directURL(r)...)
	findings = append(findings, s.insecureURL(r)...)
	return quietWhenKnown(findings, r.New)
}

// JudgeDependency judges the name of something that another distribution
// brings along, with no network at all. Its findings may ask: Decide says what
// they are where nobody can be asked.
func (s *Settings) JudgeDependency(name string, e NameEvidence, isNew bool) []Finding {
	canonical, ok := pep.ParseName(name)
	if !ok {
		return []Finding{s.JudgeUnreadable(name, NoName(name), "")}
	}
	r := Requested{Name: name, Canonical: canonical, New: isNew}
	findings := s.denied(name, canonical)
	findings = append(findings, s.unapproved(r)...)
	findings = append(findings, s.typosquat(r, e)...)
	return quietWhenKnown(findings, isNew)
}

// JudgeUnreadable makes the finding about an input of which nobody can tell
// what pip would make. It is always refused.
func (s *Settings) JudgeUnreadable(place, reason, hint string) Finding {
	return Finding{Subject: words.Printable(place), Rule: Unreadable, Action: Block, Confidence: High,
		Evidence: words.Printable(reason), Hint: words.Printable(hint)}
}

// quietWhenKnown drops the notes about what is in the environment already.
func quietWhenKnown(findings []Finding, isNew bool) []Finding {
	return slices.DeleteFunc(findings, func(finding Finding) bool {
		return finding.Action == Off || finding.Action == Note && !isNew
	})
}

// finding makes the finding of a rule with its action in this policy.
func (s *Settings) finding(rule Rule, subject string, confidence Confidence, evidence string) Finding {
	return Finding{
		Subject: words.Printable(subject), Rule: rule, Action: s.Action(rule).Value, Confidence: confidence,
		Evidence: evidence,
	}
}

// one is a finding with a hint as the result of a rule.
func one(finding Finding, hint string) []Finding {
	finding.Hint = hint
	if hint == "" {
		finding.Hint = AnswerCommand(finding)
	}
	return []Finding{finding}
}

// Unreadable: what has neither a name nor a place cannot be judged.
func (s *Settings) unreadable(r Requested) []Finding {
	if r.Name == "" && r.URL == "" && r.Path == "" {
		return []Finding{s.JudgeUnreadable(r.Origin, nothingNamed, "")}
	}
	if r.Name != "" {
		if canonical, ok := pep.ParseName(r.Name); !ok || canonical != r.Canonical {
			return []Finding{s.JudgeUnreadable(r.Name, NoName(r.Name), "")}
		}
	}
	return nil
}

// Denied: a name in deny, unless a nearer layer allows it by name. In one
// layer the entry that says the name itself beats one that says a pattern, and
// of two alike deny wins.
func (s *Settings) denied(name, canonical string) []Finding {
	if canonical == "" {
		return nil
	}
	deny := s.denyFor(canonical)
	if deny == nil {
		return nil
	}
	return one(s.finding(Denied, name, High, deniedEvidence(deny)),
		explainCommand(name))
}

func (s *Settings) denyFor(canonical string) *Deny {
	var denied *Deny
	for i := range s.Deny {
		entry := &s.Deny[i]
		if MatchesPattern(entry.Name, canonical) &&
			(denied == nil || nearer(entry.Name, entry.Layer, denied.Name, denied.Layer)) {
			denied = entry
		}
	}
	if denied == nil {
		return nil
	}
	for i := range s.Allow {
		entry := &s.Allow[i]
		if entry.isAbout(canonical) && entry.Rules == nil && !s.hasExpired(entry.Expires) &&
			nearer(entry.Subject.Name, entry.Layer, denied.Name, denied.Layer) && !denied.Locked {
			return nil
		}
	}
	return denied
}

// nearer says whether an entry overrides another: it comes from a nearer
// layer, or from the same and names what the other only describes.
func nearer(name string, layer Layer, other string, otherLayer Layer) bool {
	if layer != otherLayer {
		return layer > otherLayer
	}
	return !strings.Contains(name, "*") && strings.Contains(other, "*")
}

// Unapproved: with an allowlist, everything that allow does not name. The
// user's own directory is no distribution of anyone else's.
func (s *Settings) unapproved(r Requested) []Finding {
	if !s.Allowlist.Value || r.Path != "" && !address.IsArchive(r.Path) {
		return nil
	}
	subject := r.Name
	switch {
	case r.Name != "":
		if s.allowedFor(r.Canonical, Unapproved) != nil {
			return nil
		}
	case s.allowedURL(r.URL, Unapproved) != nil:
		return nil
	default:
		subject = address.Key(r.URL)
	}
	finding := s.finding(Unapproved, subject, High,
		unapprovedEvidence(s.Allowlist)+s.expiredFor(r.Canonical, Unapproved))
	return one(finding, "")
}

// Typosquat: a name that may imitate a popular one, a finding for each.
func (s *Settings) typosquat(r Requested, e NameEvidence) []Finding {
	if e.Rank > 0 || s.allowedFor(r.Canonical, Typosquat) != nil {
		return nil
	}
	var findings []Finding
	for _, suspicion := range e.Suspicions {
		finding := s.finding(Typosquat, r.Name, Confidence(suspicion.Confidence),
			imitates(r.Canonical, suspicion)+s.expiredFor(r.Canonical, Typosquat))
		finding.Target = words.Printable(suspicion.Target)
		finding.Action = s.typosquatAction(finding.Confidence)
		hint := insteadOf(r, suspicion.Target)
		switch {
		case r.URL != "":
		case suspicion.Target == typosquat.RequirementsFile:
			hint = "pip install -r requirements.txt"
		case typosquat.Rank(suspicion.Target) == 0: // a module of the standard library
			hint = "python -c " + words.ShellWord(words.Printable("import "+suspicion.Target))
		}
		findings = append(findings, one(finding, hint)...)
	}
	return findings
}

// typosquatAction is what a suspicion does by its confidence: the policy's
// action is that of medium confidence. Where that asks, high confidence
// blocks; low confidence is never more than a note.
func (s *Settings) typosquatAction(confidence Confidence) Action {
	action := s.Action(Typosquat).Value
	switch {
	case confidence == High && action == Ask:
		return Block
	case confidence == Low && harder(action, Note):
		return Note
	}
	return action
}

// Stdlib: the standard library of the interpreter that is installed for has
// it. What it has only in part is advice for `thresher explain`, no finding.
func (s *Settings) stdlib(r Requested) []Finding {
	alternative, found := StdlibAlternative(r.Canonical)
	if !found || alternative.Kind == Partial || !r.Python.has(alternative.Since) || r.URL != "" ||
		s.allowedFor(r.Canonical, Stdlib) != nil {
		return nil
	}
	finding := s.finding(Stdlib, r.Name, High, stdlibEvidence(alternative))
	if alternative.Kind != Exact {
		finding.Confidence = Medium
		finding.Action = atMost(Note, finding.Action)
	}
	finding.Target = alternative.Library
	return one(finding, "")
}

func atMost(most, action Action) Action {
	if harder(action, most) {
		return most
	}
	return action
}

// Preferred: the policy names something else to use.
func (s *Settings) preferred(r Requested) []Finding {
	at := slices.IndexFunc(s.Prefer, func(prefer Prefer) bool { return prefer.Name == r.Canonical })
	if at < 0 || s.allowedFor(r.Canonical, Preferred) != nil {
		return nil
	}
	finding := s.finding(Preferred, r.Name, High, preferredEvidence(s.Prefer[at]))
	finding.Target = words.Printable(s.Prefer[at].Use)
	hint := ""
	if canonical, ok := pep.ParseName(s.Prefer[at].Use); ok && r.Typed && typosquat.Rank(canonical) > 0 {
		hint = "pip install " + words.ShellWord(words.Printable(s.Prefer[at].Use))
	}
	return one(finding, hint)
}

// Pinned: an exact version, which -U cannot lift. A line with hashes is one
// of a lock file, where nothing else is possible.
func (s *Settings) pinned(r Requested) []Finding {
	if r.Hashes || r.Name == "" || r.URL != "" || s.allowedFor(r.Canonical, Pinned) != nil {
		return nil
	}
	specifiers, err := pep.ParseSpecifiers(r.Specifier)
	if err != nil {
		return nil // pip refuses it, or an arbitrary equality of no version
	}
	version, isPinned := specifiers.Pinned()
	if !isPinned {
		return nil
	}
	return one(s.finding(Pinned, r.Name, High, pinnedEvidence(version, r)+s.expiredFor(r.Canonical, Pinned)), "")
}

// Unbounded: a line of a file without a lower bound. A name typed once is not
// kept, so it needs none.
func (s *Settings) unbounded(r Requested) []Finding {
	if r.Typed || r.URL != "" || r.Hashes || s.allowedFor(r.Canonical, Unbounded) != nil {
		return nil
	}
	specifiers, err := pep.ParseSpecifiers(r.Specifier)
	if err != nil || specifiers.HasLowerBound() {
		return nil
	}
	return one(s.finding(Unbounded, r.Name, High, unboundedEvidence(r)), "")
}

// DirectURL: what comes from a URL. With a hash the content of an archive is known,
// with a commit that of a repository, and one on this machine is the user's own:
// these are noted. A branch or a tag may be another thing tomorrow, as an archive
// without a hash.
func (s *Settings) directURL(r Requested) []Finding {
	if r.URL == "" || isLocal(r.URL) || s.allowedURL(r.URL, DirectURL) != nil {
		return nil
	}
	subject := address.Key(r.URL)
	finding := s.finding(DirectURL, subject, High, directURLEvidence(r))
	if isFixed(r) {
		finding.Action = atMost(Note, finding.Action)
	}
	return one(finding, "")
}

// isFixed says whether what a URL stands for stays what it is, or is of this
// machine.
func isFixed(r Requested) bool {
	_, rest, versioned := address.CutVersionControl(r.URL)
	if !versioned {
		return r.Hashes
	}
	return isLocal(rest) || namesCommit(rest)
}

// namesCommit says whether the URL of a repository ends with a whole commit
// ("…/acme.git@0123…"), which is what it is for ever.
func namesCommit(text string) bool {
	text, _, _ = strings.Cut(text, "#")
	_, behind, _ := strings.Cut(text, "://")
	_, path, _ := strings.Cut(behind, "/")
	at := strings.LastIndexByte(path, '@')
	commit := path[at+1:]
	return at >= 0 && (len(commit) == 40 || len(commit) == 64) && strings.Trim(commit, "0123456789abcdef") == ""
}

// InsecureURL: a URL over which anyone on the way may put content of their
// own, unless a hash tells what the content is.
func (s *Settings) insecureURL(r Requested) []Finding {
	if r.URL == "" || r.Hashes && !isVersionControl(r.URL) {
		return nil
	}
	return s.insecure(r.URL)
}

func (s *Settings) insecure(text string) []Finding {
	reason := insecureReason(text)
	if reason == "" || s.allowedURL(text, InsecureURL) != nil {
		return nil
	}
	return one(s.finding(InsecureURL, address.Key(text), High, reason), "")
}

// secureSchemes are the schemes whose content nobody on the way can change,
// of pip 26.2: its own, and those of its version control backends.
var secureSchemes = []string{
	"https", "file",
	"git+https", "git+ssh", "git+file", "hg+https", "hg+ssh", "hg+file",
	"svn+https", "svn+ssh", "svn+file", "bzr+https", "bzr+ssh", "bzr+sftp", "bzr+file",
}

func insecureReason(text string) string {
	parsed, err := address.Parse(text).Read()
	if err != nil {
		return unreadableURL
	}
	scheme := parsed.Scheme
	if slices.Contains(secureSchemes, scheme) || address.IsLoopback(parsed.Hostname()) {
		return ""
	}
	return insecureScheme(scheme)
}

func isLocal(text string) bool { return strings.HasPrefix(strings.ToLower(text), "file:") }

func isVersionControl(text string) bool {
	scheme, _, _ := strings.Cut(text, "://")
	return strings.Contains(scheme, "+")
}

// JudgeInvented judges a name that a coding agent typed, and that is neither
// popular nor known here: invented names are what agents type. The agent's own
// terminal is no person's, so that a question is a refusal.
func (s *Settings) JudgeInvented(name, canonical, agent string) []Finding {
	if s.allowedFor(canonical, Invented) != nil {
		return nil
	}
	finding := s.finding(Invented, name, Medium, inventedEvidence(agent)+s.expiredFor(canonical, Invented))
	if finding.Action == Ask {
		finding.Action = Block
	}
	return quietWhenKnown(one(finding, ""), true)
}
