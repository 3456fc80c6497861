package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"thresher/address"
	"thresher/internal/words"
	"thresher/pep"
	"thresher/policy/typosquat"
)

// All text of this package that a person reads. Lower case, no final period.

// Lengths of time.

func badSpan(text, unit string) string {
	if unit == "m" {
		return fmt.Sprintf("%q could be minutes or months, write min or months", words.Printable(text))
	}
	return fmt.Sprintf("%q is no length of time, write it as \"3d\", \"36 hours\" or \"18 months\"",
		words.Printable(text))
}

func spanTooLong(text string) string {
	return fmt.Sprintf("%q is too long, at most 100 years", words.Printable(text))
}

// Answers.

const (
	urlWithCredentials = "must not hold a user name or a password"
	malwareNeedsEnd    = "malware is allowed with an end alone, within 30 days"
)

func noHost(text string) string { return fmt.Sprintf("%q is no host", words.Printable(text)) }

func noPlace(text string) string {
	return fmt.Sprintf("%q is no place to fetch from, write HOST, HOST:PORT or HOST/PATH", words.Printable(text))
}

func noURL(text string) string {
	return fmt.Sprintf("%q is no url", words.Printable(address.Redact(text)))
}

func noVersion(text string) string { return fmt.Sprintf("%q is no version", words.Printable(text)) }

func releaseNeedsRules(rules []Rule) string {
	return "a release is allowed for the rules that are named alone: " + joined(rules)
}

func notAnswered(rule Rule, kind SubjectKind) string {
	return fmt.Sprintf("%q is not answered for %s, but %s", words.Printable(string(rule)), kind,
		joined(Answerable(kind)))
}

func joined(rules []Rule) string {
	texts := make([]string, len(rules))
	for i, rule := range rules {
		texts[i] = string(rule)
	}
	return strings.Join(texts, ", ")
}

// Names.

// NoName says that a text is no name of a package.
func NoName(text string) string { return fmt.Sprintf("%q is no name", words.Printable(text)) }

const nothingNamed = "names neither a package nor a place to get one from"

func answerExpired(entry *Allow) string {
	return fmt.Sprintf("; allow.%s expired on %s", words.TOMLKey(entry.Subject.String()),
		entry.Expires.Format(time.DateOnly))
}

// allowedAnyway is added to what is known against a release that a person has
// allowed in spite of it.
func allowedAnyway(entry *Allow) string {
	return fmt.Sprintf("; %s is allowed until %s %s: %s",
		entry.Subject, entry.Expires.Format(time.DateOnly), said(entry.Source), words.Printable(entry.Reason))
}

// said is where a value of the policy stands, for the evidence that rests on
// it: "in line 12 of thresher.toml".
func said(source Source) string {
	if source.Path == "" {
		return "by default"
	}
	return fmt.Sprintf("in line %d of %s", source.Line, words.Printable(source.Path))
}

func deniedEvidence(entry *Deny) string {
	return fmt.Sprintf("denied %s: %s", said(entry.Source), words.Printable(entry.Reason))
}

func unapprovedEvidence(allowlist Sourced[bool]) string {
	return fmt.Sprintf("only allowed names are installed (allowlist = true %s), and this is not one",
		said(allowlist.Source))
}

// imitates says what a name may be meant for; requirements.txt is what it says.
func imitates(canonical string, suspicion typosquat.Suspicion) string {
	target, why := words.Printable(suspicion.Target), words.Printable(suspicion.Why)
	if pep.CanonicalName(suspicion.Target) == canonical {
		return "it is " + why
	}
	return fmt.Sprintf("may be meant for %s: %s", target, why)
}

// importOf says what to install for an import. One that hardly anybody means who
// names it is told with a condition.
func importOf(known Import, meant bool) string {
	right := known.Distribution
	evidence := "the package to install is called " + right
	if !meant {
		evidence = "where the import of this name is meant, " + evidence
	}
	switch len(known.Also) {
	case 0:
		return evidence
	case 1:
		return evidence + "; " + known.Also[0] + " has it, too"
	}
	return evidence + "; " + words.Listed(known.Also) + " have it, too"
}

// inThePlaceOf is what to write where another name stands.
func inThePlaceOf(name, wrong string) string {
	return fmt.Sprintf("%s in the place of %s", words.Printable(name), words.Printable(wrong))
}

