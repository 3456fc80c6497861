package typosquat

import (
	"math"
	"slices"
	"strings"
)

// target is a spelling of something that may be imitated.
type target struct {
	name  string // what a person would have meant
	typed string // the spelling, in canonical form: the name, or the name less its affix
	rank  int    // its place on the list; for what is on no list, the place it counts as
	// counts is the place that it counts as in people's minds: its own, or that of a
	// more popular one which is called the same but for the language. Who types
	// pytorch wants torch, and those who imitate know it.
	counts int
	kind   targetKind
	less   string // the affix that typed leaves out, "" for none
}

// targetKind says what a target is.
type targetKind uint8

const (
	project targetKind = iota // a popular name
	module                    // a module of the standard library
	file                      // the requirements file
)

// Ranks that targets outside the list count as.
const (
	moduleRank = 1500 // few type the name of a module where a project belongs
	fileRank   = 20   // but many forget the -r
)

// fileSpellings are what requirements.txt becomes in canonical form, and
// without its ending.
var fileSpellings = []string{"requirements-txt", "requirements"}

// plainAffixes are words that name the language and that people leave out:
// most say dateutil and opencv for python-dateutil and opencv-python.
var plainAffixes = []string{"python-", "python3-", "py-", "-python", "-py"}

// otherTargets returns what may be imitated besides the popular names.
func otherTargets(popular *table) []target {
	var others []target
	for place := range popular.names.size() {
		name := popular.names.at(place)
		short, less := withoutAffix(name)
		if less == "" || letters(short) < 4 {
			continue
		}
		// What is left may be popular too: beautifulsoup is, but who types it
		// means beautifulsoup4.
		if other := popular.sameLetters(short); other < 0 || other > 5*place {
			others = append(others,
				target{name: name, typed: short, rank: place + 1, counts: place + 1, less: less})
		}
	}
	for _, name := range modules {
		if popular.sameLetters(name) < 0 {
			others = append(others,
				target{name: name, typed: name, rank: moduleRank, counts: moduleRank, kind: module})
		}
	}
	for _, spelling := range fileSpellings {
		if popular.sameLetters(spelling) < 0 {
			others = append(others,
				target{name: RequirementsFile, typed: spelling, rank: fileRank, counts: fileRank, kind: file})
		}
	}
	return others
}

// languageAffixes are what a name may have that another of the same thing has not.
var languageAffixes = []struct{ prefix, suffix string }{
	{"python-", ""}, {"python3-", ""}, {"py-", ""}, {"py", ""}, {"", "-python"}, {"", "-py"},
}

// sameThing returns the best place of a popular name that differs from another
// popular one in nothing but its word for the language, or of that one itself.
func sameThing(popular *table, name string, place int) int {
	best := place
	visit := func(other string) {
		if len(other) < shortestExtended {
			return
		}
		if at := popular.exact(other); at >= 0 {
			best = min(best, at)
		}
	}
	for _, affix := range languageAffixes {
		if rest, ok := strings.CutPrefix(name, affix.prefix); ok {
			if rest, ok := strings.CutSuffix(rest, affix.suffix); ok {
				visit(rest)
			}
		}
		if strings.Contains(affix.prefix+affix.suffix, "-") {
			visit(affix.prefix + name + affix.suffix)
		}
	}
	return best
}

// PlaceOf returns the place that the target of a suspicion counts as: that on
// the list, and for what is on no list that of names as often meant.
func PlaceOf(target string) int {
	switch rank := Rank(target); {
	case rank > 0:
		return rank
	case target == RequirementsFile:
		return fileRank
	case slices.Contains(modules, target):
		return moduleRank
	}
	return math.MaxInt
}

// withoutAffix returns a name less its word for the language or the digits at
// its end, and what was left out.
func withoutAffix(name string) (short, less string) {
	if last := name[len(name)-1]; !strings.HasPrefix(name, "py") && last != 'n' && last != 'y' && !isDigit(last) {
		return name, "" // nearly all of them
	}
	for _, affix := range plainAffixes {
		if strings.HasSuffix(affix, "-") {
			if rest, ok := strings.CutPrefix(name, affix); ok {
				return rest, affix
			}
		} else if rest, ok := strings.CutSuffix(name, affix); ok {
			return rest, affix
		}
	}
	end := len(name)
	for end > 1 && isDigit(name[end-1]) {
		end--
	}
	if name[end-1] == '-' {
		return name, ""
	}
	return name[:end], name[end:]
}
