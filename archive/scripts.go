package archive

import (
	"slices"
	"strings"

	"thresher/internal/lazyregexp"
)

// Script is a command that a wheel brings.
type Script struct {
	Name   string // its path in bin or Scripts, without ".exe"
	Member string // the member that it is; "" where pip makes it of an entry point
}

// ownScript are the commands of the environment itself.
var ownScript = lazyregexp.New(
	`(?i)^(pip|python)w?(3(\.[0-9]+t?)?)?(\.exe|-script\.py)?$|^(de)?activate(\.|$)|^activate_this\.py$`)

// OwnScript tells whether a file in bin or Scripts is one of the environment
// itself: its interpreter, its pip, its activation. The pip distribution alone
// brings one of these by right.
func OwnScript(name string) bool { return ownScript().MatchString(name) }

// systemCommand are commands that nobody expects a package to bring, and that
// would be found before the system's wherever the environment is active.
var systemCommand = lazyregexp.New(
	`(?i)^(thresher|sudo|su|doas|ssh|scp|sftp|git|env|sh|bash|zsh|dash|ls)(\.exe|-script\.py)?$`)

// SystemCommand tells whether a file in bin or Scripts would run in the place of
// a command of the system that people type, and say passwords to, in an active
// environment.
func SystemCommand(name string) bool { return systemCommand().MatchString(name) }

// LeadsOut tells a command whose name says another place than bin or Scripts. pip
// takes the last part of such a name (23.2), so that "../x/python" becomes
// "python", or refuses it (26.3).
func LeadsOut(name string) bool {
	return strings.ContainsAny(name, "\\:") || strings.HasPrefix(name, "/") ||
		slices.Contains(strings.Split(name, "/"), "..")
}

// ScriptsOf gives the commands that a wheel brings: members for bin or Scripts,
// and the console and GUI scripts of its entry_points.txt, which may be nil. A
// name with a slash leads out of the scripts' directory.
func ScriptsOf(members []Member, entryPoints []byte) []Script {
	var scripts []Script
	for _, m := range members {
		if scheme, inside := Place(m.Name); scheme == Scripts && !m.IsFolder() {
			scripts = append(scripts, Script{Name: withoutExe(inside), Member: m.Name})
		}
	}
	for _, name := range entryPointScripts(entryPoints) {
		scripts = append(scripts, Script{Name: withoutExe(name)})
	}
	return scripts
}

func withoutExe(name string) string {
	if n := len(name) - len(".exe"); n > 0 && strings.EqualFold(name[n:], ".exe") {
		return name[:n]
	}
	return name
}

// entryPointScripts reads the names of scripts from entry_points.txt. The
// readers differ (configparser up to Python 3.9, importlib.metadata,
// pkg_resources); what any takes for a script is one here.
func entryPointScripts(content []byte) []string {
	var names []string
	group := ""
	for line := range pathLines(content) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]") {
			group = strings.TrimSpace(strings.Trim(line, "[]"))
			continue
		}
		name, _, found := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		if !found || name == "" || name[0] == '#' {
			continue
		}
		switch group {
		case "console_scripts", "gui_scripts", "DEFAULT": // the last is part of all for configparser
			names = append(names, name)
		}
	}
	return names
}
