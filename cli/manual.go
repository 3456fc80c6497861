package cli

import (
	"fmt"
	"io/fs"
	"path"
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
		Description: "PAGE is policy, rules, routes, … (without PAGE they are listed). With --man it prints\n" +
			"   troff: thresher manual --man > thresher.1; thresher manual --man policy > thresher-policy.5",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "man", Usage: "as a man page: thresher(1), or thresher-policy(5) for the page policy"}},
		Action: func(c *cli.Context) error {
			page := c.Args().First()
			if c.Bool("man") && page == "" {
				text, err := p.app().ToManWithSection(1)
				if err != nil {
					return err
				}
				_, err = fmt.Fprint(p.out, text)
				return err
			}
			if page == "" {
				names, err := fs.Glob(docs.Pages, "*.md")
				if err != nil {
					return err
				}
				for _, name := range names {
					if _, err := fmt.Fprintln(p.out, strings.TrimSuffix(name, ".md")); err != nil {
						return err
					}
				}
				return nil
			}
			content, err := docs.Pages.ReadFile(path.Base(page) + ".md")
			if err != nil {
				return usageError("there is no page %q; next: thresher manual", page)
			}
			if c.Bool("man") {
				heading := fmt.Sprintf("%% thresher-%s 5\n\n", page)
				content = md2man.Render(append([]byte(heading), content...))
			}
			_, err = p.out.Write(content)
			return err
		},
	}
}
