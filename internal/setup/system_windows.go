package setup

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

func everybodyWrites(fs.FileInfo) bool { return false }

// replaceProgram renames a program that runs out of the way: Windows lets it
// be renamed, and neither replaced nor removed.
func replaceProgram(from, to string) error {
	if err := os.Rename(from, to); err == nil {
		return nil
	}
	if err := moveAway(to); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// removeProgram removes a program, or has Windows remove it at the next start
// where it runs now.
func removeProgram(path string) error {
	if os.Remove(path) == nil {
		return nil
	}
	return moveAway(path)
}

// moveAway moves a program that runs to the directory of temporary files.
func moveAway(path string) error {
	directory, err := os.MkdirTemp("", "thresher-old-")
	if err != nil {
		return err
	}
	old := filepath.Join(directory, filepath.Base(path))
	if err := os.Rename(path, old); err != nil {
		return errors.Join(err, os.Remove(directory))
	}
	if os.Remove(old) == nil {
		return os.Remove(directory)
	}
	return nil // until the temporary files are cleared
}

// The user's PATH is a value of the registry.
const (
	environmentKey = "Environment"
	pathValue      = "Path"
)

func readPath() (key registry.Key, value string, kind uint32, err error) {
	key, err = registry.OpenKey(registry.CURRENT_USER, environmentKey, registry.QUERY_VALUE|registry.SET_VALUE)
	if err != nil {
		return 0, "", 0, err
	}
	value, kind, err = key.GetStringValue(pathValue)
	if errors.Is(err, registry.ErrNotExist) {
		return key, "", registry.EXPAND_SZ, nil
	}
	if err != nil {
		return 0, "", 0, errors.Join(err, key.Close())
	}
	return key, value, kind, nil
}

func lookSearch(directory string) (State, error) {
	key, value, _, err := readPath()
	if err != nil {
		return "", err
	}
	if first, _, _ := strings.Cut(value, ";"); strings.EqualFold(first, directory) {
		return Right, key.Close()
	}
	return Missing, key.Close()
}

func addSearch(directory string) error {
	return changePath(func(value string) string { return withFirst(value, directory) })
}

func removeSearch(directory string) error {
	return changePath(func(value string) string { return without(value, directory) })
}

func changePath(change func(string) string) error {
	key, value, kind, err := readPath()
	if err != nil {
		return err
	}
	defer key.Close()
	changed := change(value)
	if changed == value {
		return nil
	}
	switch {
	case changed == "":
		err = key.DeleteValue(pathValue)
	case kind == registry.SZ:
		err = key.SetStringValue(pathValue, changed)
	default:
		err = key.SetExpandStringValue(pathValue, changed)
	}
	if err == nil {
		announce()
	}
	return err
}

// announce tells programs that run, such as the one that starts new consoles,
// to read the environment again. Whether they do is theirs.
func announce() {
	const broadcast, settingChange, abortIfHung = 0xffff, 0x001a, 0x0002
	name, err := windows.UTF16PtrFromString(environmentKey)
	if err != nil {
		return
	}
	send := windows.NewLazySystemDLL("user32.dll").NewProc("SendMessageTimeoutW")
	_, _, _ = send.Call(broadcast, settingChange, 0, uintptr(unsafe.Pointer(name)), abortIfHung, 1000, 0)
}
