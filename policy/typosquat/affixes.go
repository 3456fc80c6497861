package typosquat

import (
	"strings"
	"sync"
)

// affixWeight says how much a word tells that was put before or behind a
// popular name.
type affixWeight uint8

const (
	telling affixWeight = iota // names a thing of its own, as far as is known
	usual                      // stands in many honest names too
	empty                      // claims to be the same thing, only better
)

// affixWords are the words whose weight is known.
var affixWords = sync.OnceValue(func() map[string]affixWeight {
	weights := map[string]affixWeight{}
	for _, word := range strings.Fields(`
		python python2 python3 py py2 py3 pip pypi
		lib libs library pkg package packages module
		official original real true genuine new newest latest stable current release final full
		plus pro premium lite light slim mini fast faster fastest quick quicker speedy ultra super hyper turbo mega
		easy easier simple simpler better best improved enhanced advanced extended
		my our own the open free dev devel develop nightly beta alpha
		fix fixed fixes fixer patch patched hotfix update updated updater updates upgrade upgraded
		secure secured security safe ssl openssl tls https utf8 unicode
		install installer setup hub kit bin binary`) {
		weights[word] = empty
	}
	for _, word := range strings.Fields(`
		http async sync core base common util utils tool tools toolkit helper helpers wrapper
		client clients sdk api apis app cli server service extra extras ext addon addons
		test tests testing tester demo config logger log logging info db data web bot cloud gui
		x ex ng next v1 v2 v3 v4 v5 2 3 4 5`) {
		weights[word] = usual
	}
	return weights
})

// largeFamily is the number of popular names from which on a word that stands
// in them joins one project to another: django-, -mcp, types-.
const largeFamily = 15

// findAffixes finds popular names with something put before or behind them,
// with or without a hyphen.
func (d *Detector) findAffixes(q query, found []finding) []finding {
	visit := func(name, rest string, joined bool) {
		place := d.popular.exact(name)
		if place < 0 || len(name) < shortestExtended {
			return
		}
		f := finding{target: d.target(place), kind: Extended, word: rest}
		if f.score = rateAffix(f.target, rest, joined); f.score > never {
			found = append(found, f)
		}
	}
	for at := 1; at < len(q.name)-1; at++ {
		switch {
		case q.name[at] == '-':
			visit(q.name[:at], q.name[at+1:], false)
			visit(q.name[at+1:], q.name[:at], false)
		case q.name[at-1] != '-':
			visit(q.name[:at], q.name[at:], true)
			visit(q.name[at:], q.name[:at], true)
		}
	}
	return found
}

// shortestMisspelled is how many letters a name has at least that is looked for
// both misspelled and behind an affix.
const shortestMisspelled = 6

// findMisspelled finds popular names with an empty word put before or behind
// them and a letter wrong.
func (d *Detector) findMisspelled(q query, found []finding) []finding {
	first, afterFirst, _ := strings.Cut(q.name, "-")
	cut := strings.LastIndexByte(q.name, '-')
	if cut < 0 {
		return found
	}
	for _, part := range []struct{ word, rest string }{{first, afterFirst}, {q.name[cut+1:], q.name[:cut]}} {
		weight, known := affixWords()[part.word]
		if !known || weight != empty || letters(part.rest) < shortestMisspelled {
			continue
		}
		rest := query{name: part.rest, plain: withoutSeparators(part.rest)}
		d.near.near(rest.plain, 1, func(place, distance int) {
			f := finding{target: d.target(place), kind: Extended, word: part.word}
			if distance == 0 || f.target.kind != project || f.target.less != "" {
				return
			}
			f.edits = editsBetween(rest.plain, withoutSeparators(f.target.typed))
			f.score, f.sure = f.rateForQuestion(rest), f.rate(rest)
			found = append(found, f)
		})
	}
	return found
}

// affixParts takes apart what was put before or behind a name: at its hyphens,
// and where the part that touches the name has none between, into known words.
// It reports false for a joined part that is no row of known words, since then
// nothing says where the name begins.
func affixParts(rest string, joined bool) ([]string, bool) {
	parts := strings.Split(rest, "-")
	if !joined {
		return parts, true
	}
	var words []string
	for _, part := range parts {
		known, ok := knownWords(part, 3)
		if !ok {
			return nil, false
		}
		words = append(words, known...)
	}
	return words, true
}

// knownWords splits letters written as one word into at most so many affix
// words.
func knownWords(letters string, most int) ([]string, bool) {
	if letters == "" {
		return nil, true
	}
	if most == 0 {
		return nil, false
	}
	for end := len(letters); end > 0; end-- {
		if _, ok := affixWords()[letters[:end]]; !ok {
			continue
		}
		if rest, ok := knownWords(letters[end:], most-1); ok {
			return append([]string{letters[:end]}, rest...), true
		}
	}
	return nil, false
}
