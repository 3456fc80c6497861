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
	t.Parallel()
	account, dir := t.TempDir(), t.TempDir()
	program := buildFor(t, account, dir)
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
		if command.ProcessState.ExitCode() != 20 || !strings.Contains(text, "refused: nuisance: denied") ||
			!strings.Contains(text, said) {
			t.Errorf("HOME=%q: %v\n%s", home, err, text)
		}
	}
}

// buildFor builds thresher, called pip, in a directory, for an account with this
// home directory.
func buildFor(t *testing.T, account, dir string) string {
	t.Helper()
	if runtime.GOOS == "windows" || testing.Short() {
		t.Skip("skipped: -short, or no home directory by account")
	}
	program := filepath.Join(dir, "pip")
	if err := buildThresher(program, account); err != nil {
		t.Fatal(err)
	}
	return program
}

// A variable that names another place for data or state takes nothing away and
// loosens nothing: the advisories of the account count, and what is trusted in
// the other place is not.
func TestDataOfTheAccount(t *testing.T) {
	t.Parallel()
	account, dir := t.TempDir(), t.TempDir()
	program := buildFor(t, account, dir)
	thresher := filepath.Join(dir, "thresher")
	if err := os.Symlink(program, thresher); err != nil {
		t.Fatal(err)
	}
	environment := filepath.Join(dir, "env")
	testkit.Environment(t, testkit.AnyPython(t), environment)
	index := testkit.NewIndex(t)
	index.AddWheel(testkit.Distribution{Name: "nasty", Version: "1.0"})
	index.AddWheel(testkit.Distribution{Name: "reqeusts", Version: "1.0"})
	run := func(name string, variables []string, words ...string) (int, string) {
		t.Helper()
		command := exec.Command(name, words...)
		command.Dir = dir
		command.Env = append([]string{
			"PATH=" + filepath.Join(environment, "bin") + ":/usr/bin:/bin", "PIP_INDEX_URL=" + index.SimpleURL(),
			"PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_NO_CACHE_DIR=1",
		}, variables...)
		out, err := command.CombinedOutput()
		if command.ProcessState == nil {
			t.Fatal(err)
		}
		return command.ProcessState.ExitCode(), string(out)
	}
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(account, ".config", "thresher", "policy.toml"), "[update]\nautomatic = false\n[answers]\n"+
		"without-terminal = true\n")
	write(filepath.Join(dir, "thresher.toml"), "[allow.reqeusts]\nreason = \"ours\"\n")
	write(filepath.Join(dir, "own.jsonl"), advisoryOf("MAL-2026-1", "nasty"))
	write(filepath.Join(dir, "other.jsonl"), advisoryOf("MAL-2026-2", "another"))
	if status, text := run(thresher, nil, "update", "--from", "own.jsonl"); status != 0 {
		t.Fatalf("update: %d\n%s", status, text)
	}
	elsewhere := t.TempDir()
	redirected := []string{
		"HOME=" + elsewhere, "XDG_DATA_HOME=" + filepath.Join(elsewhere, "data"), "XDG_STATE_HOME=" +
			filepath.Join(elsewhere, "state"),
		"XDG_CACHE_HOME=" + filepath.Join(elsewhere, "cache"),
	}
	for _, said := range []string{"with nothing there", "with other data there"} {
		if status, text := run(program, redirected, "install", "nasty"); status != 20 || !strings.Contains(text, "malware") {
			t.Errorf("%s: status %d\n%s", said, status, text)
		}
		if status, text := run(thresher, redirected, "update", "--from", "other.jsonl"); status != 0 {
			t.Fatalf("update: %d\n%s", status, text)
		}
	}
	if status, text := run(thresher, redirected, "check", "another"); status != 20 {
		t.Errorf("what is there does not count: %d\n%s", status, text)
	}

	// Trust is the account's, wherever it is recorded from.
	if status, text := run(thresher, redirected, "trust", "--yes"); status != 0 {
		t.Fatalf("trust: %d\n%s", status, text)
	}
	trusted := filepath.Join(account, ".local", "state", "thresher", "trusted.jsonl")
	record, err := os.ReadFile(trusted)
	if err != nil {
		t.Fatal(err)
	}
	if status, text := run(program, redirected, "install", "reqeusts"); status != 0 {
		t.Errorf("trusted by the account: %d\n%s", status, text)
	}
	if err := os.Remove(trusted); err != nil {
		t.Fatal(err)
	}
	for _, state := range []string{filepath.Join(elsewhere, "state", "thresher"),
		filepath.Join(elsewhere, ".local", "state", "thresher")} {
		if err := os.MkdirAll(state, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(state, "trusted.jsonl"), record, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if status, text := run(program, redirected, "install", "reqeusts"); status != 20 {
		t.Errorf("trusted elsewhere: %d\n%s", status, text)
	}
}

// advisoryOf is a record that calls a whole project malware.
func advisoryOf(id, name string) string {
	return `{"id":"` + id + `","modified":"2026-01-01T00:00:00Z","summary":"bad",` +
		`"affected":[{"package":{"ecosystem":"PyPI","name":"` + name +
		`"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]}` + "\n"
}
