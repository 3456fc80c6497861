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

	"thresher/address"
	"thresher/index"
	"thresher/index/route"
	"thresher/pep"
	"thresher/pip"
	"thresher/policy"
	"thresher/policy/rules"
	"thresher/policy/typosquat"
)

// Source is where evidence comes from.
type Source struct {
	Client *index.Client
	Table  route.Table
	// Malware gives the ids of the advisories that call any version of a
	// project malware; nil where there is no database.
	Malware func(canonical string) []string
	Now     time.Time
}

// Table is how the names of a command are routed: to the command's indexes, of
// which the one that pip asks by itself is the public one, whoever asks there.
func Table(command *pip.Command, loaded *policy.Policy) route.Table {
	table := route.Table{
		Strategy: string(loaded.Index.Strategy.Value),
		Pin: func(canonical string) string {
			if pin := loaded.PinFor(canonical); pin != nil {
				return pin.URL
			}
			return ""
		},
		Popular: func(canonical string) bool { return typosquat.Rank(canonical) > 0 },
	}
	for i, s := range command.Indexes {
		table.Indexes = append(table.Indexes, route.Index{
			URL: s.Value, Extra: i >= command.ExtraAt, Public: address.Same(s.Value, command.Installation.DefaultIndex),
		})
	}
	return table
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

// Project asks the index that a name belongs to for its page and its project
// document.
func (s Source) Project(ctx context.Context, subject Subject) rules.ProjectEvidence {
	canonical := pep.CanonicalName(subject.Name)
	targets := make(chan []rules.TargetEvidence, 1)
	go func() { targets <- s.targets(ctx, subject) }()
	answer := s.answer(ctx, canonical)
	var malware []string
	if s.Malware != nil {
		malware = s.Malware(canonical)
	}
	project := Of(subject, answer, malware, s.Now)
	project.Targets = <-targets
	return project
}

// answer asks the index that a canonical name belongs to.
func (s Source) answer(ctx context.Context, canonical string) Answer {
	var document *index.Project
	found := s.Table.Owner(canonical, func(url string) (*index.Page, error) {
		page, beside, err := s.ask(ctx, url, canonical)
		document = beside
		return page, err
	})
	answer := Answer{Page: found.Page, Document: document, Public: found.Public, Index: address.Bare(found.URL)}
	if found.Err != nil && !found.None {
		answer.Failure = failure(ctx, found.Err)
	}
	return answer
}

// targets asks about the popular projects that a requested name may be meant
// for, and gives what came in.
func (s Source) targets(ctx context.Context, subject Subject) []rules.TargetEvidence {
	if !subject.Requested || typosquat.Rank(pep.CanonicalName(subject.Name)) > 0 {
		return nil
	}
	var targets []rules.TargetEvidence
	for _, suspicion := range typosquat.Check(subject.Name) {
		if suspicion.Confidence != typosquat.Medium || typosquat.Rank(suspicion.Target) == 0 {
			continue
		}
		target := Of(Subject{Name: suspicion.Target}, s.answer(ctx, suspicion.Target), nil, s.Now)
		targets = append(targets, rules.TargetEvidence{
			Name: target.Canonical, First: target.First, Maintainers: target.Maintainers,
			Organisation: target.Organisation,
		})
	}
	return targets
}

// Answer is what the index that a name belongs to said about it.
type Answer struct {
	Page     *index.Page    // nil where no index has the name, or it failed to say
	Document *index.Project // nil where the index has none, or nobody asked
	Public   bool           // the index is the one that pip asks by itself
	Failure  string         // why it failed to say; "" it did not
	Index    string         // without credentials; "" none
}

// Of fills a project's evidence. malware are the ids of advisories that call any
// version of it so.
func Of(subject Subject, answer Answer, malware []string, now time.Time) rules.ProjectEvidence {
	canonical := pep.CanonicalName(subject.Name)
	project := rules.ProjectEvidence{
		Name: subject.Name, Canonical: canonical, New: subject.New, Requested: subject.Requested, Now: now,
		Rank: typosquat.Rank(canonical), Malware: malware,
	}
	if project.Rank == 0 {
		project.Suspicions = typosquat.Check(subject.Name)
	}
	switch {
	case answer.Failure != "":
		project.Exists, project.Failure = rules.Unknown, answer.Failure
	case answer.Page == nil:
		project.Exists = rules.No
	default:
		project.Index = answer.Index
		project.FromPublicIndex = rules.No
		if answer.Public {
			project.FromPublicIndex = rules.Yes
		}
		addPage(&project, answer.Page, now)
	}
	if answer.Document != nil {
		addDocument(&project, answer.Document)
	}
	return project
}

// ask fetches page and document of one index at once.
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

// addPage adds what a project's page says.
func addPage(project *rules.ProjectEvidence, page *index.Page, now time.Time) {
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
	case !page.JSON || history.LatestVersion == "":
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
