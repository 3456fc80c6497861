package policy

import (
	"fmt"
	"strings"
	"time"
)

// All text of this package that a person reads. Lower case, no final period.

// Reading a file.

const (
	byteOrderMark     = "starts with a byte order mark, save it as utf-8 without one"
	notUTF8           = "is not utf-8 here"
	controlCharacters = "holds a control character or an invisible one"
	noRegularFile     = "is no regular file"
	unknownOwner      = "cannot tell whose file this is"
	foreignFile       = "belongs to another user"
	writableByOthers  = "may be written by others"
)

func fileTooLarge(most int) string { return fmt.Sprintf("is larger than %d kB", most>>10) }

func nestsTooDeep(most int) string { return fmt.Sprintf("nests deeper than %d levels", most) }

func cannotRead(err error) string { return "cannot be read: " + printable(err.Error()) }

func duplicateKey(name string) string {
	return fmt.Sprintf("%q stands here a second time", printable(name))
}

func badInteger(text string) string { return fmt.Sprintf("%q is no integer", printable(text)) }

func badDate(text string) string { return fmt.Sprintf("%q is no date", printable(text)) }

func unknownValue(kind string) string { return "a value of an unknown kind: " + kind }

// Values.

func badSpan(text, unit string) string {
	if unit == "m" {
		return fmt.Sprintf("%q could be minutes or months, write min or months", printable(text))
	}
	return fmt.Sprintf("%q is no length of time, write it as \"3d\", \"36 hours\" or \"18 months\"", printable(text))
}

func spanTooLong(text string) string {
	return fmt.Sprintf("%q is too long, at most 100 years", printable(text))
}

func tooShort(text string, least Span) string {
	return fmt.Sprintf("%q is too short, at least %s", printable(text), least)
}

func outOfRange(value, least, most int64) string {
	return fmt.Sprintf("%d is not between %d and %d", value, least, most)
}

func wrongKind(wanted, got kind) string { return fmt.Sprintf("must be %s, not %s", wanted, got) }

func noSuchChoice(text string, choices []string) string {
	message := fmt.Sprintf("%q is not one of %s", printable(text), strings.Join(choices, ", "))
	if len(choices) == 1 {
		message = fmt.Sprintf("%q is not possible, it is always %s", printable(text), choices[0])
	}
	return message + didYouMean(nearest(text, choices))
}

