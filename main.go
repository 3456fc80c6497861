// Command thresher is one binary under several names. Called as pip, pip3 or
// pip3.N it is the shim: it stands where pip is called, vets what pip is about
// to install, and hands over to the real pip. Called by any other name it is
// thresher's own command line.
package main

import (
	"os"
	"runtime"

	"thresher/cli"
	"thresher/internal/places"
	"thresher/internal/version"
	"thresher/sandbox"
	"thresher/shim"
)

func main() {
	os.Exit(run(os.Args, places.Environ(os.Environ(), runtime.GOOS)))
}

func run(args, environ []string) int {
	streams := shim.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
	// First, since thresher starts itself by its file, which may be called pip.
	if status, is := sandbox.Hidden(args[1:], environ); is {
		return status
	}
	if program := shim.ProgramName(args[0]); program != "" {
		return shim.Run(program, args[1:], environ, streams)
	}
	return cli.Run(args, environ, streams.In, streams.Out, streams.Err, cli.Shim{
		Version: version.String(),
		RunWithin: func(as cli.Within, args []string) int {
			return shim.RunWithin(shim.Within(as), args, environ, streams)
		},
		Run:  func(args []string) int { return shim.Run("pip", args, environ, streams) },
		Plan: func(args []string, asJSON bool) int { return shim.Plan(args, environ, streams, asJSON) },
	})
}
