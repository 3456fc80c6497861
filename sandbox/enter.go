package sandbox

import (
	"errors"
	"fmt"
	"os"
)

// ErrUnsupported says that this system keeps no files from programs.
var ErrUnsupported = errors.New("this system has no Landlock to keep files from programs")

// EnterCommand is the word by which thresher's own binary enters a domain and
// becomes another program: `thresher sandbox-enter DOMAIN PROGRAM ARGV0 [ARG]…`,
// with DOMAIN a file of Domain.WriteFile and PROGRAM an absolute path. It is
// for thresher itself and stands in no help.
const EnterCommand = "sandbox-enter"

// Command gives the words that run a program in the domain of a file. self is
// the path of thresher's binary; words begin with the program's argv[0].
func Command(self, domainFile, program string, words []string) []string {
	return append([]string{self, EnterCommand, domainFile, program}, words...)
}

// Become does what the words behind EnterCommand say. It returns only where
// that fails, with the status of what could not be done: 125 for the domain,
// 126 for the program, as env(1) has it.
func Become(args, environ []string) int {
	fail := func(status int, err error) int {
		fmt.Fprintf(os.Stderr, "thresher: %v\n", err)
		return status
	}
	if len(args) < 3 {
		return fail(125, errors.New(EnterCommand+" takes a domain, a program and its words"))
	}
	domain, err := ReadFile(args[0])
	if err != nil {
		return fail(125, err)
	}
	if err := Enter(domain); err != nil {
		return fail(125, err)
	}
	return fail(126, execute(args[1], args[2:], environ))
}

// Hidden runs the commands of this package that thresher starts itself with.
// is says whether the words were one.
func Hidden(words, environ []string) (status int, is bool) {
	switch {
	case len(words) == 0:
		return 0, false
	case words[0] == EnterCommand:
		return Become(words[1:], environ), true
	case words[0] == ProbeCommand:
		return Attempt(), true
	}
	return 0, false
}