func choices[T ~string](values []T) string {
	words := make([]string, len(values))
	for i, value := range values {
		words[i] = string(value)
	}
	if len(words) == 1 {
		return "always " + words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

func didYouMean(near string) string {
	if near == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q", near)
}

// Keys.

func unknownKey(key, near string) string {
	return fmt.Sprintf("unknown key %q", printable(key)) + didYouMean(near)
}

func unknownLocked(key, near string) string {
	return fmt.Sprintf("no key is called %q", printable(key)) + didYouMean(near)
}

func outsideItsLayer(info KeyInfo) string {
	return fmt.Sprintf("%s counts only in %s", info.Key, info.Layers)
}

func lockedKey(key string, lock Sourced[string]) string {
	return fmt.Sprintf("%s does not count, %q is locked by %s:%d", printable(key), lock.Value, printable(lock.Path), lock.Line)
}

func redirectedKey(key string) string {
	return fmt.Sprintf("%s does not count: a variable named this file, and the policy of the account is another", printable(key))
}

func nameWithDots(table, rest string) string {
	name := strings.TrimPrefix(table, "allow.") + "." + rest
	return fmt.Sprintf("a name with dots is quoted: [allow.%s]", quoteTOML(printable(name)))
}

// Entries.

const (
	emptyReason           = "says nothing"
	emptyRules            = "names no rule, leave it out for the usual ones"
	urlWithCredentials    = "must not hold a user name or a password"
	missingID             = "scan.ignore: id is missing"
	malwareIsNeverIgnored = "malware is never ignored"
)

func missingReason(table string) string { return printable(table) + ": reason is missing" }

func missingUse(table string) string { return printable(table) + ": use is missing" }

func missingExpires(id string) string {
	return fmt.Sprintf("scan.ignore %s: expires is missing, and scan.ignore-forever is false", printable(id))
}

func dateInQuotes(text string) string { return "is a date, write it without quotes: " + text }

func noName(text string) string { return fmt.Sprintf("%q is no name", printable(text)) }

func noOrganisation(text string) string {
	return fmt.Sprintf("%q is no name of an organisation", printable(text))
}

func noHost(text string) string { return fmt.Sprintf("%q is no host", printable(text)) }

func noURL(text string) string {
	return fmt.Sprintf("%q is no url", printable(withoutCredentials(text)))
}

func noIndexURL(text string) string {
	return fmt.Sprintf("%q is no url of an index, it starts with https://", printable(text))
}

func noID(text string) string { return fmt.Sprintf("%q is no id of an advisory", printable(text)) }

func noSpecifier(text string) string {
	return fmt.Sprintf("%q is no version specifier, write it as \"<2\" or \"==1.4.*\"", printable(text))
}

func sameName(name string, line int) string {
	return fmt.Sprintf("%q is the same name as in line %d", printable(name), line)
}

func sameIgnore(id string, line int) string {
	return fmt.Sprintf("scan.ignore: %s stands in line %d already", printable(id), line)
}

func allowedAndDenied(name string, line int) string {
	return fmt.Sprintf("%s is denied here and allowed in line %d", printable(name), line)
}

func minAboveMax(least, most int) string {
	return fmt.Sprintf("trust.maintainers.min %d is more than max %d", least, most)
}

func expiredAllow(entry Allow) string {
	return fmt.Sprintf("allow.%s expired on %s", keyTOML(entry.Name), entry.Expires.Format(time.DateOnly))
}

func expiredIgnore(entry Ignore) string {
	return fmt.Sprintf("scan.ignore %s expired on %s", printable(entry.ID), entry.Expires.Format(time.DateOnly))
}

// Trust.

const brokenTrust = "is not what thresher wrote, nothing is trusted until it is removed"

// Names.

const nothingNamed = "names neither a distribution nor a place to get one from"

func answerExpired(entry *Allow) string {
	return fmt.Sprintf("; allow.%s expired on %s", keyTOML(entry.Name), entry.Expires.Format(time.DateOnly))
}

// said is where a value of the policy stands, for the evidence that rests on
// it: "in line 12 of thresher.toml".
func said(source Source) string {
	if source.Path == "" {
		return "by default"
	}
	return fmt.Sprintf("in line %d of %s", source.Line, printable(source.Path))
}

func deniedEvidence(entry *Deny) string {
	return fmt.Sprintf("denied %s: %s", said(entry.Source), printable(entry.Reason))
}

func unapprovedEvidence(allowlist Sourced[bool]) string {
	return fmt.Sprintf("only allowed names are installed (allowlist = true %s), and this is none", said(allowlist.Source))
}

func imitates(target, why string) string {
	return fmt.Sprintf("may be meant for %s: %s", printable(target), printable(why))
}

func stdlibEvidence(alternative Alternative) string {
	switch alternative.Kind {
	case Python2:
		return "only python 2 needed it"
	case Superset:
		return fmt.Sprintf("for most uses python has %s since %d.%d", alternative.Library, alternative.Since.Major, alternative.Since.Minor)
	}
	return fmt.Sprintf("python has %s since %d.%d", alternative.Library, alternative.Since.Major, alternative.Since.Minor)
}

func preferredEvidence(entry Prefer) string {
	return fmt.Sprintf("%s is used here instead (%s)", printable(entry.Use), said(entry.Source))
}

func pinnedEvidence(version string, r Requested) string {
	return fmt.Sprintf("%s fixes version %s, -U cannot lift it", printable(r.Origin), printable(version))
}

func unboundedEvidence(r Requested) string {
	return fmt.Sprintf("%s names no lowest version", printable(r.Origin))
}

const unreadableURL = "the url cannot be read"

func insecureScheme(scheme string) string {
	if scheme == "" {
		return "the url has no scheme"
	}
	return fmt.Sprintf("anyone on the way may change what comes over %s", printable(scheme))
}

func directURLEvidence(r Requested) string {
	switch {
	case isVersionControl(r.URL):
		return "comes straight from a repository, past every index"
	case r.Hashes:
		return "comes from a url with a known hash, past every index"
	}
	return "comes from a url without a hash, past every index: its content may change at any time"
}

// Projects.

const (
	noIndexHasIt         = "no index has it"
	noOrganisationBehind = "no organisation stands behind it"
	noFundingLink        = "links to no funding"
	noSecurityLink       = "links to no security policy"
	settledByStatus      = "its index or an advisory has it for malware"
)

// withReason adds what somebody else gave as their reason.
func withReason(evidence, reason string) string {
	if strings.TrimSpace(reason) == "" {
		return evidence
	}
	return evidence + ": " + printable(reason)
}

// listed writes at most a few words in a row.
func listed(words []string) string {
	const most = 4
	var shown []string
	for _, word := range words[:min(len(words), most)] {
		shown = append(shown, printable(word))
	}
	if len(words) > most {
		shown = append(shown, fmt.Sprintf("and %d more", len(words)-most))
	}
	return strings.Join(shown, ", ")
}

func malwareEvidence(ids []string) string { return "known malware: " + listed(ids) }

func nothingLearned(failure string) string {
	return withReason("nothing could be learned about it", failure)
}

func firstFileInFuture(first time.Time) string {
	return "its first file bears a date in the future, " + first.UTC().Format(time.DateOnly)
}

func newProjectEvidence(age time.Duration, limit Span) string {
	return fmt.Sprintf("its first file is %s old, projects younger than %s are new", Age(age), limit)
}

func unpopularEvidence(rank, limit int) string {
	if rank == 0 {
		return "it is not among the popular names"
	}
	return fmt.Sprintf("it has rank %d among the popular names, %d is the limit", rank, limit)
}

func staleEvidence(silence time.Duration, latest time.Time) string {
	return fmt.Sprintf("nothing new for %s, the newest file is of %s", Age(silence), latest.UTC().Format(time.DateOnly))
}

func maintainersEvidence(names []string, least, most int) string {
	return fmt.Sprintf("%s (%s), not %d to %d", counted(int64(len(names)), "maintainer"), listed(names), least, most)
}

func notSaid(what []string) string {
	return "the index does not say " + strings.Join(what, ", ")
}

func settledByYouth(age time.Duration) string {
	return fmt.Sprintf("its first file is %s old", Age(age))
}

func settledByOrganisation(name string) string {
	return fmt.Sprintf("it belongs to %s", printable(name))
}

// Releases.

const unknownAge = "its index does not say when files were uploaded, their age cannot be judged"

func vulnerableEvidence(e FileEvidence) string {
	return release(e) + " has known vulnerabilities: " + listed(e.Vulnerabilities)
}

func lostProvenance(e FileEvidence) string {
	if e.Provenance == Unknown {
		return fmt.Sprintf("releases before %s had attestations, of this one it is not known", release(e))
	}
	return fmt.Sprintf("releases before %s had attestations, this one has none", release(e))
}

func tooYoung(e FileEvidence, age time.Duration, limit Span) string {
	return fileOf(e) + " was uploaded " + Age(age) + " ago, files younger than " + limit.String() + " are held back"
}

func uploadedInFuture(e FileEvidence) string {
	return fmt.Sprintf("%s bears an upload time in the future, %s", fileOf(e), e.UploadTime.UTC().Format(time.RFC3339))
}

func fixLetThrough(e FileEvidence, age time.Duration) string {
	return fmt.Sprintf("%s was uploaded %s ago and is let through, it fixes %s", release(e), Age(age), listed(e.Fixes))
}

func sdistEvidence(e FileEvidence) string {
	return fileOf(e) + " is a source distribution, installing it runs its code"
}

func fileOf(e FileEvidence) string {
	if e.Filename != "" {
		return printable(e.Filename)
	}
	return release(e)
}

// Indexes and the environment.

func foreignIndexEvidence(e IndexEvidence) string {
	if e.TrustedHost {
		return fmt.Sprintf("%s makes pip believe this host without a certificate", printable(e.Origin))
	}
	return fmt.Sprintf("%s brings this index along", printable(e.Origin))
}

func confusionEvidence(e ConfusionEvidence) string {
	others := make([]string, len(e.Others))
	for i, other := range e.Others {
		others[i] = hostOf(other)
	}
	evidence := fmt.Sprintf("%s answers for it, %s has a project of this name, too", hostOf(e.Chosen), listed(others))
	if e.NewerElse {
		evidence += ", with a newer version"
	}
	return evidence
}

func unvouchedEvidence(a Arrival) string {
	return fmt.Sprintf("%s arrived without having passed the gate", strings.TrimSpace(printable(a.Name)+" "+printable(a.Version)))
}

func replacesEvidence(a Arrival) string {
	return fmt.Sprintf("%s is in the place of the environment's own: its pip, its interpreter or its activation", printable(a.Path))
}

func startupHookEvidence(a Arrival) string {
	return fmt.Sprintf("%s runs at every start of python", printable(a.Path))
}

// Writing.

func lineToChange(path string, line int, text string) string {
	return fmt.Sprintf("%s:%d: %s", printable(path), line, printable(text))
}

// The file that `thresher policy init` writes.

const initHeading = `# a policy file of thresher; docs/policy.md has every key, docs/rules.md every rule
# a line that begins with # and a letter is a key with its default: take the # away to change it

`

var initExamples = map[string]string{
	"locked":              "locked = [\"rules.typosquat\", \"cooldown\"]\n",
	"cooldown.except":     "except = [\"acme-*\"]\n",
	"index.pin.NAME":      "pin = { \"acme-*\" = \"https://index.acme.example/simple\" }\n",
	"trust.organisations": "organisations = [\"acme\"]\n",
	"allow.NAME":          "[allow.reqeusts]\nreason = \"our own fork\"\nexpires = 2030-01-31\n",
	"deny.NAME":           "[deny.colourama]\nreason = \"imitates colorama\"\n",
	"prefer.NAME":         "[prefer.simplejson]\nuse = \"json\"\n",
	"scan.ignore":         "[[scan.ignore]]\nid = \"CVE-2018-20225\"\nreason = \"no extra index is used here\"\nexpires = 2030-01-31\n",
}
