package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"thresher/internal/setup"
	"thresher/internal/words"
	"thresher/venv"
)

// remove takes away what the manifest has, and every guard: first the guards,
// since one without its program stops pip.
func (s *setupRun) remove(withData bool) error {
	guards, err := venv.Known(s.state)
	if err != nil {
		return err
	}
	if !s.found && len(guards) == 0 {
		if s.asJSON {
			return s.print()
		}
		s.say(messageRemoveNothing)
		return nil
	}
	s.planRemoval(guards, withData)
	agreed, err := s.agree(messageRemovePlan, messageSetupGoOn)
	if err != nil || !agreed {
		return err
	}
	release, err := setup.Lock(s.state)
	if err != nil {
		return err
	}
	notes, err := s.takeAway()
	release()
	if err != nil {
		return fmt.Errorf("%w\n"+messageRemoveStopped, err, s.again())
	}
	if withData {
		for _, directory := range s.dataDirectories() {
			if err := os.RemoveAll(directory); err != nil {
				return err
			}
		}
	}
	if err := s.clearState(); err != nil {
		return err
	}
	s.report.Done = true
	s.report.Stays = existing(s.dataDirectories())
	if s.asJSON {
		return s.print()
	}
	for _, note := range notes {
		s.say("%s", note)
	}
	s.say(messageRemoved)
	if len(s.report.Stays) > 0 {
		s.say(messageRemoveStays, words.RemoveAll(s.report.Stays))
	}
	return nil
}

func (s *setupRun) planRemoval(guards []venv.KnownEnvironment, withData bool) {
	add := func(what, path, detail string) {
		s.report.Changes = append(s.report.Changes, setupChange{Action: actionRemove, What: what, Path: path, Detail: detail})
	}
	for _, guard := range guards {
		if !guard.Gone {
			add("guard", guard.Directory, messageRemoveGuard)
		}
	}
	for _, entry := range slices.Backward(s.earlier.Entries) {
		_, err := os.Lstat(entry.Path)
		switch {
		case err != nil && entry.Kind != setup.Search:
		case entry.Kind == setup.Lines:
			add(string(entry.Kind), entry.Path, messageSetupLines)
		case entry.Kind == setup.Search:
			add(string(entry.Kind), entry.Path, messageSetupSearch)
		case entry.Kind == setup.Link || entry.Kind == setup.Name:
			add(string(entry.Kind), entry.Path, messageSetupLink)
		default:
			add(string(entry.Kind), entry.Path, "")
		}
	}
	if withData {
		for _, directory := range existing(s.dataDirectories()) {
			add(string(setup.Data), directory, messageRemoveData)
		}
	}
}

// takeAway removes guards and entries, all but the directories, and gives what
// it has to say about those that stay.
func (s *setupRun) takeAway() (notes []string, err error) {
	if _, err := venv.RemoveKnownGuards(s.state); err != nil {
		return nil, fmt.Errorf(messageRemoveGuards, err)
	}
	var failures []error
	for _, entry := range slices.Backward(s.earlier.Entries) {
		if entry.Kind == setup.Directory {
			continue
		}
		note, err := entry.Remove(s.self)
		if err != nil {
			failures = append(failures, err)
		}
		if note != "" {
			notes = append(notes, note)
		}
	}
	return notes, errors.Join(failures...)
}

// clearState removes what setup itself has kept, and then the directories.
func (s *setupRun) clearState() error {
	if err := errors.Join(venv.ForgetRegistry(s.state), setup.Forget(s.state)); err != nil {
		return err
	}
	all := s.directories()
	for _, directory := range []string{s.root, s.bin, s.state} {
		all = append(all, setup.Entry{Kind: setup.Directory, Path: directory})
	}
	for _, entry := range slices.Backward(all) {
		if _, err := entry.Remove(s.self); err != nil {
			return err
		}
	}
	return nil
}

// directories are those of the manifest, each after those it lies in.
func (s *setupRun) directories() []setup.Entry {
	var found []setup.Entry
	for _, entry := range s.earlier.Entries {
		if entry.Kind == setup.Directory {
			found = append(found, entry)
		}
	}
	slices.SortFunc(found, func(a, b setup.Entry) int { return len(a.Path) - len(b.Path) })
	return found
}

// dataDirectories hold what setup has not placed: policy, log, data, caches.
func (s *setupRun) dataDirectories() []string {
	if s.system {
		return []string{filepath.Dir(s.places.SystemPolicy), s.places.SystemState}
	}
	var directories []string
	for _, directory := range []string{filepath.Dir(s.places.UserPolicy), s.places.Data, s.places.State, s.cache} {
		if !slices.Contains(directories, directory) {
			directories = append(directories, directory)
		}
	}
	return directories
}

func existing(directories []string) []string {
	return slices.DeleteFunc(directories, func(directory string) bool {
		_, err := os.Stat(directory)
		return err != nil
	})
}

func (s *setupRun) print() error {
	encoder := json.NewEncoder(s.out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(s.report)
}
