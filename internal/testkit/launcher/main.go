// Command launcher is what stands as python.exe in a virtual environment on
// Windows: it starts the interpreter that the environment was made from, and says
// by a variable which environment is meant (CPython 3.11 PC/launcher.c, built with
// VENV_REDIRECT). A Python that comes without CPython's own takes this one in tests,
// as Lib/venv/scripts/nt/python.exe and pythonw.exe.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	status, err := launch(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "launcher:", err)
		status = 101
	}
	os.Exit(status)
}

// launch runs the base interpreter and gives its exit status.
func launch(arguments []string) (int, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	home, err := baseHome(filepath.Join(filepath.Dir(filepath.Dir(self)), "pyvenv.cfg"))
	if err != nil {
		return 0, err
	}
	interpreter := exec.Command(filepath.Join(home, filepath.Base(self)), arguments...)
	interpreter.Env = append(os.Environ(), "__PYVENV_LAUNCHER__="+self)
	interpreter.Stdin, interpreter.Stdout, interpreter.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = interpreter.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// baseHome reads where the base interpreter lies (PEP 405).
func baseHome(configuration string) (string, error) {
	content, err := os.ReadFile(configuration)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(content)) {
		if key, value, found := strings.Cut(line, "="); found && strings.EqualFold(strings.TrimSpace(key), "home") {
			return strings.TrimSpace(value), nil
		}
	}
	return "", fmt.Errorf("%s has no home", configuration)
}
