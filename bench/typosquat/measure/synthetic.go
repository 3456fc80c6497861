package measure

import (
	"math/rand/v2"
	"strings"
)

// Mutation makes up a name that imitates another one, or returns "" where the
// name offers no place for it.
type Mutation struct {
	Title string
	Apply func(name string, random *rand.Rand) string
}

// Mutations are ways in which names are imitated, from slips of the fingers to
// what malicious names do.
var Mutations = []Mutation{
	{"two letters swapped", func(name string, random *rand.Rand) string {
		at := random.IntN(len(name) - 1)
		if name[at] == name[at+1] {
			return ""
		}
		return name[:at] + string(name[at+1]) + string(name[at]) + name[at+2:]
	}},
	{"a letter left out", func(name string, random *rand.Rand) string {
		at := random.IntN(len(name))
		return name[:at] + name[at+1:]
	}},
	{"a letter typed twice", func(name string, random *rand.Rand) string {
		at := random.IntN(len(name))
		return name[:at+1] + name[at:]
	}},
	{"any letter extra", func(name string, random *rand.Rand) string {
		at := random.IntN(len(name) + 1)
		return name[:at] + anyLetter(random) + name[at:]
	}},
	{"any letter for another", func(name string, random *rand.Rand) string {
		at := random.IntN(len(name))
		return name[:at] + anyLetter(random) + name[at+1:]
	}},
	{"the next key", func(name string, random *rand.Rand) string {
		at := random.IntN(len(name))
		for _, keys := range []string{"qwertyuiop", "asdfghjkl", "zxcvbnm"} {
			if key := strings.IndexByte(keys, name[at]); key >= 0 {
				key += 2*random.IntN(2) - 1
				if key >= 0 && key < len(keys) {
					return name[:at] + string(keys[key]) + name[at+1:]
				}
			}
		}
		return ""
	}},
	{"a vowel for another", func(name string, random *rand.Rand) string {
		at := random.IntN(len(name))
		if !strings.ContainsRune("aeiou", rune(name[at])) {
			return ""
		}
		return name[:at] + string("aeiou"[random.IntN(5)]) + name[at+1:]
	}},
	{"a look-alike", func(name string, random *rand.Rand) string {
		return replaceOne(name, random, []string{"o", "0", "l", "1", "i", "l", "l", "i", "i", "1", "m", "rn", "rn", "m", "w",
			"vv", "e", "3", "s", "5"})
	}},
	{"another spelling", func(name string, random *rand.Rand) string {
		return replaceOne(name, random, []string{"or", "our", "er", "re", "ph", "f", "f", "ph", "k", "c", "c", "k", "s", "z",
			"z", "s", "y", "i", "ck", "k"})
	}},
	{"two slips", func(name string, random *rand.Rand) string {
		at := random.IntN(len(name))
		name = name[:at] + name[at+1:]
		if len(name) < 2 {
			return ""
		}
		at = random.IntN(len(name))
		return name[:at] + anyLetter(random) + name[at:]
	}},
	{"a digit for a letter and a slip", func(name string, random *rand.Rand) string {
		if len(name) < 5 {
			return ""
		}
		inside := name[1 : len(name)-1]
		spelled := replaceOne(inside, random, []string{"o", "0", "l", "1", "i", "1", "e", "3", "s", "5"})
		if spelled == "" {
			return ""
		}
		at := 1 + random.IntN(len(spelled))
		return name[:1] + spelled[:at] + anyLetter(random) + spelled[at:] + name[len(name)-1:]
	}},
	{"a hyphen more", func(name string, random *rand.Rand) string {
		if len(name) < 4 {
			return ""
		}
		at := 2 + random.IntN(len(name)-3)
		return name[:at] + "-" + name[at:]
	}},
	{"no hyphen", func(name string, _ *rand.Rand) string { return strings.ReplaceAll(name, "-", "") }},
	{"other order", func(name string, random *rand.Rand) string {
		words := strings.Split(name, "-")
		random.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
		return strings.Join(words, "-")
	}},
	{"python- or -py", func(name string, random *rand.Rand) string {
		if strings.Contains(name, "py") {
			return ""
		}
		return []string{"python-" + name, name + "-python", "py-" + name, "py" + name, name + "-py",
			name + "py"}[random.IntN(6)]
	}},
	{"an empty word", func(name string, random *rand.Rand) string {
		word := []string{"lib", "pro", "plus", "lite", "dev", "fast", "new", "fix", "official", "ng"}[random.IntN(10)]
		return []string{name + "-" + word, word + "-" + name, name + word}[random.IntN(3)]
	}},
	{"a usual word", func(name string, random *rand.Rand) string {
		return name + "-" + []string{"sdk", "client", "api", "utils", "tools", "core", "helper"}[random.IntN(7)]
	}},
	{"a slip and an empty word", func(name string, random *rand.Rand) string {
		at := random.IntN(len(name))
		name = name[:at] + name[at+1:]
		return name + "-" + []string{"lib", "pro", "plus", "lite", "dev"}[random.IntN(5)]
	}},
	{"one s more or less", func(name string, _ *rand.Rand) string {
		if short, ok := strings.CutSuffix(name, "s"); ok {
			return short
		}
		return name + "s"
	}},
	{"a digit behind", func(name string, random *rand.Rand) string { return name + string("23456"[random.IntN(5)]) }},
}

func anyLetter(random *rand.Rand) string { return string(rune('a' + random.IntN(26))) }

// replaceOne replaces one of the pairs' first parts, at one place.
func replaceOne(name string, random *rand.Rand, pairs []string) string {
	for _, pair := range random.Perm(len(pairs) / 2) {
		typed, wanted := pairs[2*pair+1], pairs[2*pair]
		if at := strings.Index(name, wanted); at >= 0 {
			return name[:at] + typed + name[at+len(wanted):]
		}
	}
	return ""
}

// Imitations returns so many names made with a mutation from popular names
// whose ranks are from first to last, the same ones on every call.
func Imitations(popular []string, mutation Mutation, first, last, count int) Set {
	listed := map[string]bool{}
	for _, name := range popular {
		listed[name] = true
	}
	random := rand.New(rand.NewPCG(uint64(first), uint64(last)))
	set := Set{Title: mutation.Title}
	last = min(last, len(popular))
	// Some popular names offer no place for some mutations.
	for try := 0; try < 100*count && len(set.Names) < count && first <= last; try++ {
		target := popular[first-1+random.IntN(last-first+1)]
		if len(target) < 2 {
			continue
		}
		name := mutation.Apply(target, random)
		if name == "" || name == target || listed[name] || strings.HasPrefix(name, "-") || strings.HasSuffix(name, "-") ||
			strings.Contains(name, "--") {
			continue
		}
		set.Names = append(set.Names, Name{Name: name, Target: target})
	}
	return set
}
