package venv

// messageRedirected is said of a directory that came with a checkout and that a
// variable makes thresher's own.
const messageRedirected = "%s: git tracks files in it, and HOME or an XDG_ variable would have thresher " +
	"take its policy, trust, advisories or caches from there; unset the variable"

// What is said of guards.
const (
	messageNoPackages    = "%s has no site-packages directory"
	messageNotOurs       = "it belongs to another user"
	messageNoUserSite    = "it does not look into the user's site-packages"
	messageGuardBase     = "guard %s: %w"
	messageReadGuard     = "read the guard in %s: %w"
	messageWriteGuard    = "write the guard into %s: %w"
	messageRemoveGuard   = "remove the guard from %s: %w"
	messageProgramPath   = "a guard cannot call %q: it takes an absolute path in UTF-8"
	messageReadRegistry  = "read the list of environments %s: %w"
	messageWriteRegistry = "write the list of environments %s: %w"
	messageRegistryLine  = "read the list of environments %s: line %d is not one of its own"
)
