package cli

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

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
		Flags: append(replayFlags(),
			&cli.BoolFlag{Name: "environments", Usage: "also judge the names of what is installed in all known environments"}),
		Action: func(c *cli.Context) error {
			return p.tryPolicy(c.Args().First(), p.replayedLog(c, c.Args().Tail()), c.Bool("environments"), c.Bool("json"))
		},
	}
}

func (p *program) suggestPolicyCommand() *cli.Command {
	return &cli.Command{
		Name:  "suggest",
		Usage: "print the answers with which your policy would refuse none of the log's runs",
		Flags: replayFlags(),
		Action: func(c *cli.Context) error {
			return p.suggestPolicy(p.replayedLog(c, c.Args().Slice()), c.Bool("json"))
		},
	}
}

// replayFlags are those of both commands.
func replayFlags() []cli.Flag {
	return []cli.Flag{
		sinceFlag(),
		&cli.StringSliceFlag{
			Name: "log", Usage: "the runs of other machines, whose logs are collected in `DIR` (may be repeated)",
		},
		&cli.BoolFlag{Name: "json", Usage: "one JSON object"},
	}
}

func sinceFlag() cli.Flag {
	return &cli.StringFlag{Name: "since",
		Usage: "only runs of the last `DURATION` (2h, 3d) or from a DATE on (2026-01-31)"}
}

// replayedLog says which runs are replayed: those of this machine, or of collected
// logs.
type replayedLog struct {
	since string
	logs  []string
}

// replayedLog reads the options. Further words are directories, as a shell writes a
// pattern out behind --log.
func (p *program) replayedLog(c *cli.Context, further []string) replayedLog {
	log := replayedLog{since: c.String("since"), logs: c.StringSlice("log")}
	if len(log.logs) > 0 {
		log.logs = append(log.logs, further...)
	}
	return log
}

// replayed is what a policy would have made of the runs, and of what is installed. Its
// JSON is a contract: fields are added, never renamed.
type replayed struct {
	Runs         int                      `json:"runs"`
	Refused      int                      `json:"refused"`
	RefusedRuns  []refusedRun             `json:"refused_runs"`
	Environments *int                     `json:"environments,omitempty"` // how many were judged; nil where none was to be
	Affected     []refusedEnvironment     `json:"affected_environments,omitempty"`
	Answers      []policy.SuggestedAnswer `json:"answers"`
	TOML         string                   `json:"toml"` // the answers, ready to be pasted

	findings []rules.Finding
}

type refusedRun struct {
	ID          string           `json:"id"`
	Time        time.Time        `json:"time"`
	Host        string           `json:"host,omitempty"`
	Log         string           `json:"log,omitempty"` // the collected log that has it
	Environment string           `json:"environment"`
	Findings    []refusedFinding `json:"findings"`
}

type refusedEnvironment struct {
	Path     string           `json:"path"`
	Findings []refusedFinding `json:"findings"`
}

type refusedFinding struct {
	Subject  string     `json:"subject"`
	Version  string     `json:"version,omitempty"` // of what is installed
	Rule     rules.Rule `json:"rule"`
	Evidence string     `json:"evidence"`
}

// tryPolicy replays the log against a file in the place of the user's own policy.
func (p *program) tryPolicy(path string, log replayedLog, environments, asJSON bool) error {
	if _, err := os.Stat(path); err != nil {
		return usageError(messageNoPolicyFile, path, err)
	}
	tried, err := p.loadLayers(policy.LoadInput{
		SystemPath: p.places.SystemPolicy, UserPath: path, AccountPath: path, Home: p.places.Home, Now: p.now,
	})
	if err != nil {
		return err
	}
	found, err := p.replay(log, tried.Policy)
	if err != nil {
		return err
	}
	if environments {
		if err := p.judgeEnvironments(found, tried.Policy); err != nil {
			return err
		}
	}
	found.answer()
	if asJSON {
		return writeObject(p.out, found)
	}
	return p.printPage(found.text(path))
}

// suggestPolicy prints the answers that the runs of the log need.
func (p *program) suggestPolicy(log replayedLog, asJSON bool) error {
	current, err := p.policy()
	if err != nil {
		return err
	}
	found, err := p.replay(log, current)
	if err != nil {
		return err
	}
	found.answer()
	if asJSON {
		return writeObject(p.out, found)
	}
	if found.TOML == "" {
		p.say(messageNoAnswerNeeded)
	}
	return p.printPage(found.TOML)
}

