package venv

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// AncestorIs tells whether the process pid lives, is an ancestor of this one
// and runs the program binary (the same file, whatever its path). What cannot
// be read counts as no.
func AncestorIs(pid int, binary string) bool {
	return isAncestor(pid, os.Getppid(), parentOf) && runsProgram(pid, binary)
}

// parentOf reads the fourth field of /proc/PID/stat (proc_pid_stat(5)).
func parentOf(pid int) (int, bool) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	// The second field is the program's name in parentheses, which may hold
	// anything, parentheses and blanks too.
	end := bytes.LastIndexByte(content, ')')
	if end < 0 {
		return 0, false
	}
	fields := strings.Fields(string(content[end+1:]))
	if len(fields) < 2 || fields[0] == "Z" {
		return 0, false
	}
	parent, err := strconv.Atoi(fields[1])
	return parent, err == nil
}

// runsProgram compares files rather than paths: the link in /proc leads to the
// file itself also where its name has changed since.
func runsProgram(pid int, binary string) bool {
	running, err := os.Stat(fmt.Sprintf("/proc/%d/exe", pid))
	if errors.Is(err, fs.ErrPermission) {
		return bearsName(pid, binary)
	}
	if err != nil {
		return false
	}
	wanted, err := os.Stat(binary)
	return err == nil && os.SameFile(running, wanted)
}

// longestProcessName is how much of a program's name the kernel keeps.
const longestProcessName = 15

// bearsName says by its name that a process runs a program, where the link to
// it cannot be followed: from within the sandbox, which looks into no process
// outside. Elsewhere that link is closed for programs of other users and for
// those that closed themselves; the kernel gives both to another owner.
func bearsName(pid int, binary string) bool {
	directory := fmt.Sprintf("/proc/%d", pid)
	if checkOwner(directory) != nil {
		return false
	}
	content, err := os.ReadFile(directory + "/comm")
	if err != nil {
		return false
	}
	name := strings.TrimSuffix(string(content), "\n")
	wanted := filepath.Base(binary)
	return name == wanted[:min(len(wanted), longestProcessName)] ||
		name == "pip" || name == "pip3" || strings.HasPrefix(name, "pip3.")
}
