//go:build unix

package venv

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Files that would wait or never end are not read.
func TestSpecialFiles(t *testing.T) {
	site := t.TempDir()
	fifo := filepath.Join(site, "fifo-1.0.dist-info")
	device := filepath.Join(site, "device-1.0.dist-info")
	loop := filepath.Join(site, "loop-1.0.dist-info")
	for _, dir := range []string{fifo, device, loop} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(fifo, "METADATA"), 0o644); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		filepath.Join(device, "METADATA"):          "/dev/zero",
		filepath.Join(loop, "METADATA"):            "METADATA",
		filepath.Join(site, "around-1.dist-info"):  "around-1.dist-info",
		filepath.Join(site, "itself.egg"):          ".",
		filepath.Join(site, "dangling.dist-info"):  "nowhere",
		filepath.Join(site, "pipe.pth"):            filepath.Join(fifo, "METADATA"),
		filepath.Join(site, "zero.pth"):            "/dev/zero",
		filepath.Join(site, "endless.egg-link"):    "/dev/zero",
		filepath.Join(fifo, "direct_url.json"):     "METADATA",
		filepath.Join(device, "INSTALLER"):         "/dev/zero",
		filepath.Join(site, "sitecustomize.py"):    "/dev/zero",
		filepath.Join(site, "usercustomize.start"): filepath.Join(fifo, "METADATA"),
	} {
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	found, err := Distributions([]string{site})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 5 {
		t.Fatalf("%d: %+v", len(found), found)
	}
	for _, d := range found {
		if d.Broken == "" || d.Name == "" {
			t.Errorf("%+v", d)
		}
	}
	hooks, err := SnapshotHooks([]string{site}, "")
	if err != nil {
		t.Fatal(err)
	}
	if changes := HooksChanged(Hooks{}, hooks, found); len(changes) != 4 {
		t.Errorf("%+v", changes)
	}
}

func TestUnreadableDirectory(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("skipped: root may read everything")
	}
	site := t.TempDir()
	if err := os.Chmod(site, 0o000); err != nil {
		t.Fatal(err)
	}
	if _, err := Distributions([]string{site}); err == nil || !strings.Contains(err.Error(), site) {
		t.Errorf("%v", err)
	}
}
