package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"thresher/internal/agents"
	"thresher/internal/statuses"
	"thresher/pep"
	"thresher/policy"
	"thresher/policy/rules"
)

// Every answer that is kept goes into one layer's file: the user's, or with
// --project the one of the checkout.
var projectFlag = &cli.BoolFlag{Name: "project", Usage: "record it in the project's " + policy.ProjectFileName +
	" instead of the user's policy"}

func (p *program) allowCommand() *cli.Command {
	return &cli.Command{
		Name:      "allow",
		Usage:     "record that a name is right, so that it is not asked about again",
		ArgsUsage: "NAME | NAME==VERSION | build:NAME | fetch:NAME=HOST | host:HOST | URL",
		Description: "NAME==VERSION is one release, for the rules given with --rule alone: the next one\n" +
			"is judged anew. build:NAME runs its build outside the sandbox, fetch:NAME=HOST is a\n" +
			"host from which its build alone may fetch, fetch:NAME=HOST/PATH what is below a path\n" +
			"there by plain http; host:HOST is a host from which pip, all builds and what\n" +
			"`thresher run` starts may. Without a terminal nothing is recorded, unless your policy\n" +
			"has answers.without-terminal.",
		Category: categoryDo,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "reason", Usage: "why it is right", Required: true},
			&cli.StringFlag{Name: "expires", Usage: "the day from which on it is asked about again, `YYYY-MM-DD`"},
			&cli.StringSliceFlag{Name: "rule", Usage: "answer only this `RULE` (may be repeated)"},
			projectFlag,
		},
		Action: func(c *cli.Context) error {
			name := c.Args().First()
			entry := rules.Allow{Reason: c.String("reason")}
			var err error
			if entry.Subject, err = rules.ParseSubject(name); err != nil {
				return usageError("%v", err)
			}
			if entry.Expires, err = parseDay(c.String("expires"), p.now); err != nil {
				return usageError("%v", err)
			}
			for _, rule := range c.StringSlice("rule") {
				entry.Rules = append(entry.Rules, rules.Rule(rule))
			}
			if err := entry.Check(); err != nil {
				return usageError("%v", err)
			}
			if entry.TooLong(p.now) {
				return usageError(messageMalwareEnd, rules.LongestMalware)
			}
			if c.Bool("project") && slices.Contains(entry.Rules, rules.Malware) {
				return usageError(messageMalwareProject)
			}
			if err := p.mayAnswer(); err != nil {
				return err
			}
			return p.keep(c, func(path string) (bool, string, error) { return policy.AppendAllow(path, entry) })
		},
	}
}

func (p *program) denyCommand() *cli.Command {
	return &cli.Command{
		Name:      "deny",
		Usage:     "record that a name is never installed",
		ArgsUsage: "NAME",
		Category:  categoryDo,
		Flags:     []cli.Flag{&cli.StringFlag{Name: "reason", Usage: "why", Required: true}, projectFlag},
		Action: func(c *cli.Context) error {
			name := c.Args().First()
			return p.keep(c, func(path string) (bool, string, error) {
				return policy.AppendDeny(path, rules.Deny{Name: name, Reason: c.String("reason")})
			})
		},
	}
}

func (p *program) preferCommand() *cli.Command {
	return &cli.Command{
		Name:      "prefer",
		Usage:     "record what is used here instead of a name",
		ArgsUsage: "OLD NEW",
		Category:  categoryDo,
		Flags:     []cli.Flag{projectFlag},
		Action: func(c *cli.Context) error {
			return p.keep(c, func(path string) (bool, string, error) {
				return policy.AppendPrefer(path, rules.Prefer{Name: c.Args().Get(0), Use: c.Args().Get(1)})
			})
		},
	}
}

