package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"thresher/advisory"
	"thresher/internal/statuses"
	"thresher/pip"
	"thresher/policy"
	"thresher/python"
	"thresher/scan"
	"thresher/venv"
)

func (p *program) scanCommand() *cli.Command {
	return &cli.Command{
		Name:      "scan",
		Usage:     "match what is installed against the known vulnerabilities",
		ArgsUsage: "[ENVIRONMENT…]",
		Category:  categoryLook,
		Description: "Without ENVIRONMENT it scans the one that pip would install into here, and asks the indexes\n" +
			"whether they still list what came from them. The status is 21 with a known vulnerability\n" +
			"at scan.fail-on, 20 with malware.",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "python", Usage: "scan the environment of the interpreter `PATH` (may be repeated)"},
			&cli.StringFlag{Name: "list", Usage: "scan the lines name==version of `FILE` (- for standard input) " +
				"instead of an environment"},
			&cli.BoolFlag{Name: "offline", Usage: "ask no index whether it still lists what is installed"},
			&cli.BoolFlag{Name: "json", Usage: "one JSON object"},
			&cli.BoolFlag{Name: "sarif", Usage: "SARIF 2.1.0"},
			&cli.BoolFlag{Name: "markdown", Usage: "Markdown, for the summary of a job"},
			&cli.BoolFlag{Name: "cyclonedx", Usage: "CycloneDX 1.6 JSON, with the distributions"},
			&cli.StringFlag{Name: "fail-on", Usage: "`LEVEL` instead of the policy's: fixable, any, low, medium, " +
				"high, critical, none"},
		},
		Action: p.scan,
	}
}

func (p *program) scan(c *cli.Context) error {
	loaded, err := p.policy()
	if err != nil {
		return err
	}
	failOn := scan.FailOn(loaded.Scan.FailOn.Value)
	if c.IsSet("fail-on") {
		if failOn, err = scan.ParseFailOn(c.String("fail-on")); err != nil {
			return usageError("%v", err)
		}
	}
	database, err := advisory.OpenAll(p.places.AllAdvisories()...)
	switch {
	case errors.Is(err, advisory.ErrNoDatabase), errors.Is(err, advisory.ErrDamaged):
		return &exitError{statuses.Broken, fmt.Sprintf("%v, so nothing can be scanned; fix: thresher update", err)}
	case err != nil:
		return err
	}
	defer func() { _ = database.Close() }() // it was only read
	inputs, err := p.scanInputs(c, loaded)
	if err != nil {
		return err
	}
	var results []scan.Result
	for _, input := range inputs {
		input.Database, input.FailOn, input.Ignores, input.Now = database, failOn, scanIgnores(loaded), p.now
		result, err := scan.Scan(input)
		if err != nil {
			return err
		}
		results = append(results, result)
	}
	if err := p.report(c, results); err != nil {
		return err
	}
	return ended(scan.Status(results))
}

// scanInputs reads what is to be scanned.
func (p *program) scanInputs(c *cli.Context, loaded *policy.Policy) ([]scan.Input, error) {
	if list := c.String("list"); list != "" {
		content := p.in
		if list != "-" {
			f, err := os.Open(list)
			if err != nil {
				return nil, err
			}
			defer f.Close()
			content = f
		}
		distributions, err := scan.ParseList(bufio.NewReader(content))
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", list, err)
		}
		return []scan.Input{{Distributions: distributions}}, nil
	}
	environments, err := p.environments(c)
	if err != nil {
		return nil, err
	}
	var inputs []scan.Input
	for _, environment := range environments {
		distributions, err := venv.Distributions(environment.SitePackages)
		if err != nil {
			return nil, err
		}
		input := scan.Input{Environment: environment.Prefix, Distributions: distributions}
		if !c.Bool("offline") {
			if input.Vanished, err = p.vanished(c.Context, loaded, environment, distributions); err != nil {
				return nil, err
			}
		}
		inputs = append(inputs, input)
	}
	return inputs, nil
}

// environments are those named on the command line, or the one that pip would
// install into here.
func (p *program) environments(c *cli.Context) ([]python.Environment, error) {
	var environments []python.Environment
	for _, dir := range c.Args().Slice() {
		prefix, err := filepath.Abs(dir)
		if err != nil {
			return nil, err
		}
		environment, err := inspectPrefix(prefix, p.environ, p.places.Cache)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s is no environment: %w", dir, err)
		}
		if err != nil {
			return nil, err
		}
		environments = append(environments, environment)
	}
	for _, interpreter := range c.StringSlice("python") {
		path, err := filepath.Abs(interpreter)
		if err != nil {
			return nil, err
		}
		environment, err := python.Inspect(path, p.environ, p.places.Cache)
		if err != nil {
			return nil, err
		}
		environments = append(environments, environment)
	}
	if len(environments) > 0 {
		return environments, nil
	}
	installation, err := pip.Find(pip.FindInput{Name: "pip", Environ: p.environ, Dir: p.dir, Self: p.self,
		CacheDir: p.places.Cache})
	if err != nil {
		return nil, fmt.Errorf("find the environment to scan: %w; fix: thresher scan --help", err)
	}
	return []python.Environment{installation.Environment}, nil
}

func (p *program) report(c *cli.Context, results []scan.Result) error {
	out := bufio.NewWriter(p.out)
	var err error
	switch {
	case c.Bool("json"):
		err = scan.WriteJSON(out, results)
	case c.Bool("sarif"):
		err = scan.WriteSARIF(out, results, p.shim.Version)
	case c.Bool("markdown"):
		err = scan.WriteMarkdown(out, results)
	case c.Bool("cyclonedx"):
		err = scan.WriteCycloneDX(out, results, p.shim.Version)
	default:
		for _, line := range scan.Text(results, scan.TextOptions{Width: p.width, Colour: p.colour}) {
			if _, err = io.WriteString(out, line+"\n"); err != nil {
				break
			}
		}
	}
	return errors.Join(err, out.Flush())
}

func scanIgnores(loaded *policy.Policy) []scan.Ignore {
	var ignores []scan.Ignore
	for _, i := range loaded.Scan.Ignore {
		ignores = append(ignores, scan.Ignore{
			ID: i.ID, Reason: i.Reason, Expires: i.Expires, Package: i.Package, Versions: i.Versions, Place: i.Place(),
			Untrusted: i.Untrusted,
		})
	}
	for _, a := range loaded.AllowedMalware() {
		ignores = append(ignores, scan.Ignore{
			Package: a.Subject.Name, Release: a.Subject.Version, Reason: a.Reason, Expires: a.Expires, Place: a.Place(),
		})
	}
	return ignores
}

// malware gives the look-up of the advisories that call a project malware as a
// whole; nil where there is no data.
func (p *program) malware() (func(canonical string) []string, error) {
	database, err := advisory.OpenAll(p.places.AllAdvisories()...)
	if errors.Is(err, advisory.ErrNoDatabase) || errors.Is(err, advisory.ErrDamaged) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return func(canonical string) []string {
		ids, err := database.WholeMalware(canonical)
		if err != nil {
			p.say("the advisory data could not be read: %v", err)
		}
		return ids
	}, nil
}
