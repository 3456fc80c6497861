package cli

import (
	"fmt"
	"os"
	"slices"

	"github.com/urfave/cli/v2"

	"thresher/internal/journal"
	"thresher/internal/words"
	"thresher/policy"
	"thresher/policy/rules"
)

func (p *program) tryPolicyCommand() *cli.Command {
	return &cli.Command{
		Name:      "try",
		Usage:     "say which runs of the log another policy would have refused",
		ArgsUsage: "FILE",
		Description: "FILE is taken for your own policy. Names are judged by it anew; of what the indexes said, the\n" +
			"findings in the log count, so that a rule that was off then finds nothing. Nothing is asked of an index.",
		Flags: []cli.Flag{
			sinceFlag(),
			&cli.BoolFlag{Name: "environments", Usage: "also judge the names of what is installed in all known environments"},
		},
		Action: func(c *cli.Context) error {
			return p.tryPolicy(c.Args().First(), c.String("since"), c.Bool("environments"))
		},
	}
}

func (p *program) suggestPolicyCommand() *cli.Command {
	return &cli.Command{
		Name:   "suggest",
		Usage:  "print the answers with which your policy would refuse none of the log's runs",
		Flags:  []cli.Flag{sinceFlag()},
		Action: func(c *cli.Context) error { return p.suggestPolicy(c.String("since")) },
	}
}

func sinceFlag() cli.Flag {
	return &cli.StringFlag{Name: "since",
		Usage: "only runs of the last `DURATION` (2h, 3d) or from a DATE on (2026-01-31)"}
}

// tryPolicy replays the log against a file in the place of the user's own policy.
func (p *program) tryPolicy(path, since string, environments bool) error {
	if _, err := os.Stat(path); err != nil {
		return usageError(messageNoPolicyFile, path, err)
	}
	tried, err := policy.Load(policy.LoadInput{
		SystemPath: p.places.SystemPolicy, UserPath: path, AccountPath: path, Home: p.places.Home, Now: p.now,
	})
	if err != nil {
		return err
	}
	replayed, err := p.replayed(since, tried)
	if err != nil {
		return err
	}
	refused := slices.DeleteFunc(slices.Clone(replayed), func(run policy.ReplayedRun) bool {
		return len(run.Findings) == 0
	})
	var findings []rules.Finding
	lines := fmt.Sprintf("%d of %s would have been refused\n", len(refused), words.Counted(int64(len(replayed)), "run"))
	for _, run := range refused {
		for _, f := range run.Findings {
			lines += fmt.Sprintf("  %s  %s  %s: %s [%s]\n", run.Run.Time.Local().Format("2006-01-02 15:04"), run.Run.ID,
				harmless(f.Subject), harmless(f.Evidence), harmless(string(f.Rule)))
		}
		findings = append(findings, run.Findings...)
	}
	if environments {
		known, err := p.installations()
		if err != nil {
			return err
		}
		told, count := "", 0
		for _, one := range known {
			before := told
			for _, d := range one.distributions {
				for _, f := range policy.JudgeName(tried, d.Name) {
					told += fmt.Sprintf("  %s  %s %s: %s [%s]\n", harmless(one.prefix), harmless(d.Name), harmless(d.Version),
						harmless(f.Evidence), f.Rule)
					findings = append(findings, f)
				}
			}
			if told != before {
				count++
			}
		}
		lines += fmt.Sprintf("%d of %s with packages that it would refuse\n%s", count,
			words.Counted(int64(len(known)), "environment"), told)
	}
	if answers := policy.SuggestAnswers(findings); answers != "" {
		lines += "\nanswers for " + harmless(path) + ":\n\n" + answers
	}
	return p.printPage(lines)
}

// suggestPolicy prints the answers that the runs of the log need.
func (p *program) suggestPolicy(since string) error {
	current, err := p.policy()
	if err != nil {
		return err
	}
	replayed, err := p.replayed(since, current)
	if err != nil {
		return err
	}
	var findings []rules.Finding
	for _, run := range replayed {
		findings = append(findings, run.Findings...)
	}
	answers := policy.SuggestAnswers(findings)
	if answers == "" {
		p.say("no run of the log needs an answer")
	}
	return p.printPage(answers)
}

// replayed gives the runs of the log as a policy would have had them.
func (p *program) replayed(since string, tried *policy.Policy) ([]policy.ReplayedRun, error) {
	from, err := parseSince(since, p.now)
	if err != nil {
		return nil, usageError("%v", err)
	}
	current, err := p.policy()
	if err != nil {
		return nil, err
	}
	entries, broken, err := journal.Read(p.places.Log(), from)
	if err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	if broken > 0 {
		p.say("%d lines of %s are no entries and were left out", broken, p.places.Log())
	}
	return policy.Replay(entries, current, tried), nil
}
