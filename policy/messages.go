package policy

import (
	"fmt"
	"strings"
	"time"

	"thresher/internal/words"
	"thresher/policy/rules"
)

// All text of this package that a person reads. Lower case, no final period.

// Reading a file.

const (
	byteOrderMark     = "starts with a byte order mark, save it as utf-8 without one"
	notUTF8           = "is not utf-8 here"
	controlCharacters = "holds a control character or an invisible one"
	secretInText      = "has an address with a login or a query, either of which may be a secret: it is shown to " +
		"everybody"
	noRegularFile    = "is no regular file"
	unknownOwner     = "cannot tell whose file this is"
	foreignFile      = "belongs to another user"
	writableByOthers = "may be written by others"
)

func fileTooLarge(most int) string { return fmt.Sprintf("is larger than %d kB", most>>10) }

func nestsTooDeep(most int) string { return fmt.Sprintf("nests deeper than %d levels", most) }

func cannotRead(err error) string { return "cannot be read: " + words.Printable(err.Error()) }

func duplicateKey(name string) string {
	return fmt.Sprintf("%q stands here a second time", words.Printable(name))
}

func badInteger(text string) string { return fmt.Sprintf("%q is no integer", words.Printable(text)) }

func badDate(text string) string { return fmt.Sprintf("%q is no date", words.Printable(text)) }

func unknownValue(kind string) string { return "a value of an unknown kind: " + kind }

// Values.

func tooShort(text string, least rules.Span) string {
	return fmt.Sprintf("%q is too short, at least %s", words.Printable(text), least)
}

func outOfRange(value, least, most int64) string {
	return fmt.Sprintf("%d is not between %d and %d", value, least, most)
}

func wrongKind(wanted, got kind) string { return fmt.Sprintf("must be %s, not %s", wanted, got) }

func noSuchChoice(text string, choices []string) string {
	message := fmt.Sprintf("%q is not one of %s", words.Printable(text), strings.Join(choices, ", "))
	if len(choices) == 1 {
		message = fmt.Sprintf("%q is not possible, it is always %s", words.Printable(text), choices[0])
	}
	return message + didYouMean(words.Nearest(text, choices))
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
	return fmt.Sprintf("unknown key %q", words.Printable(key)) + didYouMean(near)
}

func unknownLocked(key, near string) string {
	return fmt.Sprintf("no key is called %q", words.Printable(key)) + didYouMean(near)
}

func outsideItsLayer(info KeyInfo) string {
	return fmt.Sprintf("%s counts only in %s", info.Key, info.Layers)
}

func lockedKey(key string, lock rules.Sourced[string]) string {
	return fmt.Sprintf("%s does not count, %q is locked by %s:%d", words.Printable(key), lock.Value,
		words.Printable(lock.Path), lock.Line)
}

func redirectedKey(key string) string {
	return fmt.Sprintf("%s does not count: a variable named this file, and the policy of the account is another",
		words.Printable(key))
}

func sharedOnlyTightens(key string) string {
	return fmt.Sprintf("%s does not count: a shared layer that a project names only tightens", words.Printable(key))
}

// Shared layers.

const (
	noBeside = "a shared layer lies beside nothing, write a path from / or ~/ on"
)

func notInShared(key string) string {
	return key + " has no place in a shared layer: it names no others, and no keys"
}

func takeOut(path string, line int) string {
	return fmt.Sprintf("it cannot be taken out here; edit: %s:%d", words.Printable(path), line)
}

func putInto(path string, line int, key, value string) string {
	return fmt.Sprintf("nothing was written; edit: %s:%d: %s = [%s]", words.Printable(path), line, key,
		words.TOMLString(words.Printable(value)))
}

func notFetched(layer SharedLayer) string {
	return words.Printable(layer.Reference.String()) + " was never fetched"
}

// howToVouch says what a reference lacks that nothing vouches for.
func howToVouch(repository bool) string {
	if repository {
		return "nothing vouches for it: name a whole commit behind the @, or say who signs it, with " +
			"allowed-signers = [\"WHO ssh-ed25519 KEY\"] in the same [policy]"
	}
	return "nothing vouches for it: write #sha256=HEX behind it, or say who signs it, with " +
		"minisign-keys = [\"RW…\"] or allowed-signers = [\"WHO ssh-ed25519 KEY\"] in the same [policy]"
}

