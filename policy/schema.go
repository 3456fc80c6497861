package policy

import (
	"cmp"
	"slices"
	"time"

	"thresher/address"
	"thresher/internal/words"
	"thresher/policy/rules"
)

// KeyInfo describes one key of a policy file, for docs/policy.md and for
// `thresher policy show`.
type KeyInfo struct {
	Key     string // "cooldown.release"; "allow.NAME" where NAME is any name
	Type    string // in words
	Meaning string
	// The defaults of the presets, as written in a file; "" for none.
	Relaxed, Standard, Strict string
	Layers                    Reach
	Tighter                   string // which direction a project may take untrusted, in words
}

// Reach says in which layers a key counts.
type Reach string

// The reaches.
const (
	EveryLayer  Reach = "every layer"
	OwnLayers   Reach = "the user's and the system's file"
	SystemsOnly Reach = "the system's file"
	SharedOnly  Reach = "a shared layer"
)

func (reach Reach) includes(layer rules.Layer) bool {
	switch reach {
	case OwnLayers:
		return !layer.IsProject()
	case SystemsOnly:
		return layer.IsSystem()
	case SharedOnly:
		return layer.IsShared()
	}
	return true
}

// order is how a new value stands to an old one.
type order int

const (
	same order = iota
	stricter
	looser // or of another kind: nobody can tell
)

// field is one key of a policy file: how it is read, merged and shown. All
// that the package knows about keys is in the table of fields.
type field struct {
	info KeyInfo
	// read returns the value of a node, or problems without a path.
	read func(n *node) (value any, problems []Problem)
	// reset puts a preset's default.
	reset func(p *Policy, preset Preset)
	// merge puts a value that read has returned. With onlyStricter it puts
	// only what makes the policy stricter. It returns what is looser, whether
	// or not it was put.
	merge func(p *Policy, value any, source rules.Source, onlyStricter bool) []Change
	// adopt merges the default of a preset into a value that may come from a
	// file, under the same condition; loosening touches only other defaults.
	adopt func(p *Policy, preset Preset, source rules.Source, onlyStricter bool) (loosens bool)
	// show returns the values in force.
	show func(p *Policy) []Setting
}

// Setting is one value in force, for `thresher policy show`.
type Setting struct {
	Key   string // "rules.typosquat", "allow.reqeusts"
	Value string // as a policy file writes it
	rules.Source
	Date time.Time // of the file that said it; zero for a preset's
}

// scalar makes the field of one value.
func scalar[T comparable](
	info KeyInfo,
	at func(*Policy) *rules.Sourced[T],
	defaults [3]T, // relaxed, standard, strict
	read func(*node) (T, string),
	format func(T) string,
	compare func(old, new T) order,
) field {
	ofPreset := func(preset Preset) T {
		return defaults[max(slices.Index([]Preset{Relaxed, Standard, Strict}, preset), 0)]
	}
	info.Relaxed, info.Standard, info.Strict = format(defaults[0]), format(defaults[1]), format(defaults[2])
	return field{
		info: info,
		read: func(n *node) (any, []Problem) {
			value, message := read(n)
			if message != "" {
				return nil, []Problem{{Line: n.line, Column: n.column, Message: info.Key + ": " + message}}
			}
			return value, nil
		},
		reset: func(p *Policy, preset Preset) {
			*at(p) = rules.Sourced[T]{Value: ofPreset(preset)}
		},
		merge: func(p *Policy, read any, source rules.Source, onlyStricter bool) []Change {
			target, value := at(p), read.(T)
			standing := compare(target.Value, value)
			var changes []Change
			if standing == looser {
				changes = []Change{{Key: info.Key, From: format(target.Value), To: format(value), Source: source}}
			}
			// A value said again by a nearer layer is that layer's from then on,
			// but an untrusted one does not take a value over from its user.
			if !onlyStricter || standing == stricter {
				*target = rules.Sourced[T]{Value: value, Source: source}
			}
			return changes
		},
		adopt: func(p *Policy, preset Preset, source rules.Source, onlyStricter bool) bool {
			target, value := at(p), ofPreset(preset)
			switch compare(target.Value, value) {
			case stricter:
				if target.Layer == rules.DefaultLayer || source.Layer.IsProject() {
					*target = rules.Sourced[T]{Value: value, Source: source}
				}
			case looser:
				if target.Layer != rules.DefaultLayer {
					return false
				}
				if !onlyStricter {
					*target = rules.Sourced[T]{Value: value, Source: source}
				}
				return true
			}
			return false
		},
		show: func(p *Policy) []Setting {
			value := at(p)
			return []Setting{{Key: info.Key, Value: format(value.Value), Source: value.Source}}
		},
	}
}

