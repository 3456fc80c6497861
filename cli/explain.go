package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"thresher/advisory"
	"thresher/evidence"
	"thresher/internal/words"
	"thresher/pep"
	"thresher/policy"
	"thresher/policy/rules"
)

// card is the checklist of `thresher explain` about one name.
type card struct {
	Name      string          `json:"name"`
	Canonical string          `json:"canonical"`
	Verdict   string          `json:"verdict"`
	Questions []question      `json:"questions"`
	Findings  []rules.Finding `json:"findings"`
	// Brings is what its newest file would bring; nil where that is not known.
	Brings *evidence.Brought `json:"brings,omitempty"`
}

const popularNames = "popular names"

// question is one line of the checklist. Answer is yes, no or unknown: from
// the side of somebody who would like to trust the name. AsOf is up to when
// the source knows; nil where it is part of this release, or not known.
type question struct {
	Question string     `json:"question"`
	Answer   string     `json:"answer"`
	Evidence string     `json:"evidence"`
	Source   string     `json:"source"`
	AsOf     *time.Time `json:"as_of,omitempty"`
}

func (p *program) explainCommand() *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "ask the questions of a careful person about a name, and show the answers",
		ArgsUsage: "NAME…",
		Category:  categoryLook,
		Flags:     []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "one JSON object a line"}},
		Action: func(c *cli.Context) error {
			loaded, err := p.policy()
			if err != nil {
				return err
			}
			var requested []rules.Requested
			for _, name := range c.Args().Slice() {
				if !pep.ValidName(name) {
					return usageError("%q is no name of a package", name)
				}
				requested = append(requested, request(name, "argument"))
			}
			gathered, err := p.gather(c.Context, loaded, requested)
			if err != nil {
				return err
			}
			known, err := p.local()
			if err != nil {
				return err
			}
			encoder := json.NewEncoder(p.out)
			encoder.SetEscapeHTML(false)
			for _, r := range requested {
				made := p.card(loaded, r, gathered, known)
				if gathered.projects[r.Canonical].Exists == rules.Yes {
					brought, err := p.lookInto(c.Context, loaded, r.Canonical)
					if err == nil {
						made.Brings = &brought
					} else {
						p.say("%v", err) // all else that was asked still holds
					}
				}
				if c.Bool("json") {
					err = encoder.Encode(made)
				} else {
					err = p.printCard(made)
				}
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// localSources are up to when the sources on this machine know: of the popular
// names nil for those of this release, of the advisories nil for none.
type localSources struct {
	popular, advisories *time.Time
	malware             func(canonical string) []string
}

func (p *program) local() (localSources, error) {
	var sources localSources
	if info, err := os.Stat(p.places.Popular()); err == nil {
		changed := info.ModTime()
		sources.popular = &changed
	}
	var err error
	if sources.malware, err = p.malware(); err != nil {
		return sources, err
	}
	database, err := advisory.OpenAll(p.places.AllAdvisories()...)
	if err != nil {
		return sources, nil // there are none, or they are damaged: the card says so
	}
	defer database.Close()
	asOf := database.AsOf()
	sources.advisories = &asOf
	return sources, nil
}

func (p *program) card(loaded *policy.Policy, r rules.Requested, gathered gathered,
	local localSources) card {
	project, asked := gathered.projects[r.Canonical]
	if !asked {
		project = rules.ProjectEvidence{
			Name: r.Name, Canonical: r.Canonical, New: true, Requested: true, Now: p.now, Failure: "no index was asked",
		}
		if local.malware != nil {
			project.Malware = local.malware(r.Canonical)
		}
	}
	known := rules.NameEvidenceOf(r.Name)
	findings := append(loaded.Settle(loaded.JudgeRequested(r, known), project), gathered.elsewhere[r.Canonical]...)
	var kept []rules.Finding
	for _, f := range findings {
		if f.Rule != rules.Unbounded {
			kept = append(kept, f)
		}
	}
	decided := rules.Decide(kept, rules.AtTerminal)
	made := card{Name: r.Name, Canonical: r.Canonical, Verdict: decided.Word(), Findings: decided.Findings}
	if made.Findings == nil {
		made.Findings = []rules.Finding{}
	}
	made.Questions = questions(loaded, r, known, project, local, p.now)
	return made
}

// questions asks what a careful person asks before a name is trusted.
func questions(loaded *policy.Policy, r rules.Requested, known rules.NameEvidence, e rules.ProjectEvidence,
	local localSources, now time.Time) []question {
	const (
		page     = "the index's page"
		document = "the project's own document"
		records  = "advisories"
	)
	asOf := map[string]*time.Time{popularNames: local.popular, records: local.advisories}
	if !e.Asked.IsZero() {
		asOf[page], asOf[document] = &e.Asked, &e.Asked
	}
	var list []question
	add := func(text, answer, evidence, source string) {
		list = append(list, question{text, answer, evidence, source, asOf[source]})
	}

	answer, why := "yes", "imitates no popular name"
	if len(known.Suspicions) > 0 {
		s := known.Suspicions[0]
		answer, why = "no", fmt.Sprintf("may imitate %s: %s", s.Target, s.Why)
	}
	add("is the name what it seems?", answer, why, popularNames)

	alternative, found := rules.StdlibAlternative(r.Canonical)
	switch {
	case found && alternative.Kind == rules.Partial:
		add("is it needed at all?", "yes", fmt.Sprintf("python %d.%d and later do a part of it with %s",
			alternative.Since.Major, alternative.Since.Minor, alternative.Library), "standard library")
	case found && alternative.Kind == rules.Python2:
		add("is it needed at all?", "no", "only python 2 needed it", "standard library")
	case found:
		add("is it needed at all?", "no", fmt.Sprintf("python %d.%d and later have %s", alternative.Since.Major,
			alternative.Since.Minor, alternative.Library), "standard library")
	default:
		add("is it needed at all?", "yes", "the standard library has nothing instead that is known here", "standard library")
	}

	switch {
	case known.Rank > 0:
		add("do many use it?", "yes", fmt.Sprintf("number %d of the most downloaded", known.Rank), popularNames)
	default:
		add("do many use it?", "no", "not among the most downloaded", popularNames)
	}

	switch {
	case len(e.Malware) > 0:
		add("is it free of malware?", "no", strings.Join(e.Malware, ", "), records)
	case local.advisories == nil:
		add("is it free of malware?", "unknown", "there are no advisories on this machine", records)
	default:
		add("is it free of malware?", "yes", "no advisory calls it malware", records)
	}
	switch {
	case e.Exists == rules.No:
		add("does it exist?", "no", "no index has it", page)
		return list
	case e.Exists == rules.Unknown:
		add("does it exist?", "unknown", e.Failure, page)
		return list
	}
	status := e.Status
	if status == "" {
		status = "no status given"
	}
	add("is it in good standing?", yesNo(e.Status == "" || strings.EqualFold(e.Status, "active")),
		strings.TrimSuffix(status+", "+e.StatusReason, ", "), page)
	if e.First.IsZero() {
		add("has it a history?", "unknown", "the index gives no dates", page)
	} else {
		add("has it a history?", yesNo(now.Sub(e.First) >= loaded.Cooldown.Project.Value.Duration()),
			fmt.Sprintf("%d releases since %s", e.Releases, e.First.Format("2006-01-02")), page)
		add("is it kept up?", yesNo(now.Sub(e.Latest) <= loaded.Trust.StaleAfter.Value.Duration()),
			fmt.Sprintf("last release %s ago, %s", words.Age(now.Sub(e.Latest)), e.Latest.Format("2006-01-02")), page)
	}
	switch e.Provenance {
	case rules.Yes:
		add("is it attested where it was built?", "yes", "every file of the latest release", page)
	case rules.No:
		add("is it attested where it was built?", "no", "the latest release has no attestations", page)
	default:
		add("is it attested where it was built?", "unknown", "the index does not say", page)
	}
	switch count := len(e.Maintainers); {
	case e.Organisation != "":
		add("who is behind it?", "yes", "the organisation "+e.Organisation, document)
	case count > 0:
		add("who is behind it?", yesNo(count >= loaded.Trust.MinMaintainers.Value &&
			count <= loaded.Trust.MaxMaintainers.Value),
			strconv.Itoa(count)+" with a role: "+strings.Join(e.Maintainers, ", "), document)
	default:
		add("who is behind it?", "unknown", "the index does not say", document)
	}
	if !e.Described {
		add("is it funded?", "unknown", "the project's links were not read", document)
		add("has it a security policy?", "unknown", "the project's links were not read", document)
		return list
	}
	link := rules.FundingLink(e.URLs)
	add("is it funded?", yesNo(link != ""), orElse(link, "no link to any funding"), document)
	link = rules.SecurityLink(e.URLs)
	add("has it a security policy?", yesNo(link != ""), orElse(link, "no link to one"), document)
	return list
}

// sourceText is the source of an answer and how old it is.
func (p *program) sourceText(q question) string {
	switch {
	case q.AsOf == nil && q.Source == popularNames:
		return q.Source + " of this release"
	case q.AsOf == nil:
		return q.Source
	case p.now.Sub(*q.AsOf) < time.Minute:
		return q.Source + ", just asked"
	}
	return q.Source + ", " + words.Age(p.now.Sub(*q.AsOf)) + " old"
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func (p *program) printCard(c card) error {
	if _, err := fmt.Fprintf(p.out, "%s: %s\n", c.Name, c.Verdict); err != nil {
		return err
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, q := range c.Questions {
		if _, err := fmt.Fprintf(table, "  %s\t%s\t%s\t(%s)\n", q.Question, q.Answer, words.Printable(q.Evidence),
			p.sourceText(q)); err != nil {
			return err
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if err := p.printFindings(c.Findings); err != nil || c.Brings == nil {
		return err
	}
	return p.printBrought(*c.Brings)
}

// printFindings writes what policy says, for a person.
func (p *program) printFindings(findings []rules.Finding) error {
	for _, f := range findings {
		if _, err := fmt.Fprintf(p.out, "  %s %s: %s\n", f.Action, f.Rule, f.Evidence); err != nil {
			return err
		}
		if f.Hint != "" && f.Action != rules.Note {
			if _, err := fmt.Fprintf(p.out, "    %s\n", words.Remedy(cmp.Or(f.Place, f.Subject), f.Hint)); err != nil {
				return err
			}
		}
	}
	return nil
}
