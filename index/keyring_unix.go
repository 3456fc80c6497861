//go:build !windows

package index

var keyringNames = []string{"keyring"}
