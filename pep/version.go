package pep

import (
	"fmt"
	"strings"
)

// Version is a version of PEP 440. Its numbers may be of any size. The zero
// Version stands for none; ParseVersion never gives it.
//
// A Version keeps slices of the text it was parsed from, so that parsing and
// comparing allocate nothing. Two that are equal in meaning may differ as Go
// values: compare them with Compare.
type Version struct {
	epoch      string // digits, "" where none is written
	release    string // digits and dots as written
	preNumber  string // digits, "" where none is written
	postNumber string
	devNumber  string
	local      string // as written: upper case and any of "._-" between segments
	preLetter  byte   // 'a', 'b', 'r' (of rc); 0 for none
	post, dev  bool
	hasLocal   bool // there is a local version
}

// ParseVersion reads a version as packaging 26.3's Version does, white space
// around it allowed. The error says that text is no PEP 440 version.
func ParseVersion(text string) (Version, error) {
	version, ok := parseVersion(text)
	if !ok {
		return Version{}, fmt.Errorf(messageNoVersion, shorten(text))
	}
	return version, nil
}

// parseVersion is ParseVersion without the cost of an error.
func parseVersion(text string) (Version, bool) {
	trimmed := trimSpace(text)
	version, end := scanVersion(trimmed, true)
	return version, end > 0 && end == len(trimmed)
}

// scanVersion reads the longest version that text begins with, by PEP 440's
// appendix B, and gives its length, 0 where text begins with none. Each part
// takes all it can; no later part could use what an earlier one took, so the
// result is the one that a regular expression finds by going back.
func scanVersion(text string, withLocal bool) (Version, int) {
	var v Version
	i := 0
	if i < len(text) && lower(text[i]) == 'v' {
		i++
	}
	end := digitsEnd(text, i)
	if end > i && end < len(text) && text[end] == '!' {
		v.epoch = text[i:end]
		i = end + 1
		end = digitsEnd(text, i)
	}
	if end == i {
		return Version{}, 0
	}
	start := i
	for {
		i = end
		if i >= len(text) || text[i] != '.' {
			break
		}
		end = digitsEnd(text, i+1)
		if end == i+1 {
			break
		}
	}
	v.release = text[start:i]
	i = v.scanPre(text, i)
	i = v.scanPost(text, i)
	i = v.scanDev(text, i)
	if withLocal {
		i = v.scanLocal(text, i)
	}
	return v, i
}

// The spellings of each part, longer ones before those they begin with.
var preSpellings = []struct {
	word   string
	letter byte
}{{"alpha", 'a'}, {"a", 'a'}, {"beta", 'b'}, {"b", 'b'}, {"preview", 'r'}, {"pre", 'r'}, {"c", 'r'}, {"rc", 'r'}}

var postSpellings = []string{"post", "rev", "r"}

func (v *Version) scanPre(text string, start int) int {
	i := afterSeparator(text, start)
	for _, spelling := range preSpellings {
		if hasWord(text, i, spelling.word) {
			i = afterSeparator(text, i+len(spelling.word))
			end := digitsEnd(text, i)
			v.preLetter, v.preNumber = spelling.letter, text[i:end]
			return end
		}
	}
	return start
}

func (v *Version) scanPost(text string, start int) int {
	if start < len(text) && text[start] == '-' {
		if end := digitsEnd(text, start+1); end > start+1 {
			v.post, v.postNumber = true, text[start+1:end]
			return end
		}
	}
	i := afterSeparator(text, start)
	for _, word := range postSpellings {
		if hasWord(text, i, word) {
			i = afterSeparator(text, i+len(word))
			end := digitsEnd(text, i)
			v.post, v.postNumber = true, text[i:end]
			return end
		}
	}
	return start
}

func (v *Version) scanDev(text string, start int) int {
	i := afterSeparator(text, start)
	if !hasWord(text, i, "dev") {
		return start
	}
	i = afterSeparator(text, i+len("dev"))
	end := digitsEnd(text, i)
	v.dev, v.devNumber = true, text[i:end]
	return end
}