// Orders.

func byRank[T comparable](ranks ...T) func(old, new T) order {
	return func(old, new T) order {
		return bySize(slices.Index(ranks, old), slices.Index(ranks, new))
	}
}

func bySize[T cmp.Ordered](old, new T) order {
	switch {
	case new > old:
		return stricter
	case new < old:
		return looser
	}
	return same
}

func smallerIsStricter[T cmp.Ordered](old, new T) order { return bySize(new, old) }

func bySeverity(old, new rules.Action) order {
	return bySize(rules.Severity(old), rules.Severity(new))
}

func trueIsStricter(old, new bool) order {
	return byRank(false, true)(old, new)
}

func falseIsStricter(old, new bool) order {
	return byRank(true, false)(old, new)
}

// neither is the order of values of which none is stricter.
func neither[T comparable](old, new T) order {
	if old == new {
		return same
	}
	return looser
}

// stricterFailOn orders the thresholds: none below all, any above all, the
// severities among themselves. fixable is another question than a severity.
func stricterFailOn(old, new FailOn) order {
	if old == new {
		return same
	}
	switch {
	case old == FailOnNone, new == FailOnAny:
		return stricter
	case new == FailOnNone, old == FailOnAny, old == FailOnFixable, new == FailOnFixable:
		return looser
	}
	return byRank(FailOnCritical, FailOnHigh, FailOnMedium, FailOnLow)(old, new)
}

// Readers of one value: the value, or a message that says what was expected.

func readBoolean(n *node) (bool, string) {
	if n.kind != booleanKind {
		return false, wrongKind(booleanKind, n.kind)
	}
	return n.boolean, ""
}

func readSpan(shortest rules.Span) func(n *node) (rules.Span, string) {
	return func(n *node) (rules.Span, string) {
		if n.kind != stringKind {
			return 0, wrongKind(stringKind, n.kind)
		}
		span, err := rules.ParseSpan(n.text)
		if err != nil {
			return 0, err.Error()
		}
		if span < shortest {
			return 0, tooShort(n.text, shortest)
		}
		return span, ""
	}
}

func readInteger(least, most int64) func(n *node) (int, string) {
	return func(n *node) (int, string) {
		if n.kind != integerKind {
			return 0, wrongKind(integerKind, n.kind)
		}
		if n.integer < least || n.integer > most {
			return 0, outOfRange(n.integer, least, most)
		}
		return int(n.integer), ""
	}
}

func readText(n *node) (string, string) {
	if n.kind != stringKind {
		return "", wrongKind(stringKind, n.kind)
	}
	if n.text != words.Printable(n.text) {
		return "", controlCharacters
	}
	return n.text, ""
}

// readShown reads a text that is printed, on screens and in the records of builds.
func readShown(n *node) (string, string) {
	text, message := readText(n)
	if message == "" && address.RedactText(text) != text {
		return "", secretInText
	}
	return text, message
}

func readChoice[T ~string](choices ...T) func(n *node) (T, string) {
	return func(n *node) (T, string) {
		if n.kind != stringKind {
			return "", wrongKind(stringKind, n.kind)
		}
		if slices.Contains(choices, T(n.text)) {
			return T(n.text), ""
		}
		words := make([]string, len(choices))
		for i, choice := range choices {
			words[i] = string(choice)
		}
		return "", noSuchChoice(n.text, words)
	}
}

// Writers of one value, as a policy file has it.

func quote[T ~string](value T) string { return words.TOMLString(string(value)) }

func formatSpan(value rules.Span) string { return words.TOMLString(value.String()) }
