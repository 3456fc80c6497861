package policy

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"thresher/address"
	"thresher/internal/words"
	"thresher/pep"
	"thresher/policy/rules"
)

// placed is an entry of a list or table with the place it was written.
type placed[T any] struct {
	value T
	line  int
}

// collection makes the field of a list or table of entries. Entries of all
// layers add up; of two with the same identity the nearer layer's counts.
func collection[T any](
	info KeyInfo,
	at func(*Policy) *[]T,
	read func(n *node) ([]placed[T], []Problem),
	identity func(T) string,
	source func(*T) *rules.Source,
	format func(T) string,
	// loosens says whether an entry makes the policy looser than it is.
	loosens func(p *Policy, entry T, replaces *T) bool,
) field {
	return field{
		info:  info,
		read:  func(n *node) (any, []Problem) { return read(n) },
		reset: func(p *Policy, _ Preset) { *at(p) = nil },
		merge: func(p *Policy, read any, from rules.Source, onlyStricter bool) []Change {
			var changes []Change
			entries := at(p)
			known := map[string]int{}
			for i, entry := range *entries {
				known[identity(entry)] = i
			}
			for _, entry := range read.([]placed[T]) {
				place := from
				place.Line = entry.line
				*source(&entry.value) = place
				var old *T
				if at, found := known[identity(entry.value)]; found {
					old = &(*entries)[at]
				}
				if loosens(p, entry.value, old) {
					change := Change{Key: info.entryKey(identity(entry.value)), To: format(entry.value), Source: place}
					if old != nil {
						change.From = format(*old)
					}
					changes = append(changes, change)
					if onlyStricter {
						continue
					}
				} else if onlyStricter && old != nil {
					continue // what a user has said is not said better by an untrusted file
				}
				if old != nil {
					*old = entry.value
				} else {
					known[identity(entry.value)] = len(*entries)
					*entries = append(*entries, entry.value)
				}
			}
			return changes
		},
		adopt: func(*Policy, Preset, rules.Source, bool) bool { return false },
		show: func(p *Policy) []Setting {
			var settings []Setting
			for _, entry := range *at(p) {
				settings = append(settings, Setting{Key: info.entryKey(identity(entry)), Value: format(entry),
					Source: *source(&entry)})
			}
			return settings
		},
	}
}

// entryKey returns the key of one entry: "allow.NAME" for the entry named, and
// the key itself for entries of a list.
func (info KeyInfo) entryKey(name string) string {
	for _, variable := range []string{".NAME", ".URL"} {
		if table, isTable := strings.CutSuffix(info.Key, variable); isTable {
			return table + "." + words.TOMLKey(name)
		}
	}
	return info.Key
}

func wrong(n *node, message string) []Problem {
	return []Problem{{Line: n.line, Column: n.column, Message: message}}
}

// setField makes the field of a list of words of which each more is looser.
func setField(info KeyInfo, at func(*Policy) *[]rules.Sourced[string], read func(string) (string, string)) field {
	return wordsField(info, at, read, true)
}

// wordsField makes the field of a list of words. moreIsLooser says which way
// one more of them goes.
func wordsField(
	info KeyInfo, at func(*Policy) *[]rules.Sourced[string], read func(string) (string, string), moreIsLooser bool,
) field {
	return collection(info, at,
		func(n *node) ([]placed[rules.Sourced[string]], []Problem) {
			if n.kind != arrayKind {
				return nil, wrong(n, info.Key+": "+wrongKind(arrayKind, n.kind))
			}
			var entries []placed[rules.Sourced[string]]
			var problems []Problem
			for _, item := range n.items {
				if item.kind != stringKind {
					problems = append(problems, wrong(item, info.Key+": "+wrongKind(stringKind, item.kind))...)
					continue
				}
				value, message := read(item.text)
				if message != "" {
					problems = append(problems, wrong(item, info.Key+": "+message)...)
					continue
				}
				entries = append(entries, placed[rules.Sourced[string]]{rules.Sourced[string]{Value: value}, item.line})
			}
			return entries, problems
		},
		func(entry rules.Sourced[string]) string { return entry.Value },
		func(entry *rules.Sourced[string]) *rules.Source { return &entry.Source },
		func(entry rules.Sourced[string]) string { return words.TOMLString(entry.Value) },
		func(_ *Policy, _ rules.Sourced[string], old *rules.Sourced[string]) bool {
			return moreIsLooser && old == nil
		})
}

