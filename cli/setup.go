package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"
)

func (p *program) initCommand() *cli.Command {
	shell := func(name string) *cli.Command {
		return &cli.Command{
			Name:      name,
			Usage:     "print the lines for " + name + "'s start-up file",
			UsageText: fmt.Sprintf("%s\n\n   put it in the start-up file once: %s", shellUse[name], shellUse[name]),
			Flags: []cli.Flag{
				&cli.BoolFlag{Name: "alias", Usage: "aliases for pip and pip3 instead of a place on PATH"},
			},
			Action: func(c *cli.Context) error {
				lines := pathLines
				if c.Bool("alias") {
					lines = aliasLines
				}
				_, err := fmt.Fprint(p.out, strings.ReplaceAll(lines[name], "@BIN@", quoteFor(name, p.binDirectory())))
				return err
			},
		}
	}
	return &cli.Command{
		Name:     "init",
		Usage:    "print what puts thresher in place of pip in a shell or an editor",
		Category: categorySetUp,
		Subcommands: []*cli.Command{
			shell("bash"), shell("zsh"), shell("fish"),
			{
				Name:  "vscode",
				Usage: "write .vscode/tasks.json with an update when the folder is opened",
				Action: func(*cli.Context) error {
					return p.initEditor()
				},
			},
		},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usageError("there are no lines for %q; next: thresher init bash", c.Args().First())
			}
			return cli.ShowSubcommandHelp(c)
		},
	}
}

// binDirectory is where this binary and its pip links lie.
func (p *program) binDirectory() string {
	return filepath.Dir(p.self)
}

var shellUse = map[string]string{
	"bash": `eval "$(thresher init bash)"`,
	"zsh":  `eval "$(thresher init zsh)"`,
	"fish": `thresher init fish | source`,
}

// The lines move the directory to the front of PATH, also where it is in
// there already: activation and re-sourced start-up files push others before
// it. They are idempotent.
var pathLines = map[string]string{
	"bash": posixPathLines,
	"zsh":  posixPathLines,
	"fish": `set -gx PATH @BIN@ (string match -v -- @BIN@ $PATH)
`,
}

const posixPathLines = `_thresher_path=":$PATH:"
while case $_thresher_path in *:@BIN@:*) true ;; *) false ;; esac; do
  _thresher_path=${_thresher_path%%:@BIN@:*}:${_thresher_path#*:@BIN@:}
done
_thresher_path=${_thresher_path#:}
export PATH=@BIN@:${_thresher_path%:}
unset _thresher_path
hash -r 2>/dev/null
`

var aliasLines = map[string]string{
	"bash": posixAliasLines,
	"zsh":  posixAliasLines,
	"fish": `alias pip "@BIN@/thresher pip"
alias pip3 "@BIN@/thresher pip"
`,
}

const posixAliasLines = `alias pip="@BIN@/thresher pip"
alias pip3="@BIN@/thresher pip"
`

// quoteFor writes a path so that it stands for itself in a shell's unquoted or
// quoted text: every character that is not plain gets a backslash.
func quoteFor(_, path string) string {
	var b strings.Builder
	for _, r := range path {
		plain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+", r) || r > 127
		if !plain {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// task is the entry of an editor's tasks.json that updates on open.
type task struct {
	Label      string            `json:"label"`
	Type       string            `json:"type"`
	Command    string            `json:"command"`
	Args       []string          `json:"args"`
	RunOptions map[string]string `json:"runOptions"`
	Problems   []string          `json:"problemMatcher"`
}

// initEditor writes the file where there is none; a file of the user's own is
// never changed, the entry to add is printed instead.
func (p *program) initEditor() error {
	update := task{
		Label: "update dependencies", Type: "shell", Command: "${workspaceFolder}/.venv/bin/python",
		Args:       []string{"-m", "pip", "install", "-U", "-r", "requirements.txt"},
		RunOptions: map[string]string{"runOn": "folderOpen"}, Problems: []string{},
	}
	path := filepath.Join(p.dir, ".vscode", "tasks.json")
	_, err := os.Lstat(path)
	switch {
	case err == nil:
		entry, err := json.MarshalIndent(update, "", "  ")
		if err != nil {
			return err
		}
		p.say("%s is there already; add this to its \"tasks\":", path)
		_, err = fmt.Fprintf(p.out, "%s\n", entry)
		return err
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	content, err := json.MarshalIndent(map[string]any{"version": "2.0.0", "tasks": []task{update}}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := writeNew(path, append(content, '\n')); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	p.say("wrote %s; next: allow automatic tasks when the editor asks", path)
	return nil
}

// writeNew writes a file that must not be there yet, whole or not at all.
func writeNew(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
