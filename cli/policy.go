package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"thresher/advisory"
	"thresher/internal/statuses"
	"thresher/internal/words"
	"thresher/policy"
	"thresher/policy/rules"
	"thresher/scan"
)

func (p *program) policyCommand() *cli.Command {
	return &cli.Command{
		Name:     "policy",
		Usage:    "show, check or begin a policy file",
		Category: categoryDo,
		Subcommands: []*cli.Command{
			{
				Name:   "show",
				Usage:  "show the values that count here, each with the layer it comes from, and its date",
				Flags:  []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "one JSON object a line"}},
				Action: func(c *cli.Context) error { return p.showPolicy(c.Bool("json")) },
			},
			{
				Name:      "check",
				Usage:     "say what is wrong with a policy file; without FILE, with all that count here",
				ArgsUsage: "[FILE]",
				Flags: []cli.Flag{&cli.BoolFlag{Name: "shared", Usage: "FILE is to be a shared layer, which others name " +
					"in policy.from"}},
				Action: func(c *cli.Context) error {
					if c.Bool("shared") {
						return p.checkSharedPolicy(c.Args().First())
					}
					return p.checkPolicy(c.Args().First())
				},
			},
			{
				Name:  "init",
				Usage: "write a commented policy file for the user, or with --project for the working directory",
				Flags: []cli.Flag{&cli.BoolFlag{Name: "project", Usage: "write " + policy.ProjectFileName + " here"}},
				Action: func(c *cli.Context) error {
					path := p.places.UserPolicy
					if c.Bool("project") {
						path = filepath.Join(p.dir, policy.ProjectFileName)
					}
					return p.beginPolicy(path)
				},
			},
			{
				Name:      "import",
				Usage:     "print what safety's policy file says, as a part of thresher's",
				ArgsUsage: "[FILE]",
				Description: "FILE is .safety-policy.yml unless given. Ignored vulnerabilities and the severity from\n" +
					"which on a scan fails are taken over; what is not is said, with its line.",
				Action: func(c *cli.Context) error { return p.importPolicy(c.Args().First()) },
			},
			p.tryPolicyCommand(),
			p.suggestPolicyCommand(),
			p.followCommand(),
			p.unfollowCommand(),
			{
				Name:  "schema",
				Usage: "print the JSON Schema of a policy file, for an editor",
				Action: func(*cli.Context) error {
					content, err := policy.JSONSchema()
					if err != nil {
						return err
					}
					return p.printPage(string(content))
				},
			},
		},
		Action: cli.ShowSubcommandHelp,
	}
}

// importPolicy prints what another tool's policy says.
func (p *program) importPolicy(path string) error {
	if path == "" {
		path = ".safety-policy.yml"
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return usageError(messageNoForeignPolicy, path, err)
	}
	imported, err := policy.FromSafety(content, p.now)
	if err != nil {
		return usageError(messageNoForeignPolicy, path, err)
	}
	for _, note := range imported.Notes {
		p.say(messageNotImported, path, note)
	}
	if imported.TOML == "" {
		return &exitError{statuses.Found, fmt.Sprintf(messageNothingImported, path)}
	}
	p.say(messageImported, words.Counted(int64(imported.Ids), "ignore"), path)
	return p.printPage(imported.TOML)
}

func (p *program) showPolicy(asJSON bool) error {
	loaded, err := p.policy()
	if err != nil {
		return err
	}
	for _, note := range loaded.Notes {
		p.say("%s", note)
	}
	if asJSON {
		encoder := json.NewEncoder(p.out)
		for _, setting := range loaded.Show() {
			if err := encoder.Encode(setting); err != nil {
				return err
			}
		}
		return nil
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, setting := range loaded.Show() {
		place := setting.Layer.String()
		if setting.Path != "" {
			place = fmt.Sprintf("%s  %s:%d  %s", place, setting.Path, setting.Line, dayOf(setting.Date))
		}
		if _, err := fmt.Fprintf(table, "%s\t%s\t%s\n", setting.Key, setting.Value, place); err != nil {
			return err
		}
	}
	return table.Flush()
}

func (p *program) checkPolicy(path string) error {
	if path == "" {
		return p.checkPolicyHere()
	}
	layer := rules.UserLayer
	switch {
	case filepath.Base(path) == policy.ProjectFileName:
		layer = rules.ProjectLayer
	case path == p.places.SystemPolicy:
		layer = rules.SystemLayer
	}
	if _, err := os.Stat(path); err != nil {
		return usageError(messageNoPolicyFile, path, err)
	}
	problems, err := policy.Check(path, layer, p.now)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return &exitError{statuses.Found, (&policy.Error{Problems: problems}).Error()}
	}
	p.say("%s is in order", path)
	return nil
}

// checkSharedPolicy says for what a file could be no shared layer.
func (p *program) checkSharedPolicy(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return usageError(messageNoPolicyFile, path, err)
	}
	if _, problems := policy.CheckShared(path, content, p.now); len(problems) > 0 {
		return &exitError{statuses.Found, (&policy.Error{Problems: problems}).Error()}
	}
	p.say("%s is in order", path)
	return nil
}

