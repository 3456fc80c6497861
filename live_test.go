package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"thresher/internal/testkit"
)

// TestLiveInstall installs a small real package through the shim, from the
// index that this machine is set up for. It is skipped where that index does
// not answer plain pip either.
func TestLiveInstall(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	t.Parallel()
	python := testkit.AnyPython(t)
	dir := t.TempDir()
	environment := filepath.Join(dir, "env")
	testkit.Environment(t, python, environment)
	interpreter := filepath.Join(environment, "bin", "python")
	plain := exec.Command(interpreter, "-I", "-m", "pip", "download", "-q", "--no-deps", "--retries",
		"0", "--timeout", "10",
		"-d", filepath.Join(dir, "plain"), "six")
	if out, err := plain.CombinedOutput(); err != nil {
		t.Skipf("skipped: this machine's index does not answer: %s", strings.TrimSpace(string(out)))
	}
	policy := filepath.Join(dir, "config", "thresher", "policy.toml")
	if err := os.MkdirAll(filepath.Dir(policy), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(policy, []byte("[update]\nautomatic = false\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	// The configuration of pip stays the machine's own; what thresher keeps is the test's.
	environ := append(os.Environ(),
		"XDG_CONFIG_HOME="+filepath.Join(dir, "config"), "XDG_DATA_HOME="+filepath.Join(dir, "data"),
		"XDG_STATE_HOME="+filepath.Join(dir, "state"), "XDG_CACHE_HOME="+filepath.Join(dir, "cache"),
		"PATH="+strings.Join([]string{binaries, filepath.Join(environment, "bin"), os.Getenv("PATH")},
			string(os.PathListSeparator)))
	if path := filepath.Join(os.Getenv("HOME"), ".config", "pip", "pip.conf"); os.Getenv("PIP_CONFIG_FILE") == "" {
		if _, err := os.Stat(path); err == nil {
			environ = append(environ, "PIP_CONFIG_FILE="+path)
		}
	}
	install := exec.Command(filepath.Join(binaries, "pip"), "install", "six")
	install.Env = environ
	var stdout, stderr bytes.Buffer
	install.Stdout, install.Stderr = &stdout, &stderr
	if err := install.Run(); err != nil {
		t.Fatalf("%v\n%s%s", err, stdout.String(), stderr.String())
	}
	if !strings.Contains(stdout.String(), "Successfully installed six-") ||
		!strings.Contains(stderr.String(), "thresher: + six ") {
		t.Errorf("stdout:\n%s\nstderr:\n%s", stdout.String(), stderr.String())
	}
	if strings.Contains(stdout.String(), "thresher") {
		t.Errorf("stdout is not pip's alone:\n%s", stdout.String())
	}
	refused := exec.Command(filepath.Join(environment, "bin", "pip"), "install", "reqeusts")
	refused.Env = environ
	var exit *exec.ExitError
	if err := refused.Run(); !errors.As(err, &exit) || exit.ExitCode() != 20 {
		t.Errorf("the environment's own pip was not guarded at first sight: %v", err)
	}
}
