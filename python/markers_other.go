//go:build !unix

package python

// systemMarkers is left to the interpreter.
func systemMarkers() (markers map[string]string, ok bool) { return nil, false }
