package cli

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/cpuguy83/go-md2man/v2/md2man"
	"github.com/urfave/cli/v2"

	"thresher/docs"
)

func (p *program) manualCommand() *cli.Command {
	return &cli.Command{
		Name:      "manual",
		Usage:     "print a page of the documentation, or a man page",
		ArgsUsage: "[PAGE]",
		Category:  categorySetUp,
		Description: "Without PAGE the pages are listed. With --man it prints what man reads:\n" +
			"thresher manual --man > thresher.1; thresher manual --man policy > thresher-policy.5",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "man", Usage: "as a man page: thresher(1), or with PAGE thresher-PAGE(5)"}},
		Action: func(c *cli.Context) error {
			name := c.Args().First()
			switch {
			case name == "" && c.Bool("man"):
				return p.printPage(manualPage(p.app()))
			case name == "":
				return p.listPages()
			}
			content, err := docs.Pages.ReadFile(path.Base(name) + ".md")
			if err != nil {
				return usageError("there is no page %q; next: thresher manual", name)
			}
			if c.Bool("man") {
				return p.printPage(manPage(name, string(content)))
			}
			return p.printPage(string(content))
		},
	}
}

func (p *program) printPage(text string) error {
	_, err := fmt.Fprint(p.out, text)
	return err
}

func (p *program) listPages() error {
	names, err := fs.Glob(docs.Pages, "*.md")
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := p.printPage(strings.TrimSuffix(name, ".md") + "\n"); err != nil {
			return err
		}
	}
	return nil
}

// manPage makes a page of the documentation a man page of section 5.
func manPage(name, content string) string {
	title, rest, _ := strings.Cut(content, "\n")
	summary := strings.TrimPrefix(strings.TrimPrefix(title, "# "), "thresher-"+name+": ")
	return troff(fmt.Sprintf("%% thresher-%s 5\n\n# NAME\n\nthresher-%s - %s\n\n# DESCRIPTION\n\n%s\n\n# SEE ALSO\n\n**thresher**(1)\n",
		name, name, lowerFirst(summary), rest))
}

// manualPage is thresher(1): what --help says, and the exit statuses.
func manualPage(app *cli.App) string {
	_, statuses, _ := strings.Cut(page("exit-statuses"), "\n")
	_, commands, _ := strings.Cut(commandsPage(app), commandsIntroduction)
	text := "% thresher 1\n\n# NAME\n\nthresher - " + app.Usage + "\n\n" +
		"# SYNOPSIS\n\n**pip** *PIP-ARGS* …\n\n**thresher** *COMMAND* [*OPTIONS*] [*WORDS*]\n\n" +
		"# DESCRIPTION\n\n" + app.Description + "\n\n# COMMANDS\n" + commands +
		"\n# EXIT STATUSES\n" + statuses + "\n# SEE ALSO\n\n**thresher-policy**(5), **pip**(1)\n"
	return troff(text)
}

func page(name string) string {
	content, err := docs.Pages.ReadFile(name + ".md")
	if err != nil {
		return "" // a test holds that the pages are there
	}
	return string(content)
}

var linkToPage = regexp.MustCompile(`\[([^\]]+)\]\(([a-z-]+)\.md(#[^)]*)?\)`)

// troff writes Markdown as man reads it. A link to another page becomes the
// command that shows the page.
func troff(markdown string) string {
	linked := linkToPage.ReplaceAllStringFunc(markdown, func(link string) string {
		parts := linkToPage.FindStringSubmatch(link)
		shows := "`thresher manual " + parts[2] + "`"
		if parts[1] == parts[2]+".md" {
			return shows
		}
		return parts[1] + " (" + shows + ")"
	})
	return string(md2man.Render([]byte(linked)))
}

func lowerFirst(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToLower(text[:1]) + text[1:]
}

const commandsIntroduction = "`pip` through thresher is pip, with pip's own commands and options. These are\nthresher's own; `thresher COMMAND --help` says the same.\n"

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
	for _, category := range []string{categoryLook, categoryDo, categorySetUp} {
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
		fmt.Fprintf(b, "\n%s\n", command.Description)
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
