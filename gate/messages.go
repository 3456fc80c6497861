package gate

import (
	"fmt"
	"strings"
	"time"

	"thresher/policy/rules"
)

// All text of this package that a person reads. Lower case, no final period.
const (
	messageNoDistribution     = "%s is neither a wheel nor a source archive by its name"
	messageNotThisRun         = "thresher: this index serves one run of pip only"
	messageNoSuchPlace        = "thresher: no such page"
	messageNotRead            = "thresher: only GET and HEAD are served"
	messageClosed             = "the gate is closed"
	messageNoProject          = "no index has this project"
	messageOtherIndex         = "thresher: this name belongs to another index"
	messageUnreachable        = "%s cannot be reached (%s), asked for: %s"
	messageFault              = "%s, asked for %s: %s"
	messageCredentialsRefused = "the index refuses the credentials that are configured for it"
	messageCredentialsWanted  = "the index wants credentials and none are configured for it"
	messageUnknownHost        = "a build, or a dependency declared by a URL, wanted to fetch from this host, which is that of no index and of no URL that was checked"
	messageDeclared           = "version %s depends on %s, a URL that neither the command line nor a file of yours names"
	messageSkippedUpgrade     = "%s cannot be reached (%s), upgrade skipped: %s"
	messageEmptyOwner         = "%s has an empty page for %s, so no other index is asked for it; pin the name to the index that should answer"
	messageUndated            = "%s gives no upload times, so its files are never held back for being new"
	messageUnreadableLinks    = "%s: left out %d of the links on its page for %s that cannot be read for certain, the first is %s"
)

// refusal is the reason phrase of a blocked file.
func refusal(finding rules.Finding) string {
	text := finding.Evidence
	if !strings.HasPrefix(text, finding.Subject) {
		text = finding.Subject + ": " + text
	}
	return oneLine(fmt.Sprintf("blocked by thresher: %s (%s)", text, finding.Rule))
}

func hostRefused(host string) string {
	return oneLine(fmt.Sprintf("blocked by thresher: %s is the host of no index and of no URL that was checked (%s)", host, rules.DirectURL))
}

// unknownHostHint is the command that lets a host be asked from now on.
func unknownHostHint(host string) string {
	return "thresher allow host:" + host + " --reason 'why builds may fetch from there'"
}

// declaredHint is the command that names a declared dependency itself.
func declaredHint(name, declared string) string {
	return "pip install " + name + " '" + strings.ReplaceAll(declared, "'", `'\''`) + "'"
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