func (v *Version) scanLocal(text string, start int) int {
	if start >= len(text) || text[start] != '+' {
		return start
	}
	i := start + 1
	end := i
	for {
		segment := end
		for end < len(text) && isAlphanumeric(text[end]) {
			end++
		}
		if end == segment {
			// A separator with nothing behind it belongs to what follows.
			end--
			break
		}
		if end >= len(text) || !isSeparator(text[end]) {
			break
		}
		end++
	}
	if end <= i {
		return start
	}
	v.hasLocal, v.local = true, text[i:end]
	return end
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func isSeparator(c byte) bool { return c == '.' || c == '_' || c == '-' }

func afterSeparator(text string, i int) int {
	if i < len(text) && isSeparator(text[i]) {
		return i + 1
	}
	return i
}

func digitsEnd(text string, i int) int {
	for i < len(text) && isDigit(text[i]) {
		i++
	}
	return i
}

// hasWord tells whether word, given in lower case, stands in text at i.
func hasWord(text string, i int, word string) bool {
	if len(text)-i < len(word) {
		return false
	}
	for j := 0; j < len(word); j++ {
		if lower(text[i+j]) != word[j] {
			return false
		}
	}
	return true
}

// number gives digits without leading zeros; none at all is "0".
func number(digits string) string {
	i := 0
	for i < len(digits)-1 && digits[i] == '0' {
		i++
	}
	if digits == "" {
		return "0"
	}
	return digits[i:]
}

func compareNumbers(a, b string) int {
	a, b = number(a), number(b)
	if len(a) != len(b) {
		if len(a) < len(b) {
			return -1
		}
		return 1
	}
	return strings.Compare(a, b)
}

// Compare gives -1, 0 or 1 as v is older than, equal to or newer than other.
func (v Version) Compare(other Version) int { return compareVersions(&v, &other) }

func compareVersions(v, other *Version) int {
	if c := comparePublic(v, other); c != 0 {
		return c
	}
	return compareLocal(v, other)
}

// comparePublic compares all but the local versions.
func comparePublic(v, other *Version) int {
	if c := compareNumbers(v.epoch, other.epoch); c != 0 {
		return c
	}
	if c := compareReleases(v.release, other.release, -1); c != 0 {
		return c
	}
	if a, b := v.preRank(), other.preRank(); a != b {
		return sign(a - b)
	}
	if v.preLetter != 0 {
		if c := compareNumbers(v.preNumber, other.preNumber); c != 0 {
			return c
		}
	}
	if v.post != other.post {
		return order(other.post)
	}
	if v.post {
		if c := compareNumbers(v.postNumber, other.postNumber); c != 0 {
			return c
		}
	}
	if v.dev != other.dev {
		return order(v.dev)
	}
	if v.dev {
		return compareNumbers(v.devNumber, other.devNumber)
	}
	return 0
}

func sign(difference int) int {
	switch {
	case difference < 0:
		return -1
	case difference > 0:
		return 1
	}
	return 0
}

// order gives -1 where less holds, else 1.
func order(less bool) int {
	if less {
		return -1
	}
	return 1
}

// preRank orders what stands behind the release: a development release of
// nothing else, a, b, rc, and last the release itself.
func (v *Version) preRank() int {
	switch v.preLetter {
	case 'a':
		return 1
	case 'b':
		return 2
	case 'r':
		return 3
	}
	if v.dev && !v.post {
		return 0
	}
	return 4
}

// compareReleases compares the first limit segments, all where limit is
// negative; a missing segment is a zero.
func compareReleases(a, b string, limit int) int {
	for (a != "" || b != "") && limit != 0 {
		var segmentA, segmentB string
		segmentA, a = cutSegment(a)
		segmentB, b = cutSegment(b)
		if c := compareNumbers(segmentA, segmentB); c != 0 {
			return c
		}
		limit--
	}
	return 0
}

func cutSegment(release string) (segment, rest string) {
	if i := strings.IndexByte(release, '.'); i >= 0 {
		return release[:i], release[i+1:]
	}
	return release, ""
}

func compareLocal(v, other *Version) int {
	if v.hasLocal != other.hasLocal {
		return order(other.hasLocal)
	}
	a, b := v.local, other.local
	for a != "" && b != "" {
		var segmentA, segmentB string
		segmentA, a = cutLocalSegment(a)
		segmentB, b = cutLocalSegment(b)
		if c := compareLocalSegments(segmentA, segmentB); c != 0 {
			return c
		}
	}
	return sign(len(a) - len(b))
}

func cutLocalSegment(local string) (segment, rest string) {
	for i := 0; i < len(local); i++ {
		if isSeparator(local[i]) {
			return local[:i], local[i+1:]
		}
	}
	return local, ""
}

// compareLocalSegments orders words before numbers, words by their letters in
// lower case, numbers by value.
func compareLocalSegments(a, b string) int {
	numericA, numericB := digitsEnd(a, 0) == len(a), digitsEnd(b, 0) == len(b)
	if numericA != numericB {
		return order(numericB)
	}
	if numericA {
		return compareNumbers(a, b)
	}
	for i := 0; i < len(a) && i < len(b); i++ {
		if x, y := lower(a[i]), lower(b[i]); x != y {
			return order(x < y)
		}
	}
	return sign(len(a) - len(b))
}

// String gives the normalised form of PEP 440, e.g. "1!2.0rc1.post3.dev4+local.5";
// trailing zeros of the release are kept.
func (v Version) String() string {
	public := v.Public()
	if !v.hasLocal {
		return public
	}
	return public + "+" + v.Local()
}

// Public gives the normalised form without the local version.
func (v Version) Public() string {
	if v.isPlain() {
		return v.release
	}
	var b strings.Builder
	if epoch := number(v.epoch); epoch != "0" {
		b.WriteString(epoch)
		b.WriteByte('!')
	}
	for i, segment := range v.Release() {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(segment)
	}
	switch v.preLetter {
	case 'a', 'b':
		b.WriteByte(v.preLetter)
		b.WriteString(number(v.preNumber))
	case 'r':
		b.WriteString("rc")
		b.WriteString(number(v.preNumber))
	}
	if v.post {
		b.WriteString(".post")
		b.WriteString(number(v.postNumber))
	}
	if v.dev {
		b.WriteString(".dev")
		b.WriteString(number(v.devNumber))
	}
	return b.String()
}

// isPlain tells that the public version is the release as it was written.
func (v *Version) isPlain() bool {
	if v.epoch != "" || v.preLetter != 0 || v.post || v.dev {
		return false
	}
	for i := 0; i+1 < len(v.release); i++ {
		if v.release[i] == '0' && v.release[i+1] != '.' && (i == 0 || v.release[i-1] == '.') {
			return false
		}
	}
	return true
}

// Local gives the normalised local version without its "+", "" where there is none.
func (v Version) Local() string {
	var b strings.Builder
	rest := v.local
	for rest != "" {
		var segment string
		segment, rest = cutLocalSegment(rest)
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		if digitsEnd(segment, 0) == len(segment) {
			segment = number(segment)
		}
		b.WriteString(strings.ToLower(segment))
	}
	return b.String()
}

// Release gives the segments of the release in decimal without leading zeros:
// "1", "26", "0" of 1.26.0rc1. At least one.
func (v Version) Release() []string {
	segments := strings.Split(v.release, ".")
	for i, segment := range segments {
		segments[i] = number(segment)
	}
	return segments
}

// Epoch gives the epoch in decimal, "0" where none is written.
func (v Version) Epoch() string { return number(v.epoch) }

// Major gives the first segment of the release in decimal.
func (v Version) Major() string {
	segment, _ := cutSegment(v.release)
	return number(segment)
}

// IsPrerelease tells an alpha, beta, release candidate or development release.
func (v Version) IsPrerelease() bool { return v.preLetter != 0 || v.dev }

// IsDevRelease tells a development release.
func (v Version) IsDevRelease() bool { return v.dev }

// IsPostRelease tells a post-release.
func (v Version) IsPostRelease() bool { return v.post }

// IsZero tells the zero Version, which stands for none.
func (v Version) IsZero() bool { return v.release == "" }
