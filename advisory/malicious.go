package advisory

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"thresher/internal/lazyregexp"
)

// maliciousCWE is the class of weaknesses that is malicious code and nothing
// else (CWE-506, embedded malicious code).
const maliciousCWE = "CWE-506"

// sayingMalicious are the ways in which a sentence of a record says that a
// release itself is malicious. Sentences are in lower case, with single blanks.
// What a flaw may be used for ("a malicious server may …", "malicious code in a
// model file is executed") is a vulnerability; none of these says it.
var sayingMalicious = []struct {
	what string
	is   func() *regexp.Regexp
}{
	{"the record begins by calling the package malicious", lazyregexp.New(
		`^\W*(embedded )?(malicious (package|code|release|version)s?|malware)\b( in [\w.-]+( \(pypi\))?)?\W*$`)},
	{"taken over, and a malicious release made", lazyregexp.New(
		`\b(project|package|account|maintainer|release process)\b.*\b(taken over|compromised?|hijacked)\b` +
			`.*\b(malicious|malware|backdoor|cryptominer|stealer)`)},
	{"malicious releases were published", lazyregexp.New(
		`\b(malicious|backdoored|trojani[sz]ed|poisoned|unauthori[sz]ed) ([\w-]+ )?` +
			`(code|releases?|versions?|packages?|builds?)\b.{0,80}\b(was|were|has been|have been|got) ([\w-]+ )?` +
			`(published|uploaded|pushed|released|inserted|added to (the|pypi))`)},
	{"releases were published that hold malware", lazyregexp.New(
		`\b(releases?|versions?|packages?)\b.*\b(published|uploaded|pushed|released|distributed)\b.{0,80}` +
			`\b(contain(s|ed|ing)?|includ(es|ed|ing)|with|carr(y|ies|ied|ying))\b.{0,60}` + malice)},
	{"the release holds malware", lazyregexp.New(
		`\b(releases?|versions? [\d.]+|version \S+ and \S+|packages?|project|(distributed )?(on|in) pypi` +
			`|[\w.-]+ \d+\.[\w.]+)\b.{0,80}\b(contain(s|ed)?|includ(es|ed)?)\b.{0,60}` + malice)},
	{"releases were compromised", lazyregexp.New(
		`\b(releases?|versions?)( [\w.,]+){0,6} (is|are|was|were|has been|have been) ([\w-]+ )?` +
			`(compromised|backdoored|trojani[sz]ed|infected|malicious)\b` +
			`|\b(suffered|(victim|target|part) of|affected by|due to|after) an? ([\w-]+ )*` +
			`supply[- ]chain (attack|compromise)`)},
	{"published by an attacker", lazyregexp.New(
		`\battackers? (had |have )?(published|uploaded|pushed|released)\b|\b(published|uploaded|pushed|released)` +
			` by (an? |the )?(attacker|threat actor|malicious (actor|third party|user))`)},
}

// malice is what a malicious release holds.
const malice = `(\bmalicious[ -](code|payload|dependency|script|functionality|\.pth)|\bmalware\b|\bbackdoor` +
	`|\b(crypto(currency)?|coin)[ -]?miner|\b(credential|info(rmation)?|token|wallet)[ -]?(steal|harvest)` +
	`|\b(remote access )?trojan\b)`

// notOfTheRelease are words with which a sentence speaks of what could happen
// rather than of what was released.
var notOfTheRelease = lazyregexp.New(`\b(could|can|may|might|would|allow(s|ed|ing)?|if an?|does not|do not|unless` +
	`|potentially|in order to|vulnerab\w+|flaws?|functions?|methods?)\b`)

// speakingOfMalice is in every text that sayingMalicious could fit.
var speakingOfMalice = lazyregexp.New(`(?i)malicious|malware|compromise|infected|backdoor|attacker|actor|unauthori` +
	`|poisoned|trojan|miner|steal|harvest`)

// overReaching are the sources of the malicious-packages collection that call
// all versions of a name malware where only some are: of GitHub's records the
// first form ("every version") stays beside the later one that names the
// versions.
var overReaching = []string{"ghsa-malware"}

// saysMalicious tells whether a record is one of malicious code: of the
// collection of malicious packages or an alias of one in it, classed as
// malicious code, or in words that say so of the release itself.
func (source *osvRecord) saysMalicious() bool {
	ids := append([]string{source.ID}, source.Aliases...)
	if slices.ContainsFunc(ids, isMalwareID) || source.Specific.classedMalicious() {
		return true
	}
	for i := range source.Affected {
		if source.Affected[i].Specific.classedMalicious() {
			return true
		}
	}
	return slices.ContainsFunc([]string{source.Summary, source.Details}, textSaysMalicious)
}

func isMalwareID(id string) bool { return strings.HasPrefix(id, "MAL-") }

// textSaysMalicious tells whether one of a text's sentences says so.
func textSaysMalicious(text string) bool {
	if !speakingOfMalice().MatchString(text) {
		return false
	}
	for _, paragraph := range strings.Split(cut(text, 64<<10), "\n\n") {
		line := strings.ToLower(strings.Join(strings.Fields(paragraph), " "))
		for _, sentence := range strings.SplitAfter(line, ". ") {
			for _, way := range sayingMalicious {
				found := way.is().FindStringIndex(sentence)
				if found != nil && !notOfTheRelease().MatchString(sentence[:found[1]]) {
					return true
				}
			}
		}
	}
	return false
}

// specific is what databases add to the schema, as far as it is used.
type specific struct {
	classes []string // ids of classes of weaknesses (CWE)
	origins []origin
}

// origin is a report that the collection of malicious packages made a record of.
type origin struct {
	Source string     `json:"source"`
	Ranges []osvRange `json:"ranges"`
}

// UnmarshalJSON takes what is there: the schema leaves it to each database, so
// that another form of it makes no record unreadable.
func (s *specific) UnmarshalJSON(text []byte) error {
	var fields map[string]json.RawMessage
	if json.Unmarshal(text, &fields) != nil {
		return nil
	}
	_ = json.Unmarshal(fields["cwe_ids"], &s.classes) // GitHub's; what is in another form is none
	var classes []struct {
		ID string `json:"cweId"`
	}
	_ = json.Unmarshal(fields["cwes"], &classes)
	for _, class := range classes {
		s.classes = append(s.classes, class.ID)
	}
	_ = json.Unmarshal(fields["malicious-packages-origins"], &s.origins)
	return nil
}

func (s *specific) classedMalicious() bool { return slices.Contains(s.classes, maliciousCWE) }

// overReaches tells whether a record that never ends is not to be believed in
// that: one of the collection of malicious packages only where none but the
// sources known for it say so, any other wherever it names versions as well.
func (source *osvRecord) overReaches() bool {
	if !isMalwareID(source.ID) {
		return true
	}
	doubtful := false
	for _, origin := range source.Specific.origins {
		endless := slices.ContainsFunc(origin.Ranges, func(r osvRange) bool { return r.span().endless() })
		known := slices.Contains(overReaching, origin.Source)
		if endless && !known {
			return false
		}
		doubtful = doubtful || known
	}
	return doubtful
}
