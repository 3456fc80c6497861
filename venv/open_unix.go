//go:build unix

package venv

import "syscall"

// openNonBlocking keeps an open from waiting for the other end of a FIFO.
const openNonBlocking = syscall.O_NONBLOCK
