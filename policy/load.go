package policy

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"thresher/internal/files"
	"thresher/policy/rules"
)

// ProjectFileName is the name of a project's policy file.
const ProjectFileName = "thresher.toml"

// longestUntrustedIgnore is how far ahead the expiry of a project's
// vulnerability ignore may lie to count without trust.
const longestUntrustedIgnore = 90 * rules.Day

// LoadInput is what Load needs to know of the machine.
type LoadInput struct {
	SystemPath string // "" for none
	UserPath   string // "" for none
	// AccountPath is the policy file in the home directory of the account, ""
	// where UserPath is that or none is known. Where it is there it is the
	// user's, and a file at UserPath, which a variable named, only tightens.
	AccountPath string
	Dir         string // the working directory; "" for no project layer
	Home        string // the user's home directory; "" unknown
	// Trusted says whether the content with this SHA-256 (hex) was trusted as
	// a project's policy; nil for nothing trusted.
	Trusted func(sha256 string) bool
	// Fetched gives a shared layer as it was fetched last, and ErrNotFetched where
	// it was not, or must be once more; nil for no layer.
	Fetched func(SharedLayer) (FetchedLayer, error)
	Now     time.Time
}

// Load reads the layers of the policy and merges them. A file that is missing
// says nothing; a file that cannot be read, may be written by others or says
// anything that is not understood is an error, of type *Error with all that
// is wrong. There is no falling back to defaults. Where a shared layer counts that
// was not fetched the error is a *NotFetchedError.
func Load(input LoadInput) (*Policy, error) {
	var reading reading
	reading.input = input
	read := func(layer rules.Layer, path string, redirected bool) (there bool) {
		if path == "" {
			return false
		}
		content, shared, err := readShared(path)
		if err == nil && shared != nil && (layer != rules.ProjectLayer || redirected) {
			err = shared // a project's counts as far as it tightens, whoever wrote it
		}
		if errors.Is(err, fs.ErrNotExist) && (layer != rules.ProjectLayer || redirected) {
			return false // a project's was found, if only as a link to nowhere
		}
		if err != nil {
			reading.problems = append(reading.problems, fileProblem(path, err))
			return true
		}
		statements, wrong := checkDocument(path, content)
		reading.problems = append(reading.problems, sorted(wrong)...)
		file := File{Layer: layer, Path: path, SHA256: Hash(content), Changed: changedAt(path)}
		reading.add(source{file, statements, redirected, shared})
		return true
	}
	read(rules.SystemLayer, input.SystemPath, false)
	if input.AccountPath != input.UserPath && read(rules.UserLayer, input.AccountPath, false) {
		read(rules.ProjectLayer, input.UserPath, true)
	} else {
		read(rules.UserLayer, input.UserPath, false)
	}
	project, err := FindProject(input.Dir, input.Home)
	if err != nil {
		reading.problems = append(reading.problems, fileProblem(input.Dir, err))
	}
	if project != input.UserPath && project != input.SystemPath {
		read(rules.ProjectLayer, project, false)
	}
	if len(reading.problems) > 0 {
		return nil, &Error{reading.problems}
	}
	if len(reading.unfetched) > 0 {
		return nil, &NotFetchedError{reading.unfetched}
	}
	policy := merge(reading.sources, input)
	if problems := append(foreverIgnores(policy), longAnswers(policy)...); len(problems) > 0 {
		return nil, &Error{problems}
	}
	return policy, nil
}

// changedAt is when a file was last changed; the zero time where that is not known.
func changedAt(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime().UTC()
}

// source is one file with all that it says.
type source struct {
	file       File
	statements []statement
	redirected bool        // named by a variable, beside the account's own
	shared     *guardError // others may have written it: it can never be trusted
}

// Hash returns the SHA-256 of a policy file's content, hex: what
// `thresher trust` records.
func Hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// Default returns the policy that a preset is when no file says anything.
func Default(preset Preset) *Policy {
	policy := &Policy{Settings: rules.Settings{Actions: map[rules.Rule]*rules.Sourced[rules.Action]{}}}
	for _, info := range rules.All() {
		policy.Actions[info.Rule] = new(rules.Sourced[rules.Action])
	}
	for _, field := range fields() {
		field.reset(policy, preset)
	}
	return policy
}

