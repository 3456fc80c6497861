package journal

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestAppendAndRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "log.jsonl")
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var wait sync.WaitGroup
	for i := range 20 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			if err := Append(path, Entry{Time: start.Add(time.Duration(i) * time.Hour), Status: i}); err != nil {
				t.Error(err)
			}
		}()
	}
	wait.Wait()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	entries, broken, err := Read(path, start.Add(10*time.Hour))
	if err != nil || broken != 0 || len(entries) != 10 {
		t.Fatalf("%d entries, %d broken, %v", len(entries), broken, err)
	}
	content, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(content), "null") {
		t.Fatalf("lists must be lists: %s %v", content, err)
	}
}

func TestABrokenLineIsCountedNotSwallowed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.jsonl")
	if err := os.WriteFile(path, []byte("{\"status\":3}\nhalf a li"), 0o600); err != nil {
		t.Fatal(err)
	}
	entries, broken, err := Read(path, time.Time{})
	if err != nil || broken != 1 || len(entries) != 1 || entries[0].Status != 3 {
		t.Fatalf("%v %d %v", entries, broken, err)
	}
}

func TestRotation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.jsonl")
	old := strings.Repeat(" ", rotateAt-12) + "{\"status\":1}\n"
	if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Append(path, Entry{Status: 2}); err != nil {
		t.Fatal(err)
	}
	entries, _, err := Read(path, time.Time{})
	if err != nil || len(entries) != 2 || entries[0].Status != 1 || entries[1].Status != 2 {
		t.Fatalf("%v %v", entries, err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() > 4096 {
		t.Fatalf("not rotated: %v %v", info, err)
	}
}