// replay gives the runs as a policy would have had them.
func (p *program) replay(log replayedLog, tried *policy.Policy) (*replayed, error) {
	from, err := parseSince(log.since, p.now)
	if err != nil {
		return nil, usageError("%v", err)
	}
	current, err := p.policy()
	if err != nil {
		return nil, err
	}
	found := &replayed{RefusedRuns: []refusedRun{}}
	if len(log.logs) == 0 {
		entries, broken, err := journal.Read(p.places.Log(), from)
		if err != nil {
			return nil, fmt.Errorf("read the log: %w", err)
		}
		for _, failure := range brokenLines(p.places.Log(), broken) {
			p.say("%v", failure)
		}
		found.add(policy.Replay(entries, current, tried), "")
		return found, nil
	}
	logs, err := collectedLogs(log.logs)
	if err != nil {
		return nil, err
	}
	for _, one := range logs {
		entries, failures, err := one.read(from)
		if err != nil {
			return nil, err
		}
		for _, failure := range failures {
			p.say("%v", failure)
		}
		found.add(policy.Replay(entries, current, tried), one.name)
	}
	slices.SortStableFunc(found.RefusedRuns, func(a, b refusedRun) int { return a.Time.Compare(b.Time) })
	return found, nil
}

// add takes the runs of one log.
func (r *replayed) add(runs []policy.ReplayedRun, log string) {
	r.Runs += len(runs)
	for _, run := range runs {
		if len(run.Findings) == 0 {
			continue
		}
		r.Refused++
		refused := refusedRun{ID: run.Run.ID, Time: run.Run.Time, Log: log, Environment: run.Run.Environment}
		if log != "" {
			refused.Host = run.Run.Host
		}
		for _, f := range run.Findings {
			refused.Findings = append(refused.Findings, refusedFinding{Subject: f.Subject, Rule: f.Rule, Evidence: f.Evidence})
		}
		r.RefusedRuns = append(r.RefusedRuns, refused)
		r.findings = append(r.findings, run.Findings...)
	}
}

// judgeEnvironments judges the names of what is installed in all known environments.
func (p *program) judgeEnvironments(found *replayed, tried *policy.Policy) error {
	known, err := p.installations()
	if err != nil {
		return err
	}
	count := len(known)
	found.Environments = &count
	for _, one := range known {
		affected := refusedEnvironment{Path: one.prefix}
		for _, d := range one.distributions {
			for _, f := range policy.JudgeName(tried, d.Name) {
				affected.Findings = append(affected.Findings, refusedFinding{d.Name, d.Version, f.Rule, f.Evidence})
				found.findings = append(found.findings, f)
			}
		}
		if len(affected.Findings) > 0 {
			found.Affected = append(found.Affected, affected)
		}
	}
	return nil
}

// answer works out the answers that are lacking.
func (r *replayed) answer() {
	r.Answers = append([]policy.SuggestedAnswer{}, policy.SuggestAnswers(r.findings)...)
	r.TOML = policy.AnswersTOML(r.Answers)
}

// text is the page that a person reads. path is the file that was tried.
func (r *replayed) text(path string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %s would have been refused\n", r.Refused, words.Counted(int64(r.Runs), "run"))
	for _, run := range r.RefusedRuns {
		for _, f := range run.Findings {
			machine := ""
			if run.Log != "" {
				machine = harmless(cmp.Or(run.Host, run.Log)) + "  "
			}
			fmt.Fprintf(&b, "  %s  %s  %s%s\n", run.Time.Local().Format("2006-01-02 15:04"), run.ID, machine, f.text())
		}
	}
	if r.Environments != nil {
		fmt.Fprintf(&b, "%d of %s with packages that it would refuse\n", len(r.Affected),
			words.Counted(int64(*r.Environments), "environment"))
		for _, environment := range r.Affected {
			for _, f := range environment.Findings {
				fmt.Fprintf(&b, "  %s  %s\n", harmless(environment.Path), f.text())
			}
		}
	}
	if len(r.Answers) == 0 {
		return b.String()
	}
	subjects := make([]string, len(r.Answers))
	for i, answer := range r.Answers {
		subjects[i] = harmless(answer.Subject)
	}
	needs := "names would need"
	if len(subjects) == 1 {
		needs = "name would need"
	}
	fmt.Fprintf(&b, "%d %s an answer: %s\n\nanswers for %s:\n\n%s", len(subjects), needs, strings.Join(subjects, ", "),
		harmless(path), r.TOML)
	return b.String()
}

// text is a finding in a line.
func (f refusedFinding) text() string {
	subject := harmless(f.Subject)
	if f.Version != "" {
		subject += " " + harmless(f.Version)
	}
	if f.Evidence == "" { // a line with names alone
		return fmt.Sprintf("%s [%s]", subject, harmless(string(f.Rule)))
	}
	return fmt.Sprintf("%s: %s [%s]", subject, harmless(f.Evidence), harmless(string(f.Rule)))
}