// checkPolicyHere says what is wrong with the policy that counts in the working
// directory, what of it does not count, and what of it is of no use any longer.
func (p *program) checkPolicyHere() error {
	loaded, err := p.policy()
	if err != nil {
		return &exitError{statuses.Found, err.Error()}
	}
	for _, note := range loaded.Notes {
		p.say("%s", note)
	}
	if project := loaded.Project; project != nil && !project.Trusted && len(project.Loosens) > 0 {
		p.say("%s", policy.NotInForce(project))
	}
	idle, err := p.idleIgnores(loaded)
	if err != nil {
		return err
	}
	for _, ignore := range idle {
		p.say(messageIdleIgnore, ignore.ID, ignore.Place)
	}
	p.say("the policy that counts here is in order; see it with: thresher policy show")
	return nil
}

// idleIgnores are the vulnerability ignores that match nothing in any environment
// that thresher knows; none where nothing is known of vulnerabilities.
func (p *program) idleIgnores(loaded *policy.Policy) ([]scan.Ignore, error) {
	if len(loaded.Scan.Ignore) == 0 || p.places.State == "" {
		return nil, nil
	}
	database, err := advisory.OpenAll(p.places.AllAdvisories()...)
	if errors.Is(err, advisory.ErrNoDatabase) || errors.Is(err, advisory.ErrDamaged) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = database.Close() }() // it was only read
	environments, err := p.installations()
	if err != nil {
		return nil, err
	}
	var results []scan.Result
	for _, one := range environments {
		result, err := scan.Scan(scan.Input{
			Environment: one.prefix, Distributions: one.distributions, Database: database,
			Ignores: scanIgnores(loaded), Now: p.now,
		})
		if err != nil {
			return nil, err
		}
		results = append(results, result)
	}
	return scan.Unused(results), nil
}

func (p *program) beginPolicy(path string) error {
	if path == "" {
		return errors.New("there is no home directory to keep a policy in: set HOME or XDG_CONFIG_HOME")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	schema := policy.SchemaFileName(filepath.Base(path))
	err := writeNew(path, policy.Init(schema))
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s is there already; fix: thresher policy check %s", path, path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	p.say("wrote %s", path)
	return p.writeSchema(filepath.Join(filepath.Dir(path), schema))
}

// writeSchema writes the schema that a policy file names, over that of an
// earlier release.
func (p *program) writeSchema(path string) error {
	content, err := policy.JSONSchema()
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := writeNew(path, content); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	p.say("wrote %s: editors of TOML complete and check the policy by it", path)
	return nil
}

func (p *program) trustCommand() *cli.Command {
	return &cli.Command{
		Name:      "trust",
		Usage:     "let a project's policy file loosen what it says, after showing what that is",
		ArgsUsage: "[FILE]",
		Category:  categoryDo,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "record it without asking"},
			&cli.BoolFlag{Name: "forget", Usage: "trust it no longer"},
		},
		Action: func(c *cli.Context) error {
			path := c.Args().First()
			if path == "" {
				found, err := policy.FindProject(p.dir, p.places.Home)
				if err != nil {
					return err
				}
				path = found
			}
			if path == "" {
				return usageError(messageNothingToTrust, policy.ProjectFileName)
			}
			path, err := filepath.Abs(path)
			if err != nil {
				return err
			}
			if c.Bool("forget") {
				count, err := policy.ForgetTrust(p.places.Trusted(), path, "")
				if err == nil {
					p.say("%d records of %s taken back", count, path)
				}
				return err
			}
			return p.trust(path, c.Bool("yes"))
		},
	}
}

// trust shows what the file would loosen, asks, and records its content.
func (p *program) trust(path string, yes bool) error {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return usageError(messageNothingToTrust, p.short(path))
	}
	loaded, err := p.loadLayers(policy.LoadInput{
		SystemPath: p.places.SystemPolicy, UserPath: p.places.UserPolicy, AccountPath: p.places.AccountPolicy,
		Dir: filepath.Dir(path), Home: p.places.Home,
		Trusted: func(string) bool { return false }, Now: p.now,
	})
	if err != nil {
		return err
	}
	project := loaded.Project
	if project == nil || project.Path != path {
		return usageError(messageNotThePolicy, path)
	}
	if project.Shared != "" {
		return fmt.Errorf(messageNeverTrusted, path, project.Shared, hintOf(project))
	}
	if len(project.Loosens) == 0 {
		p.say("%s only tightens: it counts as it is, and there is nothing to trust", path)
		return nil
	}
	p.say("%s would loosen:", path)
	for _, change := range project.Loosens {
		from := change.From
		if from == "" {
			from = "(nothing)"
		}
		p.say("  line %d: %s: %s → %s", change.Line, change.Key, from, change.To)
	}
	if err := p.mayAnswer(); err != nil {
		return err
	}
	if !yes && !p.confirm("trust it as it is now") {
		return &exitError{statuses.Found, "not trusted; fix: thresher trust --yes " + path}
	}
	if err := policy.RecordTrust(p.places.Trusted(), policy.TrustRecord{SHA256: project.SHA256, Path: path,
		Time: p.now.UTC().Round(time.Second)}); err != nil {
		return err
	}
	p.say("trusted %s until it changes", path)
	return nil
}

// hintOf is the command that makes a project's file one that can be trusted.
func hintOf(project *policy.Project) string {
	if project.Hint == "" {
		return ""
	}
	return "; fix: " + project.Hint
}

// confirm asks at a terminal; no is the default, and the answer elsewhere.
func (p *program) confirm(question string) bool {
	if !p.terminal {
		return false
	}
	_, _ = fmt.Fprintf(p.err, "thresher: %s? [y/N] ", question)
	var answer string
	if _, err := fmt.Fscanln(p.in, &answer); err != nil {
		return false
	}
	return answer == "y" || answer == "Y" || answer == "yes"
}
