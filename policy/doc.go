// Package policy holds what is allowed: the policy file and its layers, and
// the rules that turn evidence into findings.
//
// Load reads the layers (system, user, project) into one Policy whose every
// value remembers where it was said. JudgeRequested, JudgeProject, JudgeFile,
// JudgeIndex and JudgeArrival turn evidence, given as plain values, into
// findings; Decide turns findings into one verdict. No rule reads a file, asks
// an index or looks at the clock: what it needs is in its arguments.
package policy