// Check reads one file as the layer given and returns all that is wrong with
// it, and what of it would not count: keys outside their layer, and answers
// that have expired. An error says that the file cannot be read.
func Check(path string, layer rules.Layer, now time.Time) ([]Problem, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read policy file: %w", err)
	}
	problems := CheckContent(path, content, layer, now)
	if _, err := readGuarded(path); err != nil && layer != rules.ProjectLayer {
		problems = append([]Problem{fileProblem(path, err)}, problems...)
	}
	return problems, nil
}

// CheckContent is Check for content that was read already.
func CheckContent(path string, content []byte, layer rules.Layer, now time.Time) []Problem {
	statements, problems := checkDocument(path, content)
	_, unvouched := namedLayers(source{file: File{Layer: layer, Path: path}, statements: statements}, layer)
	problems = append(problems, unvouched...)
	for _, said := range statements {
		if !said.field.info.Layers.includes(layer) {
			problems = append(problems,
				Problem{Path: path, Line: said.line, Column: said.column, Message: outsideItsLayer(said.field.info)})
		}
		switch values := said.value.(type) {
		case []placed[rules.Allow]:
			for _, entry := range values {
				place := Problem{Path: path, Line: entry.line, Column: 1}
				switch {
				case rules.Expired(entry.value.Expires, now):
					place.Message = expiredAllow(entry.value)
				case layer.IsProject() && slices.Contains(entry.value.Rules, rules.Malware):
					place.Message = malwareOutsideItsLayer(entry.value)
				case entry.value.TooLong(now):
					place.Message = longAnswer(entry.value)
				default:
					continue
				}
				problems = append(problems, place)
			}
		case []placed[Ignore]:
			for _, entry := range values {
				if rules.Expired(entry.value.Expires, now) {
					problems = append(problems,
						Problem{Path: path, Line: entry.line, Column: 1, Message: expiredIgnore(entry.value)})
				}
			}
		}
	}
	return sorted(problems)
}

func sorted(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return problems
}

// FindProject returns the path of the project's policy file: the nearest from
// the directory upward, looking no further than the root of a repository, the
// home directory, or a directory in which everybody may put files. Whose the
// directories are is not asked within a repository; outside of one the last to be
// looked into is the working directory, or the last that belongs to the user. ""
// when there is none.
func FindProject(dir, home string) (string, error) {
	if dir == "" {
		return "", nil
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the project's policy: %w", err)
	}
	inRepository := isInRepository(dir)
	for first := true; ; first = false {
		info, err := os.Stat(dir)
		if err != nil {
			return "", fmt.Errorf("find the project's policy: %w", err)
		}
		if !first && (isEverybodys(info) || !inRepository && !files.IsMine(info)) {
			return "", nil
		}
		path := filepath.Join(dir, ProjectFileName)
		if _, err := os.Lstat(path); err == nil {
			return path, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("find the project's policy: %w", err)
		}
		parent := filepath.Dir(dir)
		if parent == dir || isRepositoryRoot(dir) || sameDirectory(info, home) {
			return "", nil
		}
		dir = parent
	}
}

// isEverybodys says whether everybody may put files into a directory, as into the
// one of temporary files.
func isEverybodys(info fs.FileInfo) bool {
	return info.Mode()&fs.ModeSticky != 0 && info.Mode().Perm()&0o002 != 0
}

// isInRepository says whether a directory lies in a repository, as far as
// directories are looked into.
func isInRepository(dir string) bool {
	for first := true; ; first = false {
		info, err := os.Stat(dir)
		if err != nil || !first && isEverybodys(info) {
			return false
		}
		if isRepositoryRoot(dir) {
			return true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return false
		}
		dir = parent
	}
}

func isRepositoryRoot(dir string) bool {
	for _, mark := range []string{".git", ".hg", ".jj", ".svn"} {
		if _, err := os.Lstat(filepath.Join(dir, mark)); err == nil {
			return true
		}
	}
	return false
}

func sameDirectory(info fs.FileInfo, path string) bool {
	if path == "" {
		return false
	}
	other, err := os.Stat(path)
	return err == nil && os.SameFile(info, other)
}

// fileProblem says what stands against a file as a whole.
func fileProblem(path string, err error) Problem {
	var guarded *guardError
	if errors.As(err, &guarded) {
		return Problem{Path: path, Message: guarded.message, Hint: guarded.hint}
	}
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		err = pathError.Err
	}
	return Problem{Path: path, Message: cannotRead(err)}
}

