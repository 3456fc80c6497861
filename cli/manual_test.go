package cli

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"thresher/docs"
)

var update = flag.Bool("update", false, "write docs/commands.md from what --help says")

func testApp() *cli.App {
	p := &program{environment: map[string]string{}}
	return p.app()
}

// Help and docs are the same text: `go test ./cli -update` writes the page.
func TestCommandsPageIsWhatHelpSays(t *testing.T) {
	want := commandsPage(testApp())
	path := filepath.Join("..", "docs", "commands.md")
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/commands.md is not what --help says; next: go test ./cli -run CommandsPage -update")
	}
}

// Every command of --help, and every option of every command, is in the page.
func TestCommandsPageIsWhole(t *testing.T) {
	text := commandsPage(testApp())
	var walk func(name string, command *cli.Command)
	walk = func(name string, command *cli.Command) {
		name += " " + command.Name
		if !strings.Contains(text, "### "+name+"\n") {
			t.Errorf("%s is missing", name)
		}
		if command.Usage == "" {
			t.Errorf("%s does not say what it is for", name)
		}
		for _, flag := range command.Flags {
			for _, option := range flag.Names() {
				if !strings.Contains(text, "`"+dashed(option)) {
					t.Errorf("%s %s is missing", name, dashed(option))
				}
			}
		}
		for _, sub := range command.Subcommands {
			walk(name, sub)
		}
	}
	for _, command := range testApp().Commands {
		walk("thresher", command)
	}
}

func TestManPages(t *testing.T) {
	first := manualPage(testApp())
	for _, part := range []string{".TH thresher 1", ".SH NAME\nthresher \\- ", ".SH COMMANDS", "thresher doctor", ".SH EXIT STATUSES", "thresher-policy"} {
		if !strings.Contains(first, part) {
			t.Errorf("thresher(1) has no %q", part)
		}
	}
	policy, err := docs.Pages.ReadFile("policy.md")
	if err != nil {
		t.Fatal(err)
	}
	fifth := manPage("policy", string(policy))
	for _, part := range []string{".TH thresher-policy 5", ".SH NAME\nthresher-policy \\- ", ".SH DESCRIPTION"} {
		if !strings.Contains(fifth, part) {
			t.Errorf("thresher-policy(5) has no %q", part)
		}
	}
	if got := linkToPage.FindString(troff("see [the rules](rules.md#names) and [gate.md](gate.md)")); got != "" {
		t.Errorf("it links to files: %s", got)
	}
}
