package cli

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// optionsFirst moves the options of thresher's own commands before their
// positional words, since the library reads options only there and people type
// `thresher allow NAME --reason …`. Words behind "--", and those of `pip` and
// `plan`, stay as they are.
func optionsFirst(commands []*cli.Command, words []string) []string {
	for i, word := range words {
		if strings.HasPrefix(word, "-") {
			continue
		}
		command := named(commands, word)
		if command == nil || command.Name == "pip" {
			return words
		}
		rest := words[i+1:]
		if len(command.Subcommands) > 0 {
			rest = optionsFirst(command.Subcommands, rest)
		} else {
			rest = reorder(command.Flags, rest)
		}
		return append(append([]string(nil), words[:i+1]...), rest...)
	}
	return words
}

func named(commands []*cli.Command, name string) *cli.Command {
	for _, command := range commands {
		if command.HasName(name) {
			return command
		}
	}
	return nil
}

func reorder(flags []cli.Flag, words []string) []string {
	takesValue := map[string]bool{}
	for _, flag := range flags {
		documented, ok := flag.(cli.DocGenerationFlag)
		for _, name := range flag.Names() {
			takesValue[name] = ok && documented.TakesValue()
		}
	}
	var options, positional []string
	for i := 0; i < len(words); i++ {
		word := words[i]
		if word == "--" {
			return append(append(options, positional...), words[i:]...)
		}
		if word == "-" || !strings.HasPrefix(word, "-") {
			positional = append(positional, word)
			continue
		}
		options = append(options, word)
		name := strings.TrimLeft(word, "-")
		if takesValue[name] && i+1 < len(words) {
			i++
			options = append(options, words[i])
		}
	}
	// "--" keeps a positional word that begins with a dash what it is.
	return append(options, positional...)
}
