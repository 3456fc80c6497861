package cli

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"thresher/index"
	"thresher/pep"
	"thresher/policy"
)

// card is the checklist of `thresher explain` about one name.
type card struct {
	Name      string           `json:"name"`
	Canonical string           `json:"canonical"`
	Verdict   string           `json:"verdict"`
	Questions []question       `json:"questions"`
	Findings  []policy.Finding `json:"findings"`
}

// question is one line of the checklist. Answer is yes, no or unknown: from
// the side of somebody who would like to trust the name.
type question struct {
	Question string `json:"question"`
	Answer   string `json:"answer"`
	Evidence string `json:"evidence"`
	Source   string `json:"source"`
}

func (p *program) explainCommand() *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "ask the questions of a careful person about a name, and show the answers",
		ArgsUsage: "NAME…",
		Category:  categoryLook,
		Flags:     []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "one JSON object a line"}},
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				return usageError("explain takes a name; next: thresher explain NAME")
			}
			loaded, err := p.policy()
			if err != nil {
				return err
			}
			var requested []policy.Requested
			for _, name := range c.Args().Slice() {
				if !pep.ValidName(name) {
					return usageError("%q is no name of a distribution", name)
				}
				requested = append(requested, request(name, "argument"))
			}
			projects, err := p.gather(c.Context, loaded, requested)
			if err != nil {
				return err
			}
			encoder := json.NewEncoder(p.out)
			encoder.SetEscapeHTML(false)
			for _, r := range requested {
				made := p.card(loaded, r, projects)
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

func (p *program) card(loaded *policy.Policy, r policy.Requested, projects map[string]policy.ProjectEvidence) card {
	project, asked := projects[r.Canonical]
	if !asked {
		project = policy.ProjectEvidence{Name: r.Name, Canonical: r.Canonical, New: true, Requested: true, Now: p.now, Failure: "no index was asked"}
	}
	known := policy.NameEvidenceOf(r.Name)
	findings := loaded.Settle(loaded.JudgeRequested(r, known), project)
	var kept []policy.Finding
	for _, f := range findings {
		if f.Rule != policy.Unbounded {
			kept = append(kept, f)
		}
	}
	decided := policy.Decide(kept, true)
	made := card{Name: r.Name, Canonical: r.Canonical, Verdict: decided.Word(), Findings: decided.Findings}
	if made.Findings == nil {
		made.Findings = []policy.Finding{}
	}
	made.Questions = questions(loaded, r, known, project, p.now)
	return made
}

// questions asks what a careful person asks before a name is trusted.
func questions(loaded *policy.Policy, r policy.Requested, known policy.NameEvidence, e policy.ProjectEvidence, now time.Time) []question {
	var list []question
	add := func(text, answer, evidence, source string) {
		list = append(list, question{text, answer, evidence, source})
	}
	page := "the index's page"
	document := "the project's own document"

	answer, words := "yes", "imitates no popular name"
	if len(known.Suspicions) > 0 {
		s := known.Suspicions[0]
		answer, words = "no", fmt.Sprintf("may imitate %s: %s", s.Target, s.Why)
	}
	add("is the name what it seems?", answer, words, "popular names")

	if alternative, ok := policy.StdlibAlternative(r.Canonical); ok {
		add("is it needed at all?", "no", fmt.Sprintf("python %d.%d and later have %s", alternative.Since.Major, alternative.Since.Minor, alternative.Library), "standard library")
	} else {
		add("is it needed at all?", "yes", "the standard library has nothing instead that is known here", "standard library")
	}

	switch {
	case known.Rank > 0:
		add("do many use it?", "yes", fmt.Sprintf("number %d of the most downloaded", known.Rank), "popular names")
	default:
		add("do many use it?", "no", "not among the most downloaded", "popular names")
	}

	switch {
	case e.Exists == policy.No:
		add("does it exist?", "no", "no index has it", page)
		return list
	case e.Exists == policy.Unknown:
		add("does it exist?", "unknown", e.Failure, page)
		return list
	}
	status := e.Status
	if status == "" {
		status = "no status given"
	}
	add("is it in good standing?", yesNo(e.Status == "" || strings.EqualFold(e.Status, "active")), strings.TrimSuffix(status+", "+e.StatusReason, ", "), page)
	if len(e.Malware) > 0 {
		add("is it free of malware?", "no", strings.Join(e.Malware, ", "), "advisories")
	}
	if e.First.IsZero() {
		add("has it a history?", "unknown", "the index gives no dates", page)
	} else {
		add("has it a history?", yesNo(now.Sub(e.First) >= loaded.Cooldown.Project.Value.Duration()),
			fmt.Sprintf("%d releases since %s", e.Releases, e.First.Format("2006-01-02")), page)
		add("is it kept up?", yesNo(now.Sub(e.Latest) <= loaded.Trust.StaleAfter.Value.Duration()),
			fmt.Sprintf("last release %s ago, %s", policy.Age(now.Sub(e.Latest)), e.Latest.Format("2006-01-02")), page)
	}
	switch e.Provenance {
	case policy.Yes:
		add("is it attested where it was built?", "yes", "every file of the latest release", page)
	case policy.No:
		add("is it attested where it was built?", "no", "the latest release has no attestations", page)
	default:
		add("is it attested where it was built?", "unknown", "the index does not say", page)
	}
	switch count := len(e.Maintainers); {
	case e.Organisation != "":
		add("who is behind it?", "yes", "the organisation "+e.Organisation, document)
	case count > 0:
		add("who is behind it?", yesNo(count >= loaded.Trust.MinMaintainers.Value && count <= loaded.Trust.MaxMaintainers.Value),
			strconv.Itoa(count)+" with a role: "+strings.Join(e.Maintainers, ", "), document)
	default:
		add("who is behind it?", "unknown", "the index does not say", document)
	}
	if !e.Described {
		add("is it funded?", "unknown", "the project's links were not read", document)
		add("has it a security policy?", "unknown", "the project's links were not read", document)
		return list
	}
	link := policy.FundingLink(e.URLs)
	add("is it funded?", yesNo(link != ""), orElse(link, "no link to any funding"), document)
	link = policy.SecurityLink(e.URLs)
	add("has it a security policy?", yesNo(link != ""), orElse(link, "no link to one"), document)
	return list
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
		if _, err := fmt.Fprintf(table, "  %s\t%s\t%s\t(%s)\n", q.Question, q.Answer, index.Printable(q.Evidence), q.Source); err != nil {
			return err
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, f := range c.Findings {
		if _, err := fmt.Fprintf(p.out, "  %s %s: %s\n", f.Action, f.Rule, f.Evidence); err != nil {
			return err
		}
		if f.Hint != "" && f.Action != policy.Note {
			if _, err := fmt.Fprintf(p.out, "    next: %s\n", f.Hint); err != nil {
				return err
			}
		}
	}
	return nil
}