// guardError says why a file that could be read must not be.
type guardError struct{ message, hint string }

func (e *guardError) Error() string { return e.message }

// readGuarded reads a policy file that nobody but its user and the system can have
// written.
func readGuarded(path string) ([]byte, error) {
	content, shared, err := readShared(path)
	if err == nil && shared != nil {
		return nil, shared
	}
	return content, err
}

// CheckGuarded says why a file of the state must not be read: others than its user and
// the system can have written it. The error is of type *Error, or fs.ErrNotExist.
func CheckGuarded(path string) error {
	_, err := readGuarded(path)
	var guarded *guardError
	if errors.As(err, &guarded) {
		return &Error{[]Problem{fileProblem(path, err)}}
	}
	return err
}

// openGuarded opens a regular file: a named pipe would hold the run up for ever.
func openGuarded(path string) (*os.File, error) {
	file, err := files.OpenRegular(path)
	if errors.Is(err, files.ErrNotRegular) {
		return nil, &guardError{message: noRegularFile}
	}
	return file, err
}

// merge merges the layers, which come in their order.
func merge(sources []source, input LoadInput) *Policy {
	policy := Default(Standard)
	policy.Now = input.Now
	for _, source := range sources {
		policy.Files = append(policy.Files, source.file)
		trusted := true
		if source.redirected {
			trusted = false
			policy.Redirected = source.file.Path
		} else if source.file.Layer == rules.ProjectSharedLayer {
			trusted = false // it was trusted to be asked, and only tightens
		} else if source.file.Layer == rules.ProjectLayer {
			trusted = source.shared == nil && input.Trusted != nil && input.Trusted(source.file.SHA256)
			policy.Project = &Project{Path: source.file.Path, SHA256: source.file.SHA256, Trusted: trusted}
			if source.shared != nil {
				policy.Project.Shared, policy.Project.Hint = source.shared.message, source.shared.hint
			}
		}
		merger := merger{policy: policy, file: source.file, trusted: trusted, redirected: source.redirected,
			now: input.Now}
		merger.preset(source.statements)
		for _, said := range source.statements {
			merger.statement(said)
		}
	}
	lockDenials(policy)
	nearestFirst(policy)
	return policy
}

// merger merges one file into a policy.
type merger struct {
	policy  *Policy
	file    File
	trusted bool
	// redirected says that a variable named the file, beside the account's own.
	redirected bool
	now        time.Time
}

func (m *merger) source(line int) rules.Source {
	return rules.Source{Layer: m.file.Layer, Path: m.file.Path, Line: line}
}

func (m *merger) note(line, column int, message string) {
	m.policy.Notes = append(m.policy.Notes, Problem{Path: m.file.Path, Line: line, Column: column, Message: message})
}

// locked returns the lock of the system's file that a key is under.
func (m *merger) locked(key string) (rules.Sourced[string], bool) {
	if m.file.Layer.IsSystem() {
		return rules.Sourced[string]{}, false
	}
	for _, lock := range m.policy.Locked {
		if locks(lock.Value, key) {
			return lock, true
		}
	}
	return rules.Sourced[string]{}, false
}

// locks says whether an entry of `locked` stands for a key.
func locks(entry, key string) bool {
	key = strings.TrimSuffix(key, ".NAME")
	return entry == key || strings.HasPrefix(key, entry+".")
}

// preset merges the preset before everything else, for what a file says
// itself comes on top of it. A stricter preset of a project makes every value
// at least as strict; a looser one touches only the defaults, and only where
// the file is trusted.
func (m *merger) preset(statements []statement) {
	at := slices.IndexFunc(statements, func(said statement) bool { return said.field.info.Key == "preset" })
	if at < 0 {
		return
	}
	preset := statements[at].value.(Preset)
	source := m.source(statements[at].line)
	_, lockedPreset := m.locked("preset")
	for _, field := range fields() {
		if field.info.Key == "preset" || m.file.Layer.IsProject() && field.info.Layers != EveryLayer {
			continue
		}
		from := rules.Source{} // a preset's values are defaults,
		if m.file.Layer.IsProject() {
			from = source // but what a project makes stricter bears its name
		}
		_, locked := m.locked(field.info.Key)
		field.adopt(m.policy, preset, from, !m.trusted || locked || lockedPreset)
	}
}

