package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"thresher/advisory"
	"thresher/internal/statuses"
	"thresher/policy"
	"thresher/scan"
)

func (p *program) scanCommand() *cli.Command {
	return &cli.Command{
		Name:      "scan",
		Usage:     "match what is installed against the known vulnerabilities",
		ArgsUsage: "[ENVIRONMENT…]",
		Category:  categoryLook,
		Description: "ENVIRONMENT is its directory, or a project's that has it in .venv or venv. Without one it\n" +
			"scans the one that pip would install into here, and asks the indexes whether they still\n" +
			"list what came from them; with -r alone it scans the exact versions that FILE names. With\n" +
			"both, findings stand at the lines of FILE. The status is 21 with a known vulnerability at\n" +
			"scan.fail-on, 20 with malware.",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "r", Aliases: []string{"requirement"}, Usage: "scan what the requirements file " +
				"`FILE` names (may be repeated)"},
			&cli.StringSliceFlag{Name: "python", Usage: "scan the environment of the interpreter `PATH` (may be repeated)"},
			&cli.BoolFlag{Name: "offline", Usage: "ask no index whether it still lists what is installed"},
			&cli.StringFlag{Name: "list", Usage: "scan the lines name==version of `FILE` (- for standard input), or of any " +
				"requirements file"},
			&cli.BoolFlag{Name: "json", Usage: "one JSON object"},
			&cli.BoolFlag{Name: "sarif", Usage: "SARIF 2.1.0"},
			&cli.BoolFlag{Name: "markdown", Usage: "Markdown, for the summary of a job"},
			&cli.BoolFlag{Name: "cyclonedx", Usage: "CycloneDX 1.6 JSON, with all packages"},
			&cli.StringFlag{Name: "fail-on", Usage: "`LEVEL` instead of the policy's: fixable, any, low, medium, " +
				"high, critical, none"},
		},
		Action: p.scan,
	}
}

func (p *program) scan(c *cli.Context) error {
	if err := oneFormat(c, "json", "sarif", "markdown", "cyclonedx"); err != nil {
		return err
	}
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
	inputs, err := p.scanInputs(c, loaded)
	if err != nil {
		return err
	}
	database, err := advisory.OpenAll(p.places.AllAdvisories()...)
	switch {
	case errors.Is(err, advisory.ErrNoDatabase), errors.Is(err, advisory.ErrDamaged):
		return &exitError{statuses.Broken, fmt.Sprintf("%v, so nothing can be scanned; fix: thresher update", err)}
	case err != nil:
		return err
	}
	defer func() { _ = database.Close() }() // it was only read
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

func (p *program) report(c *cli.Context, results []scan.Result) error {
	out := bufio.NewWriter(p.out)
	var err error
	switch {
	case c.Bool("json"):
		err = scan.WriteJSON(out, results)
	case c.Bool("sarif"):
		err = scan.WriteSARIF(out, results, p.shim.Version, p.dir, repositoryRoot(p.dir))
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

// repositoryRoot is the nearest directory from dir up that git or Mercurial has a
// repository in, and dir where there is none.
func repositoryRoot(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		for _, name := range []string{".git", ".hg"} {
			if _, err := os.Lstat(filepath.Join(at, name)); err == nil {
				return at
			}
		}
		if filepath.Dir(at) == at {
			return dir
		}
	}
}

func scanIgnores(loaded *policy.Policy) []scan.Ignore {
	var ignores []scan.Ignore
	for _, i := range loaded.Scan.Ignore {
		ignores = append(ignores, scan.Ignore{
			ID: i.ID, Reason: i.Reason, Expires: i.Expires, Package: i.Package, Versions: i.Versions, Place: i.Place(),
			Untrusted: i.Untrusted, UntilFixed: i.UntilFixed,
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