func (p *program) ignoreCommand() *cli.Command {
	return &cli.Command{
		Name:      "ignore",
		Usage:     "record that a known vulnerability was looked at and does not count for now",
		ArgsUsage: "ID",
		Category:  categoryDo,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "reason", Usage: "why it does not count here", Required: true},
			&cli.IntFlag{Name: "days", Value: 14, Usage: "for how many days"},
			&cli.StringFlag{Name: "expires", Usage: "until this day, `YYYY-MM-DD`, instead of --days"},
			&cli.BoolFlag{Name: "until-fixed", Usage: "until a release without it can be installed, and for no number of days"},
			&cli.StringFlag{Name: "package", Usage: "only in the package `NAME`"},
			&cli.StringFlag{Name: "versions", Usage: "only in versions that `SPECIFIER` allows"},
			projectFlag,
		},
		Action: func(c *cli.Context) error {
			id := c.Args().First()
			if !isAdvisoryID(id) {
				return usageError(messageNoID, id)
			}
			entry := policy.Ignore{ID: id, Reason: c.String("reason"), Versions: c.String("versions")}
			if name := c.String("package"); name != "" {
				entry.Package = pep.CanonicalName(name)
			}
			if c.Int("days") < 1 {
				return usageError("--days takes a number from 1 on")
			}
			entry.UntilFixed = c.Bool("until-fixed")
			day := p.now.AddDate(0, 0, c.Int("days"))
			entry.Expires = time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC)
			if entry.UntilFixed && !c.IsSet("days") {
				entry.Expires = time.Time{}
			}
			if c.IsSet("expires") {
				var err error
				if entry.Expires, err = parseDay(c.String("expires"), p.now); err != nil {
					return usageError("%v", err)
				}
			}
			if err := entry.Check(); err != nil {
				return usageError("%v", err)
			}
			if err := p.mayAnswer(); err != nil {
				return err
			}
			return p.keep(c, func(path string) (bool, string, error) { return policy.AppendIgnore(path, entry) })
		},
	}
}

// advisoryID is how the ids look that records have (OSV schema 1.7): who gives
// them out, and behind a hyphen their number.
var advisoryID = regexp.MustCompile(`(?i)^[a-z][a-z0-9]*(-[a-z0-9][a-z0-9.:]*)+$`)

// isAdvisoryID tells the id of a vulnerability from the name of a package.
func isAdvisoryID(text string) bool {
	return advisoryID.MatchString(text) && strings.ContainsAny(text, "0123456789")
}

// mayAnswer refuses an answer that loosens where no person is there to give it:
// what an agent or a script runs must not approve itself by mistake. It is
// friction and no boundary, since the user's own processes may write the file.
func (p *program) mayAnswer() error {
	loaded, err := p.policy()
	if err != nil || loaded.Answers.WithoutTerminal.Value {
		return err
	}
	agent := agents.Running(p.environ, policy.Values(loaded.Agents.Variables))
	if p.terminal && agent == "" {
		return nil
	}
	return &exitError{statuses.Refused, fmt.Sprintf(messageNobodyAnswers, p.places.UserPolicy)}
}

// keep appends to the file of the chosen layer and says where, or prints the
// line to change where the key is there already.
func (p *program) keep(c *cli.Context, appendTo func(path string) (bool, string, error)) error {
	path, err := p.answersFile(c)
	if err != nil {
		return err
	}
	written, line, err := appendTo(path)
	if err != nil {
		return fmt.Errorf("%w; nothing was written", err)
	}
	if !written {
		return &exitError{statuses.Found, "it is there already, nothing was written; change this line: " + line}
	}
	p.say("recorded in %s", path)
	return nil
}

// answersFile is the file of the chosen layer. Its directory is made.
func (p *program) answersFile(c *cli.Context) (string, error) {
	path := p.places.UserPolicy
	if c.Bool("project") {
		found, err := policy.FindProject(p.dir, p.places.Home)
		if err != nil {
			return "", err
		}
		if path = found; path == "" {
			path = filepath.Join(p.dir, policy.ProjectFileName)
		}
	}
	if path == "" {
		return "", errors.New("there is no home directory to keep a policy in: set HOME or XDG_CONFIG_HOME")
	}
	return path, os.MkdirAll(filepath.Dir(path), 0o755)
}

func parseDay(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse("2006-01-02", text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no day as YYYY-MM-DD", text)
	}
	if !day.After(now) {
		return time.Time{}, fmt.Errorf("%s is past already", text)
	}
	return day, nil
}
