//go:build !unix

package pip

// systemMarkers is left to the interpreter.
func systemMarkers() (markers map[string]string, ok bool) { return nil, false }
