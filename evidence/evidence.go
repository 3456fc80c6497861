// Package evidence gathers what indexes and advisories say about a project
// into the plain values that package policy judges. Names go to the index that
// its user configured for them and nowhere else.
package evidence

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"thresher/index"
	"thresher/pep"
	"thresher/policy/rules"
	"thresher/policy/typosquat"
)

// Source is where evidence comes from.
type Source struct {
	Client *index.Client
	// Indexes are the user's index URLs in the order in which they may answer:
	// extra indexes first, the main index last. Main tells which is the last.
	Indexes []string
	Main    string
	// Pin gives the index URL that a name is bound to, "" for none.
	Pin func(canonical string) string
	// Malware gives the ids of the advisories that call any version of a
	// project malware; nil where there is no database.
	Malware func(canonical string) []string
	Now     time.Time
}

// SetIndexes takes the indexes in pip's order, those from extraAt on being the
// extra ones, and puts them into the order in which they may answer.
func (s *Source) SetIndexes(urls []string, extraAt int) {
	s.Indexes = append(append([]string(nil), urls[extraAt:]...), urls[:extraAt]...)
	if extraAt > 0 {
		s.Main = urls[extraAt-1]
	}
}

// Subject is a name to gather evidence about.
type Subject struct {
	Name      string // as written
	New       bool   // not yet in the environment
	Requested bool   // asked for by the user, not brought by a dependency
}

// workers bounds how many projects are asked about at once.
const workers = 16

// Gather asks about all subjects at once and gives what came in before ctx
// ended, by canonical name. What did not come in has its Failure set; there is
// an entry for every subject.
func (s Source) Gather(ctx context.Context, subjects []Subject) map[string]rules.ProjectEvidence {
	gathered := make(map[string]rules.ProjectEvidence, len(subjects))
	var mutex sync.Mutex
	var wait sync.WaitGroup
	slots := make(chan struct{}, workers)
	for _, subject := range subjects {
		wait.Add(1)
		go func() {
			defer wait.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			project := s.Project(ctx, subject)
			mutex.Lock()
			defer mutex.Unlock()
			gathered[project.Canonical] = project
		}()
	}
	wait.Wait()
	return gathered
}

// Project asks the first index that has the name for its page and its project
// document. It never asks a later index after an earlier one failed to answer:
// a private name must not leak while its own index is down.
func (s Source) Project(ctx context.Context, subject Subject) rules.ProjectEvidence {
	canonical := pep.CanonicalName(subject.Name)
	project := rules.ProjectEvidence{
		Name: subject.Name, Canonical: canonical, New: subject.New, Requested: subject.Requested, Now: s.Now,
		Rank: typosquat.Rank(canonical),
	}
	if project.Rank == 0 {
		project.Suspicions = typosquat.Check(subject.Name)
	}
	if s.Malware != nil {
		project.Malware = s.Malware(canonical)
	}
	for _, url := range s.Route(canonical) {
		page, document, err := s.ask(ctx, url, canonical)
		if errors.Is(err, index.ErrNotFound) {
			project.Exists = rules.No
			continue
		}
		if err != nil {
			project.Exists = rules.Unknown
			project.Failure = failure(ctx, err)
			return project
		}
		project.FromMainIndex = rules.No
		if url == s.Main {
			project.FromMainIndex = rules.Yes
		}
		AddPage(&project, page, s.Now)
		if document != nil {
			addDocument(&project, document)
		}
		return project
	}
	return project
}

// Route gives the indexes that may be asked for a name, in order: the index
// it is pinned to alone, or all of them.
func (s Source) Route(canonical string) []string {
	if s.Pin != nil {
		if url := s.Pin(canonical); url != "" {
			return []string{url}
		}
	}
	return s.Indexes
}

// ask fetches page and document at once where the index is the only one to
// ask; otherwise the document waits until the page says that the name is there.
func (s Source) ask(ctx context.Context, url, canonical string) (*index.Page, *index.Project, error) {
	var document *index.Project
	fetched := make(chan struct{})
	go func() {
		defer close(fetched)
		// Many indexes have no such document: without one the questions it
		// would answer stay open, and policy says so.
		if found, err := s.Client.Project(ctx, url, canonical); err == nil {
			document = found
		}
	}()
	page, err := s.Client.Page(ctx, url, canonical)
	if err != nil {
		return nil, nil, err
	}
	<-fetched
	return page, document, nil
}

// failure says in words why an index did not answer.
func failure(ctx context.Context, err error) string {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return "no answer in time"
	}
	return fmt.Sprint(err)
}

// AddPage adds what a project's page says.
func AddPage(project *rules.ProjectEvidence, page *index.Page, now time.Time) {
	history := index.Summarise(page, now)
	project.Exists = rules.Yes
	project.Asked = page.Fetched
	project.Status = page.Status
	project.StatusReason = page.StatusReason
	project.First = history.First
	if !history.Latest.IsZero() {
		project.Latest = history.Latest
	}
	project.Releases = len(history.Releases)
	switch {
	case !page.JSON:
		project.Provenance = rules.Unknown
	case history.LatestAttested:
		project.Provenance = rules.Yes
	default:
		project.Provenance = rules.No
	}
}

func addDocument(project *rules.ProjectEvidence, document *index.Project) {
	project.Described = true
	for label, url := range document.URLs {
		project.URLs = append(project.URLs, rules.URL{Label: label, URL: url})
	}
	project.Ownership = document.Ownership
	seen := map[string]bool{}
	for _, role := range document.Roles {
		if user := strings.ToLower(role.User); !seen[user] {
			seen[user] = true
			project.Maintainers = append(project.Maintainers, role.User)
		}
	}
	project.Organisation = document.Organization
}
