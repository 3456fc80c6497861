// Package exposure answers the question of the day on which a release turns out
// to be bad: in which environments it stands or stood, which runs brought it,
// and which caches still hold it. It reads files alone and starts no Python.
package exposure
