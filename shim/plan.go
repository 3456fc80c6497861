package shim

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"thresher/address"
	"thresher/internal/statuses"
	"thresher/internal/words"
	"thresher/pip"
	"thresher/pip/option"
	"thresher/policy/rules"
)

// planned is what `thresher plan --json` prints. The names of its fields are a
// contract: fields are added, never renamed.
type planned struct {
	Command      string               `json:"command"`
	Passthrough  bool                 `json:"passthrough"`
	Requirements []plannedRequirement `json:"requirements"`
	Indexes      []string             `json:"indexes"`
	FindLinks    []string             `json:"find_links"`
	NoIndex      bool                 `json:"no_index"`
	Targets      pip.Targets          `json:"targets"`
	Reinvoke     *string              `json:"reinvoke"`
	Findings     []plannedFinding     `json:"verdicts"`
	Run          []string             `json:"run"`
	Exit         int                  `json:"exit"`
	Error        *string              `json:"error"`
}

type plannedRequirement struct {
	Name       *string       `json:"name"`
	Canonical  *string       `json:"canonical"`
	Specifier  string        `json:"specifier"`
	Extras     []string      `json:"extras"`
	Marker     *string       `json:"marker"`
	Applies    bool          `json:"applies"`
	URL        *string       `json:"url"`
	Editable   bool          `json:"editable"`
	Constraint bool          `json:"constraint"`
	Hashes     []string      `json:"hashes"`
	Origin     option.Origin `json:"origin"`
}

type plannedFinding struct {
	Subject  string       `json:"subject"`
	Rule     rules.Rule   `json:"rule"`
	Action   rules.Action `json:"action"`
	Observed rules.Action `json:"observed,omitempty"` // what Action would be but for mode = "observe"
	Evidence string       `json:"evidence"`
	Hint     string       `json:"hint"`
	Place    string       `json:"place,omitempty"` // where the hint is to be written, where it is no command
}

// Plan says what thresher takes a pip command for and what it would run,
// without running it: it reads what the command line names, files and URLs,
// and touches no index. The status is 0 unless thresher itself fails.
func Plan(args, environ []string, streams Streams, asJSON bool) int {
	in, err := newInvocation("pip", args, environ, streams)
	if err != nil {
		in.say.failed("start", err)
		return statuses.Broken
	}
	in.context = context.Background()
	p := in.plan()
	in.refreshing.Close(waitForFresh)
	if asJSON {
		encoder := json.NewEncoder(streams.Out)
		encoder.SetEscapeHTML(false)
		err = encoder.Encode(p)
	} else {
		err = p.print(streams.Out)
	}
	if err != nil {
		in.say.line("print the plan: %v", err)
		return statuses.Broken
	}
	return 0
}

func (in *invocation) plan() planned {
	p := planned{
		Requirements: []plannedRequirement{}, Indexes: []string{}, FindLinks: []string{}, Findings: []plannedFinding{},
		Run: []string{},
	}
	command, end := in.readCommand()
	if end != nil {
		p.end(end)
		return p
	}
	p.describe(command)
	if command.Passthrough {
		p.Run = redactArgs(pip.Direct(command, in.environ, in.dir).Args)
		if failure := command.Failure; failure != nil {
			p.fail(failure)
		}
		return p
	}
	if command.Name == "uninstall" {
		p.uninstall(in, command)
		return p
	}
	place, end := in.findPlace(command)
	var a *asked
	if end == nil {
		a, end = in.judgeAsked(place)
		for _, f := range a.findings {
			f = a.policy.Observed(f)
			p.Findings = append(p.Findings,
				plannedFinding{f.Subject, f.Rule, f.Action, f.Observed, f.Evidence, f.Hint, f.Place})
		}
	}
	if failure := command.Failure; failure != nil && (end == nil || end.status == failure.Status) {
		p.fail(failure)
		return p
	}
	if end != nil {
		p.end(end)
		return p
	}
	if a.policy.Decide(a.findings, rules.AtTerminal).Action == rules.Ask {
		p.Exit = statuses.Refused // nobody is asked by a plan
	}
	run, err := in.plannedRun(a)
	if err != nil {
		p.end(broken("seal the command", err))
		return p
	}
	p.Run = redactArgs(run)
	return p
}

