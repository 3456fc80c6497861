package agents

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

func parent() int { return os.Getppid() }

// process gives what a process was started with, and its parent; ok is false for
// what cannot be read, as those of other users (proc_pid_environ(5)).
func process(pid int) (environ []string, above int, ok bool) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		return nil, 0, false
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return nil, 0, false
	}
	_, rest, found := bytes.Cut(status, []byte("\nPPid:"))
	if !found {
		return nil, 0, false
	}
	line, _, _ := strings.Cut(string(rest), "\n")
	above, err = strconv.Atoi(strings.TrimSpace(line))
	return strings.Split(string(content), "\x00"), above, err == nil
}
