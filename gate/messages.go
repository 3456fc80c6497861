package gate

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"thresher/address"
	"thresher/index"
	"thresher/internal/words"
	"thresher/policy/rules"
)

// All text of this package that a person reads. Lower case, no final period.
const (
	messageNotThisRun         = "thresher: this gate serves one run only"
	messageNoSuchPlace        = "thresher: no such page"
	messageNotRead            = "pip may only read from here"
	messagePublisherUnread    = "the index did not say"
	messageClosed             = "the gate is closed"
	messageNoProject          = "no index has this project"
	messageOtherIndex         = "thresher: this name belongs to another index"
	messageUnreachable        = "%s cannot be reached (%s), asked for: %s"
	messageFault              = "%s, asked for %s: %s"
	messageCredentialsRefused = "the index refuses the credentials that are configured for it"
	messageCredentialsWanted  = "the index wants credentials and there are not any configured for it"
	messageUnknownPlace       = "%s wanted to fetch %s, which nothing of yours names"
	messageOnlyHost           = "%s (https shows no more of the address)"
	messageBuildOf            = "the build of %s"
	messageBuildAfter         = "a program that pip started (%s is what it had last to build)"
	messageCommand            = "the command"
	messageSomeProgram        = "a program that pip started"
	messageUnknownAddress     = "no page of your indexes offers this address, and neither the command line nor a " +
		"file of yours names it"
	messageAskedBy  = "%s depends on it; "
	messageDeclared = "version %s depends on %s, an address that neither the command line nor " +
		"a file of yours names"
	messageUnlike          = "the file %s is not what was offered: %s"
	messageOtherName       = "it calls itself %s"
	messageOtherVersion    = "it says that it is version %s"
	messageOtherMetadata   = "its metadata differs from what the index showed before"
	messageForgingMetadata = "its metadata holds characters that steer a terminal, or what looks like " +
		"a line of thresher's"
	messageOtherHash        = "its %s is %s, and %s was promised"
	messageNoComparableHash = "it has a hash of a kind that pip does not know"
	messageNoRegularFile    = "%s is no regular file"
	messageNoFileStatus     = "its server answers with the status %d, which stands for no file"
	messageRedirect         = "the address of %s cannot be followed: %s"
	messageSkippedUpgrade   = "%s cannot be reached (%s), upgrade skipped: %s"
	messageEmptyOwner       = "%s has an empty page for %s, so no other index is asked for it; pin the name to the " +
		"index that should answer"
	messageUndated         = "%s gives no upload times, so its files are never held back for being new"
	messageUnreadableLinks = "%s: left out %d of the links on its page for %s that cannot be read for " +
		"certain, the first is %s"
)

// refusal is the reason phrase of a blocked file.
func refusal(finding rules.Finding) string {
	text := finding.Evidence
	if !strings.HasPrefix(text, finding.Subject) {
		text = finding.Subject + ": " + text
	}
	return oneLine(fmt.Sprintf("blocked by thresher: %s (%s)", text, finding.Rule))
}

// unlikeOffered is the finding on a file that is not what its page, its name or
// its hash says.
func unlikeOffered(o *offer, problem string) rules.Finding {
	subject := o.name
	if subject == "" {
		subject = o.filename
	}
	return rules.Finding{
		Subject: subject, Rule: rules.Unreadable, Action: rules.Block, Confidence: rules.High,
		Evidence: words.Printable(fmt.Sprintf(messageUnlike, o.filename, problem)), Hint: hintExplain(o.name),
	}
}

// hintExplain is the command that shows what is known of a project.
func hintExplain(name string) string {
	if name == "" {
		return ""
	}
	return "thresher explain " + name
}

// unreadableAddress is the finding on a file whose address leads where it must
// not.
func unreadableAddress(o *offer, problem string) rules.Finding {
	finding := unlikeOffered(o, "")
	finding.Rule, finding.Evidence = rules.DirectURL, words.Printable(fmt.Sprintf(messageRedirect, o.filename, problem))
	return finding
}

// unknownAddress is the finding on what nothing offered and nobody named.
func unknownAddress(asked, by, why string) rules.Finding {
	shown := address.Redact(asked)
	evidence := messageUnknownAddress
	if why != "" {
		evidence = why
	}
	if by != "" {
		evidence = fmt.Sprintf(messageAskedBy, words.Printable(by)) + evidence
	}
	return unusable(shown, evidence, "pip install "+words.Quoted(shown))
}

