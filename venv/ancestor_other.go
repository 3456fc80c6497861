//go:build !linux && !windows

package venv

import (
	"os"
	"os/exec"
	"strconv"
	"strings"

	"thresher/internal/files"
)

// AncestorIs tells whether the process pid lives, is an ancestor of this one
// and runs the program binary (the same file, whatever its path). What cannot
// be read counts as no. It asks ps(1), which on macOS and the BSDs is told by
// the kernel.
func AncestorIs(pid int, binary string) bool {
	return isAncestor(pid, os.Getppid(), parentOf) && files.Same(processField(pid, "comm"), binary)
}

func parentOf(pid int) (int, bool) {
	parent, err := strconv.Atoi(processField(pid, "ppid"))
	return parent, err == nil
}

func processField(pid int, field string) string {
	output, err := exec.Command("/bin/ps", "-o", field+"=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(output))
}
