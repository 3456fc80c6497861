//go:build unix

package cli

import (
	"os"
	"os/user"
	"strconv"

	"thresher/internal/files"
)

// ownerOf names the user that a file belongs to.
func ownerOf(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return "nobody known"
	}
	owner, _, ok := files.Owner(info)
	if !ok {
		return "nobody known"
	}
	number := strconv.Itoa(owner)
	if found, err := user.LookupId(number); err == nil {
		return found.Username
	}
	return "user " + number
}
