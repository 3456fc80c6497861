package archive

import (
	"path"
	"strings"
)

// HookKind says how a file gets to run without being asked for.
type HookKind string

// The kinds of startup hooks.
const (
	PathFile        HookKind = "pth"              // a .pth file: its import lines run at every start of Python
	StartFile       HookKind = "start"            // a .start file (PEP 829)
	SiteCustomize   HookKind = "sitecustomize"    // imported by site.py, or by what that imports
	UserCustomize   HookKind = "usercustomize"    // imported by site.py
	Configuration   HookKind = "configuration"    // pyvenv.cfg, or a ._pth file beside the interpreter
	StandardLibrary HookKind = "standard-library" // in lib/pythonX.Y itself, before site-packages
)

// Hook is a member of a wheel that takes part in every start of Python once
// the wheel is installed.
type Hook struct {
	Member Member
	Kind   HookKind
	Scheme Scheme // where it is installed; Nowhere of a source archive
	Path   string // in that scheme, for comparison with other wheels and with what is installed
}

// HookOf tells the startup hook by the path of a file below site-packages. A
// .pth of paths alone is one as well: see HasImportLine.
func HookOf(inside string) (HookKind, bool) {
	top, rest, nested := strings.Cut(inside, "/")
	if !nested {
		// Under Windows "x.pth." and "x.pth::$DATA" are "x.pth".
		plain, _, _ := strings.Cut(top, ":")
		plain = strings.TrimRight(plain, ". ")
		switch {
		case strings.HasSuffix(strings.ToLower(plain), ".pth"):
			return PathFile, true
		case strings.HasSuffix(strings.ToLower(plain), ".start"):
			return StartFile, true
		}
	}
	// A module may be a file of any suffix, a package with all that it imports,
	// or what Python takes for a file's compiled form.
	if top == "__pycache__" {
		top = rest
	}
	module, _, _ := strings.Cut(top, ".")
	switch strings.ToLower(module) {
	case "sitecustomize":
		return SiteCustomize, true
	case "usercustomize":
		return UserCustomize, true
	case "apport_python_hook": // Ubuntu's own sitecustomize imports it wherever it is found
		return SiteCustomize, true
	}
	return "", false
}

// StartupHooks gives the members of a wheel that take part in every start of
// Python when it is installed, in the order of the members. What a .pth of the
// wheel reaches beyond these is had from HooksBehind.
func StartupHooks(members []Member) []Hook {
	var hooks []Hook
	for _, m := range members {
		if m.IsFolder() {
			continue
		}
		scheme, inside := Place(m.Name)
		if kind, ok := hookAt(scheme, inside); ok {
			hooks = append(hooks, Hook{Member: m, Kind: kind, Scheme: scheme, Path: inside})
		}
	}
	return hooks
}

// SourceHooks gives the members of a source archive that a build may make
// startup hooks of: those that would be one at the top of site-packages,
// wherever they lie. What the build makes is known from its wheel alone.
func SourceHooks(members []Member) []Hook {
	var hooks []Hook
	for _, m := range members {
		if m.IsFolder() {
			continue
		}
		name := path.Clean(m.Name)
		if kind, ok := HookOf(path.Base(name)); ok {
			hooks = append(hooks, Hook{Member: m, Kind: kind, Path: name})
		} else if kind, ok := HookOf(path.Base(path.Dir(name)) + "/" + path.Base(name)); ok && path.Dir(name) != "." {
			hooks = append(hooks, Hook{Member: m, Kind: kind, Path: name})
		}
	}
	return hooks
}

func hookAt(scheme Scheme, inside string) (HookKind, bool) {
	switch scheme {
	case Site:
		return HookOf(inside)
	case Scripts: // beside the interpreter
		return Configuration, isConfiguration(inside)
	case Environment:
		if isConfiguration(inside) {
			return Configuration, true
		}
		if !strings.Contains(inside, "/") {
			return HookOf(inside) // Windows takes the environment's own folder for a site directory
		}
		return StandardLibrary, isStandardLibrary(inside)
	}
	return "", false
}

// isConfiguration tells what decides, beside an interpreter or in the
// environment's own folder, where Python looks for modules.
func isConfiguration(inside string) bool {
	lower := strings.ToLower(inside)
	return !strings.Contains(lower, "/") && (lower == "pyvenv.cfg" || strings.HasSuffix(lower, "._pth"))
}

// isStandardLibrary tells a module that comes before all of site-packages where
// the environment is no virtual one: in lib/pythonX.Y, or in Windows' Lib.
func isStandardLibrary(inside string) bool {
	folder, base := path.Split(inside)
	parts := strings.Split(strings.TrimSuffix(folder, "/"), "/")
	extension := strings.ToLower(path.Ext(base))
	switch {
	case extension != ".py" && extension != ".pyc" && extension != ".pyd" && extension != ".so":
		return false
	case len(parts) > 1 && isLibrary(parts[:2]):
		return true
	case !strings.EqualFold(parts[0], "lib") || extension == ".so":
		return false // shared libraries lie in lib
	}
	return len(parts) == 1 || len(parts) == 2 && strings.HasPrefix(base, "__init__.")
}

func parent(folder string) string { return folder[:max(strings.LastIndexByte(folder, '/'), 0)] }

// HooksBehind gives the modules sitecustomize and usercustomize of a wheel in
// the folders that a .pth file of it puts on Python's path: site.py imports
// them from there as from site-packages. The path lines are read relative to
// site-packages; an absolute one leads to no member of a wheel.
func HooksBehind(members []Member, pth []byte) []Hook {
	folders := map[string]bool{}
	for line := range pathLines(pth) {
		line = strings.ReplaceAll(strings.TrimRight(line, " \t\x00"), `\`, "/")
		if line != "" && line[0] != '#' && !path.IsAbs(line) && !isImportLine(line) {
			folders[path.Join(sitePlace, line)] = true
		}
	}
	var hooks []Hook
	for _, m := range members {
		if m.IsFolder() || len(folders) == 0 {
			continue
		}
		scheme, inside := Place(m.Name)
		place := inside
		switch scheme {
		case Site:
			place = path.Join(sitePlace, inside)
		case Environment:
		default:
			continue
		}
		for folder := parent(place); folder != ""; folder = parent(folder) {
			kind, ok := HookOf(strings.TrimPrefix(place, folder+"/"))
			if ok && folders[folder] && (kind == SiteCustomize || kind == UserCustomize) {
				hooks = append(hooks, Hook{Member: m, Kind: kind, Scheme: scheme, Path: inside})
				break
			}
		}
	}
	return hooks
}

// sitePlace stands for site-packages in an environment, three folders below it
// as under Unix.
const sitePlace = "lib/python/site-packages"
