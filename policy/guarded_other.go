//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package policy

import (
	"fmt"
	"io"
)

// readShared reads a policy file. Who may write it is the matter of access lists
// here, which are not read.
func readShared(path string) (content []byte, shared *guardError, err error) {
	file, err := openGuarded(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	content, err = io.ReadAll(io.LimitReader(file, largestFile+1))
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", path, err)
	}
	return content, nil, nil
}
