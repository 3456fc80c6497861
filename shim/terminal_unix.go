//go:build unix

package shim

import (
	"io"
	"os"
	"syscall"
)

// openTerminal opens the terminal that this process belongs to, wherever its
// streams lead.
func openTerminal() (io.ReadWriteCloser, error) {
	return os.OpenFile("/dev/tty", os.O_RDWR|syscall.O_NOCTTY, 0)
}
