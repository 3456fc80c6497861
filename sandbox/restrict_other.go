//go:build !linux

package sandbox

// Version is the version of Landlock that the kernel speaks: none here.
func Version() int { return 0 }

// Enter is an error: only Linux keeps files from a program without privilege.
func Enter(Domain) error { return ErrUnsupported }

// filtersNetwork says whether a filter of system calls closes the network.
func filtersNetwork() bool { return false }
