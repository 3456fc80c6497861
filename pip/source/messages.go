package source

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// What is wrong with what pip refuses, for plan and check: pip's own words are
// pip's to print.
var (
	errNoPort             = errors.New("its port is no number")
	errNoHost             = errors.New("it names no host")
	errNoFileURL          = errors.New("it is no file: url")
	errRemoteFile         = errors.New("its file is on another machine")
	errEggName            = errors.New("what stands behind egg= is no name")
	errNoClosingQuotation = errors.New("a quote is not closed")
	errNoEscapedCharacter = errors.New("it ends with a backslash")
)

const (
	legacyName        = "a project name ends with a letter or digit"
	legacyURL         = "the url has no scheme or no host"
	tomlByteOrderMark = "it begins with a byte order mark"
	hashForm          = "a hash is written as sha256:DIGEST"
	hashAlgorithm     = "a hash is of sha256, sha384 or sha512"
)

func lockWrongType(key string) string { return strconv.Quote(key) + " is of the wrong type" }

func lockMissing(key string) string { return strconv.Quote(key) + " is missing" }

func unknownEncoding(name string) string { return "there is no encoding " + strconv.Quote(name) }

func statusText(e *StatusError) string {
	return strings.TrimSpace(fmt.Sprintf("the server answered %d %s", e.Status, e.Reason))
}

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
	hintInstallOption         = "remove it, pip 23.1 and later do not know it"
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
	return fmt.Sprintf("byte 0x%02x at %d is not of %s", value, position, codec)
}
