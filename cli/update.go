package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"thresher/advisory"
	"thresher/internal/files"
	"thresher/internal/progress"
	"thresher/internal/words"
	"thresher/policy"
	"thresher/policy/typosquat"
)

func (p *program) updateCommand() *cli.Command {
	return &cli.Command{
		Name: "update",
		Usage: "bring the advisory data, shared policies, and the popular names where the policy names a source, " +
			"up to date",
		Category: categorySetUp,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "from", Usage: "take the advisories from `PLACE`: a zip, a directory, a .jsonl or .jsonl.gz " +
				"file, or the URL of a mirror"},
			&cli.StringFlag{Name: "popular-from", Usage: "take the popular names, one a line in rank order, " +
				"from the file `PATH`"},
			&cli.BoolFlag{Name: "whole", Usage: "take everything anew, not only what changed"},
			&cli.BoolFlag{Name: "replace", Usage: "take it even where it is older than the data that is there, or " +
				"leaves out records of it"},
		},
		Action: func(c *cli.Context) error {
			if p.places.Data == "" {
				return errors.New("there is no home directory to keep data in: set HOME or XDG_DATA_HOME")
			}
			ctx, stop := signal.NotifyContext(c.Context, os.Interrupt)
			defer stop()
			loaded, err := p.policy()
			if err != nil {
				return err
			}
			// None of the two waits for what the other needs.
			stays := p.updateLayers(ctx)
			if err := p.updateAdvisories(ctx, fetch{place: c.String("from"), whole: c.Bool("whole"), replace: c.Bool("replace")},
				loaded); err != nil || stays != nil {
				return errors.Join(stays, err)
			}
			from := c.String("popular-from")
			if from == "" {
				from = loaded.Update.PopularNames.Value
			}
			if from == "" {
				return nil
			}
			return p.updatePopular(from)
		},
	}
}

// fetch is how the advisories are brought up to date.
type fetch struct {
	place   string // that was named; "" for the policy's
	whole   bool   // not only what changed
	replace bool   // by older ones too
}

func (p *program) updateAdvisories(ctx context.Context, from fetch, loaded *policy.Policy) error {
	place := from.place
	if place == "" {
		place = loaded.Update.Advisories.Value
	}
	bar := &progress.Bar{Out: p.err, Width: width(p.err)}
	show := func(at advisory.Progress) {
		bar.Show(at.Stage, at.Amount(at.Done), at.Amount(at.Total), at.Done, at.Total)
	}
	var stats advisory.Stats
	var err error
	if place == "" || strings.HasPrefix(place, "http://") || strings.HasPrefix(place, "https://") {
		stats, err = advisory.Refresh(ctx, advisory.RefreshInput{
			Path: p.places.Advisories(), URL: place, Client: &http.Client{}, Agent: "thresher/" + p.shim.Version,
			Whole: from.whole, Replace: from.replace, Progress: show,
		})
	} else {
		stats, err = advisory.Import(ctx, p.places.Advisories(), advisory.Source{Path: place, Now: p.now,
			Replace: from.replace}, show)
	}
	bar.Clear()
	if errors.Is(err, advisory.ErrBackward) {
		next := "thresher update --replace"
		if from.place != "" {
			next += " --from " + words.ShellWord(from.place)
		}
		return fmt.Errorf("%w; the data that was there is kept; to take it all the same, fix: %s", err, next)
	}
	if err != nil && from.place != "" {
		return err // whoever names a place knows how
	}
	if err != nil {
		return fmt.Errorf("%w; to take them from another place: thresher update --help", err)
	}
	if stats.Skipped > 0 {
		p.say("%d records could not be read, the first since %s", stats.Skipped, stats.Reason)
	}
	if stats.Fresh {
		p.say("the advisories are up to date: %s for %s, %d of these of malware",
			words.Counted(int64(stats.Records), "record"), words.Counted(int64(stats.Names), "package"), stats.Malware)
		return nil
	}
	p.say("read %s; %d are in force for %s, and %d of these are of malware", words.Counted(int64(stats.Changed), "record"),
		stats.Records, words.Counted(int64(stats.Names), "package"), stats.Malware)
	return nil
}

// updatePopular checks a list of popular names before it replaces the old one:
// a short or odd list would make every imitation look unpopular.
func (p *program) updatePopular(from string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("read the popular names: %w", err)
	}
	names := strings.Fields(string(content))
	if err = typosquat.Use(names); err == nil && len(names) == 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("read the popular names: %s: %w", from, err)
	}
	if err := os.MkdirAll(filepath.Dir(p.places.Popular()), 0o755); err != nil {
		return err
	}
	if err := files.Replace(p.places.Popular(), content, 0o644); err != nil {
		return err
	}
	p.say("took %d popular names from %s", len(names), from)
	return nil
}
