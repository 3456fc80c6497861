package memory

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func tableIn(dir string) Table[string] {
	return Table[string]{filepath.Join(dir, "table.json"), "words"}
}

func TestTable(t *testing.T) {
	table := tableIn(filepath.Join(t.TempDir(), "not", "there"))
	if entries, err := table.Read(); err != nil || len(entries) != 0 {
		t.Errorf("without a file: %v, %v", entries, err)
	}
	for _, add := range []map[string]string{{"a": "1", "b": "2"}, {"a": "3"}, {}} {
		if err := table.Add(context.Background(), add); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := table.Read()
	if err != nil || len(entries) != 2 || entries["a"] != "3" || entries["b"] != "2" {
		t.Errorf("%v, %v", entries, err)
	}
	info, err := os.Stat(table.Path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v, %v", info, err)
	}
	before := info.ModTime()
	if err := table.Change(context.Background(), func(map[string]string) bool { return false }); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(table.Path); err != nil || !info.ModTime().Equal(before) {
		t.Errorf("written without a change: %v, %v", info, err)
	}
}

// Whatever byte is another or is not there, the file is damaged, and says so by
// its name; what is damaged is not written over.
func TestDamaged(t *testing.T) {
	table := tableIn(t.TempDir())
	if err := table.Add(context.Background(), map[string]string{"acme-tool": "https://index.example/simple"}); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(table.Path)
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, damaged []byte) {
		t.Helper()
		if err := os.WriteFile(table.Path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := table.Read()
		var problem *DamagedError
		if !errors.As(err, &problem) || !strings.Contains(err.Error(), table.Path) ||
			problem.Remedy() != "rm "+table.Path {
			t.Errorf("%s: %v", what, err)
		}
		if err := table.Add(context.Background(), map[string]string{"other": "1"}); !errors.As(err, &problem) {
			t.Errorf("%s, changed: %v", what, err)
		}
		if after, err := os.ReadFile(table.Path); err != nil || string(after) != string(damaged) {
			t.Errorf("%s was written over", what)
		}
	}
	for length := range content {
		check(fmt.Sprintf("cut after %d bytes", length), content[:length])
	}
	for i := range content {
		damaged := []byte(string(content))
		if damaged[i] ^= 0x01; strings.ToLower(string(damaged)) == string(content) {
			continue // JSON's own latitude
		}
		check(fmt.Sprintf("byte %d", i), damaged)
	}
	check("another table", []byte(strings.Replace(string(content), "words", "other", 1)))
	check("a newer form", []byte(strings.Replace(string(content), `"format":1`, `"format":2`, 1)))
	check("an older form of another kind", []byte(`{"acme-tool":"https://index.example/simple"}`))
	if err := os.Remove(table.Path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(table.Path, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := table.Read(); err == nil {
		t.Error("a directory is read as a table")
	}
}

// Several processes change one table at once, some are killed: every change that
// was said to be made is there, and the file is whole at any moment.
func TestProcesses(t *testing.T) {
	if path := os.Getenv("MEMORY_TEST_TABLE"); path != "" {
		writeForEver(Table[string]{path, "words"})
	}
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	table := tableIn(t.TempDir())
	var wait sync.WaitGroup
	for worker := range 3 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for round := range 5 {
				key := fmt.Sprintf("worker %d round %d", worker, round)
				if err := table.Add(context.Background(), map[string]string{key: "done"}); err != nil {
					t.Errorf("%s: %v", key, err)
				}
			}
		}()
		wait.Add(1)
		go func() {
			defer wait.Done()
			writer := exec.Command(os.Args[0], "-test.run", "^TestProcesses$")
			writer.Env = append(os.Environ(), "MEMORY_TEST_TABLE="+table.Path)
			if err := writer.Start(); err != nil {
				t.Error(err)
				return
			}
			time.Sleep(time.Duration(30+20*worker) * time.Millisecond)
			_ = writer.Process.Kill()
			_ = writer.Wait() // it was killed
		}()
	}
	stop := make(chan struct{})
	read := make(chan struct{})
	go func() {
		defer close(read)
		for {
			if _, err := table.Read(); err != nil {
				t.Errorf("read beside: %v", err)
				return
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	wait.Wait()
	close(stop)
	<-read
	entries, err := table.Read()
	if err != nil {
		t.Fatal(err)
	}
	for worker := range 3 {
		for round := range 5 {
			if key := fmt.Sprintf("worker %d round %d", worker, round); entries[key] != "done" {
				t.Errorf("%s is lost", key)
			}
		}
	}
}

func writeForEver(table Table[string]) {
	for i := 0; ; i++ {
		if err := table.Add(context.Background(), map[string]string{"killed": fmt.Sprint(i)}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