func readPattern(text string) (string, string) {
	pattern, ok := rules.CanonicalPattern(text)
	if !ok {
		return "", rules.NoName(text)
	}
	return pattern, ""
}

func readOrganisation(text string) (string, string) {
	if text == "" || text != words.Printable(text) || strings.ContainsAny(text, " \t/") {
		return "", noOrganisation(text)
	}
	return strings.ToLower(text), ""
}

// lockedField is `locked`. Whether its keys exist is seen by contradictions.
func lockedField() field {
	info := KeyInfo{
		Key: "locked", Type: "list of keys", Layers: SystemsOnly,
		Meaning: "keys that no other layer may loosen; a table's name stands for all its keys",
	}
	return setField(info, func(p *Policy) *[]rules.Sourced[string] { return &p.Locked },
		func(text string) (string, string) { return text, "" })
}

// entriesOf reads a table whose keys are names, each once in any spelling.
func entriesOf[T any](n *node, table string, name func(string) (string, string),
	read func(name string, word key) (T, []Problem)) ([]placed[T], []Problem) {
	if n.kind != tableKind {
		return nil, wrong(n, table+": "+wrongKind(tableKind, n.kind))
	}
	var entries []placed[T]
	var problems []Problem
	seen := map[string]int{}
	for _, word := range n.keys {
		place := func(message string) []Problem {
			return []Problem{{Line: word.line, Column: word.column, Message: table + ": " + message}}
		}
		canonical, message := name(word.name)
		if message != "" {
			problems = append(problems, place(message)...)
			continue
		}
		if line, twice := seen[canonical]; twice {
			problems = append(problems, place(sameName(word.name, line))...)
			continue
		}
		seen[canonical] = word.line
		entry, wrong := read(canonical, word)
		if len(wrong) > 0 {
			problems = append(problems, wrong...)
			continue
		}
		entries = append(entries, placed[T]{entry, word.line})
	}
	return entries, problems
}

// members reads the keys of one entry's table, each by its own function.
func members(n *node, table string, known map[string]func(value *node) string) []Problem {
	if n.kind != tableKind {
		return wrong(n, table+": "+wrongKind(tableKind, n.kind))
	}
	var names []string
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	var problems []Problem
	for _, word := range n.keys {
		read, found := known[word.name]
		switch {
		case found:
			if message := read(word.value); message != "" {
				problems = append(problems, wrong(word.value, table+"."+word.name+": "+message)...)
			}
		case word.value.kind == tableKind && strings.HasPrefix(table, "allow."):
			problems = append(problems,
				Problem{Line: word.line, Column: word.column, Message: nameWithDots(table, word.name)})
		default:
			problems = append(problems,
				Problem{Line: word.line, Column: word.column,
					Message: unknownKey(table+"."+word.name, words.Nearest(word.name, names))})
		}
	}
	return problems
}

// reason reads a reason into its place.
func reason(into *string) func(*node) string {
	return func(n *node) string {
		text, message := readText(n)
		if message == "" && strings.TrimSpace(text) == "" {
			message = emptyReason
		}
		*into = text
		return message
	}
}

// expiry reads the day from which on something does not count any more.
func expiry(into *time.Time) func(*node) string {
	return func(n *node) string {
		switch n.kind {
		case dateKind:
			*into = n.date
			return ""
		case stringKind:
			if _, err := time.Parse(time.DateOnly, n.text); err == nil {
				return dateInQuotes(n.text)
			}
		}
		return wrongKind(dateKind, n.kind)
	}
}

// readSubject reads what an allow entry is about, in the one form that stands
// for all spellings.
func readSubject(text string) (string, string) {
	subject, err := rules.ParseSubject(text)
	if err != nil {
		return "", err.Error()
	}
	return subject.String(), ""
}