// statement merges one value.
func (m *merger) statement(said statement) {
	info := said.field.info
	if !info.Layers.includes(m.file.Layer) {
		m.note(said.line, said.column, outsideItsLayer(info))
		return
	}
	said.value = m.withExpiries(said)
	lock, locked := m.locked(info.Key)
	changes := said.field.merge(m.policy, said.value, m.source(said.line), locked || !m.trusted)
	if m.file.Layer == rules.ProjectLayer && !locked && !m.redirected {
		m.policy.Project.Loosens = append(m.policy.Project.Loosens, changes...)
	}
	for _, change := range changes {
		switch {
		case locked:
			m.note(change.Line, 1, lockedKey(change.Key, lock))
		case m.redirected:
			m.note(change.Line, 1, redirectedKey(change.Key))
		case m.file.Layer == rules.ProjectSharedLayer:
			m.note(change.Line, 1, sharedOnlyTightens(change.Key))
		}
	}
}

// withExpiries looks at the days in a value: an answer that has expired is
// noted, and the vulnerability ignores of an untrusted project that count
// nevertheless are merged here.
func (m *merger) withExpiries(said statement) any {
	switch values := said.value.(type) {
	case []placed[rules.Allow]:
		for _, entry := range values {
			if rules.Expired(entry.value.Expires, m.now) {
				m.note(entry.line, 1, expiredAllow(entry.value))
			}
			if m.file.Layer.IsProject() && slices.Contains(entry.value.Rules, rules.Malware) {
				m.note(entry.line, 1, malwareOutsideItsLayer(entry.value))
			}
		}
	case []placed[Ignore]:
		if m.trusted {
			return values
		}
		if _, locked := m.locked("scan.ignore"); locked {
			return values
		}
		var rest []placed[Ignore]
		latest := m.now.Add(longestUntrustedIgnore.Duration())
		for _, entry := range values {
			if entry.value.Expires.IsZero() || entry.value.Expires.After(latest) {
				rest = append(rest, entry)
				continue
			}
			entry.value.Untrusted = true
			entry.value.Source = m.source(entry.line)
			m.policy.Scan.Ignore = append(m.policy.Scan.Ignore, entry.value)
		}
		return rest
	}
	return said.value
}

// nearestFirst orders the entries that are looked up by name so that the
// nearest layer comes first.
func nearestFirst(policy *Policy) {
	slices.SortStableFunc(policy.Pin, func(a, b rules.Pin) int { return cmp.Compare(b.Layer, a.Layer) })
	slices.SortStableFunc(policy.Allow, func(a, b rules.Allow) int { return cmp.Compare(b.Layer, a.Layer) })
	slices.SortStableFunc(policy.Deny, func(a, b rules.Deny) int { return cmp.Compare(b.Layer, a.Layer) })
}

// lockDenials marks what the system's layer denies where it locks that.
func lockDenials(policy *Policy) {
	if !slices.ContainsFunc(policy.Locked, func(lock rules.Sourced[string]) bool { return lock.Value == "deny" }) {
		return
	}
	for i := range policy.Deny {
		policy.Deny[i].Locked = policy.Deny[i].Layer.IsSystem()
	}
}

// longAnswers finds the answers to malware that end later than such an answer
// may. A project's do not count in any case.
func longAnswers(policy *Policy) []Problem {
	var problems []Problem
	for _, entry := range policy.Allow {
		if !entry.Layer.IsProject() && entry.TooLong(policy.Now) {
			problems = append(problems,
				Problem{Path: entry.Path, Line: entry.Line, Column: 1, Message: longAnswer(entry)})
		}
	}
	return problems
}

// foreverIgnores finds the ignores without an expiry where the policy does not
// permit them. A project's do not make the policy unusable, nor do those of a shared
// layer: they do not count.
func foreverIgnores(policy *Policy) []Problem {
	if policy.Scan.IgnoreForever.Value {
		return nil
	}
	var problems []Problem
	policy.Scan.Ignore = slices.DeleteFunc(policy.Scan.Ignore, func(ignore Ignore) bool {
		if !ignore.Expires.IsZero() || ignore.UntilFixed {
			return false
		}
		problem := Problem{Path: ignore.Path, Line: ignore.Line, Column: 1, Message: missingExpires(ignore.ID)}
		if ignore.Layer.IsProject() || ignore.Layer.IsShared() {
			policy.Notes = append(policy.Notes, problem)
		} else {
			problems = append(problems, problem)
		}
		return true
	})
	return problems
}
