package cli

import "github.com/urfave/cli/v2"

// The headings under which --help lists the commands.
const (
	categorySetUp = "at first: set up" // the library lists them by the alphabet
	categoryLook  = "before and after: look"
	categoryDo    = "when asked: answer, and keep the answer"
)

const topDescription = `thresher stands where pip is called. It refuses to install outside a virtual
environment, judges every name, file and index that pip is about to use,
hands over to the real pip with -U, and scans what came out.

It is called through its links pip and pip3; the commands below are its own.
What counts as good is in the policy file, see docs/policy.md or
thresher-policy(5).`

func (p *program) commands() []*cli.Command {
	return []*cli.Command{
		p.setupCommand(), p.doctorCommand(), p.updateCommand(), p.newCommand(), p.guardCommand(), p.initCommand(),
		p.completionCommand(), p.manualCommand(), p.pipCommand(),
		p.scanCommand(), p.checkCommand(), p.explainCommand(), p.lookCommand(), p.planCommand(), p.logCommand(),
		p.inventoryCommand(), p.reportCommand(),
		p.exposedCommand(), p.runCommand(),
		p.allowCommand(), p.denyCommand(), p.preferCommand(), p.ignoreCommand(), p.undoCommand(),
		p.trustCommand(), p.policyCommand(),
	}
}

func (p *program) pipCommand() *cli.Command {
	return &cli.Command{
		Name:            "pip",
		Usage:           "run pip through thresher, by name (for an alias)",
		ArgsUsage:       "PIP-ARGS…",
		Category:        categorySetUp,
		SkipFlagParsing: true,
		Action:          func(c *cli.Context) error { return ended(p.shim.Run(c.Args().Slice())) },
	}
}

func (p *program) planCommand() *cli.Command {
	return &cli.Command{
		Name:      "plan",
		Usage:     "say what a pip command would be taken for and what would be run, without running it",
		ArgsUsage: "-- PIP-ARGS…",
		Category:  categoryLook,
		Flags:     []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "one JSON object"}},
		Action: func(c *cli.Context) error {
			return ended(p.shim.Plan(c.Args().Slice(), c.Bool("json")))
		},
	}
}

// ended carries an exit status that has been explained already.
func ended(status int) error {
	if status == 0 {
		return nil
	}
	return &exitError{status: status}
}
