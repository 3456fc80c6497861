package files

import (
	"io/fs"
	"os/user"
	"strconv"
)

// OwnerName names the user that a file belongs to, by the number where the system
// has no name for it.
func OwnerName(info fs.FileInfo) string {
	owner, _, ok := Owner(info)
	if !ok {
		return "nobody known"
	}
	number := strconv.Itoa(owner)
	if found, err := user.LookupId(number); err == nil {
		return found.Username
	}
	return "user " + number
}
