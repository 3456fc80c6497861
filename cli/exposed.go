package cli

import (
	"bufio"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"thresher/exposure"
	"thresher/internal/files"
	"thresher/internal/journal"
	"thresher/internal/statuses"
	"thresher/internal/words"
	"thresher/pip"
	"thresher/venv"
)

func (p *program) exposedCommand() *cli.Command {
	return &cli.Command{
		Name:      "exposed",
		Usage:     "say where a bad release stands or stood, what brought it, and what to do now",
		ArgsUsage: "NAME[==VERSION]…",
		Category:  categoryLook,
		Description: "It looks at every environment that thresher has seen, at its log and at the caches of pip\n" +
			"and uv, and starts no Python. The status is 20 where the release, or a startup hook that came with\n" +
			"it, still stands somewhere, and 0 where it does not. NAME may have other specifiers\n" +
			"(\"litellm>=1.82.7,<1.82.9\").",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{
				Name: "log", Usage: "answer from the logs of other machines, collected in `DIR` (may be repeated)",
			},
			&cli.BoolFlag{Name: "json", Usage: "one JSON object"},
		},
		Action: p.exposed,
	}
}

// exposed is what `thresher exposed` found.
type exposed struct {
	queries exposure.Queries
	stays   []exposure.Stay
	cached  []exposure.Cached
	runs    []exposure.Run

	collected            bool // from logs of other machines
	looked, read, caches int  // environments, runs and caches that were looked at
	failures             []error
}

// stands says whether anything is still dangerous.
func (e *exposed) stands() bool {
	return slices.ContainsFunc(e.stays, func(s exposure.Stay) bool { return s.Present || len(s.Hooks) > 0 })
}

func (p *program) exposed(c *cli.Context) error {
	var found exposed
	logs := c.StringSlice("log")
	for _, word := range c.Args().Slice() {
		query, err := exposure.ParseQuery(word)
		switch {
		case err == nil:
			found.queries = append(found.queries, query)
		case len(logs) > 0 && strings.ContainsRune(filepath.ToSlash(word), '/'):
			logs = append(logs, word) // `--log DIR DIR`, as a shell writes a pattern out
		default:
			return usageError("%v; fix: thresher exposed --help", err)
		}
	}
	if len(found.queries) == 0 {
		return usageError("%s", messageExposedWords)
	}
	if len(logs) > 0 {
		found.collected = true
		if err := p.exposedInLogs(&found, logs); err != nil {
			return err
		}
	} else if err := p.exposedHere(&found); err != nil {
		return err
	}
	for _, failure := range found.failures {
		p.say("%v", failure)
	}
	out := bufio.NewWriter(p.out)
	var err error
	if c.Bool("json") {
		err = found.writeJSON(out)
	} else {
		_, err = out.WriteString(p.exposedText(&found))
	}
	if err = errors.Join(err, out.Flush()); err != nil {
		return err
	}
	switch {
	case found.stands():
		return ended(statuses.Refused)
	case len(found.failures) > 0:
		return &exitError{statuses.Broken, messageExposedPartly}
	}
	return nil
}

// exposedHere looks at this machine.
func (p *program) exposedHere(found *exposed) error {
	if p.places.State == "" {
		return errNoState
	}
	known, err := venv.Known(p.places.State)
	if err != nil {
		found.failures = append(found.failures, err)
	}
	var places []exposure.Place
	var configured []string
	for _, one := range known {
		for _, place := range exposure.PlaceOf(one) {
			places = append(places, place)
			if files.IsRegular(filepath.Join(place.Path, "pip.conf")) {
				configured = append(configured, place.Path)
			}
		}
	}
	for _, variable := range []string{"VIRTUAL_ENV", "CONDA_PREFIX"} {
		if prefix := p.environment[variable]; filepath.IsAbs(prefix) {
			places = append(places, exposure.Place{Path: prefix})
		}
	}
	entries, broken, err := journal.Read(p.places.Log(), time.Time{})
	if err != nil {
		found.failures = append(found.failures, fmt.Errorf("read the log: %w", err))
	}
	found.failures = append(found.failures, brokenLines(p.places.Log(), broken)...)
	for _, entry := range entries {
		if entry.Environment != "" && !slices.ContainsFunc(places, func(place exposure.Place) bool {
			return place.Path == entry.Environment
		}) {
			places = append(places, exposure.Place{Path: entry.Environment})
		}
	}
	var told []exposure.Stay
	told, found.runs = exposure.History(found.queries, entries, "")
	found.read = len(entries)
	var failures []error
	found.stays, found.looked, failures = exposure.Look(found.queries, places, told)
	found.failures = append(found.failures, failures...)

	caches, err := pip.CacheDirectories(p.environ, p.dir, p.places.Home, configured...)
	if err != nil {
		found.failures = append(found.failures, err)
	}
	found.cached, failures = exposure.Caches(found.queries, caches)
	found.failures = append(found.failures, failures...)
	uv := exposure.UVDirectory(func(name string) string { return p.environment[name] }, p.dir, p.places.Home)
	byUV, failures := exposure.UVCache(found.queries, uv)
	found.cached, found.failures = append(found.cached, byUV...), append(found.failures, failures...)
	for _, cache := range append(caches, uv) {
		if files.IsDirectory(cache) {
			found.caches++
		}
	}
	return nil
}

