package shim

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// What a killed run left is taken away; nothing else is.
func TestSweepFolders(t *testing.T) {
	parent, outside := t.TempDir(), t.TempDir()
	now := time.Now()
	folder := func(name string, mode os.FileMode, locked bool, age time.Duration) string {
		t.Helper()
		path := filepath.Join(parent, name)
		if err := os.MkdirAll(filepath.Join(path, "inner"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(outside, filepath.Join(path, "inner", "link")); err != nil && runtime.GOOS != "windows" {
			t.Fatal(err)
		}
		if locked {
			mark := filepath.Join(path, folderLock)
			if err := os.WriteFile(mark, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(mark, now.Add(-age), now.Add(-age)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	kept := map[string]string{
		"without a lock": folder("thresher-1", 0o700, false, 0),
		"just made":      folder("thresher-2", 0o700, true, 0),
		"of others":      folder("other-3", 0o700, true, time.Hour),
	}
	if runtime.GOOS != "windows" {
		kept["open to others"] = folder("thresher-4", 0o775, true, time.Hour)
		target := folder("elsewhere", 0o700, true, time.Hour)
		kept["behind a link"] = target
		if err := os.Symlink(target, filepath.Join(parent, "thresher-5")); err != nil {
			t.Fatal(err)
		}
		kept["with a link for a lock"] = folder("thresher-6", 0o700, false, 0)
		if err := os.Symlink(filepath.Join(target, folderLock), filepath.Join(parent, "thresher-6", folderLock)); err != nil {
			t.Fatal(err)
		}
	}
	living := folder("thresher-7", 0o700, true, time.Hour)
	lock := flock.New(filepath.Join(living, folderLock))
	if got, err := lock.TryLock(); err != nil || !got {
		t.Fatal(err)
	}
	kept["of a living run"] = living
	dead := folder("thresher-8", 0o700, true, time.Hour)

	in := &invocation{environment: map[string]string{"TMPDIR": parent}, start: now}
	own, err := in.ownFolder()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(dead); !os.IsNotExist(err) {
		t.Errorf("the folder of a dead run is there: %v", err)
	}
	for what, path := range kept {
		if _, err := os.Lstat(filepath.Join(path, "inner")); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := os.Stat(outside); err != nil {
		t.Errorf("what a link leads to: %v", err)
	}

	// A second run leaves the first alone, and later takes away what it left.
	sweepFolders(parent, "thresher-", now.Add(time.Hour))
	if _, err := os.Lstat(own.path); err != nil {
		t.Errorf("the folder of this run: %v", err)
	}
	if err := own.remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(own.path); !os.IsNotExist(err) {
		t.Errorf("removed: %v", err)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	sweepFolders(parent, "thresher-", now.Add(time.Hour))
	if _, err := os.Lstat(living); !os.IsNotExist(err) {
		t.Errorf("the folder of a run that has ended: %v", err)
	}
}
