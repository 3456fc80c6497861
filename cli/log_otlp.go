package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"

	"thresher/index"
	"thresher/internal/journal"
	"thresher/internal/progress"
	"thresher/internal/statuses"
	"thresher/internal/words"
	"thresher/otlp"
)

// sendLog sends to a collector what it has not had of the log, and says how much that
// was. A second Ctrl-C does not wait for the request on its way.
func (p *program) sendLog(parent context.Context, endpoint, since string) error {
	from, err := parseSince(since, p.now)
	if err != nil {
		return usageError("%v", err)
	}
	collector, err := otlp.NewEndpoint(endpoint, p.environment)
	if err != nil {
		return usageError("%v", err)
	}
	if p.places.State == "" {
		return errNoState
	}
	loaded, err := p.policy()
	if err != nil {
		return err // what may leave is the policy's to say
	}
	client, err := index.New(collector.Config(p.environ, "thresher/"+p.shim.Version))
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, stop := signal.NotifyContext(parent, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop)
	host, _ := os.Hostname() // a machine without a name has none
	bar := progress.Bar{Out: p.err, Width: width(p.err)}
	result, err := otlp.Send(ctx, otlp.Input{
		To: collector, Client: client, Directory: filepath.Join(p.places.State, "otlp"), Host: host, Now: p.now,
		Read: func() ([]journal.Entry, error) {
			entries, broken, err := journal.ReadToCollect(p.places.Log(), from, loaded.Log.Words.Value)
			if err != nil {
				return nil, fmt.Errorf("read the log: %w", err)
			}
			for _, failure := range brokenLines(p.places.Log(), broken) {
				p.say("%v", failure)
			}
			return entries, nil
		},
		Progress: func(sent, all int) {
			bar.Show(messageSending, strconv.Itoa(sent), words.Counted(int64(all), "run"), int64(sent), int64(all))
		},
	})
	bar.Clear()
	for _, note := range client.Notes() {
		p.say("%s", note)
	}
	taken, unsent := words.Counted(int64(result.Sent), "run"), words.Counted(int64(result.Left), "run")
	if result.Gap {
		p.say(messageLogGap, collector)
	}
	if result.Sent > 0 || err == nil {
		p.say(messageSent, taken, collector)
	}
	switch {
	case errors.Is(err, context.Canceled):
		return &exitError{statuses.Interrupted, fmt.Sprintf(messageSendingStopped, unsent)}
	case err != nil && result.Left > 0:
		return &exitError{statuses.Broken, fmt.Sprintf(messageNotSent, err, unsent)}
	case err != nil:
		return err
	case result.Rejected > 0:
		refused := words.Counted(int64(result.Rejected), "run")
		return &exitError{statuses.Broken, fmt.Sprintf(messageRejected, refused, collector, result.Reason)}
	}
	return nil
}
