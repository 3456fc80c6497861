package venv

import (
	"path/filepath"

	"thresher/internal/files"
)

// Nearby gives the virtual environment in a directory called .venv or venv, in
// dir or the nearest directory above it, "" where there is none. The search
// ends at home, at the file system's root, and where a directory belongs to
// another user. An environment that git tracks is passed over: a repository
// brings it along, nobody made it on this machine.
func Nearby(dir, home string) string {
	for {
		if checkOwner(dir) != nil {
			return ""
		}
		for _, name := range []string{".venv", "venv"} {
			candidate := filepath.Join(dir, name)
			if isEnvironment(candidate) && !trackedByGit(candidate) {
				return candidate
			}
		}
		parent := filepath.Dir(dir)
		if dir == home || parent == dir {
			return ""
		}
		dir = parent
	}
}

// isEnvironment tells a directory of this user with a pyvenv.cfg and an
// interpreter.
func isEnvironment(directory string) bool {
	if !files.IsRegular(filepath.Join(directory, "pyvenv.cfg")) || checkOwner(directory) != nil {
		return false
	}
	return files.IsRegular(filepath.Join(directory, "bin", "python")) ||
		files.IsRegular(filepath.Join(directory, "Scripts", "python.exe"))
}