func nameWithDots(table, rest string) string {
	name := strings.TrimPrefix(table, "allow.") + "." + rest
	return fmt.Sprintf("a name with dots is quoted: [allow.%s]", words.TOMLString(words.Printable(name)))
}

// Entries.

const (
	emptyReason           = "says nothing"
	emptyRules            = "names no rule, leave it out for the usual ones"
	urlWithCredentials    = "must not hold a user name or a password"
	missingID             = "scan.ignore: id is missing"
	malwareIsNeverIgnored = "malware is never ignored"
)

func missingReason(table string) string { return words.Printable(table) + ": reason is missing" }

func missingUse(table string) string { return words.Printable(table) + ": use is missing" }

// missingOfBound says what a bound lacks; "" for nothing.
func missingOfBound(table string, b *rules.Bound) string {
	for _, part := range []struct {
		name   string
		absent bool
	}{{"below", b.Below == ""}, {"reason", b.Reason == ""}, {"expires", b.Expires.IsZero()}} {
		if part.absent {
			return words.Printable(table) + ": " + part.name + " is missing"
		}
	}
	return ""
}

func noVersion(text string) string {
	return fmt.Sprintf("%q is no version (PEP 440)", words.Printable(text))
}

func missingExpires(id string) string {
	return fmt.Sprintf("scan.ignore %s: expires is missing, and scan.ignore-forever is false", words.Printable(id))
}

func dateInQuotes(text string) string { return "is a date, write it without quotes: " + text }

func noOrganisation(text string) string {
	return fmt.Sprintf("%q is no name of an organisation", words.Printable(text))
}

func noPlace(text string) string {
	return fmt.Sprintf("%q is no path of a file or directory: absolute, below ~/, or beside this file",
		words.Printable(text))
}

func noVariable(text string) string {
	return fmt.Sprintf("%q is no name of a variable, nor a pattern of some", words.Printable(text))
}

func noIndexURL(text string) string {
	return fmt.Sprintf("%q is no url of an index, it starts with https://", words.Printable(text))
}

func noID(text string) string {
	return fmt.Sprintf("%q is no id of an advisory", words.Printable(text))
}

func noSpecifier(text string) string {
	return fmt.Sprintf("%q is no version specifier, write it as \"<2\" or \"==1.4.*\"", words.Printable(text))
}

func sameName(name string, line int) string {
	return fmt.Sprintf("%q is the same name as in line %d", words.Printable(name), line)
}

func sameIgnore(id string, line int) string {
	return fmt.Sprintf("scan.ignore: %s stands in line %d already", words.Printable(id), line)
}

func allowedAndDenied(name string, line int) string {
	return fmt.Sprintf("%s is denied here and allowed in line %d", words.Printable(name), line)
}

func minAboveMax(least, most int) string {
	return fmt.Sprintf("trust.maintainers.min %d is more than max %d", least, most)
}

func expiredAllow(entry rules.Allow) string {
	return fmt.Sprintf("allow.%s expired on %s", words.TOMLKey(entry.Subject.String()),
		entry.Expires.Format(time.DateOnly))
}

func longAnswer(entry rules.Allow) string {
	return fmt.Sprintf("allow.%s: an answer to malware lasts %s at most", words.TOMLKey(entry.Subject.String()),
		rules.LongestMalware)
}

func malwareOutsideItsLayer(entry rules.Allow) string {
	return fmt.Sprintf("allow.%s: malware is allowed in %s alone", words.TOMLKey(entry.Subject.String()), OwnLayers)
}

func expiredIgnore(entry Ignore) string {
	return fmt.Sprintf("scan.ignore %s expired on %s", words.Printable(entry.ID), entry.Expires.Format(time.DateOnly))
}

// Trust.

const brokenTrust = "is not what thresher wrote, nothing is trusted until it is removed"

// Writing.

func lineToChange(path string, line int, text string) string {
	return fmt.Sprintf("%s:%d: %s", words.Printable(path), line, words.Printable(text))
}

