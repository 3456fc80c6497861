package cli

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"thresher/address"
	"thresher/evidence"
	"thresher/internal/files"
	"thresher/internal/statuses"
	"thresher/internal/words"
	"thresher/pep"
	"thresher/pip"
	"thresher/policy"
	"thresher/policy/rules"
	"thresher/session"
)

// checked is one line of `thresher check --json`. The names of its fields are
// a contract: fields are added, never renamed.
type checked struct {
	Name      string           `json:"name"`
	Canonical string           `json:"canonical"`
	Verdict   string           `json:"verdict"` // pass, note, ask, block
	Findings  []checkedFinding `json:"findings"`
}

type checkedFinding struct {
	Rule       rules.Rule       `json:"rule"`
	Action     rules.Action     `json:"action"`
	Confidence rules.Confidence `json:"confidence"`
	Target     *string          `json:"target"`
	Evidence   string           `json:"evidence"`
	Hint       string           `json:"hint"`
	Place      string           `json:"place,omitempty"`  // where the hint is to be written, where it is no command
	Answer     string           `json:"answer,omitempty"` // what records that the name is right after all
}

func (p *program) checkCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "say what would be said of names, without installing anything",
		ArgsUsage: "NAME… | -r FILE | -",
		Category:  categoryLook,
		Description: "NAME may be a requirement (\"pandas>=2\"). With - the names are read from standard\n" +
			"input, one a line. The status is 20 where a name would be refused.",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "r", Aliases: []string{"requirement"},
				Usage: "check what the requirements file `FILE` names"},
			&cli.BoolFlag{Name: "offline", Usage: "ask no index"},
			&cli.BoolFlag{Name: "json", Usage: "one JSON object a line for each name"},
		},
		Action: p.check,
	}
}

