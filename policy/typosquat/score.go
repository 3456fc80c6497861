package typosquat

import (
	"math"
	"slices"
	"strings"
)

// A score is the logarithm of the odds that a name imitates its target, less
// what it takes to ask. Its parts are added up as if they were independent.
// They were weighed by logistic regression, known typosquats against a random
// draw of ordinary names, either half of both tried on the other, and rounded
// by hand; bench/typosquat measures what came out.

// Scores from which on a finding is told.
const (
	high   = 2.0
	medium = 0.0
	low    = -1.0
	never  = -100.0
)

// Limits below which no finding could reach a score that is told.
const (
	shortestForTwoEdits    = 6
	lastRankForTwoEdits    = 12000
	shortestExtended       = 4
	shortestContraction    = 4
	lastRankForContraction = 1000
)

// confidence returns what a finding is told as, and false where it is not
// worth telling. An affix alone is never near certain: honest extensions and
// forks are named like that.
func (f finding) confidence() (Confidence, bool) {
	switch {
	case f.sure >= high && f.kind != Extended && f.kind != Shortened:
		return High, true
	case f.score >= medium:
		return Medium, true
	case f.score >= low:
		return Low, true
	}
	return "", false
}

// rateForQuestion is rate and what speaks for a question, but not for a refusal:
// of several words all are right but one, which stands in no popular name; or a
// module of the standard library is near, which nobody needs to install.
func (f finding) rateForQuestion(q query) float64 {
	score := f.rate(q)
	if f.kind != Typo {
		return score
	}
	if f.target.kind == module {
		score += 0.8
	}
	if hyphens(q.name) == hyphens(f.target.typed) {
		word, _ := changedWords(q.name, f.target.typed)
		if _, known := affixWords()[word]; word != "" && hyphens(q.name) > 0 && !known && familySize(word) == 0 {
			score += 0.8
		}
	}
	return score
}

// popularity is what the rank of a target counts: those who imitate choose the
// popular, coincidences do not.
func popularity(rank int) float64 { return -0.4 * math.Log(float64(rank)) }

// length is what the letters of a target count: the longer, the less likely a
// coincidence.
func length(n int) float64 {
	return 0.4*float64(min(n, 12)) - 0.25*float64(max(0, 7-n))
}

// rate returns the score of a finding. One of kind Extended has edits, and the
// query is less its affix; rateAffix rates the others.
func (f finding) rate(q query) float64 {
	score := popularity(f.target.counts) + length(letters(f.target.typed))
	switch f.kind {
	case NotProject:
		// Nobody has an honest reason to register it, and everybody types it
		// once; but `requirements` may be somebody's own project.
		if f.target.typed == fileSpellings[0] {
			return high
		}
		return medium + 1
	case Separator:
		return score + 1.4 + 0.5*popularity(f.target.counts)
	case Shortened:
		return score + 0.25*popularity(f.target.counts)
	case Reordered:
		return score
	case Disguised:
		return score + 0.5
	case Contracted:
		return score + 0.5
	case Extended:
		return score + f.rateEdits(q) - 1
	}
	return score + f.rateEdits(q)
}

// editWeights is what each kind of edit counts: those that fingers make more,
// those that tell two words apart less.
var editWeights = [editKinds]float64{
	swapped:   0.6,
	doubled:   0.5,
	undoubled: 0.5,
	dropped:   0.2,
	added:     -0.5,
	neighbour: -0.3,
	lookalike: -0.3,
	vowel:     -0.7,
	sounding:  -0.7,
	replaced:  -1.0,
	number:    0,
	digit:     -0.3,
}

// weight returns what an edit counts in a name of so many letters.
func (e edit) weight(letters int) float64 {
	weight := editWeights[e.kind]
	switch {
	case e.kind == number && e.at >= letters-1:
		weight -= 1.2 // a version, or the next of a series
	case e.at == 0 && e.kind != swapped && e.kind != doubled && e.kind != undoubled:
		weight -= 0.9 // the first letter is the one that people get right
	}
	return weight
}

// rateEdits returns what the edits of a finding count.
func (f finding) rateEdits(q query) float64 {
	score := 0.65
	for _, e := range f.edits {
		score += e.weight(letters(f.target.typed))
	}
	if len(f.edits) > 1 && !f.spelledWithDigits() {
		score -= 1.8
		if f.edits[0].kind == added && f.edits[1].kind == added && f.edits[0].at == f.edits[1].at {
			score -= 1 // a syllable, not two slips
		}
		score += 0.1 * float64(max(0, min(letters(f.target.typed), 12)-8))
		if hyphens(f.target.typed) > 0 && editWeights[f.edits[0].kind]+editWeights[f.edits[1].kind] < 0 {
			score -= 2 // of several words, one that is two letters off is another
		}
	}
	if typed := hyphens(q.name); typed != hyphens(f.target.typed) {
		score -= 1.4 * float64(len(f.edits))
	} else if typed > 0 {
		score += 0.6
		if word, wanted := changedWords(q.name, f.target.typed); word != "" {
			if _, known := affixWords()[word]; known {
				score -= 2
			} else if familySize(word) > 0 {
				score -= 1
			}
			if len(f.edits) > 1 && !f.spelledWithDigits() {
				score -= 0.6 * float64(max(0, 7-len(wanted)))
			}
		}
	}
	if f.target.less != "" {
		score -= 0.9 * float64(len(f.edits))
	}
	if f.target.kind == module {
		score -= 0.4
	}
	return score + 0.14*max(-4, min(12, oddness(q.name)-oddness(f.target.typed)))
}

// spelledWithDigits says whether a digit stands for a letter inside a word. Nobody
// does so by accident, so that another edit beside it is no second coincidence.
func (f finding) spelledWithDigits() bool {
	return slices.ContainsFunc(f.edits, func(e edit) bool { return e.kind == digit })
}

// changedWords returns the word of a name that another name has not, and the
// one that it has instead, where all the others are the same.
func changedWords(name, other string) (word, instead string) {
	words, others := strings.Split(name, "-"), strings.Split(other, "-")
	if len(words) != len(others) {
		return "", ""
	}
	for i := range words {
		if words[i] != others[i] {
			if word != "" {
				return "", ""
			}
			word, instead = words[i], others[i]
		}
	}
	return word, instead
}

// rateAffix returns the score of a popular name with something put before or
// behind it.
func rateAffix(t target, rest string, joined bool) float64 {
	words, ok := affixParts(rest, joined)
	if !ok || len(words) > 3 {
		return never
	}
	score := 1.15 + 1.25*popularity(t.rank) + 0.25*float64(min(len(t.name),
		12)) - 0.75*math.Log(1+float64(familySize(t.name)))
	for i, word := range words {
		if i > 0 {
			score -= 1.5
		}
		switch affixWords()[word] {
		case empty:
			score += 1.6
		case usual:
			score -= 0.5
		default:
			family := familySize(word)
			if family >= largeFamily {
				return never
			}
			// A word that stands in several popular names is somebody's own, such as a
			// namespace, in which jaraco-packaging is one more.
			score -= 1.2 + 0.5*math.Log(1+float64(family))
		}
	}
	return score
}
