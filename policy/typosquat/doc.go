// Package typosquat judges whether a name imitates a popular one: a typo of
// it, its words in another order, the same name with an affix that means
// nothing. It works offline over an embedded list of popular names, imports
// nothing of the other rooms, and takes about ten microseconds a name.
//
// What may be imitated (targets.go) are the popular names, the same less a word
// like python- that people leave out, the modules of the standard library and
// requirements.txt. Each sort of imitation has a function that finds it
// (findings.go, affixes.go), and score.go weighs what was found: how popular the
// target is, how long, what was changed, and whether a coincidence of two honest
// names would look the same. The score makes the confidence; messages.go says
// the finding in words.
//
// `go run ./bench/typosquat` measures all of it.
package typosquat
