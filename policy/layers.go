package policy

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"thresher/policy/rules"
	"thresher/policy/shared"
)

// SharedLayer is a layer that lies elsewhere, as a policy file names it.
type SharedLayer struct {
	Reference shared.Reference
	Keys      shared.Keys  // of the file that names it: who may sign it
	Layer     rules.Layer  // SystemSharedLayer, UserSharedLayer or ProjectSharedLayer
	Named     rules.Source // by whom
}

// FetchedLayer is what a shared layer said when it was fetched.
type FetchedLayer struct {
	Content []byte
	Date    time.Time // of the content
}

// ErrNotFetched says that a shared layer is not on this machine.
var ErrNotFetched = errors.New("never fetched")

// NotFetchedError says which shared layers count here and are not on this machine.
type NotFetchedError struct{ Layers []SharedLayer }

// Error writes one layer a line, with the place that names it.
func (e *NotFetchedError) Error() string {
	var problems []Problem
	for _, layer := range e.Layers {
		problems = append(problems, layer.Problem(notFetched(layer)))
	}
	return (&Error{problems}).Error()
}

// Problem says something of a layer at the place that names it.
func (l SharedLayer) Problem(message string) Problem {
	return Problem{Path: l.Named.Path, Line: l.Named.Line, Column: 1, Message: message}
}

// StaleNote is the value of policy.stale with which installs go on.
const StaleNote = rules.Note

// CheckShared returns all for which a file is no shared layer, and the version that
// it says it is, 0 for none. path stands in the problems.
func CheckShared(path string, content []byte, now time.Time) (version int, problems []Problem) {
	statements, problems := checkShared(path, content)
	for _, said := range statements {
		switch value := said.value.(type) {
		case int:
			if said.field.info.Key == "policy.version" {
				version = value
			}
		case []placed[rules.Allow]:
			for _, entry := range value {
				if entry.value.TooLong(now) {
					problems = append(problems, Problem{Path: path, Line: entry.line, Column: 1,
						Message: longAnswer(entry.value)})
				}
			}
		}
	}
	return version, sorted(problems)
}

// checkShared is checkDocument of a shared layer: it names no others and no keys, or
// whoever may change it could hand that on, and no path beside itself.
func checkShared(path string, content []byte) ([]statement, []Problem) {
	statements, problems := checkDocument(path, content)
	for _, said := range statements {
		place := Problem{Path: path, Line: said.line, Column: said.column}
		switch key := said.field.info.Key; key {
		case "policy.from", "policy.allowed-signers", "policy.minisign-keys":
			place.Message = notInShared(key)
			problems = append(problems, place)
		case "sandbox.secrets", "sandbox.write":
			for _, entry := range said.value.([]placed[rules.Sourced[string]]) {
				if text := entry.value.Value; !strings.HasPrefix(text, "~/") && !filepath.IsAbs(filepath.FromSlash(text)) {
					place.Line, place.Message = entry.line, key+": "+noBeside
					problems = append(problems, place)
				}
			}
		}
	}
	return statements, problems
}

// reading is Load's work, file by file.
type reading struct {
	input     LoadInput
	sources   []source
	problems  []Problem
	unfetched []SharedLayer
}

// add adds a file in its place among the shared layers that it names: the system's
// lies below them, others above.
func (r *reading) add(file source) {
	if file.file.Layer == rules.SystemLayer {
		r.sources = append(r.sources, file)
	}
	switch file.file.Layer {
	case rules.SystemLayer:
		r.addShared(file, rules.SystemSharedLayer)
	case rules.UserLayer:
		r.addShared(file, rules.UserSharedLayer)
	case rules.ProjectLayer:
		// What a variable named, or a checkout brought, has nobody asked.
		if !file.redirected && file.shared == nil && r.input.Trusted != nil && r.input.Trusted(file.file.SHA256) {
			r.addShared(file, rules.ProjectSharedLayer)
		}
	}
	if file.file.Layer != rules.SystemLayer {
		r.sources = append(r.sources, file)
	}
}

func (r *reading) addShared(file source, layer rules.Layer) {
	named, problems := namedLayers(file, layer)
	r.problems = append(r.problems, problems...)
	if layer != rules.SystemSharedLayer && r.locksFrom() {
		return // the merge notes it
	}
	for _, one := range named {
		fetched, err := FetchedLayer{}, ErrNotFetched
		if r.input.Fetched != nil {
			fetched, err = r.input.Fetched(one)
		}
		if err != nil {
			r.unfetched = append(r.unfetched, one)
			continue
		}
		path := one.Reference.String()
		statements, wrong := checkShared(path, fetched.Content)
		if len(wrong) > 0 { // it was in order for the thresher that fetched it
			r.unfetched = append(r.unfetched, one)
			continue
		}
		r.sources = append(r.sources, source{file: File{Layer: layer, Path: path, SHA256: Hash(fetched.Content),
			Changed: fetched.Date, Shared: &one}, statements: statements})
	}
}

// locksFrom says whether what was read so far locks policy.from.
func (r *reading) locksFrom() bool {
	return slices.ContainsFunc(r.sources, func(source source) bool {
		return source.file.Layer.IsSystem() && slices.ContainsFunc(source.statements, func(said statement) bool {
			entries, isList := said.value.([]placed[rules.Sourced[string]])
			return isList && said.field.info.Key == "locked" &&
				slices.ContainsFunc(entries, func(entry placed[rules.Sourced[string]]) bool {
					return locks(entry.value.Value, "policy.from")
				})
		})
	})
}

// namedLayers gives the shared layers that a file names, and what is wrong with them.
func namedLayers(file source, layer rules.Layer) (named []SharedLayer, problems []Problem) {
	var keys shared.Keys
	var from []placed[rules.Sourced[string]]
	for _, said := range file.statements {
		entries, _ := said.value.([]placed[rules.Sourced[string]])
		for _, entry := range entries { // each was read before
			switch said.field.info.Key {
			case "policy.from":
				from = append(from, entry)
			case "policy.allowed-signers":
				signer, _ := shared.ParseAllowedSigner(entry.value.Value)
				keys.SSH = append(keys.SSH, signer)
			case "policy.minisign-keys":
				key, _ := shared.ParseMinisignKey(entry.value.Value)
				keys.Minisign = append(keys.Minisign, key)
			}
		}
	}
	for _, entry := range from {
		reference, _ := shared.ParseReference(entry.value.Value)
		one := SharedLayer{Reference: reference, Keys: keys, Layer: layer,
			Named: rules.Source{Layer: file.file.Layer, Path: file.file.Path, Line: entry.line}}
		if !reference.Pinned() && (reference.Repository && len(keys.SSH) == 0 || keys.None()) {
			problem := one.Problem(reference.String() + ": " + howToVouch(reference.Repository))
			problems = append(problems, problem)
			continue
		}
		named = append(named, one)
	}
	return named, problems
}

// readFrom reads an entry of policy.from.
func readFrom(text string) (string, string) {
	_, message := shared.ParseReference(text)
	return text, message
}

func readSigner(text string) (string, string) {
	_, message := shared.ParseAllowedSigner(text)
	return text, message
}

func readMinisignKey(text string) (string, string) {
	_, message := shared.ParseMinisignKey(text)
	return text, message
}
