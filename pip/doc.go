// Package pip is a model of the pip that will run: which one it is, how it
// reads its command line, environment, configuration and every file that can
// name a requirement, and how to run it from nothing but what was read.
//
// Find chooses an Installation, Parse reads a command line into a Command, Seal
// turns that into a process. A model can be wrong, so that each of the three
// ends on the safe side: what cannot be told for certain is Unreadable, a
// command line that pip is expected to refuse is run in a way that cannot
// install (Refusal), and the sealed command line is written anew from what was
// understood rather than passed on.
//
// Its inner rooms are option (what a command line says) and source (what the
// files that it names say).
//
// Where a function follows pip's or Python's own, its comment names that one.
package pip
