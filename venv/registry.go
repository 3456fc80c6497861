package venv

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"thresher/internal/files"
)

// KnownEnvironment is an environment that thresher has seen or guarded. One JSON object a
// line in the state directory keeps them, so that every guard can be found and
// taken out again.
type KnownEnvironment struct {
	Prefix      string `json:"prefix"`
	Interpreter string `json:"interpreter"`
	Directory   string `json:"directory"`      // site-packages that the guard is in
	Base        bool   `json:"base,omitempty"` // the user's site-packages, for a base interpreter
	Made        string `json:"made,omitempty"` // the topmost directory that was made for the guard
	Gone        bool   `json:"-"`              // the directory is not there any more
}

// registryLimit is the size in bytes from which on the list is rewritten
// without environments that are gone.
const registryLimit = 256 << 10

func registryPath(stateDirectory string) string {
	return filepath.Join(stateDirectory, "environments.jsonl")
}

// remember puts an environment on the list in the state directory, once.
func remember(stateDirectory string, known KnownEnvironment) error {
	list, err := readRegistry(stateDirectory)
	if err != nil {
		return err
	}
	for _, earlier := range list {
		if earlier.Directory == known.Directory && (earlier.Made != "" || known.Made == "") {
			return nil
		}
	}
	return changeRegistry(stateDirectory, func(list []KnownEnvironment) []KnownEnvironment { return append(list, known) })
}

// Known gives the environments on the list in the order they were first seen,
// each once, those that are gone included. A line that cannot be read is an
// error: a guard must not be forgotten in silence.
func Known(stateDirectory string) ([]KnownEnvironment, error) {
	list, err := readRegistry(stateDirectory)
	for i := range list {
		list[i].Gone = !files.IsDirectory(list[i].Directory)
	}
	return list, err
}

func readRegistry(stateDirectory string) ([]KnownEnvironment, error) {
	path := registryPath(stateDirectory)
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf(messageReadRegistry, path, err)
	}
	var list []KnownEnvironment
	at := map[string]int{}
	number := 0
	for line := range bytes.Lines(content) {
		number++
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var known KnownEnvironment
		if err := json.Unmarshal(line, &known); err != nil || !filepath.IsAbs(known.Directory) {
			return nil, fmt.Errorf(messageRegistryLine, path, number)
		}
		if i, seen := at[known.Directory]; seen {
			if known.Made != "" {
				list[i].Made = known.Made
			}
			continue
		}
		at[known.Directory] = len(list)
		list = append(list, known)
	}
	return list, nil
}

// changeRegistry rewrites the list under a lock, whole or not at all.
func changeRegistry(stateDirectory string, edit func([]KnownEnvironment) []KnownEnvironment) error {
	path := registryPath(stateDirectory)
	release, err := files.Lock(context.Background(), path)
	if err != nil {
		return fmt.Errorf(messageWriteRegistry, path, err)
	}
	defer release()
	list, err := readRegistry(stateDirectory)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	list = edit(list)
	for _, known := range list {
		line, err := json.Marshal(known)
		if err != nil {
			return fmt.Errorf(messageWriteRegistry, path, err)
		}
		text.Write(append(line, '\n'))
	}
	if text.Len() > registryLimit {
		// Tools that make throw-away environments leave many behind.
		text.Reset()
		for _, known := range list {
			if !files.IsDirectory(known.Directory) {
				continue
			}
			line, err := json.Marshal(known)
			if err != nil {
				return fmt.Errorf(messageWriteRegistry, path, err)
			}
			text.Write(append(line, '\n'))
		}
	}
	if err := files.Replace(path, text.Bytes(), 0o600); err != nil {
		return fmt.Errorf(messageWriteRegistry, path, err)
	}
	return nil
}

// RemoveKnownGuards takes the guard out of every environment on the list and
// takes them off it. Those that could not be cleaned stay on the list; the
// error names each of them.
func RemoveKnownGuards(stateDirectory string) (removed []KnownEnvironment, err error) {
	list, err := readRegistry(stateDirectory)
	if err != nil {
		return nil, err
	}
	clean := map[string]bool{}
	var failures []error
	// Backward: a directory that an earlier guard made may hold later ones.
	for _, known := range slices.Backward(list) {
		if files.IsDirectory(known.Directory) {
			if err := removeGuard(known.Directory, known.Made); err != nil {
				failures = append(failures, err)
				continue
			}
			removed = append(removed, known)
		}
		clean[known.Directory] = true
	}
	if len(clean) > 0 {
		failures = append(failures, changeRegistry(stateDirectory, func(list []KnownEnvironment) []KnownEnvironment {
			var left []KnownEnvironment
			for _, known := range list {
				if !clean[known.Directory] {
					left = append(left, known)
				}
			}
			return left
		}))
	}
	return removed, errors.Join(failures...)
}

// ForgetRegistry removes the list of environments and its lock where nothing
// is on it any more.
func ForgetRegistry(stateDirectory string) error {
	path := registryPath(stateDirectory)
	if info, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() > 0 {
		return nil
	}
	for _, name := range []string{path, path + ".lock"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf(messageWriteRegistry, path, err)
		}
	}
	return nil
}

// forget takes one environment off the list and gives what was known of it.
func forget(stateDirectory, directory string) (KnownEnvironment, error) {
	list, err := readRegistry(stateDirectory)
	if err != nil {
		return KnownEnvironment{}, err
	}
	for _, known := range list {
		if known.Directory == directory {
			return known, changeRegistry(stateDirectory, func(list []KnownEnvironment) []KnownEnvironment {
				return slices.DeleteFunc(list, func(other KnownEnvironment) bool { return other.Directory == directory })
			})
		}
	}
	return KnownEnvironment{}, nil
}
