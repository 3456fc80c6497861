//go:build race

package main

// raceDetector tells whether the tests, and so the program they build, have it.
const raceDetector = true
