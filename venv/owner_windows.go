package venv

import "os"

// checkOwner only asks whether the directory is there: on Windows who may
// write is in its access list, and writing to another user's fails by itself.
func checkOwner(directory string) error {
	_, err := os.Stat(directory)
	return err
}
