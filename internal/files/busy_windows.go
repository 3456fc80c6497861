package files

import (
	"errors"

	"golang.org/x/sys/windows"
)

// isBusy says whether a file could not be moved because somebody has it, or the
// one in its place, open. Windows says of the latter that access is denied.
func isBusy(err error) bool {
	return errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_SHARING_VIOLATION)
}
