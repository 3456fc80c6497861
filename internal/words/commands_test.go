package words

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestCommands(t *testing.T) {
	activate := strings.ReplaceAll(filepath.Join(".venv", "Scripts", "activate"), "/", `\`)
	for name, test := range map[string]struct {
		command           func(system string) string
		posix, powershell string
	}{
		"new environment": {
			newEnvironment, "python3 -m venv .venv && . .venv/bin/activate", "thresher new .venv",
		},
		"activation": {func(s string) string { return activation(".venv", "bash", s) }, ". .venv/bin/activate", activate},
		"activation by fish": {
			func(s string) string { return activation(".venv", "fish", s) }, "source .venv/bin/activate.fish", activate,
		},
		"activation with a blank": {
			func(s string) string { return activation("my env", "zsh", s) }, ". 'my env/bin/activate'",
			`& "my env\Scripts\activate"`,
		},
		"show": {func(s string) string { return show("a b", s) }, "cat 'a b'", `type "a b"`},
		"move": {func(s string) string { return move("a", "a b", s) }, "mv a 'a b'", `move a "a b"`},
		"remove": {
			func(s string) string { return remove("it's $HOME", s) }, `rm 'it'\''s $HOME'`, "del \"it's `$HOME\"",
		},
		"remove all": {
			func(s string) string { return removeAll([]string{"a", "b c"}, s) }, "rm -rf a 'b c'",
			`Remove-Item -Recurse -Force a, "b c"`,
		},
		"set": {func(s string) string { return setVariable("A", "b", s) }, "export A=b", `$env:A = "b"`},
		"ask": {func(s string) string { return askVariable("A", s) }, `export A="$(head -n 1)"`, "$env:A = Read-Host"},
		"unset": {
			func(s string) string { return unsetVariables([]string{"A", "B"}, s) }, "unset A B",
			"Remove-Item Env:A, Env:B",
		},
	} {
		for system, want := range map[string]string{"linux": test.posix, "darwin": test.posix, "windows": test.powershell} {
			got := test.command(system)
			if system == "windows" {
				got = strings.ReplaceAll(got, "/", `\`) // as filepath joins there
			}
			if got != want {
				t.Errorf("%s on %s: %s, want %s", name, system, got, want)
			}
			if !IsCommand(got) {
				t.Errorf("%s on %s: %s is not taken for a command", name, system, got)
			}
		}
	}
}
