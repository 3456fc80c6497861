package gate

import (
	"slices"
	"strings"

	"thresher/index"
)

// What no pip of this interpreter can take is left out of the pages that it is given:
// of a project with compiled wheels that is nine files in ten, and pip looks at each
// for a twentieth of a millisecond. It passes over them by their tags alone, before
// anything else, and says so in its log of debugging only (pip 20.3 to 26.3
// package_finder.py, evaluate_link).

// narrowed gives a page without the wheels that are certainly for another system or
// another Python. What is not certain stays: pip knows better.
func (g *Gate) narrowed(page *index.Page) *index.Page {
	foreign := func(file index.File) bool { return foreignWheel(file.Filename, g.config.Environment) }
	if !g.config.Narrow || !slices.ContainsFunc(page.Files, foreign) {
		return page
	}
	copied := *page
	copied.Files = make([]index.File, 0, len(page.Files)/4)
	for _, file := range page.Files {
		if !foreign(file) {
			copied.Files = append(copied.Files, file)
		}
	}
	return &copied
}

// foreignWheel says whether a file is a wheel that the interpreter of these marker
// variables can certainly not take.
func foreignWheel(filename string, environment map[string]string) bool {
	stem, wheel := strings.CutSuffix(filename, ".whl")
	if !wheel {
		return false
	}
	parts := strings.Split(strings.ToLower(stem), "-")
	if len(parts) < 5 {
		return false
	}
	interpreters, abis, platforms := parts[len(parts)-3], parts[len(parts)-2], parts[len(parts)-1]
	return !anyPart(platforms, func(tag string) bool { return !foreignSystem(tag, environment["sys_platform"]) }) ||
		!anyPart(interpreters, func(tag string) bool { return !foreignInterpreter(tag, abis, environment) })
}

// foreignSystem says whether a platform's tag is another system's. Of the machine it
// says nothing: interpreters are set up to build for others.
func foreignSystem(tag, system string) bool {
	of := ""
	switch {
	case tag == "win32" || strings.HasPrefix(tag, "win_"):
		of = "win32"
	case strings.HasPrefix(tag, "macosx_"):
		of = "darwin"
	case strings.HasPrefix(tag, "manylinux"), strings.HasPrefix(tag, "musllinux"), strings.HasPrefix(tag, "linux_"):
		of = "linux"
	}
	return of != "" && slices.Contains([]string{"linux", "darwin", "win32"}, system) && of != system
}

// foreignInterpreter says whether an interpreter's tag is that of another Python than
// a CPython 3: of an earlier one only wheels of the stable ABI can be taken.
func foreignInterpreter(tag, abis string, environment map[string]string) bool {
	minor, three := strings.CutPrefix(environment["python_version"], "3.")
	if environment["implementation_name"] != "cpython" || !three {
		return false
	}
	if strings.HasPrefix(tag, "pp") {
		return true
	}
	digits, cpython := strings.CutPrefix(tag, "cp")
	return cpython && digits != "3"+minor && digits != "3" &&
		!anyPart(abis, func(abi string) bool { return abi == "abi3" })
}
