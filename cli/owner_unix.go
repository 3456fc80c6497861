//go:build unix

package cli

import (
	"fmt"
	"os"
	"os/user"
	"syscall"
)

// ownerOf names the user that a file belongs to.
func ownerOf(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return "nobody known"
	}
	status, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "nobody known"
	}
	number := fmt.Sprint(status.Uid)
	if found, err := user.LookupId(number); err == nil {
		return found.Username
	}
	return "user " + number
}
