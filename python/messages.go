package python

const (
	messageInspect        = "read the environment of %s: %w"
	messageIsDirectory    = "it is a directory"
	messageAsk            = "ask %s what it is: %w"
	messageAnswer         = "ask %s what it is: it answered %q"
	messageNoSitePackages = "%s has no site-packages directory"
)
