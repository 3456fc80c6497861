//go:build !unix

package shim

import "syscall"

// endBySignal does nothing: processes do not end by signals here.
func endBySignal(syscall.Signal) {}
