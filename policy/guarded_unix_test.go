//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package policy

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestIsPrivateGroup(t *testing.T) {
	dir := t.TempDir()
	passwd, groups := filepath.Join(dir, "passwd"), filepath.Join(dir, "group")
	for path, content := range map[string]string{
		passwd: "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\nbob:x:1001:100::/home/bob:/bin/sh\n" +
			"cem:x:1002:100::/home/cem:/bin/sh\nbroken\n",
		groups: "root:x:0:\nann:x:1000:\nusers:x:100:\nteam:x:2000:ann,bob\nalone:x:2001:ann\nbroken\n",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name         string
		owner, group int
		want         bool
	}{
		{"a group of one's own", 1000, 1000, true},
		{"a group with nobody else in it", 1000, 2001, true},
		{"a group with others in it", 1000, 2000, false},
		{"a group that is everyone's first", 1001, 100, false},
		{"somebody else's group", 1001, 1000, false},
		{"a group that nobody knows", 1000, 3000, false},
		{"an owner whom nobody knows", 5000, 2001, false},
		{"root's group", 1000, 0, true},
	}
	for _, test := range tests {
		if got := isPrivateGroup(passwd, groups, test.owner, test.group); got != test.want {
			t.Errorf("%s: %t", test.name, got)
		}
	}
	if isPrivateGroup(passwd, filepath.Join(dir, "gone"), 1000, 1000) ||
		isPrivateGroup(filepath.Join(dir, "gone"), groups, 1000, 1000) {
		t.Error("what cannot be read is not private")
	}
}

// A named pipe must not hold the run up for ever.
func TestPipeIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.toml")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no pipes here: ", err)
	}
	if _, err := Load(LoadInput{UserPath: path, Now: today}); err == nil ||
		!strings.Contains(err.Error(), "is no regular file") {
		t.Error(err)
	}
}