func allowField() field {
	info := KeyInfo{
		Key: "allow.NAME", Type: "table: reason, expires, rules", Layers: EveryLayer, Tighter: "nothing",
		Meaning: "an answer that was kept: the name is not asked about again",
	}
	return collection(info,
		func(p *Policy) *[]rules.Allow { return &p.Allow },
		func(n *node) ([]placed[rules.Allow], []Problem) {
			return entriesOf(n, "allow", readSubject, func(name string, word key) (rules.Allow, []Problem) {
				entry := rules.Allow{}
				entry.Subject, _ = rules.ParseSubject(name) // it was read a moment ago
				table := "allow." + words.TOMLKey(word.name)
				problems := members(word.value, table, map[string]func(*node) string{
					"reason":  reason(&entry.Reason),
					"expires": expiry(&entry.Expires),
					"rules":   answeredRules(entry.Subject.Kind, &entry.Rules),
				})
				if len(problems) == 0 && entry.Reason == "" {
					problems = []Problem{{Line: word.line, Column: word.column, Message: missingReason(table)}}
				}
				if len(problems) == 0 {
					if err := entry.Check(); err != nil {
						problems = []Problem{{Line: word.line, Column: word.column,
							Message: table + ": " + err.Error()}}
					}
				}
				return entry, problems
			})
		},
		func(entry rules.Allow) string { return entry.Subject.String() },
		func(entry *rules.Allow) *rules.Source { return &entry.Source },
		allowTOML,
		func(_ *Policy, entry rules.Allow, old *rules.Allow) bool { return old == nil || !old.Covers(&entry) })
}

// answeredRules reads the rules that an allow entry answers.
func answeredRules(kind rules.SubjectKind, into *[]rules.Rule) func(*node) string {
	read := readChoice(rules.Answerable(kind)...)
	return func(n *node) string {
		if n.kind != arrayKind {
			return wrongKind(arrayKind, n.kind)
		}
		if len(n.items) == 0 {
			return emptyRules
		}
		for _, item := range n.items {
			rule, message := read(item)
			if message != "" {
				return message
			}
			*into = append(*into, rule)
		}
		return ""
	}
}

func allowTOML(a rules.Allow) string {
	text := "{ reason = " + words.TOMLString(a.Reason)
	if !a.Expires.IsZero() {
		text += ", expires = " + a.Expires.Format(time.DateOnly)
	}
	if a.Rules != nil {
		var rules []string
		for _, rule := range a.Rules {
			rules = append(rules, quote(rule))
		}
		text += ", rules = [" + strings.Join(rules, ", ") + "]"
	}
	return text + " }"
}

func denyField() field {
	info := KeyInfo{
		Key: "deny.NAME", Type: "string, or table: reason", Layers: EveryLayer, Tighter: "more names",
		Meaning: "a name that is never installed, and why",
	}
	return collection(info,
		func(p *Policy) *[]rules.Deny { return &p.Deny },
		func(n *node) ([]placed[rules.Deny], []Problem) {
			return entriesOf(n, "deny", readPattern, func(name string, word key) (rules.Deny, []Problem) {
				entry := rules.Deny{Name: name}
				table := "deny." + words.TOMLKey(word.name)
				if word.value.kind == stringKind {
					if message := reason(&entry.Reason)(word.value); message != "" {
						return entry, wrong(word.value, table+": "+message)
					}
					return entry, nil
				}
				problems := members(word.value, table, map[string]func(*node) string{"reason": reason(&entry.Reason)})
				if len(problems) == 0 && entry.Reason == "" {
					problems = []Problem{{Line: word.line, Column: word.column, Message: missingReason(table)}}
				}
				return entry, problems
			})
		},
		func(entry rules.Deny) string { return entry.Name },
		func(entry *rules.Deny) *rules.Source { return &entry.Source },
		func(entry rules.Deny) string { return words.TOMLString(entry.Reason) },
		func(*Policy, rules.Deny, *rules.Deny) bool { return false })
}

