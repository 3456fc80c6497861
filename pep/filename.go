package pep

import (
	"fmt"
	"path"
	"strings"
)

// ParseWheelFilename takes a wheel's file name apart (PEP 427): the canonical
// name of the project and the version, normalised where it is one of PEP 440.
// It reads what any pip from 20.0 on takes for a wheel: up to pip 25.2 "_" in a
// version that PEP 440 does not know stood for "-".
func ParseWheelFilename(filename string) (name, version string, err error) {
	fail := func(reason string) (string, string, error) {
		return "", "", fmt.Errorf(messageNoWheelName, shorten(filename), reason)
	}
	stem, ok := strings.CutSuffix(filename, ".whl")
	if !ok {
		return fail(messageWrongExtension)
	}
	if strings.ContainsFunc(stem, isSpace) {
		return fail(messageSpaceInside)
	}
	dashes := strings.Count(stem, "-")
	if dashes != 4 && dashes != 5 {
		return fail(messageWrongPartCount)
	}
	project, rest, _ := strings.Cut(stem, "-")
	if project == "" {
		return fail(messageNoProjectName)
	}
	version, rest, _ = strings.Cut(rest, "-")
	if dashes == 5 && !isDigit(rest[0]) {
		return fail(messageBuildNumber)
	}
	if parsed, ok := parseVersion(version); ok {
		version = parsed.String()
	} else {
		version = strings.ReplaceAll(version, "_", "-")
	}
	return CanonicalName(project), version, nil
}

// archiveExtensions are what pip takes for a source archive.
var archiveExtensions = map[string]bool{
	".zip": true, ".tar.bz2": true, ".tbz": true, ".tar.gz": true, ".tgz": true, ".tar": true,
	".tar.xz": true, ".txz": true, ".tlz": true, ".tar.lz": true, ".tar.lzma": true,
}

// ParseSdistFilename gives the version of a source archive of the project, as
// pip's link evaluation finds it: behind the first "-" before which the
// project's name stands in any spelling, without a trailing "-pyX.Y". The
// version is as written and may be none of PEP 440.
func ParseSdistFilename(filename, project string) (version string, err error) {
	stem, extension := splitExtension(filename)
	if archiveExtensions[extension] {
		if i := nameEnd(stem, CanonicalName(project)); i >= 0 {
			if version = withoutPythonVersion(stem[i+1:]); version != "" {
				return version, nil
			}
		}
	}
	return "", fmt.Errorf(messageNoSdistName, shorten(filename), shorten(project))
}

// nameEnd gives where the first "-" stands before which there is a spelling of
// the canonical name, -1 where there is none.
func nameEnd(stem, canonical string) int {
	matched := 0
	for i := 0; i < len(stem); i++ {
		if stem[i] == '-' && matched == len(canonical) {
			return i
		}
		c := lower(stem[i])
		if isSeparator(c) {
			if i > 0 && isSeparator(stem[i-1]) {
				continue // a run of separators is one "-"
			}
			c = '-'
		}
		if matched == len(canonical) || canonical[matched] != c {
			return -1
		}
		matched++
	}
	return -1
}

// splitExtension is pip's splitext: ".tar" belongs to the extension.
func splitExtension(filename string) (stem, extension string) {
	extension = path.Ext(filename)
	stem = strings.TrimSuffix(filename, extension)
	if len(stem) >= 4 && strings.EqualFold(stem[len(stem)-4:], ".tar") {
		return stem[:len(stem)-4], stem[len(stem)-4:] + extension
	}
	return stem, extension
}

// withoutPythonVersion cuts a trailing "-py3.7", "-py3" or "-py37" off.
func withoutPythonVersion(version string) string {
	i := strings.LastIndex(version, "-py")
	if i < 0 {
		return version
	}
	rest := version[i+len("-py"):]
	if rest == "" || rest[0] < '1' || rest[0] > '3' {
		return version
	}
	rest = strings.TrimPrefix(rest[1:], ".")
	if rest == "" || len(rest) == 1 && isDigit(rest[0]) {
		return version[:i]
	}
	return version
}
