package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"thresher/internal/words"

	"github.com/urfave/cli/v2"
)

// shells are those that init has lines for; cmd has no completion to add to.
var shells = []string{"bash", "zsh", "fish", powershell, cmd}

const (
	powershell = "powershell"
	cmd        = "cmd"
)

// shellUse is what to put into each shell's start-up file.
var shellUse = map[string]string{
	"bash": `eval "$(thresher init bash)"`,
	"zsh":  `eval "$(thresher init zsh)"`,
	"fish": `thresher init fish | source`,
	// Read once more by cmd itself: what %PATH% stands for is put in then.
	cmd:        `thresher init cmd > "%TEMP%\thresher-init.cmd" && call "%TEMP%\thresher-init.cmd"`,
	powershell: `thresher init powershell | Out-String | Invoke-Expression`,
}

func (p *program) initCommand() *cli.Command {
	var subcommands []*cli.Command
	for _, shell := range shells {
		subcommands = append(subcommands, &cli.Command{
			Name:  shell,
			Usage: "print the lines for " + shell + "'s start-up file",
			Description: "They put thresher's pip first on PATH, and complete thresher's own commands. To have them in\n" +
				"every new shell, put this at the end of the start-up file: " + shellUse[shell],
			Flags: []cli.Flag{
				&cli.BoolFlag{Name: "alias", Usage: "aliases for pip and pip3 instead of a place on PATH: they count in this " +
					"shell, not in scripts"},
			},
			Action: func(c *cli.Context) error {
				lines := pathLines(shell, filepath.Dir(p.self))
				if c.Bool("alias") {
					lines = aliasLines(shell, p.self)
				}
				if shell != cmd {
					lines += completionLines(shell, p.app())
				}
				_, err := fmt.Fprint(p.out, lines)
				return err
			},
		})
	}
	subcommands = append(subcommands, &cli.Command{
		Name:  "vscode",
		Usage: "write .vscode/tasks.json with an update when the folder is opened",
		Description: "A tasks.json that is there already is never changed; the entry to add to it is printed\n" +
			"instead.",
		Action: func(*cli.Context) error { return p.initEditor() },
	})
	return &cli.Command{
		Name:        "init",
		Usage:       "print what puts thresher in place of pip in a shell, or set up an editor",
		Category:    categorySetUp,
		Subcommands: subcommands,
		Action:      cli.ShowSubcommandHelp,
	}
}

// pathLines move a directory to the front of PATH, also where it is in there
// already: activation and other start-up files push theirs before it. Sourcing
// them again changes nothing.
func pathLines(shell, directory string) string {
	switch shell {
	case powershell:
		return "$_thresher_bin = " + powershellQuoted(directory) + `
$env:PATH = (@($_thresher_bin) + @($env:PATH -split [IO.Path]::PathSeparator | Where-Object { $_ -and $_ -ne $_thresher_bin })) -join [IO.Path]::PathSeparator
Remove-Variable _thresher_bin
`
	case cmd:
		return `@set "PATH=` + directory + ";%PATH:" + directory + `;=%"` + "\r\n"
	case "fish":
		return "set -l _thresher_bin " + fishQuoted(directory) + `
set -l _thresher_path
for _thresher_directory in $PATH
    test "$_thresher_directory" = "$_thresher_bin"; or set -a _thresher_path $_thresher_directory
end
set -gx PATH $_thresher_bin $_thresher_path
`
	}
	return "_thresher_bin=" + words.ShellQuoted(directory) + `
_thresher_path=":$PATH:"
while case $_thresher_path in *":$_thresher_bin:"*) true ;; *) false ;; esac; do
  _thresher_path=${_thresher_path%%":$_thresher_bin:"*}:${_thresher_path#*":$_thresher_bin:"}
done
_thresher_path=${_thresher_path#:}
export PATH="$_thresher_bin:${_thresher_path%:}"
unset _thresher_bin _thresher_path
hash -r 2>/dev/null
`
}

// aliasLines are for those who want nothing on PATH.
func aliasLines(shell, program string) string {
	switch shell {
	case powershell:
		call := "& " + powershellQuoted(program) + " pip @args"
		return "function pip { " + call + " }\nfunction pip3 { " + call + " }\n"
	case cmd:
		return `@doskey pip="` + program + `" pip $*` + "\r\n" + `@doskey pip3="` + program + `" pip $*` + "\r\n"
	}
	quoted := words.ShellQuoted
	if shell == "fish" {
		quoted = fishQuoted
	}
	command := quoted(quoted(program) + " pip")
	if shell == "fish" {
		return "alias pip " + command + "\nalias pip3 " + command + "\n"
	}
	return "alias pip=" + command + " pip3=" + command + "\n"
}

// fishQuoted is words.ShellQuoted for fish, where \ and ' alone are special between
// single quotes.
func fishQuoted(word string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(word) + "'"
}

// powershellQuoted is words.ShellQuoted for PowerShell, where ' alone is special
// between single quotes.
func powershellQuoted(word string) string {
	return "'" + strings.ReplaceAll(word, "'", "''") + "'"
}

// task is the entry of an editor's tasks.json that updates on open.
type task struct {
	Label      string            `json:"label"`
	Type       string            `json:"type"`
	Command    string            `json:"command"`
	Args       []string          `json:"args"`
	Windows    map[string]string `json:"windows"`
	RunOptions map[string]string `json:"runOptions"`
	Problems   []string          `json:"problemMatcher"`
}

var updateTask = task{
	Label: "update dependencies", Type: "process", Command: "${workspaceFolder}/.venv/bin/python",
	Args:       []string{"-m", "pip", "install", "-U", "-r", "requirements.txt"},
	Windows:    map[string]string{"command": "${workspaceFolder}\\.venv\\Scripts\\python.exe"},
	RunOptions: map[string]string{"runOn": "folderOpen"}, Problems: []string{},
}

// initEditor writes the file where there is none; a file of the user's own is
// never changed, the entry to add is printed instead.
func (p *program) initEditor() error {
	// A checkout may bring .vscode along as a link to somewhere else.
	folder, err := os.OpenRoot(p.dir)
	if err != nil {
		return err
	}
	defer folder.Close()
	const path = ".vscode/tasks.json"
	if _, err := folder.Lstat(path); err == nil {
		entry, err := json.MarshalIndent(updateTask, "", "  ")
		if err != nil {
			return err
		}
		p.say("%s is there already; add this to its \"tasks\":", path)
		_, err = fmt.Fprintf(p.out, "%s\n", entry)
		return err
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	content, err := json.MarshalIndent(map[string]any{"version": "2.0.0", "tasks": []task{updateTask}}, "", "  ")
	if err != nil {
		return err
	}
	if err := folder.MkdirAll(".vscode", 0o755); err != nil {
		return err
	}
	if err := writeNewIn(folder, path, append(content, '\n')); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	p.say("wrote %s: it updates .venv from requirements.txt; allow automatic tasks when the editor asks", path)
	return nil
}

// writeNew writes a file that must not be there yet, whole or not at all.
func writeNew(path string, content []byte) error {
	folder, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer folder.Close()
	return writeNewIn(folder, filepath.Base(path), content)
}

// writeNewIn is writeNew for a path that must not lead out of a folder.
func writeNewIn(folder *os.Root, path string, content []byte) error {
	f, err := folder.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, folder.Remove(path))
	}
	return nil
}
