package testkit

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"thresher/internal/files"
)

// scratchLock is a file's name in a scratch folder, held by its process.
const scratchLock = "process"

// Scratch makes a temporary folder for what the tests of one process share, and
// gives what takes it away. Where a process was killed before it did so, the next
// one takes its folder away too.
func Scratch() (directory string, remove func(), err error) {
	const prefix = "thresher-test-"
	abandoned, _ := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*", scratchLock+".lock"))
	for _, lock := range abandoned {
		// One that was made a moment ago may not be held yet.
		info, err := os.Stat(lock)
		if err != nil || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		release, held, err := files.TryLock(filepath.Join(filepath.Dir(lock), scratchLock))
		if err == nil && held {
			_ = RemoveTree(filepath.Dir(lock)) // another user's, or the next one's
			release()
		}
	}
	directory, err = os.MkdirTemp("", prefix)
	if err != nil {
		return "", nil, err
	}
	release, _, err := files.TryLock(filepath.Join(directory, scratchLock))
	if err != nil {
		return "", nil, err
	}
	return directory, func() {
		release()
		_ = RemoveTree(directory) // the next one's
	}, nil
}

// RemoveTree is os.RemoveAll for a tree in which a test has made folders that
// nothing can be taken out of.
func RemoveTree(root string) error {
	// What cannot be read cannot be removed, which the removal says.
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return nil
	})
	return os.RemoveAll(root)
}

// LeaveEnvironments takes the programs of virtual environments off this process's
// PATH: whatever a test starts by its name would install into them. Of these
// programs go alone stays, through a link in directory: it may come from a package.
func LeaveEnvironments(directory string) error {
	tool, _ := exec.LookPath("go")
	var kept []string
	for _, folder := range filepath.SplitList(os.Getenv("PATH")) {
		if _, err := os.Stat(filepath.Join(filepath.Dir(folder), "pyvenv.cfg")); err != nil {
			kept = append(kept, folder)
		} else if filepath.Dir(tool) == folder {
			if err := os.MkdirAll(directory, 0o700); err != nil {
				return err
			}
			if err := os.Symlink(tool, filepath.Join(directory, "go")); err != nil {
				return err
			}
			kept = append(kept, directory)
		}
	}
	return os.Setenv("PATH", strings.Join(kept, string(os.PathListSeparator)))
}
