package files

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for _, content := range []string{"first", "second"} {
		if err := Replace(path, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != content {
			t.Fatalf("%q %v, want %q", got, err, content)
		}
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o640 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if err := Keep(path, []byte("third")); err != nil {
		t.Fatal(err)
	}
	if err := Replace(filepath.Join(dir, "missing", "file"), nil, 0o600); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "taken"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Replace(filepath.Join(dir, "taken"), []byte("x"), 0o600); err == nil {
		t.Error("a directory was replaced by a file")
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// What a path leads to may be a link of anybody's: the link goes, its target stays.
func TestReplaceDoesNotFollowLinks(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Skip("skipped: no links here: ", err)
	}
	if err := Replace(link, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(target); err != nil || string(got) != "kept" {
		t.Errorf("%q %v", got, err)
	}
}

func TestReadRegular(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadRegular(path, 5); err != nil || string(got) != "12345" {
		t.Errorf("%q %v", got, err)
	}
	if _, err := ReadRegular(path, 4); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	if _, err := ReadRegular(dir, 5); !errors.Is(err, ErrNotRegular) && runtime.GOOS != "windows" {
		t.Error(err)
	}
	if _, err := ReadRegular(filepath.Join(dir, "none"), 5); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "made", "state")
	release, err := Lock(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, held, err := TryLock(path); held || err != nil {
		t.Errorf("a lock that is held was given: %v", err)
	}
	patience, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if _, err := Lock(patience, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	release()
	release, held, err := TryLock(path)
	if !held || err != nil {
		t.Errorf("a lock that was let go of was not given: %v", err)
	}
	release()
}

func TestOnPath(t *testing.T) {
	dir := t.TempDir()
	place := func(name string, mode fs.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	first, second := place("a/pip", 0o755), place("b/pip", 0o755)
	place("c/pip", 0o644)
	if err := os.MkdirAll(filepath.Join(dir, "d", "pip"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	path := ""
	for _, entry := range []string{"", "relative", filepath.Join(dir, "d"), filepath.Join(dir, "a"), "b",
		filepath.Join(dir, "b")} {
		path += entry + string(filepath.ListSeparator)
	}
	if runtime.GOOS != "windows" {
		path += filepath.Join(dir, "c")
	}
	found := OnPath(path, "nothing", "pip")
	if len(found) != 2 || found[0] != first || found[1] != second {
		t.Error(found)
	}
}
