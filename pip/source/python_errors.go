package source

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// pythonOSError is str() of the OSError that Python raises for opening the
// file: "[Errno 2] No such file or directory: 'x'".
func pythonOSError(err error, given string) string {
	var number syscall.Errno
	if errors.As(err, &number) {
		return fmt.Sprintf("[Errno %d] %s: %s", int(number), errnoText(number), pythonRepr(given))
	}
	return err.Error()
}

func errnoText(number syscall.Errno) string {
	switch number {
	case syscall.ENOENT:
		return "No such file or directory"
	case syscall.EISDIR:
		return "Is a directory"
	case syscall.EACCES:
		return "Permission denied"
	case syscall.ENOTDIR:
		return "Not a directory"
	}
	return number.Error()
}

// pythonOSErrorName is the class of the OSError that Python raises.
func pythonOSErrorName(err error) string {
	var number syscall.Errno
	switch errors.As(err, &number); {
	case errors.Is(err, fs.ErrNotExist):
		return "FileNotFoundError"
	case errors.Is(err, fs.ErrPermission):
		return "PermissionError"
	case number == syscall.EISDIR:
		return "IsADirectoryError"
	case number == syscall.ENOTDIR:
		return "NotADirectoryError"
	}
	return "OSError"
}