// suggestedReason stands where a person writes why something is right.
const suggestedReason = "why it is right"

// The file that `thresher policy init` writes.

const initHeading = `# a policy file of thresher; docs/policy.md has every key, docs/rules.md every rule
# a line that begins with # and a letter is a key with its default: take the # away to change it

`

var initExamples = map[string]string{
	"policy.from": "from = [\"https://policy.example/pip.toml\"]\n",
	"policy.allowed-signers": "allowed-signers = [\"platform@acme.example " +
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPArzQRxvTPsh4/BNebSpVSH3iUSE8qzoXPHANotyimM\"]\n",
	"policy.minisign-keys": "minisign-keys = [\"RWQBAgMEBQYHCHeyviSXUeuwrloaEArpCKhiynfsDw8Zo2yrbKJStjaL\"]\n",
	"locked":               "locked = [\"rules.typosquat\", \"cooldown\"]\n",
	"cooldown.except":      "except = [\"acme-*\"]\n",
	"index.pin.NAME":       "pin = { \"acme-*\" = \"https://index.acme.example/simple\" }\n",
	"index.moved.NAME": "moved = { \"https://old.acme.example/simple\" = " +
		"\"https://index.acme.example/simple\" }\n",
	ofIndexKey:                 "[index.\"https://index.acme.example/simple\"]\ncooldown = \"0d\"\nprovenance = false\n",
	"trust.organisations":      "organisations = [\"acme\"]\n",
	"agents.variables":         "variables = [\"ACME_BOT\"]\n",
	"allow.NAME":               "[allow.reqeusts]\nreason = \"our own fork\"\nexpires = 2030-01-31\n",
	"deny.NAME":                "[deny.colourama]\nreason = \"imitates colorama\"\n",
	"prefer.NAME":              "[prefer.simplejson]\nuse = \"json\"\n",
	"bound.NAME":               "[bound.pandas]\nbelow = \"3.1\"\nreason = \"breaks our reports\"\nexpires = 2030-01-31\n",
	"sandbox.secrets":          "secrets = [\"~/.acme\", \"keys/private.pem\"]\n",
	"sandbox.write":            "write = [\"~/.cache/acme-build\"]\n",
	"sandbox.environment.add":  "environment.add = [\"ACME_*\"]\n",
	"sandbox.environment.free": "environment.free = [\"ACME_KEY_ID\"]\n",
	"scan.ignore": "[[scan.ignore]]\nid = \"CVE-2018-20225\"\n" +
		"reason = \"no extra index is used here\"\nexpires = 2030-01-31\n",
}

// NotInForce says in one line that what a project's file would loosen does not
// count, and what to do about it.
func NotInForce(project *Project) string {
	path := words.Printable(project.Path)
	what := words.Counted(int64(len(project.Loosens)), "key")
	text := fmt.Sprintf("%s: what it would loosen (%s) does not count", path, what)
	switch {
	case project.Shared == "":
		return text + "; fix: thresher trust " + words.ShellWord(project.Path)
	case project.Hint == "":
		return text + ", and never will: it " + project.Shared
	}
	return text + ", since it " + project.Shared + "; fix: " + project.Hint
}

// Policies of other tools.

const safetyNotRead = "this is no policy of safety"

func safetyOwnNumber(line int, id string) string {
	return fmt.Sprintf("line %d: %s is a number of safety's own, and no text beside it names the CVE",
		line, words.Printable(id))
}

func safetyExpired(line int, id string, day time.Time) string {
	return fmt.Sprintf("line %d: the ignore of %s expired on %s", line, words.Printable(id), day.Format(time.DateOnly))
}

func safetyDay(line int, text string) string {
	return fmt.Sprintf("line %d: %q is no day, so it ends in 90 days", line, words.Printable(text))
}

func safetyScore(line int, text, level string) string {
	return fmt.Sprintf("line %d: a score of %s lies within %s, which counts as a whole",
		line, words.Printable(text), level)
}

func safetyOther(line int, key string) string {
	return fmt.Sprintf("line %d: %s has no counterpart here", line, words.Printable(key))
}
