package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"thresher/internal/testkit"
)

// The policy in the home directory of the account counts whatever HOME says,
// and without one: what another file loosens does not.
func TestPolicyOfTheAccount(t *testing.T) {
	if runtime.GOOS == "windows" || testing.Short() {
		t.Skip("skipped: -short, or no home directory by account")
	}
	account, dir := t.TempDir(), t.TempDir()
	program := filepath.Join(dir, "pip")
	build := exec.Command("go", "build", "-ldflags", "-X thresher/internal/places.account="+account, "-o", program, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build thresher: %v\n%s", err, out)
	}
	write := func(home, text string) {
		t.Helper()
		path := filepath.Join(home, ".config", "thresher", "policy.toml")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(account, "[update]\nautomatic = false\n[deny]\nnuisance = \"not here\"\n")
	elsewhere := t.TempDir()
	write(elsewhere, "[allow.nuisance]\nreason = \"theirs\"\n")
	environment := filepath.Join(dir, "env")
	testkit.Environment(t, testkit.AnyPython(t), environment)
	for home, said := range map[string]string{"": "", t.TempDir(): "", elsewhere: "which only tightens"} {
		command := exec.Command(program, "install", "--no-index", "nuisance")
		command.Dir = dir
		command.Env = []string{"PATH=" + filepath.Join(environment, "bin") + ":/usr/bin:/bin"}
		if home != "" {
			command.Env = append(command.Env, "HOME="+home)
		}
		var complaint bytes.Buffer
		command.Stderr = &complaint
		err := command.Run()
		text := complaint.String()
		if command.ProcessState.ExitCode() != 20 || !strings.Contains(text, "refused: nuisance: denied") || !strings.Contains(text, said) {
			t.Errorf("HOME=%q: %v\n%s", home, err, text)
		}
	}
}