func stdlibEvidence(alternative Alternative) string {
	switch alternative.Kind {
	case Python2:
		return "only python 2 needed it"
	case Superset:
		return fmt.Sprintf("for most uses python has %s since %d.%d", alternative.Library, alternative.Since.Major,
			alternative.Since.Minor)
	}
	return fmt.Sprintf("python has %s since %d.%d", alternative.Library, alternative.Since.Major,
		alternative.Since.Minor)
}

func preferredEvidence(entry Prefer) string {
	return fmt.Sprintf("%s is used here instead (%s)", words.Printable(entry.Use), said(entry.Source))
}

func pinnedEvidence(version string, r Requested) string {
	return fmt.Sprintf("%s fixes version %s, -U cannot lift it", words.Printable(r.Origin), words.Printable(version))
}

func unboundedEvidence(r Requested) string {
	return fmt.Sprintf("%s names no lowest version", words.Printable(r.Origin))
}

const unreadableURL = "the url cannot be read"

func insecureScheme(scheme string) string {
	if scheme == "" {
		return "the url has no scheme"
	}
	return fmt.Sprintf("anyone on the way may change what comes over %s", words.Printable(scheme))
}

func directURLEvidence(r Requested) string {
	switch {
	case isVersionControl(r.URL) && isFixed(r):
		return "comes straight from a repository, past every index"
	case isVersionControl(r.URL):
		return "comes from a repository without a commit, past every index: its content may change at any time"
	case r.Hashes:
		return "comes from a url with a known hash, past every index"
	}
	return "comes from a url without a hash, past every index: its content may change at any time"
}

// Projects.

const (
	noIndexHasIt         = "no index has it"
	putInQuarantine      = "its index has put it in quarantine"
	noOrganisationBehind = "no organisation stands behind it"
	noFundingLink        = "links to no funding"
	noSecurityLink       = "links to no security policy"
	settledByStatus      = "its index or an advisory has it for malware"
)

func markedByOwners(status string) string { return "its owners have marked it " + status }

// withReason adds what somebody else gave as their reason.
func withReason(evidence, reason string) string {
	if strings.TrimSpace(reason) == "" {
		return evidence
	}
	return evidence + ": " + words.Printable(reason)
}

// boundedEvidence is the same for every release that a bound leaves out.
func boundedEvidence(b *Bound) string {
	return fmt.Sprintf("%s and later are left out until %s by %s: %s", words.Printable(b.Below),
		b.Expires.Format(time.DateOnly), words.Printable(b.Place()), words.Printable(b.Reason))
}

// vanishedEvidence says what became of a release on the index that it came from.
func vanishedEvidence(e InstalledEvidence, answer IndexAnswer) string {
	place := "it is installed"
	if e.Replaced != "" {
		place = "it was installed until this run"
	}
	text := words.Printable(e.Version) + " is no longer on " + words.Printable(answer.Index)
	switch {
	case answer.Status == "quarantined":
		return withReason(words.Printable(answer.Index)+" has put the project in quarantine, and "+
			words.Printable(e.Version)+" "+strings.TrimPrefix(place, "it "), answer.Reason)
	case answer.Missing:
		text = words.Printable(answer.Index) + " no longer has the project"
	}
	return text + ", and " + place + "; indexes take bad releases down before an advisory says why"
}

func malwareEvidence(ids []string) string { return "known malware: " + words.Listed(ids) }

func nothingLearned(failure string) string {
	return withReason("nothing could be learned about it", failure)
}

func firstFileInFuture(first time.Time) string {
	return "its first file bears a date in the future, " + first.UTC().Format(time.DateOnly)
}

func newProjectEvidence(age time.Duration, limit Span) string {
	return fmt.Sprintf("its first file is %s old, projects younger than %s are new", words.Age(age), limit)
}

func unpopularEvidence(rank, limit int) string {
	if rank == 0 {
		return "it is not among the popular names"
	}
	return fmt.Sprintf("it has rank %d among the popular names, %d is the limit", rank, limit)
}

func staleEvidence(silence time.Duration, latest time.Time) string {
	return fmt.Sprintf("nothing new for %s, the newest file is of %s", words.Age(silence),
		latest.UTC().Format(time.DateOnly))
}

func maintainersEvidence(names []string, least, most int) string {
	return fmt.Sprintf("%s (%s), not %d to %d", words.Counted(int64(len(names)), "maintainer"), words.Listed(names),
		least, most)
}

func notSaid(what []string) string {
	return "the index does not say " + strings.Join(what, ", ")
}

func settledByYouth(age time.Duration) string {
	return fmt.Sprintf("its first file is %s old", words.Age(age))
}

