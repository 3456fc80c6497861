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
