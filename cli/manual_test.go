package cli

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

var update = flag.Bool("update", false, "write docs/commands.md and the man pages from what --help and the pages say")

func testApp() *cli.App {
	p := &program{environment: map[string]string{}}
	return p.app()
}

// Help and docs are the same text: `go test ./cli -update` writes the page.
func TestCommandsPageIsWhatHelpSays(t *testing.T) {
	holds(t, filepath.Join("..", "docs", "commands.md"), commandsPage(testApp()))
}

// holds checks what a file that is made from other texts says; -update writes
// it.
func holds(t *testing.T, path, want string) {
	t.Helper()
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
		t.Errorf("%s is not what --help and the pages say; fix: go test ./cli -update", path)
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

// commandInText is a call of thresher in a page or in a hint: its words up to
// what ends a command for a reader.
var commandInText = regexp.MustCompile("(?:^|[`\"( $])thresher ((?:[a-z]+|--?[a-z-]+)(?: " +
	"(?:--?[a-z][a-z-]*|[A-Za-z0-9./_*<>=-]+))*)")

// Every command of thresher that a page names exists, and so do its options.
func TestPagesNameRealCommands(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join("..", "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, path := range append(pages, filepath.Join("..", "README.md")) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, span := range codeSpans(string(content)) {
			for _, call := range commandInText.FindAllStringSubmatch(span, -1) {
				checked++
				if wrong := unknownWord(testApp().Commands, strings.Fields(call[1])); wrong != "" {
					t.Errorf("%s: `%s`: there is no %s", path, strings.TrimSpace(span), wrong)
				}
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d commands were found in the pages", checked)
	}
}

// Every command that a message tells its reader to type next exists.
func TestHintsNameRealCommands(t *testing.T) {
	hint := regexp.MustCompile(`"(?:[^"]*fix: )?thresher ([a-z]+(?: --?[a-z][a-z-]*)*)`)
	checked := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, call := range hint.FindAllStringSubmatch(string(content), -1) {
			words := strings.Fields(call[1])
			if named(testApp().Commands, words[0]) == nil && !strings.Contains(call[0], "fix: ") {
				continue // a sentence about thresher
			}
			checked++
			if wrong := unknownWord(testApp().Commands, words); wrong != "" {
				t.Errorf("%s: %s: there is no %s", path, call[0], wrong)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked < 20 {
		t.Errorf("only %d hints were found", checked)
	}
}

// codeSpans are the parts of a page that stand for something to type: between
// backquotes, and the lines of
// blocks for a shell.
func codeSpans(page string) []string {
	var spans []string
	var prose strings.Builder
	fenced, typed := false, false
	for line := range strings.Lines(page) {
		language, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence:
			fenced = !fenced
			typed = strings.HasPrefix(language, "sh") || strings.HasPrefix(language, "console")
		case !fenced:
			prose.WriteString(strings.ReplaceAll(line, "\n", " "))
		case typed && !strings.HasPrefix(line, "thresher: "):
			spans = append(spans, line)
		}
	}
	for i, part := range strings.Split(prose.String(), "`") {
		if i%2 == 1 {
			spans = append(spans, part)
		}
	}
	return spans
}

// unknownWord gives the first word of a call that is no command and no option
// of the command it stands behind, "" where all are known.
func unknownWord(commands []*cli.Command, words []string) string {
	var command *cli.Command
	for _, word := range words {
		switch {
		case word == "--":
			return ""
		case word == "-" && command != nil: // standard input
		case word == "--help" || word == "--version" || word == "-h" || word == "-v":
		case strings.HasPrefix(word, "-"):
			if command == nil {
				return word
			}
			if !slices.ContainsFunc(command.Flags, func(flag cli.Flag) bool {
				return slices.Contains(flag.Names(), strings.TrimLeft(word, "-"))
			}) {
				return word
			}
		case command == nil, len(command.Subcommands) > 0:
			if command != nil {
				commands = command.Subcommands
			}
			found := named(commands, word)
			if found == nil && word != strings.ToUpper(word) { // COMMAND stands for any
				return word
			}
			if found == nil || found.SkipFlagParsing {
				return ""
			}
			command = found
		}
	}
	return ""
}
