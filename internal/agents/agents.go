// Package agents tells by their variables that a coding agent runs a command. It
// is no boundary: what runs as the user may take them out.
package agents

import (
	"path"
	"slices"
	"strings"
)

// Variables are those by which coding agents say that they run a command.
var Variables = []string{
	"AI_AGENT", "AMP_CURRENT_THREAD_ID", "ANTIGRAVITY_AGENT", "AUGMENT_AGENT", "CLAUDECODE", "CLAUDE_CODE",
	"CLINE_ACTIVE", "CODEX_SANDBOX", "CODEX_SANDBOX_NETWORK_DISABLED", "COPILOT_AGENT", "CURSOR_AGENT", "GEMINI_CLI",
	"GOOSE_TERMINAL", "OPENCODE", "OPENCODE_CLIENT", "QWEN_CODE",
}

// maximalAncestors is how far up processes are looked at.
const maximalAncestors = 64

// Running gives the variable by which an agent says that it runs this process,
// "" for none: one of environ (NAME=value), or of what started it, since a task
// file may take a variable out. more are further names, with "*" for any
// characters. A process above that has another home directory is no matter of
// this user's session any more, nor what is above that.
func Running(environ, more []string) string {
	if found := in(environ, more); found != "" {
		return found
	}
	home := valueOf(environ, "HOME")
	pid := parent()
	for range maximalAncestors {
		above, next, ok := process(pid)
		if !ok || valueOf(above, "HOME") != home {
			return ""
		}
		if found := in(above, more); found != "" {
			return found
		}
		pid = next
	}
	return ""
}

// in gives the first of the variables that is set, and to something.
func in(environ, more []string) string {
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if value == "" || value == "0" || strings.EqualFold(value, "false") {
			continue
		}
		if slices.Contains(Variables, name) || slices.ContainsFunc(more, func(pattern string) bool {
			fits, err := path.Match(pattern, name)
			return err == nil && fits
		}) {
			return name
		}
	}
	return ""
}

func valueOf(environ []string, name string) string {
	for _, pair := range environ {
		if value, found := strings.CutPrefix(pair, name+"="); found {
			return value
		}
	}
	return ""
}