func boundField() field {
	info := KeyInfo{
		Key: "bound.NAME", Type: "table: below, reason, expires", Layers: EveryLayer, Tighter: "more names",
		Meaning: "a version from which on releases are left out for a while",
	}
	return collection(info,
		func(p *Policy) *[]rules.Bound { return &p.Bounds },
		func(n *node) ([]placed[rules.Bound], []Problem) {
			return entriesOf(n, "bound", readName, func(name string, word key) (rules.Bound, []Problem) {
				entry := rules.Bound{Name: name}
				table := "bound." + words.TOMLKey(word.name)
				problems := members(word.value, table, map[string]func(*node) string{
					"below": version(&entry.Below), "reason": reason(&entry.Reason), "expires": expiry(&entry.Expires),
				})
				if len(problems) == 0 {
					if message := missingOfBound(table, &entry); message != "" {
						problems = []Problem{{Line: word.line, Column: word.column, Message: message}}
					}
				}
				return entry, problems
			})
		},
		func(entry rules.Bound) string { return entry.Name },
		func(entry *rules.Bound) *rules.Source { return &entry.Source },
		func(entry rules.Bound) string {
			return "{ below = " + words.TOMLString(entry.Below) + ", reason = " + words.TOMLString(entry.Reason) +
				", expires = " + entry.Expires.Format(time.DateOnly) + " }"
		},
		func(_ *Policy, entry rules.Bound, old *rules.Bound) bool {
			return old != nil && (pep.CompareOSV(entry.Below, old.Below) > 0 || entry.Expires.Before(old.Expires))
		})
}

// version reads a version of PEP 440.
func version(into *string) func(*node) string {
	return func(n *node) string {
		text, message := readText(n)
		if message == "" {
			if _, err := pep.ParseVersion(text); err != nil {
				message = noVersion(text)
			}
		}
		*into = text
		return message
	}
}

// readName reads a name that is no pattern.
func readName(text string) (string, string) {
	canonical, ok := pep.ParseName(text)
	if !ok {
		return "", rules.NoName(text)
	}
	return canonical, ""
}

func preferField() field {
	info := KeyInfo{
		Key: "prefer.NAME", Type: "string, or table: use", Layers: EveryLayer, Tighter: "more names",
		Meaning: "what is used here instead of the name",
	}
	use := func(into *string) func(*node) string {
		return func(n *node) string {
			text, message := readText(n)
			if message == "" && !isNameOrModule(text) {
				message = rules.NoName(text)
			}
			*into = text
			return message
		}
	}
	return collection(info,
		func(p *Policy) *[]rules.Prefer { return &p.Prefer },
		func(n *node) ([]placed[rules.Prefer], []Problem) {
			return entriesOf(n, "prefer", readName, func(name string, word key) (rules.Prefer, []Problem) {
				entry := rules.Prefer{Name: name}
				table := "prefer." + words.TOMLKey(word.name)
				if word.value.kind == stringKind {
					if message := use(&entry.Use)(word.value); message != "" {
						return entry, wrong(word.value, table+": "+message)
					}
					return entry, nil
				}
				problems := members(word.value, table, map[string]func(*node) string{"use": use(&entry.Use)})
				if len(problems) == 0 && entry.Use == "" {
					problems = []Problem{{Line: word.line, Column: word.column, Message: missingUse(table)}}
				}
				return entry, problems
			})
		},
		func(entry rules.Prefer) string { return entry.Name },
		func(entry *rules.Prefer) *rules.Source { return &entry.Source },
		func(entry rules.Prefer) string { return words.TOMLString(entry.Use) },
		func(_ *Policy, entry rules.Prefer, old *rules.Prefer) bool { return old != nil && old.Use != entry.Use })
}

// isNameOrModule says whether a text names a distribution or a module of the
// standard library ("importlib.metadata").
func isNameOrModule(text string) bool {
	_, ok := pep.ParseName(text)
	return ok
}

func pinField() field {
	info := KeyInfo{
		Key: "index.pin.NAME", Type: "URL", Layers: EveryLayer, Tighter: "nothing",
		Meaning: "the one index that answers for the name, * for any characters",
	}
	return collection(info,
		func(p *Policy) *[]rules.Pin { return &p.Pin },
		func(n *node) ([]placed[rules.Pin], []Problem) {
			return entriesOf(n, "index.pin", readPattern, func(pattern string, word key) (rules.Pin, []Problem) {
				entry := rules.Pin{Pattern: pattern}
				table := "index.pin." + words.TOMLKey(word.name)
				text, message := readText(word.value)
				if message == "" {
					message = badIndexURL(text)
				}
				if message != "" {
					return entry, wrong(word.value, table+": "+message)
				}
				entry.URL = text
				return entry, nil
			})
		},
		func(entry rules.Pin) string { return entry.Pattern },
		func(entry *rules.Pin) *rules.Source { return &entry.Source },
		func(entry rules.Pin) string { return words.TOMLString(entry.URL) },
		func(_ *Policy, entry rules.Pin, old *rules.Pin) bool { return old == nil || old.URL != entry.URL })
}

