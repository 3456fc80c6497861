package archive

import (
	"path"
	"strings"
)

// ModuleOf gives the module that Python may import from a file below
// site-packages, its packages as folders: "x/core" for "x/core.py",
// "x/core.abi3.so" and "x/__pycache__/core.cpython-311.pyc", "x" for "x.py" and
// "x/__init__.py". Of several files of one module Python takes one, a package
// before others, compiled code before source (importlib's FileFinder). ok is false
// for what is no module.
func ModuleOf(inside string) (module string, ok bool) {
	folder, base := path.Split(inside)
	folder = strings.TrimSuffix(folder, "/")
	name, suffix, _ := strings.Cut(base, ".")
	cached := path.Base(folder) == "__pycache__"
	if cached {
		folder = parent(folder)
	}
	switch extension := path.Ext(base); {
	case name == "":
		return "", false
	case cached:
		ok = extension == ".pyc"
	case extension == ".so" || extension == ".pyd":
		ok = strings.Count(suffix, ".") < 2 // with a tag of the interpreter or without
	default:
		ok = suffix == "py" || suffix == "pyc" || suffix == "pyw"
	}
	if name != "__init__" {
		return path.Join(folder, name), ok
	}
	return folder, ok && folder != ""
}
