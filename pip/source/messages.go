package source

import (
	"fmt"
	"strconv"
	"strings"

	"thresher/address"
)

// pip's own words for what it refuses. They are printed as pip prints them.
const (
	errorPrefix     = "ERROR: "
	exceptionPrefix = "Exception:\n"
	hintPrefix      = "\nHint: "

	looksLikePath      = "It looks like a path."
	pathExists         = " The path does exist. "
	noOperator         = "= is not a valid operator. Did you mean == ?"
	editableConstraint = "Editable requirements are not allowed as constraints"
	formatControlDash  = "--no-binary / --only-binary option requires 1 argument."
	oneScriptOnly      = "--requirements-from-script can only be given once"
)

// Reasons that pip below 24.1 has and does not print.
const (
	legacyName = "a project name ends with a letter or digit"
	legacyURL  = "the url has no scheme or no host"
)

// thresher's own words for what it cannot tell.
const (
	reasonNotUTF8             = "it holds bytes that are not utf-8"
	hintNotUTF8               = "rename it, or write it in utf-8"
	reasonControl             = "it holds control characters, which Python releases read differently"
	hintControl               = "remove them"
	reasonNoMarkerEnvironment = "the interpreter's marker variables are not known"
	reasonNoFetch             = "it is behind a URL and cannot be fetched here"
	hintDownload              = "download the file and give its path"
	reasonFileURL             = "pip does not find a file: URL without two slashes"
	hintFileURL               = "give the path instead"
	reasonTooLarge            = "it is larger than 64 MiB"
	reasonReadTwice           = "it is a pipe that is named twice; pip would find nothing the second time"
	hintReadTwice             = "save it to a file first"
	reasonTooDeep             = "files are nested more than 100 deep"
	reasonTooMany             = "more than 10,000 files are included"
	reasonTooManyLines        = "more than 200,000 lines are included"
	reasonLongText            = "it is longer than 1 MiB"
	reasonTooLong             = "its variables expand to more than 1 MiB on one line"
	reasonInstallOption       = "--install-option can move the installation elsewhere"
	hintInstallOption         = "remove it, pip 23.1 does not know it any more"
	reasonLocale              = "it is not plain ascii and the locale's encoding is not certain"
	hintLocale                = "write it in utf-8 and add the line: # coding: utf-8"
	hintEncoding              = "convert it to utf-8 and remove the coding comment"
	hintCharset               = "download the file, convert it to utf-8 and give its path"
	reasonGuessed             = "it has no declared encoding and is not plain ascii; this pip would guess"
	reasonVariableBytes       = "the value is not utf-8"
	hintSimpler               = "give the requirements themselves, in plain smaller files"
	hintMarker                = "write a marker that compares the interpreter's variables only"
	hintVariable              = "set the variable to plain text"
	hintDependencies          = "make the dependencies a list"
	hintLockedPath            = "use paths below the lock"
	hintSealedVariable        = "write its value out, or use a variable of another name"
	reasonSelfReference       = "RecursionError: maximum recursion depth exceeded"
	reasonDependenciesTable   = "its dependencies are a table, whose order is not certain"
	reasonTooManyMembers      = "its groups include more than 100,000 requirements"
	reasonLockedVersions      = "its files are of different versions, and which one fits is not known"
	hintLockedVersions        = "add the version to the package in the lock"
	reasonLockedPath          = "its path leads outside the lock's own place"
)

// What stands in the way of a copy.
const (
	rewriteUnread      = "the sources were not read for certain"
	rewriteFailed      = "copy %s: %w"
	rewriteLine        = "line %d: %w"
	rewriteChanged     = "changed while it was read: %s"
	rewriteTwoReadings = "it held something else the second time it was read"
	rewriteNotSame     = "it cannot be written so that pip reads it the same; write its variables out"
)

func httpStatusText(e *StatusError) string {
	kind := "Server"
	if e.Status < 500 {
		kind = "Client"
	}
	return strconv.Itoa(e.Status) + " " + kind + " Error: " + e.Reason + " for url: " + e.URL
}

// invalidRequirement is pip's refusal of a requirement; explained adds
// packaging's reason, which pip prints from 24.1 on.
func invalidRequirement(text string, err error, explained bool) string {
	message := "Invalid requirement: " + pythonRepr(text)
	if explained {
		message += ": " + packagingReason(text, err)
	}
	return message
}

// packagingReason puts the reason for a requirement that cannot be read as
// packaging does, where it is one of the usual ones.
func packagingReason(text string, err error) string {
	point := func(reason string, from, to int) string {
		marker := strings.Repeat(" ", len([]rune(text[:from]))) + strings.Repeat("~", len([]rune(text[from:to]))) + "^"
		return reason + "\n    " + text + "\n    " + marker
	}
	start := len(text) - len(strings.TrimLeft(text, " \t"))
	m := legacyHead().FindString(text)
	if start == len(text) || m == "" {
		return point("Expected package name at the start of dependency specifier", start, start)
	}
	rest := text[len(m):]
	clauses := 0
	end := len(m)
	for {
		clause := legacyClause().FindString(rest)
		if clause == "" {
			break
		}
		clauses++
		end += len(clause)
		rest = rest[len(clause):]
		if !strings.HasPrefix(rest, ",") {
			break
		}
		rest = rest[1:]
		end++
	}
	switch {
	case rest == "" || strings.ContainsAny(rest[:1], "@;([*+") || strings.ContainsAny(m, "["):
		return err.Error()
	case clauses > 0:
		return point("Expected comma (within version specifier), semicolon (after version specifier) or end", len(m), end)
	}
	return point("Expected semicolon (after name with no version specifier) or end", len(m), len(m))
}

