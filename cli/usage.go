package cli

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"thresher/address"
	"thresher/internal/words"
)

// What is wrong with the words of a command line is told with the line to type
// instead, and ends with status 2.

// pipCommands are the commands of pip (pip 26.2, `pip --help`) that people type
// behind thresher; check and help are thresher's, too.
var pipCommands = []string{
	"cache", "config", "debug", "download", "freeze", "hash", "index", "inspect", "install", "list", "lock", "search",
	"show", "uninstall", "wheel",
}

// noSuchCommand is what is said of a word that is no command.
func noSuchCommand(commands []*cli.Command, given string, rest []string) error {
	if slices.Contains(pipCommands, given) {
		return usageError(messagePipCommand, given, commandLine(append([]string{"thresher", "pip", given}, rest...)))
	}
	if given == "version" {
		return usageError(messageNoCommand, given, "thresher --version")
	}
	if near := words.Nearest(given, names(commands)); near != "" {
		return usageError(messageNoCommand, given, commandLine(append([]string{"thresher", near}, rest...)))
	}
	if near := words.Nearest(given, pipCommands); near != "" {
		return usageError(messageNoCommand, given, commandLine(append([]string{"thresher", "pip", near}, rest...)))
	}
	if given == "upgrade" && len(rest) > 0 {
		return usageError(messageNoCommand, given, commandLine(append([]string{"thresher", "pip", "install", "-U"}, rest...)))
	}
	return usageError(messageNoCommand, given, "thresher --help")
}

func names(commands []*cli.Command) []string {
	var found []string
	for _, command := range commands {
		found = append(found, command.Name)
	}
	return found
}

// commandLine writes a command line that can be pasted, without the credentials that
// somebody typed.
func commandLine(line []string) string {
	redacted := make([]string, len(line))
	for i, word := range line {
		redacted[i] = words.Printable(address.Redact(word))
	}
	return words.ShellWords(redacted)
}

// helpAsOption makes `help COMMAND` what `COMMAND --help` is.
func helpAsOption(line []string) []string {
	if len(line) == 0 || line[0] != "help" {
		return line
	}
	return append(slices.Clone(line[1:]), "--help")
}

// finish sets on a command and those under it what all of them share: what is
// said of wrong words, before its action runs. above is what is typed before its
// name.
func (p *program) finish(command *cli.Command, above string) {
	called := strings.TrimPrefix(above+" "+command.Name, "thresher ")
	command.HideHelpCommand = true
	command.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return p.wrongOption(command, called, err) }
	var needed []*cli.StringFlag
	for _, flag := range command.Flags {
		switch known := flag.(type) {
		case *cli.BoolFlag:
			known.DisableDefaultText = true // it is off, as everybody expects
		case *cli.StringFlag:
			if known.Required {
				// The library's own words for it are followed by the whole help.
				known.Required = false
				needed = append(needed, known)
			}
		}
	}
	if examples := examplesOf[called]; len(examples) > 0 {
		command.Description = strings.TrimPrefix(command.Description+"\n\nFor example:", "\n\n")
		for _, example := range examples {
			command.Description += "\n  " + example
		}
	}
	if action := command.Action; action != nil {
		command.Action = func(c *cli.Context) error {
			if !command.SkipFlagParsing {
				if err := p.wrongWords(c, command, called, needed); err != nil {
					return err
				}
			}
			if p.inert != nil && len(command.Subcommands) == 0 {
				p.inert()
				return nil
			}
			return action(c)
		}
	}
	slices.SortStableFunc(command.Subcommands, func(a, b *cli.Command) int { return strings.Compare(a.Name, b.Name) })
	for _, sub := range command.Subcommands {
		p.finish(sub, called)
	}
}

// wrongWords says what is wrong with the number of words that a command was
// given, and with the options that it was not given.
func (p *program) wrongWords(c *cli.Context, command *cli.Command, called string, needed []*cli.StringFlag) error {
	given, help := c.Args().Slice(), "thresher "+called+" --help"
	if len(command.Subcommands) > 0 {
		if len(given) == 0 {
			return nil
		}
		if near := words.Nearest(given[0], names(command.Subcommands)); near != "" {
			return usageError(messageNoSubcommand, called, given[0],
				commandLine(append(strings.Fields("thresher "+called+" "+near), given[1:]...)))
		}
		return usageError(messageNoSubcommand, called, given[0], help)
	}
	least, most := arity(command.ArgsUsage)
	if len(c.StringSlice("log")) > 0 {
		most = -1 // `--log DIR DIR`, as a shell writes a pattern out
	}
	var missing []string
	for _, flag := range needed {
		if !c.IsSet(flag.Name) || strings.TrimSpace(c.String(flag.Name)) == "" {
			missing = append(missing, "--"+flag.Name)
		}
	}
	// The line to type instead: the words that it takes, the options as they were
	// given, and those that are missing with an example.
	instead := func(take int) string {
		line := append(strings.Fields("thresher "+called), given[:take]...)
		line = append(line, p.optionsOf(called, len(given))...)
		for _, flag := range needed {
			if slices.Contains(missing, "--"+flag.Name) {
				line = append(line, "--"+flag.Name, strings.ReplaceAll(flag.Usage, "`", ""))
			}
		}
		return commandLine(line)
	}
	switch {
	case most == 0 && len(given) > 0:
		return usageError(messageNoWords, called, given[0], instead(0))
	case most > 0 && len(given) > most:
		return usageError(messageTooMany, called, given[most], instead(most))
	case len(given) < least:
		takes := strings.TrimPrefix(command.ArgsUsage, "-- ")
		return usageError(messageTooFew, called, takes, help)
	case len(missing) > 0:
		return usageError(messageMissing, called, strings.Join(missing, ", "), instead(len(given)))
	}
	return nil
}

