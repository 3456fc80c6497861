package cli

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/urfave/cli/v2"

	"thresher/internal/journal"
)

func (p *program) logCommand() *cli.Command {
	return &cli.Command{
		Name:     "log",
		Usage:    "show the last runs, one line each",
		Category: categoryLook,
		Description: "With --otlp it sends to an OpenTelemetry collector (OTLP/HTTP in JSON) the runs that were not\n" +
			"sent there yet, and goes on after a failure where it stopped. Logins come from\n" +
			"OTEL_EXPORTER_OTLP_HEADERS or netrc, proxies and certificates from the variables that pip\n" +
			"has them from. Nothing else sends anything.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "verdicts", Usage: "below each run what changed and what was found, with its evidence"},
			&cli.BoolFlag{Name: "json", Usage: "one JSON object a line, as the log keeps it"},
			&cli.BoolFlag{Name: "schema", Usage: "print the JSON Schema of a line"},
			&cli.StringFlag{Name: "otlp", Usage: "send what was not sent yet to the collector at the address `ENDPOINT`"},
			sinceFlag(),
			&cli.IntFlag{Name: "last", Aliases: []string{"n"}, Value: 20, Usage: "at most `N` runs; 0 for all"},
		},
		Action: func(c *cli.Context) error {
			if c.Bool("schema") {
				return p.printPage(journal.JSONSchema())
			}
			if c.IsSet("otlp") {
				if c.Bool("json") || c.Bool("verdicts") || c.IsSet("last") {
					return usageError("%s", messageOTLPAlone)
				}
				return p.sendLog(c.Context, c.String("otlp"), c.String("since"))
			}
			since, err := parseSince(c.String("since"), p.now)
			if err != nil {
				return usageError("%v", err)
			}
			entries, broken, err := journal.Read(p.places.Log(), since)
			if err != nil {
				return fmt.Errorf("read the log: %w", err)
			}
			for _, failure := range brokenLines(p.places.Log(), broken) {
				p.say("%v", failure)
			}
			if n := c.Int("last"); n > 0 && len(entries) > n {
				entries = entries[len(entries)-n:]
			}
			if c.Bool("json") {
				encoder := json.NewEncoder(p.out)
				for _, entry := range entries {
					if err := encoder.Encode(entry); err != nil {
						return err
					}
				}
				return nil
			}
			return p.printLog(entries, c.Bool("verdicts"))
		},
	}
}

func (p *program) printLog(entries []journal.Entry, verdicts bool) error {
	if len(entries) == 0 {
		p.say("no runs in %s", p.places.Log())
		return nil
	}
	var lines strings.Builder
	table := tabwriter.NewWriter(&lines, 0, 0, 2, ' ', 0)
	for _, e := range entries {
		_, err := fmt.Fprintf(table, "%s\t%s\t%d\t%s\tpip %s\t%s\n", e.Time.Local().Format("2006-01-02 15:04"),
			e.ID, e.Status, changed(len(e.Changed)), harmless(strings.Join(e.Argv, " ")), harmless(strings.Join(said(e), "; ")))
		if err != nil {
			return err
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for i, line := range strings.Split(strings.TrimSuffix(lines.String(), "\n"), "\n") {
		text := strings.TrimRight(line, " ") + "\n"
		if verdicts {
			text += evidenceLines(entries[i])
		}
		if _, err := fmt.Fprint(p.out, text); err != nil {
			return err
		}
	}
	return nil
}

// evidenceLines are what a run found, a line each.
func evidenceLines(e journal.Entry) string {
	var b strings.Builder
	for _, v := range e.Vulnerabilities {
		fmt.Fprintf(&b, "  vulnerable %s %s: %s\n", harmless(v.Name), harmless(v.Version), harmless(v.ID))
	}
	for _, c := range e.Changed {
		fmt.Fprintf(&b, "  %s\n", harmless(strings.TrimSpace(c.Name+" "+strings.Trim(c.Before+" → "+c.After, " →"))))
	}
	for _, v := range e.Findings {
		action := v.Action
		if v.Observed != "" {
			action = "observed " + v.Observed
		}
		fmt.Fprintf(&b, "  %s %s: %s [%s]\n", harmless(action), harmless(v.Subject), harmless(v.Evidence), v.Rule)
	}
	return b.String()
}

// said is what a run found, in a few words: what was stopped by its name, and
// how many notes there were.
func said(e journal.Entry) []string {
	var texts []string
	notes := 0
	for _, v := range e.Findings {
		if v.Observed != "" {
			texts = append(texts, "observed "+v.Rule+" "+v.Subject)
		} else if v.Action == "block" || v.Action == "ask" || v.Action == "hold" {
			texts = append(texts, v.Rule+" "+v.Subject)
		} else {
			notes++
		}
	}
	const few = 2
	if count := len(e.Vulnerabilities); count > few {
		texts = append(texts, fmt.Sprintf("%d known vulnerabilities", count))
	} else {
		for _, v := range e.Vulnerabilities {
			texts = append(texts, v.Name+" "+v.Version+" "+v.ID)
		}
	}
	switch notes {
	case 0:
	case 1:
		texts = append(texts, "1 note")
	default:
		texts = append(texts, fmt.Sprintf("%d notes", notes))
	}
	if e.Note != "" {
		texts = append(texts, e.Note)
	}
	return texts
}

func changed(count int) string {
	if count == 0 {
		return "-"
	}
	return fmt.Sprintf("%d changed", count)
}

// harmless keeps what came from a command line or an index from steering the
// terminal.
func harmless(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// parseSince reads a length of time before now or a date; "" is always.
func parseSince(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 {
			return now.AddDate(0, 0, -n), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	if t, err := time.ParseInLocation("2006-01-02", text, now.Location()); err == nil {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("%q is neither a length of time (2h, 3d) nor a date (2026-01-31)", text)
}
