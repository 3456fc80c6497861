package cli

import (
	_ "embed"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/urfave/cli/v2"

	"thresher/docs"
)

// The man pages are made from the pages and from --help beforehand: what makes
// them would cost every start of thresher a millisecond. A test holds that they
// are current, and writes them.
var (
	//go:embed man/thresher.1
	manThresher string
	//go:embed man/thresher-policy.5
	manPolicy string
)

func (p *program) manualCommand() *cli.Command {
	return &cli.Command{
		Name:      "manual",
		Usage:     "print a page of the documentation, or a man page",
		ArgsUsage: "[PAGE]",
		Category:  categorySetUp,
		Description: "Without PAGE the pages are listed; start is the first to read. At a terminal a page is\n" +
			"formatted and shown by PAGER, or by less; elsewhere it is Markdown. With --man it prints what man reads:\n" +
			"thresher manual --man > thresher.1; thresher manual --man policy > thresher-policy.5",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "man", Usage: "as a man page: thresher(1), or with policy thresher-policy(5)"}},
		Action: func(c *cli.Context) error {
			name := c.Args().First()
			switch {
			case name == "" && c.Bool("man"):
				return p.printPage(manThresher)
			case name == "policy" && c.Bool("man"):
				return p.printPage(manPolicy)
			case c.Bool("man"):
				return usageError("there is no man page of %q; fix: thresher manual %s", name, name)
			case name == "":
				return p.listPages()
			}
			content, err := docs.Pages.ReadFile(path.Base(name) + ".md")
			if err != nil {
				return usageError("there is no page %q; fix: thresher manual", name)
			}
			return p.printManual(string(content))
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
