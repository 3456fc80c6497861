package typosquat

import "strings"

// finding is one way in which a name may come from another one.
type finding struct {
	target target
	kind   Kind
	edits  []edit  // of kind Typo, and of kind Extended where letters are wrong too
	word   string  // what is extra, left out or stands for something else
	score  float64 // of a question
	sure   float64 // of a refusal: no more than the score
}

// Kind says what sort of imitation was found.
type Kind string

// The kinds of imitation.
const (
	Typo       Kind = "typo"       // letters typed wrong
	Separator  Kind = "separator"  // a hyphen more or less
	Extended   Kind = "extended"   // something put before or behind
	Shortened  Kind = "shortened"  // something left out
	Reordered  Kind = "reordered"  // the same words in another order
	Disguised  Kind = "disguised"  // groups of letters that look or sound like others
	Contracted Kind = "vowels"     // all vowels left out
	NotProject Kind = "no project" // the very name of a module or of the requirements file
)

// Kinds returns all kinds of imitation.
func Kinds() []Kind {
	return []Kind{Typo, Separator, Extended, Shortened, Reordered, Disguised, Contracted, NotProject}
}

// query is the name that is looked at.
type query struct {
	name  string // canonical
	plain string // without separators
}

// Limits that keep the time for a hostile name within that for an honest one.
const (
	longestTaken = 48 // letters of a name that is taken apart
	longestEdit  = 96 // letters of a name that is compared letter by letter
)

// findings returns all ways in which a canonical name, which is not popular
// itself, may come from another one, with their scores and in no order.
func (d *Detector) findings(name string) []finding {
	d.prepare.Do(d.prepareAll)
	q := query{name: name, plain: withoutSeparators(name)}
	var found []finding
	if len(q.plain) <= longestEdit {
		found = d.findEdits(q, found)
	}
	if len(q.plain) <= longestTaken {
		found = d.findOrders(q, found)
		found = d.findDisguises(q, found)
		found = d.findAffixes(q, found)
		found = d.findMisspelled(q, found)
		found = d.findContractions(q, found)
		found = d.findShortForms(q, found)
	}
	return found
}

// prepareAll makes what only names need that are not popular.
func (d *Detector) prepareAll() {
	d.others = otherTargets(d.popular)
	var more strings.Builder
	for _, other := range d.others {
		more.WriteString(other.typed + "\n")
	}
	d.near = newIndex(newNameList(d.popular.names.text + more.String()))
}

// target returns what the index has at a place.
func (d *Detector) target(place int) target {
	if popular := d.popular.names.size(); place >= popular {
		return d.others[place-popular]
	}
	name := d.popular.names.at(place)
	return target{name: name, typed: name, rank: place + 1, counts: place + 1}
}

// findEdits finds what is a slip or two of the fingers away.
func (d *Detector) findEdits(q query, found []finding) []finding {
	limit := 2
	if len(q.plain) < shortestForTwoEdits {
		limit = 1
	}
	d.near.near(q.plain, limit, func(place, distance int) {
		f := finding{target: d.target(place), kind: Typo}
		switch {
		case distance > 0:
			if distance == 2 && (f.target.rank > lastRankForTwoEdits || f.target.kind == module) {
				return
			}
			f.edits = editsBetween(q.plain, withoutSeparators(f.target.typed))
			if place < d.popular.names.size() {
				f.target.counts = sameThing(d.popular, f.target.name, place) + 1
			}
		case f.target.kind != project:
			f.kind = NotProject
		case f.target.less != "":
			f.kind, f.word = Shortened, f.target.less
		default:
			f.kind = Separator
		}
		f.score, f.sure = f.rateForQuestion(q), f.rate(q)
		found = append(found, f)
	})
	// A name before or behind which nothing but "py" is missing is looked up
	// whole only: less the py, most names are too short to be told apart.
	for _, longer := range []string{"py" + q.name, q.name + "py"} {
		if place := d.popular.sameLetters(longer); place >= 0 {
			f := finding{target: d.target(place), kind: Shortened, word: "py"}
			f.score, f.sure = f.rateForQuestion(q), f.rate(q)
			found = append(found, f)
		}
	}
	return found
}

// findOrders finds the same words in another order: with their separators, or
// two parts of a name written as one word that changed places.
func (d *Detector) findOrders(q query, found []finding) []finding {
	visit := func(name string) {
		place := d.popular.sameLetters(name)
		if place >= 0 && d.target(place).name != q.name {
			f := finding{target: d.target(place), kind: Reordered}
			f.score, f.sure = f.rateForQuestion(q), f.rate(q)
			found = append(found, f)
		}
	}
	twice := q.plain + q.plain
	for at := 2; at < len(q.plain)-1; at++ {
		if turned := twice[at : at+len(q.plain)]; turned != q.plain {
			visit(turned)
		}
	}
	// Three words: the orders that are no turn of the name.
	if words := strings.Split(q.name, "-"); len(words) == 3 {
		visit(words[1] + words[0] + words[2])
		visit(words[0] + words[2] + words[1])
		visit(words[2] + words[1] + words[0])
	}
	return found
}