// declaredByURL is the finding on a release that depends on an address.
func declaredByURL(o *offer, declared, hint string) rules.Finding {
	subject := o.name
	if subject == "" {
		subject = o.filename
	}
	return rules.Finding{
		Subject: subject, Rule: rules.DirectURL, Action: rules.Block, Confidence: rules.High,
		Evidence: fmt.Sprintf(messageDeclared, words.Printable(o.version), declared), Hint: hint,
	}
}

// unfetched says why a file could not be had.
func unfetched(err error) string {
	var connection *index.ConnectionError
	if errors.As(err, &connection) {
		return connection.URL + ": " + reasonOf(connection.Err)
	}
	return words.Printable(err.Error())
}

func hostRefused(host string) string {
	return oneLine(fmt.Sprintf("blocked by thresher: %s is the host of no index and of no URL that was checked (%s)",
		host, rules.DirectURL))
}

// hostNotAllowed is hostRefused for a command that is no pip.
func hostNotAllowed(host string) string {
	return oneLine(fmt.Sprintf("blocked by thresher: %s is no host that was allowed", host))
}

// unknownHost is the finding on a host that a command wanted to reach.
func unknownHost(host string, shown *url.URL, now time.Time) rules.Finding {
	who, what := messageCommand, addressShown(shown)
	return rules.Finding{
		Subject: host, Rule: rules.DirectURL, Action: rules.Block, Confidence: rules.High,
		Evidence: words.Printable(fmt.Sprintf(messageUnknownPlace, who, what)),
		Hint:     allowFetching("host:"+host, "the command needs what is there", now),
	}
}

// fetchDays is for how long the command that is shown lets a build, or a command in
// the sandbox, fetch.
const fetchDays = 30

func allowFetching(allowed, reason string, now time.Time) string {
	until := now.AddDate(0, 0, fetchDays).Format(time.DateOnly)
	return "thresher allow " + words.ShellWord(allowed) + " --expires " + until + " --reason " + words.Quoted(reason)
}

// unknownPlace is the finding on a place that a build wanted to reach. last is
// what was probably being built where that is not known.
func unknownPlace(build, last, host string, shown *url.URL, now time.Time) rules.Finding {
	finding := rules.Finding{Subject: host, Rule: rules.DirectURL, Action: rules.Block, Confidence: rules.High}
	who, what := messageSomeProgram, addressShown(shown)
	allowed := "host:" + host
	switch {
	case build != "":
		who = fmt.Sprintf(messageBuildOf, build)
		finding.Subject, allowed = build, "fetch:"+build+"="+host
		if at := strings.LastIndexByte(shown.EscapedPath(), '/'); shown.Scheme == "http" && at > 0 {
			allowed += shown.EscapedPath()[:at]
		}
	case last != "":
		who = fmt.Sprintf(messageBuildAfter, last)
	}
	finding.Evidence = words.Printable(fmt.Sprintf(messageUnknownPlace, who, what))
	finding.Hint = allowFetching(allowed, "its build needs what is there", now)
	return finding
}

// addressShown is an address as far as it could be seen.
func addressShown(shown *url.URL) string {
	text := address.Redact(shown.String())
	if shown.Scheme == "https" {
		return fmt.Sprintf(messageOnlyHost, text)
	}
	return text
}

// declaredHint is the command that names a declared dependency itself.
func declaredHint(name, declared string) string {
	return "pip install " + name + " " + words.Quoted(declared)
}

func noAnswerIn(limit time.Duration) string { return fmt.Sprintf("no answer in %s", limit) }

func cannotReach(host, reason string) string {
	return oneLine(fmt.Sprintf("thresher: %s cannot be reached (%s)", host, reason))
}

func upstreamStatus(status int, reason string) string {
	return strings.TrimSpace(fmt.Sprintf("the index answered %d %s", status, reason))
}

// maximalReason bounds a reason phrase: HTTP clients read lines of 64 KiB.
const maximalReason = 1000

// oneLine makes a text fit to be a reason phrase: printable ASCII on one line.
func oneLine(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		case r < ' ' || r > '~':
			b.WriteByte('?')
		default:
			b.WriteRune(r)
		}
		if b.Len() >= maximalReason {
			break
		}
	}
	return b.String()
}