func settledByOwner(owner, target string) string {
	return fmt.Sprintf("%s owns it and %s", words.Printable(owner), words.Printable(target))
}

func settledByAge(target string) string { return "it is older than " + words.Printable(target) }

func settledByOrganisation(name string) string {
	return fmt.Sprintf("it belongs to %s", words.Printable(name))
}

// Releases.

const unknownAge = "its index does not say when files were uploaded, their age cannot be judged"

func vulnerableEvidence(e FileEvidence) string {
	return release(e) + " has known vulnerabilities: " + words.Listed(e.Vulnerabilities)
}

func wasYanked(e FileEvidence) string { return release(e) + " was yanked" }

func lostProvenance(e FileEvidence) string {
	if e.Provenance == Unknown {
		return fmt.Sprintf("releases before %s had attestations, of this one it is not known", release(e))
	}
	return fmt.Sprintf("releases before %s had attestations, this one has not", release(e))
}

func tooYoung(e FileEvidence, age time.Duration, limit Span) string {
	return fmt.Sprintf("%s was uploaded %s ago, on %s; files younger than %s are held back, this one until %s",
		fileOf(e), words.Age(age), words.Moment(e.UploadTime), limit, words.Moment(e.UploadTime.Add(limit.Duration())))
}

func uploadedInFuture(e FileEvidence) string {
	return fmt.Sprintf("%s bears an upload time in the future, %s", fileOf(e), e.UploadTime.UTC().Format(time.RFC3339))
}

func fixLetThrough(e FileEvidence, age time.Duration) string {
	return fmt.Sprintf("%s was uploaded %s ago and is let through, it fixes %s", release(e), words.Age(age),
		words.Listed(e.Fixes))
}

func publisherChanged(e PublisherEvidence) string {
	before := e.Before
	if len(before) == 0 {
		before = e.Known
	}
	earlier := "the releases before it"
	if e.BeforeVersion != "" && len(e.Before) > 0 {
		earlier = words.Printable(e.BeforeVersion)
	}
	subject, now := strings.TrimSpace(words.Printable(e.Name)+" "+words.Printable(e.Version)), repositories(e.Now)
	return fmt.Sprintf("%s was published from %s, and %s from %s", subject, now, earlier, repositories(before))
}

func workflowChanged(e PublisherEvidence) string {
	subject := strings.TrimSpace(words.Printable(e.Name) + " " + words.Printable(e.Version))
	return fmt.Sprintf("%s was published by %s of its repository, and the releases before it by %s", subject,
		workflows(e.Now), workflows(slices.Concat(e.Before, e.Known)))
}

