//go:build unix

package layers

import (
	"os/exec"
	"syscall"
)

const gitProgram = "git"

// keepAlone keeps git, and what it starts, from the terminal,
// and ends all of them together.
func keepAlone(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
}
