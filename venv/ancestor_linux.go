package venv

import (
	"bytes"
	"fmt"
	"os"
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
	if err != nil {
		return false
	}
	wanted, err := os.Stat(binary)
	return err == nil && os.SameFile(running, wanted)
}
