package main

import (
	"go/version"
	"os"
	"strings"
	"testing"
)

// firstSoundGo is the first Go that refuses certificates under the authorities
// that were stolen in October 2026 (GO-2026-6809).
const firstSoundGo = "go1.26.10"

// What is built by install.sh and release.sh is built by the Go that go.mod
// names, or a later one.
func TestToolchain(t *testing.T) {
	content, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	named := ""
	for line := range strings.Lines(string(content)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "toolchain" {
			named = words[1]
		}
	}
	if !version.IsValid(named) || version.Compare(named, firstSoundGo) < 0 {
		t.Errorf("go.mod names %q, not %s or later", named, firstSoundGo)
	}
	for file, line := range map[string]string{
		"install.sh": "GOTOOLCHAIN=auto quiet_go build", "release.sh": "GOTOOLCHAIN=$(sed -n 's/^toolchain ",
		".ci/run": "export GOTOOLCHAIN=auto",
	} {
		if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), line) {
			t.Errorf("%s does not have %q: %v", file, line, err)
		}
	}
}
