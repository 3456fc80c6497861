// Package rules turns evidence into findings.
//
// JudgeRequested, JudgeDependency, JudgeProject, JudgeFile, JudgeIndex,
// JudgeConfusion and JudgeArrival, methods of Settings, take evidence as plain
// values; Decide says what their findings come to at a terminal, without one
// and inside the gate. No rule reads a file, asks an index or looks at the
// clock: what it needs is in its arguments.
package rules
