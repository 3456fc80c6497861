package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

const commandsIntroduction = "`pip` through thresher is pip, with pip's own commands and options. These are\n" +
	"thresher's own; `thresher COMMAND --help` says the same.\n"

// commandsPage is docs/commands.md, written from what --help shows, so that
// the two cannot differ.
func commandsPage(app *cli.App) string {
	var b strings.Builder
	b.WriteString("# Commands\n\n" + commandsIntroduction)
	var categories []string
	for _, command := range app.Commands {
		if !slices.Contains(categories, command.Category) {
			categories = append(categories, command.Category)
		}
	}
	for _, category := range []string{categorySetUp, categoryLook, categoryDo} {
		fmt.Fprintf(&b, "\n## %s\n", strings.ToUpper(category[:1])+category[1:])
		for _, command := range app.Commands {
			if command.Category == category {
				writeCommand(&b, "thresher", command)
			}
		}
	}
	b.WriteString("\n## Everywhere\n\n- `--help`, `-h`: what a command is for and its options\n" +
		"- `--version`, `-v`: the version; for `thresher` itself\n")
	return b.String()
}

func writeCommand(b *strings.Builder, above string, command *cli.Command) {
	name := above + " " + command.Name
	synopsis := name
	if len(command.Flags) > 0 {
		synopsis += " [OPTIONS]"
	}
	switch {
	case command.ArgsUsage != "":
		synopsis += " " + command.ArgsUsage
	case len(command.Subcommands) > 0:
		synopsis += " COMMAND"
	}
	fmt.Fprintf(b, "\n### %s\n\n`%s`\n\n%s.\n", name, synopsis, strings.ToUpper(command.Usage[:1])+command.Usage[1:])
	if command.Description != "" {
		text, examples, _ := strings.Cut(command.Description, "For example:\n")
		if text = strings.TrimSpace(text); text != "" {
			fmt.Fprintf(b, "\n%s\n", text)
		}
		examples = strings.ReplaceAll(strings.TrimSpace(examples), "\n  ", "\n")
		fmt.Fprintf(b, "\n```text\n%s\n```\n", examples)
	}
	if len(command.Flags) > 0 {
		b.WriteString("\n")
	}
	for _, flag := range command.Flags {
		fmt.Fprintf(b, "- %s\n", optionLine(flag))
	}
	for _, sub := range command.Subcommands {
		writeCommand(b, name, sub)
	}
}

// optionLine is "`--since DURATION`: only runs of …", as --help has it.
func optionLine(flag cli.Flag) string {
	documented, ok := flag.(cli.DocGenerationFlag)
	if !ok {
		return strings.Join(flag.Names(), ", ")
	}
	usage := documented.GetUsage()
	placeholder := ""
	if documented.TakesValue() {
		placeholder = " VALUE"
		if _, rest, found := strings.Cut(usage, "`"); found {
			named, _, _ := strings.Cut(rest, "`")
			placeholder = " " + named
		}
	}
	var names []string
	for _, name := range flag.Names() {
		names = append(names, "`"+dashed(name)+placeholder+"`")
	}
	text := strings.Join(names, ", ") + ": " + strings.ReplaceAll(usage, "`", "")
	if value := documented.GetDefaultText(); documented.TakesValue() && value != "" {
		text += " (default: " + value + ")"
	}
	return text
}
