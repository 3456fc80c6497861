package venv

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The guard itself, asked in Python, and GuardLetsPass say the same.
func TestGuardLetsPass(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("skipped: there is no python3")
	}
	lines := [][]string{
		{}, {"list"}, {"install", "x"}, {"--version"}, {"--version", "install", "x"}, {"-V", "install"}, {"-h", "install"},
		{"--help", "download", "x"}, {"help", "install"}, {"--vers", "install"}, {"--cer", "x", "list"},
		{"--cer", "x", "show", "install"},
		{"--cert", "x", "list"}, {"--cert=x", "wheel"}, {"--log"}, {"-qqqq", "list"}, {"--python", "install", "list"},
		{"uninstall", "install"},
		{"--no-such", "freeze"}, {"frobnicate"}, {"--", "list"}, {"--", "install"}, {"-"}, {"--version=1", "install"},
		{"--quiet", "lock"},
	}
	for _, words := range [][]string{harmlessCommands, harmlessFlags, harmlessOptions, installingCommands} {
		for _, word := range words {
			lines = append(lines, []string{word}, []string{word, "install"}, []string{word, "x", "wheel"},
				[]string{word + "=x", "list"})
		}
	}
	given, err := json.Marshal(lines)
	if err != nil {
		t.Fatal(err)
	}
	source := strings.Replace(guardSource, "@THRESHER@", `""`, 1) +
		"\nimport json\nprint(json.dumps([not installs(line) for line in json.load(sys.stdin)]))\n"
	script := filepath.Join(t.TempDir(), "ask.py")
	if err := os.WriteFile(script, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(python, script)
	command.Stdin, command.Stderr = strings.NewReader(string(given)), os.Stderr
	output, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []bool
	if err := json.Unmarshal(output, &want); err != nil || len(want) != len(lines) {
		t.Fatalf("%v: %s", err, output)
	}
	for i, words := range lines {
		if got := GuardLetsPass(words); got != want[i] {
			t.Errorf("pip %q: the guard says %v, thresher %v", words, want[i], got)
		}
	}
}
