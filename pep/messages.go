package pep

// What this package says when a text cannot be read.
const (
	messageNoVersion        = "%q is no version of PEP 440"
	messageNoSpecifier      = "%q is no version specifier of PEP 440"
	messageNoWheelName      = "%q is no wheel file name: %s"
	messageNoSdistName      = "%q is no source archive of %q"
	messageNoRequirement    = "%q is no requirement of PEP 508: %s"
	messageNoMarker         = "%q is no environment marker of PEP 508: %s"
	messageNoSuchVariable   = "the marker variable %q has no value here"
	messageNoComparison     = "the marker operator %s does not apply to %q and %q"
	messageTooDeep          = "parentheses are nested more than %d deep"
	messageWrongPartCount   = "it has not five or six parts"
	messageWrongExtension   = "it does not end with .whl"
	messageSpaceInside      = "it has white space in it"
	messageNoProjectName    = "it has no project name"
	messageBuildNumber      = "its build tag begins with no digit"
	messageExpected         = "expected %s at %q"
	messageExpectedEnd      = "expected %s at the end"
	messageBadEscape        = "the quoted string %q has an escape that cannot be read"
	messageUnclosedString   = "a quoted string is not closed"
	messageWildcardOperator = "the suffix .* goes only with == and != and a plain release"
	messageMetadataTooLong  = "the header is longer than any real one"
	messageLocalOperator    = "a local version goes only with == and !="
)

// shorten keeps a hostile text of any length out of a message.
func shorten(text string) string {
	const limit = 200
	if len(text) <= limit {
		return text
	}
	return text[:limit] + "…"
}
