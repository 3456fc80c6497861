package cli

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/urfave/cli/v2"
)

func (p *program) completionCommand() *cli.Command {
	var subcommands []*cli.Command
	for _, shell := range shells {
		if shell == cmd {
			continue
		}
		subcommands = append(subcommands, &cli.Command{
			Name:  shell,
			Usage: "print what completes thresher's own commands in " + shell,
			Action: func(*cli.Context) error {
				_, err := fmt.Fprint(p.out, completionLines(shell, p.app()))
				return err
			},
		})
	}
	return &cli.Command{
		Name:     "completion",
		Usage:    "print the completion of thresher's own commands; that of pip stays pip's",
		Category: categorySetUp,
		Description: "The lines of `thresher init` have it in them already. For pip's own completion:\n" +
			"pip completion --bash",
		Subcommands: subcommands,
		Action:      cli.ShowSubcommandHelp,
	}
}

// completionLines give a shell all commands and options at once: nothing is
// run when the key is pressed.
func completionLines(shell string, app *cli.App) string {
	switch shell {
	case "fish":
		return fishCompletion(app)
	case "zsh":
		return zshCompletion(app)
	case powershell:
		return powershellCompletion(app)
	}
	return bashCompletion(app)
}

// entry is what can follow a command: the words after which it stands, and
// what may come.
type entry struct {
	command string // "", "init", "init bash"
	words   []string
}

// entries are the commands, subcommands and options of the whole program.
func entries(app *cli.App) []entry {
	top := entry{words: []string{"--help", "--version"}}
	var found []entry
	for _, command := range app.Commands {
		top.words = append(top.words, command.Name)
		found = append(found, commandEntries(command, command.Name)...)
	}
	return append([]entry{top}, found...)
}

func commandEntries(command *cli.Command, name string) []entry {
	own := entry{command: name, words: []string{"--help"}}
	for _, flag := range shownFlags(command) {
		for _, flagName := range flag.Names() {
			own.words = append(own.words, dashed(flagName))
		}
	}
	var below []entry
	for _, sub := range command.Subcommands {
		own.words = append(own.words, sub.Name)
		below = append(below, commandEntries(sub, name+" "+sub.Name)...)
	}
	sort.Strings(own.words)
	return append([]entry{own}, below...)
}

// shownFlags are the options of a command that people give, without those by which
// thresher's own parts call it.
func shownFlags(command *cli.Command) []cli.Flag {
	return slices.DeleteFunc(slices.Clone(command.Flags), func(flag cli.Flag) bool {
		visible, ok := flag.(cli.VisibleFlag)
		return ok && !visible.IsVisible()
	})
}

func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// cases are the branches of a case statement that sets a shell's variable
// _thresher_next by the words before the cursor.
func cases(app *cli.App) string {
	var b strings.Builder
	for _, e := range entries(app) {
		fmt.Fprintf(&b, "    '%s') _thresher_next='%s' ;;\n", e.command, strings.Join(e.words, " "))
	}
	return b.String()
}

// beginning is where the functions of bash and zsh find the command that is being
// typed, and what may follow it; before are the words in front of the cursor.
func beginning(app *cli.App, before string) string {
	return `_thresher() {
  local _thresher_command='' _thresher_next='' _thresher_word
  for _thresher_word in ` + before + `; do
    case $_thresher_word in
    -*) ;;
    *) _thresher_command="${_thresher_command:+$_thresher_command }$_thresher_word" ;;
    esac
  done
  case $_thresher_command in
` + cases(app) + `  esac
`
}

func bashCompletion(app *cli.App) string {
	return beginning(app, `"${COMP_WORDS[@]:1:COMP_CWORD-1}"`) + `  COMPREPLY=()
  while IFS= read -r _thresher_word; do
    COMPREPLY+=("$_thresher_word")
  done < <(compgen -W "$_thresher_next" -- "${COMP_WORDS[COMP_CWORD]}")
}
complete -o bashdefault -o default -F _thresher thresher
`
}

func zshCompletion(app *cli.App) string {
	return beginning(app, `"${(@)words[2,CURRENT-1]}"`) + `  if [[ -n $_thresher_next ]]; then
    compadd -- ${=_thresher_next}
  fi
  _files
}
if (( $+functions[compdef] )); then
  compdef _thresher thresher
fi
`
}

func powershellCompletion(app *cli.App) string {
	var branches strings.Builder
	for _, e := range entries(app) {
		fmt.Fprintf(&branches, "        '%s' { '%s' }\n", e.command, strings.Join(e.words, " "))
	}
	return `Register-ArgumentCompleter -Native -CommandName thresher -ScriptBlock {
    param($word, $ast, $position)
    $before = @($ast.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $position } |
        ForEach-Object { "$_" } | Where-Object { -not $_.StartsWith('-') })
    $next = switch -Exact ($before -join ' ') {
` + branches.String() + `    }
    "$next" -split ' ' | Where-Object { $_ -and $_.StartsWith($word) } |
        ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
}
`
}

func fishCompletion(app *cli.App) string {
	var b strings.Builder
	b.WriteString("complete -c thresher -e\n")
	var names []string
	for _, command := range app.Commands {
		names = append(names, command.Name)
	}
	for _, command := range app.Commands {
		fmt.Fprintf(&b, "complete -c thresher -n 'not __fish_seen_subcommand_from %s' -a %s -d %s\n",
			strings.Join(names, " "), command.Name, fishQuoted(command.Usage))
		writeFish(&b, command, "__fish_seen_subcommand_from "+command.Name)
		for _, sub := range command.Subcommands {
			var siblings []string
			for _, sibling := range command.Subcommands {
				siblings = append(siblings, sibling.Name)
			}
			fmt.Fprintf(&b, "complete -c thresher -n '__fish_seen_subcommand_from %s; and not __fish_seen_subcommand_from %s' "+
				"-a %s -d %s\n",
				command.Name, strings.Join(siblings, " "), sub.Name, fishQuoted(sub.Usage))
			writeFish(&b, sub, "__fish_seen_subcommand_from "+command.Name+"; and __fish_seen_subcommand_from "+sub.Name)
		}
	}
	return b.String()
}

// writeFish writes the options of one command.
func writeFish(b *strings.Builder, command *cli.Command, condition string) {
	for _, flag := range shownFlags(command) {
		documented, ok := flag.(cli.DocGenerationFlag)
		if !ok {
			continue
		}
		names := ""
		for _, name := range flag.Names() {
			if len(name) == 1 {
				names += " -s " + name
			} else {
				names += " -l " + name
			}
		}
		if documented.TakesValue() {
			names += " -r"
		}
		fmt.Fprintf(b, "complete -c thresher -n '%s'%s -d %s\n", condition, names,
			fishQuoted(strings.ReplaceAll(documented.GetUsage(), "`", "")))
	}
}
