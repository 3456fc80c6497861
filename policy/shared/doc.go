// Package shared holds what a shared layer of the policy is called, and by what it
// is known to be its authors': references, keys and signatures. It reads no file and
// asks nobody.
package shared
