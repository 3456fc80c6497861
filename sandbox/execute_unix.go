//go:build unix

package sandbox

import (
	"fmt"
	"syscall"
)

// execute gives this process up for another program. It returns only where that
// fails.
func execute(program string, words, environ []string) error {
	return fmt.Errorf("run %s: %w", words[0], syscall.Exec(program, words, environ))
}
