//go:build !windows

package venv

import (
	"os"
	"syscall"
)

// checkOwner returns ErrNotOurs where a directory belongs to another user.
func checkOwner(directory string) error {
	info, err := os.Stat(directory)
	if err != nil {
		return err
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); !ok || int(owner.Uid) != os.Geteuid() {
		return ErrNotOurs
	}
	return nil
}