func movedField() field {
	info := KeyInfo{
		Key: "index.moved.NAME", Type: "URL", Layers: EveryLayer, Tighter: "nothing",
		Meaning: "the address that an index has now, by the one that it had",
	}
	return collection(info,
		func(p *Policy) *[]rules.Moved { return &p.Moved },
		func(n *node) ([]placed[rules.Moved], []Problem) {
			return entriesOf(n, "index.moved", readIndexURL, func(old string, word key) (rules.Moved, []Problem) {
				text, message := readText(word.value)
				if message == "" {
					message = badIndexURL(text)
				}
				if message != "" {
					return rules.Moved{}, wrong(word.value, "index.moved."+words.TOMLKey(word.name)+": "+message)
				}
				return rules.Moved{Old: old, New: text}, nil
			})
		},
		func(entry rules.Moved) string { return entry.Old },
		func(entry *rules.Moved) *rules.Source { return &entry.Source },
		func(entry rules.Moved) string { return words.TOMLString(entry.New) },
		func(_ *Policy, entry rules.Moved, old *rules.Moved) bool { return old == nil || old.New != entry.New })
}

// ofIndexKey stands for the tables of [index] that are named by an address.
const ofIndexKey = "index.URL"

func ofIndexField() field {
	info := KeyInfo{
		Key: ofIndexKey, Type: "table: cooldown, provenance, publisher", Layers: EveryLayer, Tighter: "nothing",
		Meaning: "what holds for the releases of one index",
	}
	return collection(info,
		func(p *Policy) *[]rules.OfIndex { return &p.OfIndexes },
		func(n *node) ([]placed[rules.OfIndex], []Problem) {
			return entriesOf(n, "index", readIndexURL, func(url string, word key) (rules.OfIndex, []Problem) {
				entry := rules.OfIndex{URL: url}
				problems := members(word.value, "index."+words.TOMLKey(word.name), map[string]func(*node) string{
					"cooldown":   optional(readSpan(0), &entry.Cooldown),
					"provenance": optional(readBoolean, &entry.Provenance),
					"publisher":  optional(readBoolean, &entry.Publisher),
				})
				return entry, problems
			})
		},
		func(entry rules.OfIndex) string { return entry.URL },
		func(entry *rules.OfIndex) *rules.Source { return &entry.Source },
		ofIndexTOML,
		func(_ *Policy, entry rules.OfIndex, old *rules.OfIndex) bool {
			return old == nil || ofIndexTOML(*old) != ofIndexTOML(entry)
		})
}

// optional reads a value that need not be there.
func optional[T any](read func(*node) (T, string), into **T) func(*node) string {
	return func(n *node) string {
		value, message := read(n)
		if message == "" {
			*into = &value
		}
		return message
	}
}

func ofIndexTOML(i rules.OfIndex) string {
	var members []string
	if i.Cooldown != nil {
		members = append(members, "cooldown = "+formatSpan(*i.Cooldown))
	}
	if i.Provenance != nil {
		members = append(members, "provenance = "+strconv.FormatBool(*i.Provenance))
	}
	if i.Publisher != nil {
		members = append(members, "publisher = "+strconv.FormatBool(*i.Publisher))
	}
	return "{ " + strings.Join(members, ", ") + " }"
}

// readIndexURL reads the URL of an index in the one form that stands for all
// ways to write it.
func readIndexURL(text string) (string, string) {
	if message := badIndexURL(text); message != "" {
		return "", message
	}
	return address.Key(text), ""
}

// badIndexURL says what is wrong with the URL of an index, or "".
func badIndexURL(text string) string {
	place := address.Parse(text)
	_, err := place.Read()
	switch {
	case place.HasUser():
		return urlWithCredentials
	case err != nil || place.Scheme() != "https" && place.Scheme() != "http":
		return noIndexURL(address.Redact(text))
	}
	return ""
}

