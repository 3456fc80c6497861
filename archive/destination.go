package archive

import (
	"path"
	"strings"
)

// Scheme is a directory of an environment that pip puts members of a wheel in.
type Scheme string

// The schemes. In a virtual environment purelib and platlib are one.
const (
	Site        Scheme = "site"        // site-packages
	Scripts     Scheme = "scripts"     // bin, or Scripts under Windows
	Environment Scheme = "environment" // the environment itself (sys.prefix)
	Headers     Scheme = "headers"     // include/site/pythonX.Y/NAME
	Nowhere     Scheme = ""            // pip refuses the wheel for this member
)

// Destination gives where pip installs a member of a wheel, by its name: the
// scheme, and the path in it. Every directory "*.data" at the top counts, not
// only the wheel's own (pip 20.0 to 26.3, operations/install/wheel.py).
func Destination(name string) (scheme Scheme, inside string) {
	top, rest, _ := strings.Cut(name, "/")
	if !strings.HasSuffix(top, ".data") {
		return Site, name
	}
	key, inside, _ := strings.Cut(rest, "/")
	scheme, known := map[string]Scheme{
		"purelib": Site, "platlib": Site, "scripts": Scripts, "data": Environment, "headers": Headers,
	}[key]
	if !known || inside == "" {
		return Nowhere, ""
	}
	return scheme, inside
}

// Place gives Destination, and where that is the same as a place of
// another scheme, that place: what lies at lib/python3.X/site-packages of the
// environment lies in site-packages. Which X the environment has is not asked.
func Place(name string) (scheme Scheme, inside string) {
	scheme, inside = Destination(name)
	if scheme != Environment {
		return scheme, inside
	}
	parts := strings.Split(inside, "/")
	for i, part := range parts[:len(parts)-1] {
		if isLibrary(parts[:i]) && (part == "site-packages" || part == "dist-packages") {
			return Site, path.Join(parts[i+1:]...)
		}
	}
	if len(parts) > 1 && (parts[0] == "bin" || strings.EqualFold(parts[0], "scripts")) {
		return Scripts, path.Join(parts[1:]...)
	}
	return Environment, inside
}

// isLibrary tells whether the parts of a path name a directory of libraries:
// "lib/python3.11", "lib64/python3", "local/lib/python3.11", "Lib".
func isLibrary(parts []string) bool {
	if len(parts) > 0 && parts[0] == "local" {
		parts = parts[1:]
	}
	if len(parts) == 0 || !strings.EqualFold(parts[0], "lib") && parts[0] != "lib64" {
		return false
	}
	return len(parts) == 1 ||
		len(parts) == 2 && (strings.HasPrefix(parts[1], "python") || strings.HasPrefix(parts[1], "pypy"))
}
