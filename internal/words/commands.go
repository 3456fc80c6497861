package words

import (
	"path/filepath"
	"runtime"
	"strings"
)

// The commands that thresher shows are pasted into bash, zsh or sh, and on Windows
// into PowerShell or cmd. Where no command means the same in the latter two, it is
// PowerShell's. There is no && in the PowerShell that Windows brings, so that on
// Windows each is one command.

// NewEnvironment is the command that makes a virtual environment here and
// activates it. On Windows what it says names the command that activates.
func NewEnvironment() string { return newEnvironment(runtime.GOOS) }

func newEnvironment(system string) string {
	if system == "windows" {
		return "thresher new .venv"
	}
	return usualPython(system) + " -m venv .venv && " + activation(".venv", "", system)
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
func Activation(directory, shell string) string { return activation(directory, shell, runtime.GOOS) }

func activation(directory, shell, system string) string {
	switch {
	case system == "windows":
		program := shellWord(filepath.Join(directory, "Scripts", "activate"), system)
		if strings.HasPrefix(program, `"`) {
			return "& " + program // a word in quotes is a text to PowerShell
		}
		return program
	case shell == "fish":
		return "source " + shellWord(filepath.Join(directory, "bin", "activate.fish"), system)
	}
	return ". " + shellWord(filepath.Join(directory, "bin", "activate"), system)
}

// Show is the command that shows a file.
func Show(path string) string { return show(path, runtime.GOOS) }

func show(path, system string) string {
	if system == "windows" {
		return "type " + shellWord(path, system)
	}
	return "cat " + shellWord(path, system)
}

// Move is the command that gives a file or directory another name.
func Move(from, to string) string { return move(from, to, runtime.GOOS) }

func move(from, to, system string) string {
	program := "mv "
	if system == "windows" {
		program = "move "
	}
	return program + shellWord(from, system) + " " + shellWord(to, system)
}

// Remove is the command that removes a file.
func Remove(path string) string { return remove(path, runtime.GOOS) }

func remove(path, system string) string {
	if system == "windows" {
		return "del " + shellWord(path, system)
	}
	return "rm " + shellWord(path, system)
}

// RemoveAll is the command that removes files, and directories with all that is in
// them.
func RemoveAll(paths []string) string { return removeAll(paths, runtime.GOOS) }

func removeAll(paths []string, system string) string {
	quoted := make([]string, len(paths))
	for i, path := range paths {
		quoted[i] = shellWord(path, system)
	}
	if system == "windows" {
		return "Remove-Item -Recurse -Force " + strings.Join(quoted, ", ")
	}
	return "rm -rf " + strings.Join(quoted, " ")
}

// SetVariable is the command that sets a variable in a shell.
func SetVariable(name, value string) string { return setVariable(name, value, runtime.GOOS) }

func setVariable(name, value, system string) string {
	if system == "windows" {
		return "$env:" + name + " = " + quoted(value, system)
	}
	return "export " + name + "=" + shellWord(value, system)
}

// AskVariable is the command that asks for the value of a variable, which is then
// in no history.
func AskVariable(name string) string { return askVariable(name, runtime.GOOS) }

func askVariable(name, system string) string {
	if system == "windows" {
		return "$env:" + name + " = Read-Host"
	}
	return "export " + name + `="$(head -n 1)"`
}

// UnsetVariables is the command that takes variables out of a shell.
func UnsetVariables(names ...string) string { return unsetVariables(names, runtime.GOOS) }

func unsetVariables(names []string, system string) string {
	if system == "windows" {
		return "Remove-Item Env:" + strings.Join(names, ", Env:")
	}
	return "unset " + strings.Join(names, " ")
}
