package pep

import (
	"slices"
	"strings"
	"unicode"
)

// CompareOSV orders two version strings of the PyPI ecosystem as OSV does: by
// PEP 440, with every string that is no PEP 440 version below all that are,
// ordered among themselves as packaging's former LegacyVersion did. It gives
// -1, 0 or 1. Different strings may be equal, as "1.0" and "1" are.
func CompareOSV(a, b string) int {
	versionA, validA := parseVersion(a)
	versionB, validB := parseVersion(b)
	switch {
	case validA && validB:
		return compareVersions(&versionA, &versionB)
	case validA != validB:
		return order(validB)
	case a == b:
		return 0
	}
	return slices.Compare(legacyKey(a), legacyKey(b))
}

// legacyReplacements are the words that LegacyVersion sorts as others.
var legacyReplacements = map[string]string{"pre": "c", "preview": "c", "-": "final-", "rc": "c", "dev": "@"}

// legacyKey gives the parts by which packaging 21's LegacyVersion compares.
func legacyKey(version string) []string {
	var parts []string
	add := func(part string) {
		if strings.HasPrefix(part, "*") {
			if part < "*final" {
				// A "-" before a pre-release's word is no "-" of a post-release.
				for len(parts) > 0 && parts[len(parts)-1] == "*final-" {
					parts = parts[:len(parts)-1]
				}
			}
			for len(parts) > 0 && parts[len(parts)-1] == "00000000" {
				parts = parts[:len(parts)-1]
			}
		}
		parts = append(parts, part)
	}
	for rest := strings.ToLower(version); rest != ""; {
		var part string
		part, rest = cutLegacyPart(rest)
		if replacement, ok := legacyReplacements[part]; ok {
			part = replacement
		}
		switch {
		case part == ".":
		case isDigit(part[0]):
			if missing := 8 - len([]rune(part)); missing > 0 {
				part = strings.Repeat("0", missing) + part
			}
			add(part)
		default:
			add("*" + part)
		}
	}
	add("*final")
	return parts
}

// cutLegacyPart takes the first run of digits, of ASCII letters, a single "."
// or "-", or the run of anything else.
func cutLegacyPart(text string) (part, rest string) {
	kind := legacyKind(firstRune(text))
	if kind == legacyPunctuation {
		return text[:1], text[1:]
	}
	for i, r := range text {
		if legacyKind(r) != kind {
			return text[:i], text[i:]
		}
	}
	return text, ""
}

const (
	legacyOther = iota
	legacyNumber
	legacyWord
	legacyPunctuation
)

func legacyKind(r rune) int {
	switch {
	case unicode.Is(unicode.Nd, r):
		return legacyNumber
	case 'a' <= r && r <= 'z':
		return legacyWord
	case r == '.' || r == '-':
		return legacyPunctuation
	}
	return legacyOther
}

func firstRune(text string) rune {
	for _, r := range text {
		return r
	}
	return 0
}
