//go:build unix

package cli

import (
	"os"

	"thresher/internal/files"
)

// ownerOf names the user that a file belongs to.
func ownerOf(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return "nobody known"
	}
	return files.OwnerName(info)
}
