//go:build unix

package shim

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// endBySignal ends this process by the signal that ended pip, so that a shell
// or a supervisor sees what really happened. It returns where the signal is
// one that does not end a process.
func endBySignal(s syscall.Signal) {
	signal.Reset(s)
	if syscall.Kill(os.Getpid(), s) == nil {
		time.Sleep(100 * time.Millisecond) // the signal may take a moment
	}
}
