//go:build !windows

package setup

import (
	"errors"
	"io/fs"
	"os"
)

func everybodyWrites(info fs.FileInfo) bool { return info.Mode().Perm()&0o002 != 0 }

func replaceProgram(from, to string) error { return os.Rename(from, to) }

func removeProgram(path string) error { return os.Remove(path) }

// Here PATH is kept in start-up files alone.
var errNoSearch = errors.New("this system keeps PATH in start-up files")

func lookSearch(string) (State, error) { return "", errNoSearch }
func addSearch(string) error           { return errNoSearch }
func removeSearch(string) error        { return errNoSearch }
