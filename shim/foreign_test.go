//go:build unix

package shim

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"thresher/internal/places"
)

// A user is told whose a place is that they may not write to, and is given a step
// that they can take: a home or a temporary directory of their own.
func TestForeignPlaces(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("skipped: only root gives directories away")
	}
	home, own, temporary := t.TempDir(), t.TempDir(), t.TempDir()
	for _, directory := range []string{home, temporary} {
		if err := os.Chown(directory, 65534, 65534); err != nil {
			t.Skip("skipped: ", err)
		}
	}
	in := &invocation{
		environment: map[string]string{"TMPDIR": temporary}, places: places.Places{Home: home, Account: own},
	}
	denied := func(path string) error {
		return &fs.PathError{Op: "mkdir", Path: path, Err: fs.ErrPermission}
	}
	for _, test := range []struct {
		name, remedy string
		err          error
		foreign      bool
	}{
		{"a home of another", "export HOME=" + own, denied(filepath.Join(home, ".local", "state", "log")), true},
		{"a temporary directory of another", "export TMPDIR=/tmp", denied(filepath.Join(temporary, "x")), true},
		{"one's own", "", denied(filepath.Join(own, "x")), false},
		{"another error", "", &fs.PathError{Op: "mkdir", Path: home, Err: fs.ErrExist}, false},
		{"no path", "", errors.New("no"), false},
	} {
		if owner, remedy := in.foreignRemedy(test.err); (owner != "") != test.foreign || remedy != test.remedy {
			t.Errorf("%s: %q, %q", test.name, owner, remedy)
		}
	}
	in.places.Account = ""
	if _, remedy := in.foreignRemedy(denied(home)); remedy != messageOwnHome {
		t.Errorf("without an account's home: %q", remedy)
	}
}

func TestDeniedPlaces(t *testing.T) {
	got := deniedPlaces([]string{
		"Could not install packages due to an OSError: [Errno 13] Permission denied: '/env/lib/x'\nCheck the permissions.",
		"[Errno 30] Read-only file system: '/env/lib/y'", "[Errno 13] Permission denied: '/env/lib/x'",
		"[Errno 2] No such file or directory: '/gone'", "[Errno 13] Permission denied: 'relative'",
	})
	if want := []string{"/env/lib/x", "/env/lib/y"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