func ignoreField() field {
	info := KeyInfo{
		Key: "scan.ignore", Type: "list of tables: id, reason, expires, until, package, versions", Layers: EveryLayer,
		Tighter: "nothing, but one that expires within 90 days counts",
		Meaning: "a vulnerability that was looked at and does not count for now",
	}
	return collection(info,
		func(p *Policy) *[]Ignore { return &p.Scan.Ignore },
		readIgnores,
		func(entry Ignore) string {
			return strings.ToUpper(entry.ID) + "\x00" + entry.Package + "\x00" + entry.Versions
		},
		func(entry *Ignore) *rules.Source { return &entry.Source },
		Ignore.toml,
		func(_ *Policy, entry Ignore, old *Ignore) bool {
			return old == nil || !rules.LastsAsLong(old.Expires, entry.Expires) || old.UntilFixed && !entry.UntilFixed
		})
}

func readIgnores(n *node) ([]placed[Ignore], []Problem) {
	if n.kind != arrayKind {
		return nil, wrong(n, "scan.ignore: "+wrongKind(arrayKind, n.kind))
	}
	var entries []placed[Ignore]
	var problems []Problem
	seen := map[string]int{}
	for _, item := range n.items {
		var entry Ignore
		wrong := members(item, "scan.ignore", map[string]func(*node) string{
			"id":       identifier(&entry.ID),
			"reason":   reason(&entry.Reason),
			"expires":  expiry(&entry.Expires),
			"package":  packageName(&entry.Package),
			"versions": versions(&entry.Versions),
			"until":    untilFixed(&entry.UntilFixed),
		})
		place := Problem{Line: item.line, Column: item.column}
		identity := strings.ToUpper(entry.ID) + "\x00" + entry.Package + "\x00" + entry.Versions
		switch line, twice := seen[identity]; {
		case len(wrong) > 0:
		case entry.ID == "":
			place.Message = missingID
			wrong = []Problem{place}
		case entry.Reason == "":
			place.Message = missingReason("scan.ignore")
			wrong = []Problem{place}
		case twice:
			place.Message = sameIgnore(entry.ID, line)
			wrong = []Problem{place}
		}
		if len(wrong) > 0 {
			problems = append(problems, wrong...)
			continue
		}
		seen[identity] = item.line
		entries = append(entries, placed[Ignore]{entry, item.line})
	}
	return entries, problems
}

// untilFixed reads the one event that an ignore may wait for.
func untilFixed(into *bool) func(*node) string {
	read := readChoice("fixed")
	return func(n *node) string {
		_, message := read(n)
		*into = message == ""
		return message
	}
}

func identifier(into *string) func(*node) string {
	return func(n *node) string {
		text, message := readText(n)
		*into = text
		switch {
		case message != "":
			return message
		case text == "" || strings.ContainsAny(text, " \t,*"):
			return noID(text)
		case strings.HasPrefix(strings.ToUpper(text), "MAL-"):
			return malwareIsNeverIgnored
		}
		return ""
	}
}

func packageName(into *string) func(*node) string {
	return func(n *node) string {
		text, message := readText(n)
		if message != "" {
			return message
		}
		name, ok := pep.ParseName(text)
		if !ok {
			return rules.NoName(text)
		}
		*into = name
		return ""
	}
}

func (i Ignore) toml() string {
	text := "{ id = " + words.TOMLString(i.ID) + ", reason = " + words.TOMLString(i.Reason)
	if !i.Expires.IsZero() {
		text += ", expires = " + i.Expires.Format(time.DateOnly)
	}
	if i.UntilFixed {
		text += `, until = "fixed"`
	}
	if i.Package != "" {
		text += ", package = " + words.TOMLString(i.Package)
	}
	if i.Versions != "" {
		text += ", versions = " + words.TOMLString(i.Versions)
	}
	return text + " }"
}

func versions(into *string) func(*node) string {
	return func(n *node) string {
		text, message := readText(n)
		if message != "" {
			return message
		}
		if specifiers, err := pep.ParseSpecifiers(text); err != nil || specifiers.Empty() {
			return noSpecifier(text)
		}
		*into = text
		return ""
	}
}
