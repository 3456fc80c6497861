package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"thresher/address"
	"thresher/evidence"
	"thresher/exposure"
	"thresher/index"
	"thresher/internal/journal"
	"thresher/internal/progress"
	"thresher/internal/words"
	"thresher/pip"
	"thresher/policy"
	"thresher/policy/rules"
	"thresher/python"
	"thresher/scan"
	"thresher/venv"
)

// pagesAtOnce bounds how many pages are asked for at a time, pagesDeadline how
// long a scan waits for all of them.
const (
	pagesAtOnce   = 16
	pagesDeadline = 30 * time.Second
)

// vanished asks the indexes whether they still list what an environment has from
// them. That one cannot be asked is said, and says nothing of what is installed.
func (p *program) vanished(
	ctx context.Context, loaded *policy.Policy, environment python.Environment, installed []venv.Distribution,
) ([]scan.Vanished, error) {
	if loaded.Action(rules.Vanished).Value == rules.Off || !loaded.Evidence.Online.Value {
		return nil, nil
	}
	asking, err := p.newAsking(loaded, environment)
	if errors.Is(err, pip.ErrNoPip) {
		p.say(messageNotAsked, err)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer asking.source.Client.Close()
	ctx, cancel := context.WithTimeout(ctx, pagesDeadline)
	defer cancel()
	evidences := make([]rules.InstalledEvidence, len(installed))
	var wait sync.WaitGroup
	var shown sync.Mutex // of the bar, and of done
	bar, done := progress.Bar{Out: p.err, Width: width(p.err)}, 0
	slots := make(chan struct{}, pagesAtOnce)
	for i, d := range installed {
		if d.Shadowed || d.Canonical == "" {
			continue
		}
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			evidences[i] = asking.about(ctx, d)
			shown.Lock()
			defer shown.Unlock()
			done++
			bar.Show(messageAsking, strconv.Itoa(done), words.Counted(int64(len(installed)), "package"), int64(done),
				int64(len(installed)))
		})
	}
	wait.Wait()
	bar.Clear()
	var found []scan.Vanished
	for _, e := range evidences {
		for _, f := range loaded.JudgeInstalled(e) {
			found = append(found, scan.Vanished{
				Canonical: e.Canonical, Version: e.Version, Evidence: f.Evidence, Hint: f.Hint, Fails: f.Action == rules.Block,
			})
		}
	}
	for _, failure := range asking.failures() {
		p.say("%s", failure)
	}
	return found, nil
}

// asking asks the indexes of one environment for pages.
type asking struct {
	source  evidence.Source // its client and its table
	command *pip.Command
	origins exposure.Origins

	mutex   sync.Mutex
	stopped map[string]bool  // indexes that are not asked again: they cannot be reached
	failed  map[string]error // what an index answered instead
	unsaid  map[string]int   // how many names it said nothing of
}

func (p *program) newAsking(loaded *policy.Policy, environment python.Environment) (*asking, error) {
	entries, _, err := journal.Read(p.places.Log(), time.Time{})
	if err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	source, err := p.source(loaded, asksBy{interpreter: environment.Interpreter})
	if err != nil {
		return nil, err
	}
	return &asking{
		source: source.Source, command: source.command, origins: exposure.OriginsOf(entries, environment.Prefix),
		stopped: map[string]bool{}, failed: map[string]error{}, unsaid: map[string]int{},
	}, nil
}

// about asks what the indexes say of a distribution: the one that it came from,
// or, where the log does not tell, those that pip would ask for its name now.
func (a *asking) about(ctx context.Context, d venv.Distribution) rules.InstalledEvidence {
	e := rules.InstalledEvidence{
		Name: d.Name, Canonical: d.Canonical, Version: d.Version, Since: d.Written, Installer: d.Installer,
		Local: d.DirectURL != "" || d.Editable, Indexes: 1,
	}
	origin, url := a.origins.Of(d.Canonical, d.Version)
	e.Origin, e.Local = origin, e.Local || url != ""
	switch {
	case !e.FromIndex():
	case e.Origin != "":
		a.ask(ctx, &e, a.configured(e.Origin))
	case len(a.command.FindLinks) > 0: // it may have come from there
	default:
		a.askAll(ctx, &e)
	}
	return e
}

// askAll asks the indexes that pip would ask for a name now.
func (a *asking) askAll(ctx context.Context, e *rules.InstalledEvidence) {
	if a.source.Table.Merges(e.Canonical) {
		e.Indexes = len(a.source.Table.Indexes)
		for _, configured := range a.source.Table.Indexes {
			_, _ = a.ask(ctx, e, configured.URL) // failures has what went wrong
		}
		return
	}
	e.Indexes = 1
	a.source.Table.Owner(e.Canonical, func(url string) (*index.Page, error) {
		e.Answers = nil
		return a.ask(ctx, e, url)
	})
}

// asked says whether an index is one of those that answered.
func (a *asking) asked(e *rules.InstalledEvidence, bare string) bool {
	return slices.ContainsFunc(e.Answers, func(answer rules.IndexAnswer) bool { return address.Same(answer.Index, bare) })
}

// configured gives an index as the configuration has it, credentials included; ""
// for a folder that it does not name.
func (a *asking) configured(origin string) string {
	for _, s := range a.command.Indexes {
		if address.Same(s.Value, origin) {
			return s.Value
		}
	}
	if scheme := address.Parse(origin).Scheme(); scheme == "http" || scheme == "https" {
		return origin
	}
	return ""
}

// ask asks one index for the page of a project, and enters what it says.
func (a *asking) ask(ctx context.Context, e *rules.InstalledEvidence, url string) (*index.Page, error) {
	if url == "" {
		return nil, index.ErrNotFound
	}
	bare := address.Bare(url)
	a.mutex.Lock()
	stopped, err := a.stopped[bare], a.failed[bare]
	a.mutex.Unlock()
	var page *index.Page
	if !stopped {
		page, err = a.source.Client.Page(ctx, url, e.Canonical)
	}
	answer := rules.IndexAnswer{Index: bare, Asked: time.Now()}
	switch {
	case err == nil:
		answer.Listed, answer.Files, answer.Asked = page.Lists(e.Version), len(page.Files) > 0, page.Fetched
		answer.Status, answer.Reason = page.Status, page.StatusReason
	case errors.Is(err, index.ErrNotFound):
		answer.Missing = true
	default:
		var connection *index.ConnectionError
		var unauthorised *index.AuthError
		a.mutex.Lock()
		defer a.mutex.Unlock()
		a.failed[bare], a.unsaid[bare] = err, a.unsaid[bare]+1
		a.stopped[bare] = a.stopped[bare] || errors.As(err, &connection) || errors.As(err, &unauthorised) || ctx.Err() != nil
		return nil, err
	}
	e.Answers = append(e.Answers, answer)
	return page, err
}

// failures says which indexes could not be asked, and about how many packages.
func (a *asking) failures() []string {
	var texts []string
	for bare, err := range a.failed {
		texts = append(texts, fmt.Sprintf(messageIndexNotAsked, bare, words.Counted(int64(a.unsaid[bare]), "package"), err))
	}
	slices.Sort(texts)
	return texts
}