// disguises are groups of letters that look or sound like another group. Single
// letters for single letters are edits.
var disguises = []struct{ typed, wanted string }{
	{"rn", "m"}, {"m", "rn"}, {"vv", "w"}, {"w", "vv"}, {"cl", "d"}, {"d", "cl"}, {"nn", "m"}, {"m", "nn"}, {"uu", "w"},
	{"ii", "u"}, {"lo", "b"},
	{"f", "ph"}, {"ph", "f"}, {"k", "ck"}, {"ck", "k"}, {"x", "ks"}, {"ks", "x"}, {"x", "cks"}, {"kw", "qu"},
	{"k", "ch"}, {"ch", "k"}, {"sh", "ch"},
	{"ee", "i"}, {"oo", "u"}, {"u", "oo"}, {"ize", "ise"}, {"ise", "ize"}, {"yze", "yse"}, {"ogue", "og"},
	{"og", "ogue"},
	{"two", "2"}, {"three", "3"}, {"four", "4"}, {"to", "2"}, {"for", "4"}, {"4", "for"}, {"2", "to"},
}

// findDisguises finds names in which groups of letters stand for others, and
// those spelled with digits.
func (d *Detector) findDisguises(q query, found []finding) []finding {
	visit := func(name, typed, wanted string) {
		if place := d.popular.sameLetters(name); place >= 0 {
			f := finding{target: d.target(place), kind: Disguised, word: disguise(typed, wanted)}
			f.score, f.sure = f.rateForQuestion(q), f.rate(q)
			found = append(found, f)
		}
	}
	for _, pair := range disguises {
		for at := strings.Index(q.plain, pair.typed); at >= 0; {
			visit(q.plain[:at]+pair.wanted+q.plain[at+len(pair.typed):], pair.typed, pair.wanted)
			rest := strings.Index(q.plain[at+1:], pair.typed)
			if rest < 0 {
				break
			}
			at += 1 + rest
		}
	}
	return d.findDigits(q, found)
}

// mostOnes is how many times the digit 1 is tried as l and as i.
const mostOnes = 4

// findDigits finds names spelled with digits in the place of letters, two or
// more: one is an edit.
func (d *Detector) findDigits(q query, found []finding) []finding {
	ones := strings.Count(q.plain, "1")
	if ones > mostOnes {
		return found
	}
	for choice := range 1 << ones {
		spelled := []byte(q.plain)
		var typed, wanted []byte
		for i, c := range spelled {
			if !isDigit(c) {
				continue
			}
			spelled[i] = face(c)
			if c == '1' {
				spelled[i] = "il"[choice&1]
				choice >>= 1
			}
			typed, wanted = append(typed, c), append(wanted, spelled[i])
		}
		if len(typed) < 2 {
			return found
		}
		if place := d.popular.sameLetters(string(spelled)); place >= 0 {
			f := finding{target: d.target(place), kind: Disguised, word: disguise(string(typed), string(wanted))}
			f.score, f.sure = f.rateForQuestion(q), f.rate(q)
			found = append(found, f)
		}
	}
	return found
}

// findContractions finds names with all their vowels left out.
func (d *Detector) findContractions(q query, found []finding) []finding {
	if len(q.plain) < shortestContraction || strings.ContainsAny(q.plain, "aeiou") {
		return found
	}
	for place := range min(d.popular.names.size(), lastRankForContraction) {
		if contracts(q.plain, d.popular.names.at(place)) {
			f := finding{target: d.target(place), kind: Contracted}
			f.score, f.sure = f.rateForQuestion(q), f.rate(q)
			found = append(found, f)
		}
	}
	return found
}

// shortForms are words that people type in the place of the whole one.
var shortForms = []struct{ typed, wanted string }{
	{"bin", "binary"}, {"lib", "library"}, {"ext", "extension"}, {"ext", "extensions"}, {"util", "utils"},
	{"util", "utilities"}, {"auth", "authentication"}, {"config", "configuration"}, {"doc", "docs"}, {"eng", "engine"},
}

// findShortForms finds names whose last word is a short form of what it should
// be: psycopg2-bin.
func (d *Detector) findShortForms(q query, found []finding) []finding {
	for _, form := range shortForms {
		before, is := strings.CutSuffix(q.name, "-"+form.typed)
		if !is {
			continue
		}
		if place := d.popular.exact(before + "-" + form.wanted); place >= 0 {
			f := finding{target: d.target(place), kind: Shortened, word: strings.TrimPrefix(form.wanted, form.typed)}
			f.score, f.sure = f.rateForQuestion(q), f.rate(q)
			found = append(found, f)
		}
	}
	return found
}

// contracts reports whether a name without vowels is all that is left of
// another one, which has at least two.
func contracts(short, name string) bool {
	at, vowels := 0, 0
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '-':
		case at < len(short) && short[at] == c:
			at++
		case isVowel(c):
			vowels++
		default:
			return false
		}
	}
	return at == len(short) && vowels >= 2
}
