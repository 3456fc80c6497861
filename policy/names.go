package policy

import (
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"thresher/pep"
	"thresher/policy/typosquat"
)

// NameEvidenceOf returns what is known of a name offline: its rank on the
// embedded list of popular names, and what it may imitate. The name may have
// any spelling (PEP 503).
func NameEvidenceOf(name string) NameEvidence {
	canonical, ok := canonicalName(name)
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
func (p *Policy) JudgeRequested(r Requested, e NameEvidence) []Finding {
	var findings []Finding
	if unreadable := p.unreadable(r); unreadable != nil {
		return unreadable
	}
	if !r.Constraint {
		findings = append(findings, p.denied(r.Name, r.Canonical)...)
		findings = append(findings, p.unapproved(r)...)
		if r.Name != "" {
			findings = append(findings, p.typosquat(r, e)...)
			findings = append(findings, p.stdlib(r)...)
			findings = append(findings, p.preferred(r)...)
			findings = append(findings, p.unbounded(r)...)
		}
	}
	findings = append(findings, p.pinned(r)...)
	findings = append(findings, p.directURL(r)...)
	findings = append(findings, p.insecureURL(r)...)
	return quietWhenKnown(findings, r.New)
}

// JudgeDependency judges the name of something that another distribution
// brings along, with no network at all. Its findings may ask: InGate says what
// they are where nobody can be asked.
func (p *Policy) JudgeDependency(name string, e NameEvidence, isNew bool) []Finding {
	canonical, ok := canonicalName(name)
	if !ok {
		return []Finding{p.JudgeUnreadable(name, noName(name), "")}
	}
	r := Requested{Name: name, Canonical: canonical, New: isNew}
	findings := p.denied(name, canonical)
	findings = append(findings, p.unapproved(r)...)
	findings = append(findings, p.typosquat(r, e)...)
	return quietWhenKnown(findings, isNew)
}

// JudgeUnreadable makes the finding about an input of which nobody can tell
// what pip would make. It is always refused.
func (p *Policy) JudgeUnreadable(place, reason, hint string) Finding {
	return Finding{Subject: printable(place), Rule: Unreadable, Action: Block, Confidence: High, Evidence: printable(reason), Hint: printable(hint)}
}

// quietWhenKnown drops the notes about what is in the environment already.
func quietWhenKnown(findings []Finding, isNew bool) []Finding {
	return slices.DeleteFunc(findings, func(finding Finding) bool {
		return finding.Action == Off || finding.Action == Note && !isNew
	})
}

// finding makes the finding of a rule with its action in this policy.
func (p *Policy) finding(rule Rule, subject string, confidence Confidence, evidence string) Finding {
	return Finding{
		Subject: printable(subject), Rule: rule, Action: p.Action(rule).Value, Confidence: confidence,
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

// allowedFor returns the allow entry that answers a rule for a canonical name,
// or nil. An entry that has expired answers nothing.
func (p *Policy) allowedFor(canonical string, rule Rule) *Allow {
	if canonical == "" {
		return nil
	}
	for i := range p.Allow {
		entry := &p.Allow[i]
		if strings.Contains(entry.Name, ":") || !matchesPattern(entry.Name, canonical) || p.hasExpired(entry.Expires) {
			continue
		}
		if entry.answers(rule) {
			return entry
		}
	}
	return nil
}

// allowedPlace returns the allow entry that answers a rule for a URL or a
// trusted host, or nil.
func (p *Policy) allowedPlace(place string, rule Rule) *Allow {
	for i := range p.Allow {
		entry := &p.Allow[i]
		if entry.Name == place && !p.hasExpired(entry.Expires) && (entry.Rules == nil || slices.Contains(entry.Rules, rule)) {
			return entry
		}
	}
	return nil
}

// AllowedHosts gives the hosts ("name" or "name:port") that allow names as
// "host:NAME": builds and pip may fetch from there.
func (p *Policy) AllowedHosts() []string {
	var hosts []string
	for _, entry := range p.Allow {
		if host, isHost := strings.CutPrefix(entry.Name, hostPrefix); isHost && p.allowedPlace(entry.Name, DirectURL) != nil {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// answers says whether an entry for a name answers a rule.
func (a *Allow) answers(rule Rule) bool {
	info, _ := ruleInfo(rule)
	if a.Rules != nil {
		return slices.Contains(a.Rules, rule) && info.Answer != AnswerURL
	}
	return info.Answer == AnswerName || info.Answer == AnswerTemporary && !a.Expires.IsZero()
}

func (p *Policy) hasExpired(expires time.Time) bool { return expired(expires, p.now) }

// Allowed returns the allow entry that answers a rule for a name in any
// spelling, or nil.
func (p *Policy) Allowed(name string, rule Rule) *Allow {
	canonical, ok := canonicalName(name)
	if !ok {
		return nil
	}
	return p.allowedFor(canonical, rule)
}

// expiredFor returns since when an answer to a rule does not count any more.
func (p *Policy) expiredFor(canonical string, rule Rule) string {
	for i := range p.Allow {
		entry := &p.Allow[i]
		if matchesPattern(entry.Name, canonical) && entry.answers(rule) && p.hasExpired(entry.Expires) {
			return answerExpired(entry)
		}
	}
	return ""
}

// Unreadable: what has neither a name nor a place cannot be judged.
func (p *Policy) unreadable(r Requested) []Finding {
	if r.Name == "" && r.URL == "" && r.Path == "" {
		return []Finding{p.JudgeUnreadable(r.Origin, nothingNamed, "")}
	}
	if r.Name != "" {
		if canonical, ok := canonicalName(r.Name); !ok || canonical != r.Canonical {
			return []Finding{p.JudgeUnreadable(r.Name, noName(r.Name), "")}
		}
	}
	return nil
}

// Denied: a name in deny, unless a nearer layer allows it by name. In one
// layer the entry that says the name itself beats one that says a pattern, and
// of two alike deny wins.
func (p *Policy) denied(name, canonical string) []Finding {
	if canonical == "" {
		return nil
	}
	deny := p.denyFor(canonical)
	if deny == nil {
		return nil
	}
	return one(p.finding(Denied, name, High, deniedEvidence(deny)), "thresher explain "+shellQuoted(name))
}

func (p *Policy) denyFor(canonical string) *Deny {
	var denied *Deny
	for i := range p.Deny {
		entry := &p.Deny[i]
		if matchesPattern(entry.Name, canonical) && (denied == nil || nearer(entry.Name, entry.Layer, denied.Name, denied.Layer)) {
			denied = entry
		}
	}
	if denied == nil {
		return nil
	}
	for i := range p.Allow {
		entry := &p.Allow[i]
		if matchesPattern(entry.Name, canonical) && entry.Rules == nil && !p.hasExpired(entry.Expires) &&
			nearer(entry.Name, entry.Layer, denied.Name, denied.Layer) && !p.lockedBelow("deny", denied.Layer) {
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

// lockedBelow says whether entries of the system's layer under a key are not
// to be overridden.
func (p *Policy) lockedBelow(key string, layer Layer) bool {
	return layer == SystemLayer && slices.ContainsFunc(p.Locked, func(lock Sourced[string]) bool { return lock.Value == key })
}

// Unapproved: with an allowlist, everything that allow does not name. The
// user's own directory is no distribution of anyone else's.
func (p *Policy) unapproved(r Requested) []Finding {
	if !p.Allowlist.Value || r.Path != "" && !isArchive(r.Path) {
		return nil
	}
	subject := r.Name
	switch {
	case r.Name != "":
		if p.allowedFor(r.Canonical, Unapproved) != nil {
			return nil
		}
	case p.allowedPlace(comparableURL(r.URL), Unapproved) != nil:
		return nil
	default:
		subject = comparableURL(r.URL)
	}
	finding := p.finding(Unapproved, subject, High, unapprovedEvidence(p.Allowlist)+p.expiredFor(r.Canonical, Unapproved))
	return one(finding, "")
}

// isArchive says whether a path looks like something pip unpacks rather than a
// directory (pip's own ARCHIVE_EXTENSIONS and wheels).
func isArchive(path string) bool {
	path = strings.ToLower(path)
	for _, extension := range []string{".whl", ".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tlz", ".tar.lz", ".tar.lzma", ".tar.zst", ".egg"} {
		if strings.HasSuffix(path, extension) {
			return true
		}
	}
	return false
}

// Typosquat: a name that may imitate a popular one, a finding for each.
func (p *Policy) typosquat(r Requested, e NameEvidence) []Finding {
	if e.Rank > 0 || p.allowedFor(r.Canonical, Typosquat) != nil {
		return nil
	}
	var findings []Finding
	for _, suspicion := range e.Suspicions {
		finding := p.finding(Typosquat, r.Name, Confidence(suspicion.Confidence), imitates(suspicion.Target, suspicion.Why)+p.expiredFor(r.Canonical, Typosquat))
		finding.Target = printable(suspicion.Target)
		finding.Action = p.typosquatAction(finding.Confidence)
		hint := "thresher explain " + shellQuoted(r.Name)
		switch {
		case r.URL != "":
		case suspicion.Target == typosquat.RequirementsFile:
			hint = "pip install -r requirements.txt"
		case typosquat.Rank(suspicion.Target) == 0: // a module of the standard library
			hint = "python -c " + shellQuoted("import "+suspicion.Target)
		case r.Typed:
			hint = "pip install " + shellQuoted(suspicion.Target)
		}
		findings = append(findings, one(finding, hint)...)
	}
	return findings
}

// typosquatAction is what a suspicion does by its confidence: the policy's
// action is that of medium confidence. Where that asks, high confidence
// blocks; low confidence is never more than a note.
func (p *Policy) typosquatAction(confidence Confidence) Action {
	action := p.Action(Typosquat).Value
	switch {
	case confidence == High && action == Ask:
		return Block
	case confidence == Low && severity(action) > severity(Note):
		return Note
	}
	return action
}

// Stdlib: the standard library of the interpreter that is installed for has
// it. What it has only in part is advice for `thresher explain`, no finding.
func (p *Policy) stdlib(r Requested) []Finding {
	alternative, found := StdlibAlternative(r.Canonical)
	if !found || alternative.Kind == Partial || !r.Python.has(alternative.Since) || r.URL != "" || p.allowedFor(r.Canonical, Stdlib) != nil {
		return nil
	}
	finding := p.finding(Stdlib, r.Name, High, stdlibEvidence(alternative))
	if alternative.Kind != Exact {
		finding.Confidence = Medium
		finding.Action = atMost(Note, finding.Action)
	}
	finding.Target = alternative.Library
	return one(finding, "")
}

func atMost(most, action Action) Action {
	if severity(action) > severity(most) {
		return most
	}
	return action
}

// Preferred: the policy names something else to use.
func (p *Policy) preferred(r Requested) []Finding {
	at := slices.IndexFunc(p.Prefer, func(prefer Prefer) bool { return prefer.Name == r.Canonical })
	if at < 0 || p.allowedFor(r.Canonical, Preferred) != nil {
		return nil
	}
	finding := p.finding(Preferred, r.Name, High, preferredEvidence(p.Prefer[at]))
	finding.Target = printable(p.Prefer[at].Use)
	hint := ""
	if canonical, ok := canonicalName(p.Prefer[at].Use); ok && r.Typed && typosquat.Rank(canonical) > 0 {
		hint = "pip install " + shellQuoted(p.Prefer[at].Use)
	}
	return one(finding, hint)
}

// Pinned: an exact version, which -U cannot lift. A line with hashes is one
// of a lock file, where nothing else is possible.
func (p *Policy) pinned(r Requested) []Finding {
	if r.Hashes || r.Name == "" || p.allowedFor(r.Canonical, Pinned) != nil {
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
	return one(p.finding(Pinned, r.Name, High, pinnedEvidence(version, r)+p.expiredFor(r.Canonical, Pinned)), "")
}

// Unbounded: a line of a file without a lower bound. A name typed once is not
// kept, so it needs none.
func (p *Policy) unbounded(r Requested) []Finding {
	if r.Typed || r.URL != "" || r.Hashes || p.allowedFor(r.Canonical, Unbounded) != nil {
		return nil
	}
	specifiers, err := pep.ParseSpecifiers(r.Specifier)
	if err != nil || specifiers.HasLowerBound() {
		return nil
	}
	return one(p.finding(Unbounded, r.Name, High, unboundedEvidence(r)), "")
}

// DirectURL: an archive from a URL. With a hash its content is known; a
// version control URL is the user's own choice of source. Both are noted.
func (p *Policy) directURL(r Requested) []Finding {
	if r.URL == "" || isLocal(r.URL) || p.allowedPlace(comparableURL(r.URL), DirectURL) != nil {
		return nil
	}
	subject := comparableURL(r.URL)
	finding := p.finding(DirectURL, subject, High, directURLEvidence(r))
	if r.Hashes || isVersionControl(r.URL) {
		finding.Action = atMost(Note, finding.Action)
	}
	return one(finding, "")
}

// InsecureURL: a URL over which anyone on the way may put content of their
// own, unless a hash tells what the content is.
func (p *Policy) insecureURL(r Requested) []Finding {
	if r.URL == "" || r.Hashes && !isVersionControl(r.URL) {
		return nil
	}
	return p.insecure(r.URL)
}

func (p *Policy) insecure(text string) []Finding {
	reason := insecureReason(text)
	if reason == "" || p.allowedPlace(comparableURL(text), InsecureURL) != nil {
		return nil
	}
	return one(p.finding(InsecureURL, comparableURL(text), High, reason), "")
}

// secureSchemes are the schemes whose content nobody on the way can change,
// of pip 26.2: its own, and those of its version control backends.
var secureSchemes = []string{
	"https", "file",
	"git+https", "git+ssh", "git+file", "hg+https", "hg+ssh", "hg+file",
	"svn+https", "svn+ssh", "svn+file", "bzr+https", "bzr+ssh", "bzr+sftp", "bzr+file",
}

func insecureReason(text string) string {
	parsed, err := url.Parse(text)
	if err != nil {
		return unreadableURL
	}
	scheme := strings.ToLower(parsed.Scheme)
	if slices.Contains(secureSchemes, scheme) || isLoopback(parsed.Hostname()) {
		return ""
	}
	return insecureScheme(scheme)
}

func isLoopback(host string) bool {
	address := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || address != nil && address.IsLoopback()
}

func isLocal(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && strings.EqualFold(parsed.Scheme, "file")
}

func isVersionControl(text string) bool {
	scheme, _, _ := strings.Cut(text, "://")
	return strings.Contains(scheme, "+")
}
