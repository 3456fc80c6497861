//go:build !unix

package venv

// openNonBlocking is nothing where there are no FIFOs among files.
const openNonBlocking = 0
