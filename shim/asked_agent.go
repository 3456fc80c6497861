package shim

import (
	"bufio"
	"bytes"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"thresher/internal/agents"
	"thresher/internal/files"
	"thresher/internal/journal"
	"thresher/pep"
	"thresher/pip/option"
	"thresher/policy"
	"thresher/policy/rules"
	"thresher/policy/typosquat"
)

// judgeInvented judges the names that a coding agent typed: names that nobody
// here has used may be invented, and wait on the index for whoever types them.
func (in *invocation) judgeInvented(a *asked) ([]rules.Finding, error) {
	if a.policy.Action(rules.Invented).Value == rules.Off {
		return nil, nil
	}
	typed := map[string]string{}
	var order []string
	for _, r := range a.command.Requirements {
		if r.Origin.Kind == option.FromArgv && !r.Constraint && r.Canonical != "" && r.URL == "" && r.Path == "" &&
			typosquat.Rank(r.Canonical) == 0 && !a.isInstalled(r.Canonical) && typed[r.Canonical] == "" {
			typed[r.Canonical] = r.Name
			order = append(order, r.Canonical)
		}
	}
	if len(typed) == 0 {
		return nil, nil
	}
	agent := agents.Running(in.environ, a.agentVariables())
	if agent == "" {
		return nil, nil
	}
	if _, nested := in.livingGate(); nested {
		return nil, nil // a build's own pip: what it asks for its parent's gate judges
	}
	known, err := in.usedBefore()
	if err != nil {
		return nil, err
	}
	in.namedByProject(known)
	var findings []rules.Finding
	for _, canonical := range order {
		if !known[canonical] && len(a.indexes.Private(canonical)) == 0 {
			findings = append(findings, a.policy.JudgeInvented(typed[canonical], canonical, agent)...)
		}
	}
	return findings, nil
}

func (a *asked) agentVariables() []string { return policy.Values(a.policy.Agents.Variables) }

// usedBefore are the canonical names that runs of this user have installed, by
// the log.
func (in *invocation) usedBefore() (map[string]bool, error) {
	known := map[string]bool{}
	if in.places.State == "" {
		return known, nil
	}
	entries, _, err := journal.Read(in.places.Log(), time.Time{})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, entry := range entries {
		for _, change := range entry.Changed {
			if change.After != "" {
				known[pep.CanonicalName(change.Name)] = true
			}
		}
	}
	return known, nil
}

// largestRequirements bounds what is read of a project's requirements file.
const largestRequirements = 4 << 20

// namedByProject adds the canonical names of the project's requirements files:
// those in the working directory and in the directory of the project's policy.
func (in *invocation) namedByProject(known map[string]bool) {
	directories := []string{in.dir}
	if project, err := policy.FindProject(in.dir, in.places.Home); err == nil && project != "" {
		directories = append(directories, filepath.Dir(project))
	}
	for _, dir := range directories {
		for _, pattern := range []string{
			"requirements*.txt", "requirements*.in", "requirements/*.txt", "requirements/*.in", "constraints*.txt",
			"pyproject.toml",
		} {
			matches, err := filepath.Glob(filepath.Join(dir, pattern))
			if err != nil {
				continue // a directory's name with brackets: no file of it is known
			}
			for _, path := range matches {
				addNamed(path, known)
			}
		}
	}
}

// addNamed adds the names at the beginning of a file's lines, and of the quoted
// words of a pyproject.toml. What is no requirement names nothing.
func addNamed(path string, known map[string]bool) {
	content, err := files.ReadRegular(path, largestRequirements)
	if err != nil {
		return // then it names nothing
	}
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, largestRequirements)
	for lines.Scan() {
		texts := []string{lines.Text()}
		if filepath.Base(path) == "pyproject.toml" {
			quoted := strings.FieldsFunc(lines.Text(), func(c rune) bool { return c == '"' || c == '\'' })
			if texts = quoted; len(quoted) < 2 {
				continue
			}
		}
		for _, text := range texts {
			text, _, _ = strings.Cut(text, " #")
			text, _, _ = strings.Cut(text, " --")
			if parsed, err := pep.ParseRequirement(strings.TrimRight(strings.TrimSpace(text), "\\ ")); err == nil {
				known[pep.CanonicalName(parsed.Name)] = true
			}
		}
	}
}