// optionsOf are the options of a command line: the library has the positional
// words at its end.
func (p *program) optionsOf(called string, positional int) []string {
	from, to := len(strings.Fields(called)), len(p.words)-positional
	if from > to {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(p.words[from:to]), func(word string) bool {
		// What was given without a value is asked for once more.
		return word == "--" || word == ""
	})
}

// arity reads how many words a command takes from its usage text: at least and
// at most, the latter -1 where any number is right.
func arity(usage string) (least, most int) {
	if usage == "" {
		return 0, 0
	}
	least = -1
	for _, way := range strings.Split(usage, " | ") {
		needs, takes := 0, 0
		for _, word := range strings.Fields(way) {
			if word == "--" || strings.HasPrefix(word, "-") && word != "-" {
				if word != "--" {
					needs, takes = 0, 0
					break // an option with its value
				}
				continue
			}
			if !strings.HasPrefix(word, "[") {
				needs++
			}
			if strings.Contains(word, "…") {
				takes = -1
			} else if takes >= 0 {
				takes++
			}
		}
		if least < 0 || needs < least {
			least = needs
		}
		if takes < 0 || most < 0 {
			most = -1
		} else {
			most = max(most, takes)
		}
	}
	return least, most
}

// What the library says of an option (flag of Go, and urfave/cli 2.27).
var (
	noSuchOption = regexp.MustCompile(`^flag provided but not defined: -(.*)$`)
	noValue      = regexp.MustCompile(`^flag needs an argument: -(.*)$`)
	wrongValue   = regexp.MustCompile(`^invalid (?:boolean )?value "(.*)" for (?:flag )?-([^:]*):`)
)

// wrongOption says in our words what the library says of an option. A command
// that is nil is thresher itself.
func (p *program) wrongOption(command *cli.Command, called string, err error) error {
	flags := []cli.Flag{cli.HelpFlag, cli.VersionFlag}
	if command != nil {
		flags = append(command.Flags, cli.HelpFlag)
	}
	help := "thresher " + called + " --help"
	if command == nil {
		help = called + " --help"
	}
	if found := noSuchOption.FindStringSubmatch(err.Error()); found != nil {
		given := p.typed(found[1])
		if found[1] == "V" && command == nil {
			return usageError(messageNoOption, called, given, "thresher --version")
		}
		if command != nil && command.Name == "plan" {
			instead := commandLine(append([]string{"thresher", "plan", "--"}, p.words[1:]...))
			return usageError(messageNoOption, called, given, instead)
		}
		var known []string
		for _, flag := range flags {
			for _, option := range flag.Names() {
				known = append(known, dashed(option))
			}
		}
		near := words.Nearest("--"+strings.TrimLeft(given, "-"), known)
		if near == "" {
			return usageError(messageNoOption, called, given, help)
		}
		line := append([]string{"thresher"}, p.words...)
		for i, word := range line {
			if option, value, hasValue := strings.Cut(word, "="); option == given {
				line[i] = near
				if hasValue {
					line[i] += "=" + value
				}
			}
		}
		return usageError(messageNoOption, called, given, commandLine(line))
	}
	if found := noValue.FindStringSubmatch(err.Error()); found != nil {
		return usageError(messageNoValue, called, p.typed(found[1]), help)
	}
	if found := wrongValue.FindStringSubmatch(err.Error()); found != nil {
		return usageError(messageWrongValue, called, p.typed(strings.TrimSpace(found[2])), words.Printable(found[1]), help)
	}
	return usageError("%v; fix: %s", err, help)
}

// typed is an option as it was typed: the library has one dash before all.
func (p *program) typed(option string) string {
	for _, word := range p.words {
		name, _, _ := strings.Cut(word, "=")
		if strings.HasPrefix(word, "-") && strings.TrimLeft(name, "-") == option {
			return name
		}
	}
	return dashed(option)
}

// oneFormat refuses more than one of the formats that a command can print.
func oneFormat(c *cli.Context, formats ...string) error {
	var chosen []string
	for _, format := range formats {
		if c.Bool(format) {
			chosen = append(chosen, "--"+format)
		}
	}
	if len(chosen) > 1 {
		instead := fmt.Sprintf("thresher %s %s", c.Command.Name, chosen[0])
		return usageError(messageTwoFormats, strings.Join(chosen, " and "), instead)
	}
	return nil
}
