package inside

// All text of this package that a person reads. Lower case, no final period.
const (
	messageTooManyHooks = "it has more than a thousand files that run at every start of python"
	messageNoRanges     = "its server gives no part of it alone"
	messageOtherPart    = "its server gave another part than was asked for"
	messageOtherSize    = "it has %d bytes, and %d were promised"
	messageTooFar       = "its directory is too large to be read ahead"
	messageNoMetadata   = "it has no METADATA"
	messageRedirects    = "its server sends from one address to another"
	messageStatus       = "its server answers with the status %d"
)
