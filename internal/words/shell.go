package words

import (
	"path/filepath"
	"runtime"
	"strings"
)

// ShellWord writes a text as one word of this system's shells, in quotes where it
// needs them: of a POSIX shell, on Windows of cmd and PowerShell.
func ShellWord(text string) string { return shellWord(text, runtime.GOOS) }

func shellWord(text, system string) string {
	special := "@%+=:,./_-"
	if system == "windows" {
		special = `@+=:./_-\` // cmd takes a comma for a blank, and % for a variable's name
	}
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(special, r)
	}
	if text != "" && strings.TrimFunc(text, safe) == "" {
		return text
	}
	return quoted(text, system)
}

// ShellWords writes a command line.
func ShellWords(texts []string) string {
	written := make([]string, len(texts))
	for i, text := range texts {
		written[i] = ShellWord(text)
	}
	return strings.Join(written, " ")
}

// Quoted writes a text in quotes, as a word of this system's shells.
func Quoted(text string) string { return quoted(text, runtime.GOOS) }

// quoted knows double quotes alone for Windows: cmd has no others.
func quoted(text, system string) string {
	if system == "windows" {
		return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	return ShellQuoted(text)
}

// ShellQuoted writes a text in quotes, as a word that stands for itself in bash,
// zsh and sh.
func ShellQuoted(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// NewEnvironment is the command that makes a virtual environment here and
// activates it.
func NewEnvironment() string {
	return usualPython(runtime.GOOS) + " -m venv .venv && " + Activation(".venv", "", runtime.GOOS)
}

// UsualPython is the name by which this system has its Python on PATH.
func UsualPython() string { return usualPython(runtime.GOOS) }

// usualPython: Python's installer for Windows places no python3.exe.
func usualPython(system string) string {
	if system == "windows" {
		return "python"
	}
	return "python3"
}

// Activation is the command that activates an environment in a shell: "fish", or
// any other.
func Activation(directory, shell, system string) string {
	switch {
	case system == "windows":
		return shellWord(filepath.Join(directory, "Scripts", "activate"), system)
	case shell == "fish":
		return "source " + shellWord(filepath.Join(directory, "bin", "activate.fish"), system)
	}
	return ". " + shellWord(filepath.Join(directory, "bin", "activate"), system)
}
