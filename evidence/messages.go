package evidence

// All text of this package that a person reads. Lower case, no final period.
const (
	textNoRelease = "the index has no file of this version"
	textNoFile    = "the index has no file of it"
	textTooLarge  = "the source archive is too large to be looked into"
)
