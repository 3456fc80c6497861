package testkit

import (
	"fmt"
	"os"
	"testing"
)

// Standalone gives the kit to a program that is no test, such as a benchmark
// of whole commands: a failure or a skip prints and ends the program, and
// close runs what Cleanup collected.
func Standalone() (t testing.TB, close func()) {
	s := &standalone{}
	return s, s.close
}

type standalone struct {
	testing.TB // nil: the methods below are those the kit calls
	cleanups   []func()
}

func (s *standalone) close() {
	for i := len(s.cleanups) - 1; i >= 0; i-- {
		s.cleanups[i]()
	}
	s.cleanups = nil
}

func (s *standalone) end(text string) {
	s.close()
	fmt.Fprintln(os.Stderr, text)
	os.Exit(1)
}

func (s *standalone) Helper()                           {}
func (s *standalone) Cleanup(f func())                  { s.cleanups = append(s.cleanups, f) }
func (s *standalone) Fatal(args ...any)                 { s.end(fmt.Sprint(args...)) }
func (s *standalone) Fatalf(format string, args ...any) { s.end(fmt.Sprintf(format, args...)) }
func (s *standalone) Skip(args ...any)                  { s.end(fmt.Sprint(args...)) }
func (s *standalone) Skipf(format string, args ...any)  { s.end(fmt.Sprintf(format, args...)) }
func (s *standalone) TempDir() string {
	// Memory rather than disk, where there is some: times are to be compared.
	root := ""
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		root = "/dev/shm"
	}
	dir, err := os.MkdirTemp(root, "thresher-bench-")
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = os.RemoveAll(dir) }) // scratch space: nothing hangs on it
	return dir
}
