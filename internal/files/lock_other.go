//go:build !unix || aix || solaris

package files

import "context"

// LockBeside is Lock: directories cannot be locked here.
func LockBeside(path string) (release func(), err error) { return Lock(context.Background(), path) }
