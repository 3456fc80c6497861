package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"thresher/pip/option"
)

// What stands behind "fix: " is a command that can be pasted where it stands. It is
// tried by the scenarios that have a line "paste"; every other one, in the golden
// messages and in all that scenarios print, is read here as what it calls would
// read it.

// fixLine finds what is to be pasted, on lines that thresher says.
var fixLine = regexp.MustCompile(`(?m)^(?:thresher: | {2,}).*\bfix: (.+)$`)

// scenario is the test of one scenario; it reads all that is printed there.
type scenario struct{ *testing.T }

func (s scenario) Run(name string, play func(testscript.T)) {
	s.T.Run(name, func(t *testing.T) { play(scenario{t}) })
}

// Verbose keeps what a script has printed to its end.
func (s scenario) Verbose() bool { return true }

// Log is given all of that.
func (s scenario) Log(said ...any) {
	s.Helper()
	text := fmt.Sprint(said...)
	s.T.Log(text)
	checkFixes(s.T, text)
}

// checkFixes fails the test for each command that could not be pasted.
func checkFixes(t *testing.T, text string) {
	t.Helper()
	for _, found := range fixLine.FindAllStringSubmatch(text, -1) {
		command := strings.TrimSpace(found[1])
		if err := pasteable(command); err != nil {
			t.Errorf("this cannot be pasted: %s: %v", command, err)
		}
	}
}

// pasteable says why a line is no command of the shell's, or none that the program
// it calls understands.
func pasteable(line string) error {
	if out, err := exec.Command("sh", "-n", "-c", line).CombinedOutput(); err != nil {
		return fmt.Errorf("%s", strings.TrimSpace(string(out)))
	}
	for _, command := range shellCommands(line) {
		words := command
		if words[0] == "sudo" {
			words = words[1:]
		}
		var err error
		switch program := filepath.Base(words[0]); {
		case program == "pip":
			err = knownToPip(words[1:])
		case program == "thresher":
			err = knownToThresher(words[1:])
		case strings.HasPrefix(program, "python") && len(words) > 2 && words[1] == "-m" && words[2] == "pip":
			err = knownToPip(words[3:])
		case program == "." || program == "export" || program == "unset" || program == "source":
		case program == "uv": // named where its cache is, on whatever machine
			if !slices.Equal(words[1:3], []string{"cache", "clean"}) || len(words) != 4 {
				err = errors.New("not what uv is known to understand")
			}
		default:
			_, err = exec.LookPath(words[0])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// shellWord is a word of a command line as thresher writes it: plain, or in
// quotes; or what stands between two commands.
var shellWord = regexp.MustCompile(`&&|\|\||[|;]|(?:'[^']*'|"[^"]*"|\\.|[^\s'"\\|;&])+`)

// shellCommands gives the words of each command of a line.
func shellCommands(line string) [][]string {
	commands := [][]string{nil}
	for _, word := range shellWord.FindAllString(line, -1) {
		switch word {
		case "&&", "||", "|", ";":
			commands = append(commands, nil)
		default:
			last := &commands[len(commands)-1]
			*last = append(*last, strings.NewReplacer("'", "", `"`, "", `\`, "").Replace(word))
		}
	}
	return commands
}

// knownToPip reads a command line of pip's by the newest table.
func knownToPip(words []string) error {
	if len(words) == 0 {
		return fmt.Errorf("pip without a command")
	}
	command := option.NewestEmbedded().Commands[words[0]]
	if command == nil {
		return fmt.Errorf("pip has no command %q", words[0])
	}
	for _, word := range words[1:] {
		if name, _, _ := strings.Cut(word, "="); strings.HasPrefix(name, "-") && command.Option(name) == nil {
			return fmt.Errorf("pip %s has no option %s", words[0], name)
		}
	}
	return nil
}

// helpPages are what thresher says of its commands, each asked once.
var helpPages sync.Map

// knownToThresher reads a command line of thresher's by what its help says.
func knownToThresher(words []string) error {
	var subcommand []string
	for len(words) > 0 && !strings.HasPrefix(words[0], "-") && len(subcommand) < 2 {
		subcommand, words = append(subcommand, words[0]), words[1:]
		if subcommand[0] != "policy" {
			break
		}
	}
	if len(subcommand) > 0 && subcommand[0] == "pip" {
		return knownToPip(words)
	}
	name := strings.Join(subcommand, " ")
	page, known := helpPages.Load(name)
	if !known {
		help := exec.Command(filepath.Join(binaries, "thresher"), append(subcommand, "--help")...)
		help.Env = append(os.Environ(), "HOME="+filepath.Dir(binaries))
		out, err := help.CombinedOutput()
		if err != nil {
			return fmt.Errorf("thresher %s --help: %w\n%s", name, err, out)
		}
		page = string(out)
		helpPages.Store(name, page)
	}
	for _, word := range words {
		if word == "--" || name == "plan" {
			break
		}
		option, _, _ := strings.Cut(word, "=")
		if strings.HasPrefix(option, "-") && !regexp.MustCompile(`(?m)(^|[\s,])`+regexp.QuoteMeta(option)+
			`\b`).MatchString(page.(string)) {
			return fmt.Errorf("thresher %s has no option %s", name, option)
		}
	}
	return nil
}

// What is no such command is told from what is.
func TestPasteable(t *testing.T) {
	for line, want := range map[string]bool{
		"pip install -U 'alpha>=1.1'": true, "pip instal alpha": false, "pip install --frob alpha": false,
		"thresher allow build:a --expires 2026-12-31 --reason 'it needs more'": true, "thresher allow a --until 3": false,
		"thresher frobnicate": false, "thresher update --replace": true, "move it away": false, "pip install 'alpha": false,
		"python3 -m venv .venv && . .venv/bin/activate": true, "thresher plan -- install -U alpha": true,
		"cat a; python -m pip install -U pip": true, "thresher policy show": true, "thresher policy shew": false,
	} {
		if err := pasteable(line); (err == nil) != want {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// ofShells finds a command that PowerShell and cmd do not have, or two that one of
// them does not put together.
var ofShells = regexp.MustCompile(`^(?:rm|cat|mv|export|unset|grep|exec|source|sudo|\.) \S|\S && \S`)

// TestFixesOnWindows: what Windows has no such command for is written by package
// words, or beside what Windows has instead.
func TestFixesOnWindows(t *testing.T) {
	elsewhere := []string{
		"cli/init.go", "cli/startup_file.go", // lines for shells, named as such
		"shim/sealed_repositories.go", // a script that Windows has none of
		`export HOME="$(mktemp -d)"`,  // where another owns everything, which Windows does not tell
		"internal/testkit/", "bench/", // no part of the program
	}
	seen := 0
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		path = filepath.ToSlash(path)
		excepted := func(text string) bool {
			return slices.ContainsFunc(elsewhere, func(known string) bool { return strings.HasPrefix(text, known) })
		}
		if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go") ||
			excepted(path) {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, declared := range file.Decls {
			var commands []string
			windows := false
			ast.Inspect(declared, func(node ast.Node) bool {
				literal, ok := node.(*ast.BasicLit)
				if !ok || literal.Kind != token.STRING {
					return true
				}
				text, err := strconv.Unquote(literal.Value)
				windows = windows || text == "windows"
				if err == nil && ofShells.MatchString(text) && !excepted(text) {
					commands = append(commands, text)
				}
				return true
			})
			seen += len(commands)
			for _, command := range commands {
				if !windows {
					t.Errorf("%s: Windows has no such command: %s", path, command)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen == 0 {
		t.Error("no command was looked at")
	}
}