// plannedRun seals the command into a directory that is taken away again. The
// gate's address, which only a run has, is written as such.
func (in *invocation) plannedRun(a *asked) ([]string, error) {
	folder, err := in.ownFolder()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := folder.remove(); err != nil {
			in.say.line("left behind: %v", err)
		}
	}()
	run, err := pip.Seal(pip.SealInput{
		Command: a.command, Environ: in.environ, Dir: in.dir, Directory: folder.path,
		Upgrade: a.policy.Upgrade.Always.Value, Strategy: a.addedStrategy(),
	})
	return run.Args, err
}

// uninstall plans what nothing but the place can stand in the way of.
func (p *planned) uninstall(in *invocation, command *pip.Command) {
	_, end := in.placeToClean(command)
	switch {
	case end != nil:
		p.end(end)
	case command.Failure != nil:
		p.fail(command.Failure)
	default:
		p.Run = redactArgs(pip.Plain(command, in.environ, in.dir).Args)
	}
}

func (p *planned) end(end *ending) {
	p.Exit = end.status
	var text strings.Builder
	end.tell(newMessenger(&text, false))
	message := strings.TrimSpace(strings.ReplaceAll(text.String(), "thresher: ", ""))
	p.Error = &message
	if p.Exit == statuses.Refused {
		p.Error = nil // the verdicts say it
	}
}

func (p *planned) fail(failure *option.Failure) {
	p.Exit = failure.Status
	message := failure.String()
	p.Error = &message
}

func (p *planned) describe(c *pip.Command) {
	p.Command, p.Passthrough, p.NoIndex, p.Targets = c.Name, c.Passthrough, c.NoIndex, c.Targets
	if c.Reinvoke != "" {
		p.Reinvoke = &c.Reinvoke
	}
	for _, s := range c.Indexes {
		p.Indexes = append(p.Indexes, address.Redact(s.Value))
	}
	for _, s := range c.FindLinks {
		p.FindLinks = append(p.FindLinks, address.Redact(s.Value))
	}
	for _, r := range c.Requirements {
		described := plannedRequirement{
			Name: orNull(r.Name), Canonical: orNull(r.Canonical), Specifier: r.Specifier, Extras: r.Extras,
			Marker:  orNull(r.Marker),
			Applies: r.MarkerApplies, Editable: r.Editable, Constraint: r.Constraint, Hashes: r.Hashes, Origin: r.Origin,
		}
		if r.URL != "" {
			described.URL = orNull(address.Redact(r.URL))
		}
		if described.Extras == nil {
			described.Extras = []string{}
		}
		if described.Hashes == nil {
			described.Hashes = []string{}
		}
		p.Requirements = append(p.Requirements, described)
	}
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// print writes the plan for a person.
func (p planned) print(out io.Writer) error {
	var b strings.Builder
	kind := "installs, downloads or builds: everything is checked"
	if p.Passthrough {
		kind = "installs nothing: handed straight to pip"
	}
	fmt.Fprintf(&b, "command   %s (%s)\n", p.Command, kind)
	for _, r := range p.Requirements {
		subject := ""
		if r.Name != nil {
			subject = *r.Name
		}
		if len(r.Extras) > 0 {
			subject += "[" + strings.Join(r.Extras, ",") + "]"
		}
		subject += r.Specifier
		if r.URL != nil {
			subject = strings.TrimPrefix(subject+" @ "+*r.URL, " @ ")
		}
		word := "wants     "
		if r.Constraint {
			word = "limits    "
		}
		if !r.Applies {
			subject += "  (its marker does not apply)"
		}
		fmt.Fprintf(&b, "%s%s  (%s)\n", word, subject, r.Origin.Place)
	}
	for _, url := range p.Indexes {
		fmt.Fprintf(&b, "index     %s\n", url)
	}
	for _, v := range p.Findings {
		fmt.Fprintf(&b, "%-9s %s: %s [%s]\n", v.Action, v.Subject, v.Evidence, v.Rule)
		if v.Hint != "" {
			fmt.Fprintf(&b, "          %s\n", words.Remedy(cmp.Or(v.Place, v.Subject), v.Hint))
		}
	}
	if p.Error != nil {
		fmt.Fprintf(&b, "error     %s\n", strings.ReplaceAll(*p.Error, "\n", "\n          "))
	}
	if len(p.Run) > 0 {
		fmt.Fprintf(&b, "runs      %s\n", words.ShellWords(p.Run))
	}
	fmt.Fprintf(&b, "exit      %d, if pip succeeds\n", p.Exit)
	_, err := io.WriteString(out, b.String())
	return err
}
