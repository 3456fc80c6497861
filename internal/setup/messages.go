package setup

// What this package says.
const (
	messageReadManifest  = "read the list of what was placed, %s: %w"
	messageWriteManifest = "write the list of what was placed, %s: %w"
	messageRelative      = "%q is no absolute path"
	messageForeign       = "%s is not thresher's; move it away, or choose another place with --prefix"
	messageEverybody     = "everybody may write to %s, and so put another pip there; fix: chmod o-w %s"
	messageOtherOwner    = "%s belongs to another user; choose another place with --prefix"
	messageNoDirectory   = "%s is no directory; move it away, or choose another place with --prefix"
	messageUnderWay      = "another setup is under way; wait for its end, then run this again"
	messagePlace         = "place %s: %w"
	messageDoesNotRun    = "the program does not run in %s, which may be mounted noexec: %w; " +
		"choose another place with --prefix"
	messageTakeAway     = "take away %s: %w"
	messageChanged      = "%s was changed since it was placed, and stays"
	messageLinesChanged = "%s: the lines that setup added were changed, and stay"
)
