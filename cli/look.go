package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"thresher/archive"
	"thresher/evidence"
	"thresher/index"
	"thresher/internal/statuses"
	"thresher/internal/words"
	"thresher/pep"
	"thresher/policy"
	"thresher/policy/rules"
)

func (p *program) lookCommand() *cli.Command {
	return &cli.Command{
		Name:      "look",
		Usage:     "say what a file would bring: what runs at every start of Python, commands, compiled code",
		ArgsUsage: "NAME… | NAME==VERSION… | FILE.whl…",
		Category:  categoryLook,
		Description: "Of a package the file that pip would probably take here is read, by its end alone, and\n" +
			"compared with the release before. A file of this machine is read and nobody is asked.\n" +
			"Nothing is installed, and no code of it runs. The status is 20 where a file would be\n" +
			"refused, held back, or cannot be read for certain.",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "one JSON object a line"}},
		Action: func(c *cli.Context) error {
			loaded, err := p.policy()
			if err != nil {
				return err
			}
			refused := false
			for _, word := range c.Args().Slice() {
				b, err := p.lookInto(c.Context, loaded, word)
				if archive.ReasonOf(err) != "" {
					return &exitError{statuses.Refused, words.Printable(err.Error())}
				}
				name, _, _ := strings.Cut(word, "==")
				switch name = words.ShellWord(words.Printable(strings.TrimSpace(name))); {
				case errors.Is(err, index.ErrNotFound):
					return &exitError{statuses.Found, fmt.Sprintf(messageLookNoName, err, name)}
				case errors.Is(err, evidence.ErrNoRelease):
					return &exitError{statuses.Found, fmt.Sprintf(messageLookNoRelease, err, name)}
				case err != nil:
					return err
				}
				if c.Bool("json") {
					encoder := json.NewEncoder(p.out)
					encoder.SetEscapeHTML(false)
					err = encoder.Encode(b)
				} else {
					err = p.printBrought(b)
				}
				if err != nil {
					return err
				}
				decided := rules.Decide(b.Findings, rules.InGate)
				refused = refused || decided.Action == rules.Block || decided.Action == rules.Hold
			}
			if refused {
				return &exitError{status: statuses.Refused}
			}
			return nil
		},
	}
}

// lookTimeout bounds what is asked of an index about one file.
const lookTimeout = time.Minute

// lookInto looks into what one word names.
func (p *program) lookInto(ctx context.Context, loaded *policy.Policy, word string) (evidence.Brought, error) {
	if evidence.IsLocalFile(word) {
		return evidence.OfFile(word, loaded.JudgeInside)
	}
	name, version, _ := strings.Cut(word, "==")
	name, version = strings.TrimSpace(name), strings.TrimSpace(version)
	if !pep.ValidName(name) {
		return evidence.Brought{}, usageError(messageLookWord, words.Printable(word))
	}
	source, err := p.source(loaded, asksBy{retries: 1, malware: true})
	if err != nil {
		return evidence.Brought{}, err
	}
	defer source.Client.Close()
	if canonical := pep.CanonicalName(name); source.Table.Barred(canonical) {
		f := source.elsewhere(canonical)[0]
		return evidence.Brought{}, &exitError{statuses.Refused,
			fmt.Sprintf("%s: %s; %s", canonical, f.Evidence, words.Remedy(f.Place, f.Hint))}
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	return source.Brings(ctx, name, version, loaded.JudgeInside)
}

// printBrought writes what a file brings, for a person.
func (p *program) printBrought(b evidence.Brought) error {
	title := words.Printable(b.Filename)
	if b.Name != "" {
		title = words.Printable(b.Name+" "+b.Version) + ": " + title
	}
	if _, err := fmt.Fprintf(p.out, "%s\n", title); err != nil {
		return err
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, line := range broughtLines(b) {
		if _, err := fmt.Fprintf(table, "  %s\t%s\n", line[0], line[1]); err != nil {
			return err
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return p.printFindings(b.Findings)
}

// broughtLines are the lines about what a file brings: what, and how much of it.
func broughtLines(b evidence.Brought) [][2]string {
	lines := [][2]string{{lookSize, fmt.Sprintf(messageLookSize, sizeText(b.Size),
		words.Counted(int64(b.Contents.Members), "file"),
		sizeText(b.Contents.Unpacked))}}
	var hooks, paths []string
	for _, hook := range b.Contents.Hooks {
		if hook.Runs {
			hooks = append(hooks, hook.Path)
		} else {
			paths = append(paths, hook.Path)
		}
	}
	if b.Source {
		return append(lines, [2]string{lookHooks, orElse(words.Listed(hooks), lookNothing)},
			[2]string{lookBuild, messageLookSource})
	}
	lines = append(lines, [2]string{lookHooks, orElse(words.Listed(hooks), lookNothing)})
	if len(paths) > 0 {
		lines = append(lines, [2]string{lookPaths, words.Listed(paths)})
	}
	native := lookNothing
	if b.Contents.Native > 0 {
		native = words.Counted(int64(b.Contents.Native), "file")
	}
	lines = append(lines,
		[2]string{lookCommands, orElse(words.Listed(b.Contents.Scripts), lookNothing)}, [2]string{lookNative, native})
	var odd []string
	for _, payload := range b.Contents.Payloads {
		odd = append(odd, payload.Path)
	}
	if len(odd) > 0 {
		lines = append(lines, [2]string{lookOdd, words.Listed(odd)})
	}
	if b.Before == "" {
		return append(lines, [2]string{lookNew, lookNotCompared})
	}
	return append(lines, [2]string{fmt.Sprintf(lookSince, words.Printable(b.Before)),
		orElse(newContent(b.New), lookNothing)})
}

// newContent lists what the release before does not have.
func newContent(n evidence.NewContent) string {
	var parts []string
	for _, kind := range []struct {
		label string
		found []string
	}{{lookHooks, n.Hooks}, {lookCommands, n.Scripts}, {lookOdd, n.Payloads}} {
		if len(kind.found) > 0 {
			parts = append(parts, kind.label+" "+words.Listed(kind.found))
		}
	}
	if n.Native {
		parts = append(parts, lookNative)
	}
	return strings.Join(parts, "; ")
}

func sizeText(bytes int64) string {
	if bytes < 1e6 {
		return fmt.Sprintf("%d kB", (bytes+999)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
}