func (p *program) check(c *cli.Context) error {
	loaded, err := p.policy()
	if err != nil {
		return err
	}
	requirements, err := p.namesToCheck(c)
	if err != nil {
		return err
	}
	if len(requirements) == 0 {
		return usageError("no name to check; fix: thresher check --help")
	}
	var known gathered
	if !c.Bool("offline") && loaded.Evidence.Online.Value {
		if known, err = p.gather(c.Context, loaded, requirements); err != nil {
			return err
		}
	}
	if known.malware == nil { // no index was asked
		if known.malware, err = p.malware(); err != nil {
			return err
		}
	}
	out := bufio.NewWriter(p.out)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	refused := false
	for _, r := range requirements {
		verdict := p.verdict(loaded, r, known)
		refused = refused || verdict.Verdict == "block" || verdict.Verdict == "ask"
		if c.Bool("json") {
			err = encoder.Encode(verdict)
		} else {
			err = p.printChecked(out, verdict)
		}
		if err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if refused {
		return ended(statuses.Refused)
	}
	return nil
}

// namesToCheck reads the names of the command line, of standard input and of
// requirements files.
func (p *program) namesToCheck(c *cli.Context) ([]rules.Requested, error) {
	var requested []rules.Requested
	for i, word := range c.Args().Slice() {
		if word != "-" {
			if p.isRequirementsFile(word) {
				return nil, usageError(messageCheckFile, words.Printable(word), words.ShellWord(word))
			}
			requested = append(requested, request(word, fmt.Sprintf("argument %d", i+1)))
			continue
		}
		lines := bufio.NewScanner(p.in)
		for line := 1; lines.Scan(); line++ {
			if text := strings.TrimSpace(lines.Text()); text != "" && !strings.HasPrefix(text, "#") {
				if strings.HasPrefix(text, "-") {
					return nil, usageError(messageCheckOption, line, words.Printable(text))
				}
				requested = append(requested, request(text, fmt.Sprintf("standard input:%d", line)))
			}
		}
		if err := lines.Err(); err != nil {
			return nil, fmt.Errorf("read standard input: %w", err)
		}
	}
	for _, file := range c.StringSlice("r") {
		command, err := p.parsePip("", "install", "-r", file)
		if err != nil {
			return nil, err
		}
		if command.Failure != nil {
			return nil, &exitError{command.Failure.Status, command.Failure.String()}
		}
		for _, u := range command.Unreadable {
			return nil, &exitError{statuses.Refused, fmt.Sprintf("%s: %s; %s", u.Place, u.Reason, words.Remedy(u.Place, u.Hint))}
		}
		for _, r := range command.Requirements {
			if r.Constraint && r.URL == "" {
				continue
			}
			requested = append(requested, rules.Requested{
				Name: r.Name, Canonical: r.Canonical, Specifier: r.Specifier, URL: r.URL, Path: r.Path, Editable: r.Editable,
				Constraint: r.Constraint, Hashes: len(r.Hashes) > 0, Origin: r.Origin.Place, New: true,
			})
		}
	}
	return requested, nil
}

// isRequirementsFile says whether a word is a requirements file that is there: no
// package is called like one, and -r is easily left out.
func (p *program) isRequirementsFile(word string) bool {
	path := word
	if !filepath.IsAbs(path) {
		path = filepath.Join(p.dir, path)
	}
	switch filepath.Ext(word) {
	case ".txt", ".in":
		return files.IsRegular(path)
	}
	return false
}

// request makes what pip would be asked for out of a word. A word that is no
// requirement keeps its text as name: policy says that it is none.
func request(word, origin string) rules.Requested {
	requested := rules.Requested{Name: word, Canonical: pep.CanonicalName(word), Origin: origin, Typed: true, New: true}
	if parsed, err := pep.ParseRequirement(word); err == nil {
		requested.Name, requested.Canonical = parsed.Name, pep.CanonicalName(parsed.Name)
		requested.Specifier, requested.URL = parsed.Specifiers.String(), parsed.URL
	}
	return requested
}

// parsePip reads a pip command line as the pip of an interpreter would; "" for that
// of this shell.
func (p *program) parsePip(interpreter string, args ...string) (*pip.Command, error) {
	installation, err := pip.Find(pip.FindInput{Name: "pip", Environ: p.environ, Dir: p.dir, Self: p.self,
		Interpreter: interpreter, CacheDir: p.places.Cache})
	if err != nil {
		return nil, fmt.Errorf("find the pip that says which index is meant: %w", err)
	}
	return pip.Parse(pip.Input{Args: args, Environ: p.environ, Dir: p.dir, Installation: installation,
		CacheDir: p.places.Cache}), nil
}

// indexSource is where evidence comes from: the indexes that a pip would use here.
type indexSource struct {
	evidence.Source
	command *pip.Command
	// elsewhere is what policy says of a name that came from a private index before
	// which is none of these. None of these is asked for one that it refuses.
	elsewhere func(canonical string) []rules.Finding
}

// asksBy is how a command that only asks reaches the indexes.
type asksBy struct {
	interpreter string // whose pip says which indexes are meant; "" that of this shell
	retries     int    // few: nobody waits at such a command
	malware     bool   // what the advisories know of it is asked as well
}

// source opens the indexes. The caller closes its client.
func (p *program) source(loaded *policy.Policy, by asksBy) (indexSource, error) {
	command, err := p.parsePip(by.interpreter, "install")
	if err != nil {
		return indexSource{}, err
	}
	command.Retries, command.NoInput = by.retries, true
	remembered, err := evidence.ReadIndexMemory(p.places.Indexes())
	if err != nil {
		return indexSource{}, err
	}
	table := evidence.Table(command, loaded)
	source := evidence.Source{Table: remembered.Keeping(table, loaded), Now: p.now}
	if by.malware {
		if source.Malware, err = p.malware(); err != nil {
			return indexSource{}, err
		}
	}
	if source.Client, err = session.New(command, p.environ, p.places.Pages()); err != nil {
		return indexSource{}, err
	}
	return indexSource{
		Source: source, command: command,
		elsewhere: func(canonical string) []rules.Finding { return remembered.Forgotten(table, loaded, canonical) },
	}, nil
}

// gathered is what was learned of names, by canonical name.
type gathered struct {
	projects  map[string]rules.ProjectEvidence
	elsewhere map[string][]rules.Finding      // see indexSource
	malware   func(canonical string) []string // what the advisories here call so; nil without them
}

// gather asks the indexes about all names. Without a pip to say which index
// is meant nothing is asked, and it says so.
func (p *program) gather(ctx context.Context, loaded *policy.Policy, requirements []rules.Requested) (gathered, error) {
	source, err := p.source(loaded, asksBy{retries: 1, malware: true})
	if errors.Is(err, pip.ErrNoPip) {
		p.say("%v; only what is known offline is said", err)
		return gathered{}, nil
	}
	if err != nil {
		return gathered{}, err
	}
	defer source.Client.Close()
	known := gathered{elsewhere: map[string][]rules.Finding{}, malware: source.Malware}
	var subjects []evidence.Subject
	for _, r := range requirements {
		if r.Name == "" || r.URL != "" || !pep.ValidName(r.Name) {
			continue
		}
		known.elsewhere[r.Canonical] = source.elsewhere(r.Canonical)
		if !source.Table.Barred(r.Canonical) {
			subjects = append(subjects, evidence.Subject{Name: r.Name, New: true, Requested: true})
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 5*loaded.Evidence.Deadline.Value.Duration())
	defer cancel()
	known.projects = source.Gather(ctx, subjects)
	for _, note := range source.Client.Notes() {
		p.say("%s", note)
	}
	return known, nil
}

// verdict is what policy says of one name. That a bare name has no lower bound
// is a matter of requirements files, not of names.
func (p *program) verdict(loaded *policy.Policy, r rules.Requested, known gathered) checked {
	findings := loaded.JudgeRequested(r, rules.NameEvidenceOf(r.Name))
	project, asked := known.projects[r.Canonical]
	if !asked && known.malware != nil { // advisories lie here, whether or not an index can be asked
		project = rules.ProjectEvidence{Name: r.Name, Canonical: r.Canonical, Now: p.now, Malware: known.malware(r.Canonical)}
		asked = len(project.Malware) > 0
	}
	if asked {
		findings = loaded.Settle(findings, project)
	}
	findings = append(findings, known.elsewhere[r.Canonical]...)
	verdict := checked{Name: r.Name, Canonical: r.Canonical, Findings: []checkedFinding{}}
	if verdict.Name == "" {
		verdict.Name = address.Redact(r.URL)
	}
	var kept []rules.Finding
	for _, f := range findings {
		if r.Typed && (f.Rule == rules.Unbounded || f.Rule == rules.Pinned) {
			continue
		}
		kept = append(kept, f)
	}
	decided := rules.Decide(kept, rules.AtTerminal)
	verdict.Verdict = decided.Word()
	for _, f := range decided.Findings {
		line := checkedFinding{
			Rule: f.Rule, Action: f.Action, Confidence: f.Confidence, Evidence: f.Evidence, Hint: f.Hint,
			Place: f.Place, Answer: f.Answer,
		}
		if line.Place == "" && !r.Typed && f.Hint != "" && !words.IsCommand(f.Hint) {
			line.Place = r.Origin // the line to edit
		}
		if f.Target != "" {
			line.Target = &f.Target
		}
		verdict.Findings = append(verdict.Findings, line)
	}
	return verdict
}

func (p *program) printChecked(out io.Writer, v checked) error {
	if _, err := fmt.Fprintf(out, "%-6s %s\n", v.Verdict, v.Name); err != nil {
		return err
	}
	for _, f := range v.Findings {
		if _, err := fmt.Fprintf(out, "       %s: %s\n", f.Rule, f.Evidence); err != nil {
			return err
		}
		if f.Hint != "" && (f.Action == rules.Ask || f.Action == rules.Block) {
			if _, err := fmt.Fprintf(out, "       %s\n", words.Remedy(cmp.Or(f.Place, v.Name), f.Hint)); err != nil {
				return err
			}
		}
		if f.Answer != "" {
			if _, err := fmt.Fprintf(out, "       or, where %s is right: %s\n", v.Name, f.Answer); err != nil {
				return err
			}
		}
	}
	return nil
}