// workflows names the workflows of identities, each once.
func workflows(identities []Identity) string {
	var names []string
	for _, identity := range identities {
		name := "no workflow"
		if identity.Workflow != "" {
			name = "the workflow " + words.Printable(identity.Workflow)
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return words.Listed(names)
}

func publisherUnknown(e PublisherEvidence) string {
	subject := strings.TrimSpace(words.Printable(e.Name) + " " + words.Printable(e.Version))
	return fmt.Sprintf("who published %s could not be compared with the releases before it: %s", subject, e.Failure)
}

// repositories names the repositories of identities, and who holds them.
func repositories(identities []Identity) string {
	var names []string
	for _, identity := range identities {
		names = append(names, words.Printable(strings.TrimSpace(identity.Repository+" ("+identity.Kind+")")))
	}
	return words.Listed(names)
}

func sdistEvidence(e FileEvidence) string {
	return fileOf(e) + " is source code, installing it runs it"
}

func fileOf(e FileEvidence) string {
	if e.Filename != "" {
		return words.Printable(e.Filename)
	}
	return release(e)
}

// Files.

// unseenHooks tells of hooks that nothing vouches for.
func unseenHooks(e InsideEvidence, paths []string, other string) string {
	evidence := fmt.Sprintf("%s in %s %s at every start of python", words.Listed(paths), words.Printable(e.Filename),
		runOrRuns(paths))
	switch {
	case other != "":
		return evidence + fmt.Sprintf(", with another content than in %s", words.Printable(other))
	case e.Compared != "":
		return evidence + fmt.Sprintf(", which %s does not have", words.Printable(e.Compared))
	}
	return evidence + ", and there is no wheel older than 90 days to compare it with"
}

func seenHooks(e InsideEvidence, paths []string) string {
	return fmt.Sprintf("%s in %s %s at every start of python, and is not new", words.Listed(paths),
		words.Printable(e.Filename), runOrRuns(paths))
}

func pathFiles(e InsideEvidence, paths []string) string {
	return fmt.Sprintf("%s in %s tells python where to look for modules", words.Listed(paths), words.Printable(e.Filename))
}

func runOrRuns(paths []string) string {
	if len(paths) == 1 {
		return "runs"
	}
	return "run"
}

func replacesFiles(e InsideEvidence) string {
	var deeds []string
	for _, owner := range ownersOf(e.Replaced) {
		whose := "this environment itself"
		if owner != "" {
			whose = words.Printable(owner)
		}
		files, modules, commands := replacedOf(e.Replaced, owner)
		if len(files) > 0 {
			deeds = append(deeds, fmt.Sprintf("write over %s of %s", words.Listed(files), whose))
		}
		if len(modules) > 0 {
			deeds = append(deeds, fmt.Sprintf("have python import %s instead of modules of %s", words.Listed(modules), whose))
		}
		if len(commands) > 0 {
			deeds = append(deeds, fmt.Sprintf("have %s run instead of the system's commands", words.Listed(commands)))
		}
	}
	return fmt.Sprintf("%s would %s", words.Printable(e.Filename), strings.Join(deeds, ", and "))
}

func payloadEvidence(e InsideEvidence) string {
	first := e.Payloads[0]
	what := ""
	switch first.Kind {
	case NativePayload:
		what = "compiled code, and says that it has none"
	case ForeignPayload:
		what = "compiled code of another platform"
	default:
		what = fmt.Sprintf("a file of %d MB", first.Size>>20)
	}
	evidence := fmt.Sprintf("%s brings %s (%s", words.Printable(e.Filename), what, words.Printable(first.Path))
	if more := len(e.Payloads) - 1; more > 0 {
		evidence += fmt.Sprintf(" and %d more", more)
	}
	return evidence + "), the release before has none"
}

// Indexes and the environment.

func foreignIndexEvidence(e IndexEvidence) string {
	if e.TrustedHost {
		return fmt.Sprintf("%s makes pip believe this host without a certificate", words.Printable(e.Origin))
	}
	return fmt.Sprintf("%s brings this index along", words.Printable(e.Origin))
}

func confusionEvidence(e ConfusionEvidence) string {
	others := make([]string, len(e.Others))
	for i, other := range e.Others {
		others[i] = hostOf(other)
	}
	evidence := fmt.Sprintf("%s answers for it, %s has a project of this name, too", hostOf(e.Chosen),
		words.Listed(others))
	if e.NewerElse {
		evidence += ", with a newer version"
	}
	return evidence
}

func inventedEvidence(agent string) string {
	variable := words.Printable(agent)
	return fmt.Sprintf("a coding agent typed it (%s is set), and it is neither popular, nor in a requirements file of "+
		"this project, nor has it been installed here before; a person is to say at a terminal that it is right", variable)
}

// messagePolicyIndex is where pins and moved indexes are written.
const messagePolicyIndex = "the policy file, under [index]"

func indexChangedEvidence(e IndexChange) string {
	index := address.Redact(e.Before)
	if e.Now != "" {
		url := address.Redact(e.Now)
		return fmt.Sprintf("it came from %s before, and now it would come from %s", index, url)
	}
	others := make([]string, len(e.Others))
	for i, other := range e.Others {
		others[i] = address.Redact(other)
	}
	return fmt.Sprintf("it came from %s before, which is none of this command's indexes; not asked for it: %s", index,
		words.Listed(others))
}

// indexChangedEdit keeps a name at its index, and says what to write where the
// index has moved.
func indexChangedEdit(e IndexChange) string {
	name, index := words.TOMLString(e.Name), words.TOMLString(address.Bare(e.Before))
	url := words.TOMLString(address.Bare(append(slices.Clone(e.Others), e.Now)[0]))
	return fmt.Sprintf("pin = { %s = %s }; or, where that index has moved: moved = { %s = %s }", name, index, index, url)
}

func unvouchedEvidence(a Arrival) string {
	return fmt.Sprintf("%s was installed and had not been checked",
		strings.TrimSpace(words.Printable(a.Name)+" "+words.Printable(a.Version)))
}

func ownFileReplaced(a Arrival) string {
	return fmt.Sprintf("%s is in the place of the environment's own: its pip, its interpreter or its activation",
		words.Printable(a.Path))
}

func startupHookEvidence(a Arrival) string {
	return fmt.Sprintf("%s runs at every start of python", words.Printable(a.Path))
}
