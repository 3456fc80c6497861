package rules

import (
	"strconv"
	"time"

	"thresher/address"
)

// Layer is where a value of a policy was said.
type Layer int

// The layers, each overriding the one before.
const (
	DefaultLayer Layer = iota // the preset
	SystemLayer
	SystemSharedLayer // what the system's file names in policy.from
	UserSharedLayer   // what the user's does
	UserLayer
	ProjectSharedLayer
	ProjectLayer
)

// IsSystem says whether a layer is the administrator's: the file of the system, or
// what it names.
func (l Layer) IsSystem() bool { return l == SystemLayer || l == SystemSharedLayer }

// IsProject says whether a layer came with a checkout.
func (l Layer) IsProject() bool { return l == ProjectLayer || l == ProjectSharedLayer }

// IsShared says whether a file names a layer that lies elsewhere.
func (l Layer) IsShared() bool {
	return l == SystemSharedLayer || l == UserSharedLayer || l == ProjectSharedLayer
}

// String is the layer's name: preset, system, shared, user or project.
func (l Layer) String() string {
	if l.IsShared() {
		return "shared"
	}
	switch l {
	case SystemLayer:
		return "system"
	case UserLayer:
		return "user"
	case ProjectLayer:
		return "project"
	}
	return "preset"
}

// MarshalText writes the layer's name.
func (l Layer) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// Source is the place a value was said: its layer, and for a value of a file
// the file's path and the line, counted from 1.
type Source struct {
	Layer Layer
	Path  string
	Line  int
}

// Place names the line of a file as `path:line`, or the layer of what no file
// says.
func (s Source) Place() string {
	if s.Path == "" {
		return s.Layer.String()
	}
	return s.Path + ":" + strconv.Itoa(s.Line)
}

// Sourced is a value that remembers where it was said.
type Sourced[T any] struct {
	Value T
	Source
}

// Settings are what the rules go by: the part of a policy that findings rest
// on, every value with the place it was said. Package
// policy makes them, from its presets and files.
type Settings struct {
	// Actions has an entry for every rule.
	Actions   map[Rule]*Sourced[Action]
	Mode      Sourced[Mode]
	Allowlist Sourced[bool] // only names in Allow are installed

	Cooldown struct {
		Release       Sourced[Span]     // files younger than this are held back
		Project       Sourced[Span]     // projects younger than this are new
		SecurityFixes Sourced[bool]     // a fix of a known vulnerability passes at once
		Pins          Sourced[Pins]     // whether exact pins of files have the cooldown of pins
		PinsRelease   Sourced[Span]     // the cooldown of pins, and of what is locked by hash
		UnknownAge    Sourced[Action]   // for files without an upload time: off, note, hold or block
		Except        []Sourced[string] // names and patterns without a cooldown
	}
	Trust struct {
		MinMaintainers Sourced[int]
		MaxMaintainers Sourced[int]
		StaleAfter     Sourced[Span]
		PopularRank    Sourced[int]      // names ranked behind this are unpopular
		Organisations  []Sourced[string] // trusted organisations, lower case
	}

	// The entries, by layer, the nearest first.
	Pin   []Pin // PinFor finds the one that counts
	Moved []Moved
	// OfIndexes are the indexes with values of their own.
	OfIndexes []OfIndex
	Allow     []Allow
	Deny      []Deny
	Prefer    []Prefer
	Bounds    []Bound

	Now time.Time // what has expired by then does not count
}

// Mode says whether runs go by what the rules say.
type Mode string

// The modes.
const (
	Enforce Mode = "enforce"
	Observe Mode = "observe" // all is judged, and nothing stopped but malware and what cannot be read
)

// Observes says whether runs are to go on past what the rules would stop.
func (s *Settings) Observes() bool { return s.Mode.Value == Observe }

// Pins says what an exact version in a file means to the cooldown.
type Pins string

// What an exact version in a file may mean: its files are held back as those of
// any other requirement, or for as long as cooldown.pins-release says.
const (
	HoldPins Pins = "hold"
	PassPins Pins = "pass"
)

// CooldownOf gives the age from which on a file passes: that of all files, or of
// the index that it is on, or of those that somebody has chosen, by the hash in a lock or, where policy says so,
// by an exact version in a file.
func (s *Settings) CooldownOf(e FileEvidence) Span {
	if own := s.ofIndex(e.Index).Cooldown; own != nil {
		return *own
	}
	chosen := e.LockedByHash || e.PinnedInFile && s.Cooldown.Pins.Value == PassPins
	if limit := s.Cooldown.PinsRelease.Value; chosen && limit < s.Cooldown.Release.Value {
		return limit
	}
	return s.Cooldown.Release.Value
}

// Action returns what a finding of a rule does, and where that was said. A rule
// that nobody knows blocks.
func (s *Settings) Action(rule Rule) Sourced[Action] {
	if action, known := s.Actions[rule]; known {
		return *action
	}
	return Sourced[Action]{Value: Block}
}

// Pin binds the names of a pattern to one index.
type Pin struct {
	Pattern string // a canonical name, or a pattern with `*`
	URL     string // of the index, as written
	Source
}

// OfIndex is what holds for the releases of one index; nil is as for all.
type OfIndex struct {
	URL        string // as address.Key writes it
	Cooldown   *Span  // files younger than this are held back; 0: its projects are not new either
	Provenance *bool  // the rule looks
	Publisher  *bool  // the rule looks
	Source
}

// ofIndex gives what holds for an index.
func (s *Settings) ofIndex(index string) OfIndex {
	for _, entry := range s.OfIndexes {
		if address.Same(entry.URL, index) {
			return entry
		}
	}
	return OfIndex{}
}

// Moved is an index that has another address now, for all names.
type Moved struct {
	Old, New string // as written
	Source
}

// Deny is a name that is never installed.
type Deny struct {
	Name   string // a canonical name or a pattern with `*`
	Reason string
	Locked bool // the system's layer locks it: no nearer layer may allow the name
	Source
}

// Bound is a temporary upper bound: releases from Below on are left out.
type Bound struct {
	Name    string    // canonical
	Below   string    // a version (PEP 440)
	Reason  string    //
	Expires time.Time // the first day on which it does not count any more
	Source
}

// Prefer is a name that is used here instead of another.
type Prefer struct {
	Name string // canonical: the one not to use
	Use  string // as written: the one to use, a distribution or a module of the standard library
	Source
}
