package python

import (
	"maps"
	"path/filepath"
	"runtime"
	"strings"
)

// MarkerEnvironment gives the values of the marker variables of PEP 508 in
// the interpreter, from the machine itself where they are certain; otherwise
// the interpreter is asked once, and its answer kept in cacheDir.
func (e Environment) MarkerEnvironment(cacheDir string) (map[string]string, error) {
	machine, known := systemMarkers()
	markers := map[string]string{}
	if e.said == nil && known && isFull(e.PythonVersion) && runtime.GOOS == "linux" &&
		strings.HasPrefix(filepath.Base(filepath.Dir(e.SitePackages[0])), "python3.") {
		markers = map[string]string{
			"implementation_name":            "cpython",
			"implementation_version":         e.PythonVersion,
			"platform_python_implementation": "CPython",
			"python_full_version":            e.PythonVersion,
			"python_version":                 minorOf(e.PythonVersion),
		}
	} else {
		said, err := e.ask(nil, cacheDir)
		if err != nil {
			return nil, err
		}
		maps.Copy(markers, said.Markers)
	}
	// The kernel may be another one than when the interpreter was asked.
	if known {
		maps.Copy(markers, machine)
	}
	return markers, nil
}