func brokenLines(path string, count int) []error {
	if count == 0 {
		return nil
	}
	return []error{fmt.Errorf("left out %s of %s, which cannot be read", words.Counted(int64(count), "line"), path)}
}

// exposedInLogs looks at logs that were collected from other machines.
func (p *program) exposedInLogs(found *exposed, places []string) error {
	logs, err := collectedLogs(places)
	if err != nil {
		return err
	}
	for _, log := range logs {
		entries, failures, err := log.read(time.Time{})
		if err != nil {
			return err
		}
		found.failures = append(found.failures, failures...)
		stays, runs := exposure.History(found.queries, entries, log.name)
		found.stays, found.runs = append(found.stays, stays...), append(found.runs, runs...)
		found.read += len(entries)
	}
	found.looked = len(logs)
	slices.SortStableFunc(found.stays, func(a, b exposure.Stay) int { return boolOrder(b.Present, a.Present) })
	return nil
}

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// The answer in JSON is a contract: fields are added, never renamed.

type exposedJSON struct {
	Query        []string             `json:"query"`
	Environments []exposedEnvironment `json:"environments"`
	Caches       []exposedCache       `json:"caches"`
	Runs         []exposedRun         `json:"runs"`
}

type exposedEnvironment struct {
	Path    string     `json:"path"`
	Name    string     `json:"name"`
	Version string     `json:"version"`
	Present bool       `json:"present"`
	Since   *time.Time `json:"since"` // null where not known
	Until   *time.Time `json:"until"` // null where it stands, and where not known
	Index   *string    `json:"index"`
	SHA256  *string    `json:"sha256"`
	Hooks   []string   `json:"hooks"`
	Log     string     `json:"log,omitempty"`
}

type exposedCache struct {
	Path    string             `json:"path"`
	Kind    exposure.CacheKind `json:"kind"`
	Name    string             `json:"name"`
	Version string             `json:"version"`
}

type exposedRun struct {
	ID          string    `json:"id"`
	Time        time.Time `json:"time"`
	Environment string    `json:"environment"`
	Directory   string    `json:"cwd"`
	Argv        []string  `json:"argv"`
	Name        string    `json:"name"`
	Before      string    `json:"before,omitempty"`
	After       string    `json:"after"`
	Index       string    `json:"index,omitempty"`
	SHA256      string    `json:"sha256,omitempty"`
	Status      int       `json:"status"`
	Log         string    `json:"log,omitempty"`
}

func (e *exposed) writeJSON(out *bufio.Writer) error {
	answer := exposedJSON{Environments: []exposedEnvironment{}, Caches: []exposedCache{}, Runs: []exposedRun{}}
	for _, query := range e.queries {
		answer.Query = append(answer.Query, query.String())
	}
	for _, s := range e.stays {
		answer.Environments = append(answer.Environments, exposedEnvironment{
			Path: s.Path, Name: s.Name, Version: s.Version, Present: s.Present, Since: known(s.Since), Until: known(s.Until),
			Index: known(s.Index), SHA256: known(s.SHA256), Hooks: append([]string{}, s.Hooks...), Log: s.Log,
		})
	}
	for _, cached := range e.cached {
		answer.Caches = append(answer.Caches, exposedCache(cached))
	}
	for _, r := range e.runs {
		answer.Runs = append(answer.Runs, exposedRun{
			ID: r.ID, Time: r.Time, Environment: r.Environment, Directory: r.Directory, Argv: r.Argv, Name: r.Change.Name,
			Before: r.Change.Before, After: r.Change.After, Index: r.Change.Index, SHA256: r.Change.SHA256, Status: r.Status,
			Log: r.Log,
		})
	}
	return writeObject(out, answer)
}

// known is a value, or null where there is none.
func known[T comparable](value T) *T {
	var none T
	if value == none {
		return nil
	}
	return &value
}
