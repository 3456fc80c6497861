package rules

import (
	"slices"

	"thresher/internal/words"
)

// InsideEvidence is what is known of the inside of one wheel.
type InsideEvidence struct {
	Name     string // canonical name of the project
	Version  string
	Filename string
	New      bool // not yet in the environment
	Pinned   bool // the request names exactly this version

	Hooks []HookEvidence
	// Compared is the older release that the hooks were compared with, "" where
	// there was none that could vouch for them.
	Compared string
	Payloads []PayloadEvidence
	Replaced []ReplacedEvidence
}

// HookEvidence is a file that takes part in every start of Python.
type HookEvidence struct {
	Path  string
	Runs  bool   // false: a path file without code of the distribution's own
	Seen  bool   // an older release has it, or it is installed here: the content is the same
	Other string // the older release that has it with another content; "" none
}

// PayloadEvidence is a member that an honest wheel of its kind seldom has, and
// that the release before had none of.
type PayloadEvidence struct {
	Path string
	Kind PayloadKind
	Size int64 // bytes
}

// PayloadKind says what is odd about a member.
type PayloadKind string

// The kinds of payload.
const (
	NativePayload  PayloadKind = "native"  // compiled code in a wheel for any platform
	ForeignPayload PayloadKind = "foreign" // compiled code of a platform that the wheel is not for
	HugePayload    PayloadKind = "huge"
)

// ReplacedEvidence is a file that a wheel would put in the place of another's.
type ReplacedEvidence struct {
	// Path is the file that would be written over; with By the module that would
	// no longer be imported, "" a command of the system's.
	Path  string
	Owner string // the distribution whose file it is; "" it belongs to the environment itself
	By    string // the file that would be found before it; "" it lies at the same path
}

// JudgeInside judges what a wheel brings once it is installed.
func (s *Settings) JudgeInside(e InsideEvidence) []Finding {
	findings := s.startupHook(e)
	findings = append(findings, s.replaces(e)...)
	findings = append(findings, s.payload(e)...)
	return quietWhenKnown(findings, e.New)
}

// Startup-hook: files that run at every start of Python, new ones above all:
// what is planted there runs whether the package is ever imported or not.
func (s *Settings) startupHook(e InsideEvidence) []Finding {
	if len(e.Hooks) == 0 || s.allowedRelease(e.Name, e.Version, StartupHook) != nil {
		return nil
	}
	var unseen, seen, paths []string
	other := ""
	for _, hook := range e.Hooks {
		switch {
		case hook.Runs && !hook.Seen:
			unseen = append(unseen, hook.Path)
			if other == "" {
				other = hook.Other
			}
		case hook.Runs:
			seen = append(seen, hook.Path)
		default:
			paths = append(paths, hook.Path)
		}
	}
	hint := answerRelease(e.Name, e.Version, StartupHook)
	if len(unseen) > 0 {
		evidence := unseenHooks(e, unseen, other) + s.expiredForRelease(e.Name, e.Version, StartupHook)
		finding := s.finding(StartupHook, e.Name, High, evidence)
		if finding.Action == Hold && e.Pinned {
			finding.Action = Block // there is no other release to take
		}
		return one(finding, hint)
	}
	evidence := seenHooks(e, seen)
	if len(seen) == 0 {
		evidence = pathFiles(e, paths)
	}
	finding := s.finding(StartupHook, e.Name, High, evidence)
	finding.Action = atMost(Note, finding.Action)
	return one(finding, hint)
}

// Replaces: files in the place of those of another distribution, or of the
// environment itself, which would do another's work from then on.
func (s *Settings) replaces(e InsideEvidence) []Finding {
	if len(e.Replaced) == 0 || s.allowedRelease(e.Name, e.Version, Replaces) != nil {
		return nil
	}
	evidence := replacesFiles(e) + s.expiredForRelease(e.Name, e.Version, Replaces)
	return one(s.finding(Replaces, e.Name, High, evidence), answerRelease(e.Name, e.Version, Replaces))
}

// Payload: what an honest wheel of its kind seldom has.
func (s *Settings) payload(e InsideEvidence) []Finding {
	if len(e.Payloads) == 0 || s.allowedRelease(e.Name, e.Version, Payload) != nil {
		return nil
	}
	return one(s.finding(Payload, e.Name, Medium, payloadEvidence(e)), answerRelease(e.Name, e.Version, Payload))
}

// replacedOf lists what is replaced of one owner: files that would be written
// over, and what would be imported or run before the owner's.
func replacedOf(replaced []ReplacedEvidence, owner string) (files, modules, commands []string) {
	for _, r := range replaced {
		switch {
		case r.Owner != owner:
		case r.By == "":
			files = append(files, words.Printable(r.Path))
		case r.Path == "":
			commands = append(commands, words.Printable(r.By))
		default:
			modules = append(modules, words.Printable(r.By))
		}
	}
	return files, modules, commands
}

// ownersOf gives the owners of what is replaced, in order, each once.
func ownersOf(replaced []ReplacedEvidence) []string {
	var owners []string
	for _, r := range replaced {
		if !slices.Contains(owners, r.Owner) {
			owners = append(owners, r.Owner)
		}
	}
	slices.Sort(owners)
	return owners
}