func eggErrorText(fragment, url string) string {
	hint := ""
	if strings.ContainsAny(fragment, "<=>") {
		hint = "Version specifiers are silently ignored for URL references. Remove them. "
	}
	if strings.Contains(fragment, "[") && strings.Contains(fragment, "]") {
		hint += "Try using the Direct URL requirement syntax: 'name[extra] @ URL'"
	}
	if hint == "" {
		hint = "Egg fragments can only be a valid project name."
	}
	return "error: invalid-egg-fragment\n\n× The '" + fragment + "' egg fragment is invalid\n╰─> from '" +
		address.Redact(url) + "'\n\nhint: " + hint
}

func notInstallable(name string) string {
	return "Directory " + pythonRepr(name) + " is not installable. Neither 'setup.py' nor 'pyproject.toml' found."
}

func noSuchFile(text string) string { return " File '" + text + "' does not exist." }

func looksLikeRequirementsFile(text string) string {
	return "The argument you provided (" + text + ") appears to be a requirements file. " +
		"If that is the case, use the '-r' flag to install the packages specified within it."
}

func invalidWheelName(filename string, packaging bool) string {
	if !packaging {
		return filename + " is not a valid wheel filename."
	}
	stem := strings.TrimSuffix(filename, ".whl")
	if dashes := strings.Count(stem, "-"); dashes != 4 && dashes != 5 {
		return "Invalid wheel filename (wrong number of parts): " + pythonRepr(stem)
	}
	return "Invalid wheel filename: " + pythonRepr(filename)
}

func invalidWheelVersion(filename string) string {
	return "Invalid wheel filename (invalid version): " + pythonRepr(strings.TrimSuffix(filename, ".whl"))
}

func notEditable(text string) string {
	return text + " is not a valid editable requirement. It should either be a path to a local project or a VCS URL (beginning with " +
		strings.Join(vcsSchemes, ", ") + ")."
}

func notEditableBefore21(text string) string {
	return text + " is not a valid editable requirement. It should either be a path to a local project or a VCS URL " +
		"(beginning with svn+, git+, hg+, or bzr+)."
}

func onlyEditableBefore21(text string) string {
	return "For --editable=" + text + ", only bzr+URL, git+URL, hg+URL, svn+URL are currently supported"
}

func noEditableName(text string, direct bool) string {
	with := "#egg=your_package_name"
	if direct {
		with = "your_package_name @ URL"
	}
	return "Could not detect requirement name for '" + text + "', please specify one with " + with
}

func noSetupFile(directory string, orConfig bool) string {
	files := `"setup.py"`
	if orConfig {
		files += ` or "setup.cfg"`
	}
	return "File " + files + " not found. Directory cannot be installed in editable mode: " + directory
}

func onlyPyproject(orConfig bool) string {
	kind := "setup.py based"
	if orConfig {
		kind = "setuptools-based"
	}
	return "\n(A \"pyproject.toml\" file was found, but editable mode currently requires a " + kind + " build.)"
}

func extrasAfterVersion(clause string) string { return "Extras after version '" + clause + "'." }

// invalidLine is pip's refusal of a requirements-file line that optparse
// cannot read; it prints its usage first.
func invalidLine(line, problem string) string {
	return "Usage: pip [options]\n\n" + errorPrefix + "Invalid requirement: " + line + "\npip: error: " + problem + "\n"
}

func unbalancedLine(line, options string) string {
	return "Invalid requirement: " + line + "\nCould not split options: " + options
}

func hashForm(spelling string) string {
	return "Arguments to " + spelling + " must be a hash name followed by a value, like --hash=sha256:abcde..."
}

func hashAlgorithms(spelling string) string {
	return "Allowed hash algorithms for " + spelling + " are sha256, sha384, sha512."
}

func cannotOpen(kind, reason string) string {
	return "Could not open " + kind + " file: " + reason
}

func selfReference(path, within, again string) string {
	message := path + " recursively references itself in " + within
	if again != "" {
		message += " and again in " + again
	}
	return message
}

func groupFileMissing(path string) string {
	return path + " not found. Cannot resolve '--group' option."
}

func groupTableMissing(path string) string {
	return "[dependency-groups] table was missing from '" + path + "'. Cannot resolve '--group' option."
}

func groupTableMalformed(path string) string {
	return "[dependency-groups] table was malformed in " + path + ". Cannot resolve '--group' option."
}

func groupFailed(name, path, problem string) string {
	return "[dependency-groups] resolution failed for '" + name + "' from '" + path + "': " + strings.TrimPrefix(problem, errorPrefix)
}

func groupTwice(name, first, second, path string) string {
	return "[dependency-groups] data was invalid in " + path + ": Duplicate dependency group names: " + name + " (" + first + ", " + second + ")"
}

func groupCycle(requested, group, included string) string {
	reason := included + " -> " + group + ", " + group + " -> " + included
	if included == group {
		reason = group + " includes itself"
	}
	return "Cyclic dependency group include while resolving " + requested + ": " + reason
}

func groupMalformed(name string) string { return "Invalid dependency group item in " + name }

func markerDoubt(marker string, err error) string {
	return "the marker " + strconv.Quote(marker) + " cannot be evaluated: " + err.Error()
}

func sealedVariable(name string) string {
	return "it names ${" + name + "}, which is not set here and may be where pip runs"
}

func codecDoubt(codec string) string {
	return "it declares the encoding " + strconv.Quote(codec) + ", which can hide a line"
}

func charsetDoubt(charset string) string {
	return "the server declares the charset " + strconv.Quote(charset) + ", which can hide a line"
}

func badBytes(codec string, position int, value byte) string {
	return fmt.Sprintf("UnicodeDecodeError: '%s' codec can't decode byte 0x%02x in position %d", codec, value, position)
}
