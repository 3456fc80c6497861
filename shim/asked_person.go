package shim

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strconv"
	"strings"

	"thresher/internal/statuses"
	"thresher/pep"
	"thresher/pip/option"
	"thresher/policy/rules"
)

// answer is what a person said to all that was in question.
type answer struct {
	yes     bool
	instead map[string]string // subject → the name that is meant, where that was the answer
	end     *ending           // nobody answered, or the person ended it
}

// ask puts what is in question to the person at the terminal, one name after the
// other. Anything but a clear answer is no.
func (in *invocation) ask(findings []rules.Finding, places map[string]string) answer {
	said := answer{yes: true, instead: map[string]string{}}
	for _, subject := range inQuestion(findings) {
		target := ""
		for _, f := range findings {
			if f.Action == rules.Ask && f.Subject == subject {
				f.Hint = "" // the question says what can be done
				in.say.finding(f, places[subject])
				if f.Rule == rules.Typosquat || f.Rule == rules.ImportName {
					target = cmp.Or(target, f.Target)
				}
			}
		}
		in.say.question(subject, target)
		text, err := readAnswer(in.untilInterrupted(), in.streams.In)
		switch {
		case in.untilInterrupted().Err() != nil:
			in.say.brokenLine()
			return answer{end: interruption()}
		case err != nil:
			in.say.line("no answer")
			return answer{}
		case target != "" && pep.CanonicalName(text) == pep.CanonicalName(target):
			said.instead[subject] = target
		case !isYes(text, subject, target):
			return answer{}
		}
	}
	return said
}

// inQuestion are the subjects of the findings that ask, each once, in order.
func inQuestion(findings []rules.Finding) []string {
	var subjects []string
	for _, f := range findings {
		if f.Action == rules.Ask && !slices.Contains(subjects, f.Subject) {
			subjects = append(subjects, f.Subject)
		}
	}
	return subjects
}

// isYes says whether an answer is a clear yes. Where another name may be meant,
// the one to be installed is the only one.
func isYes(text, subject, target string) bool {
	if target != "" {
		return pep.CanonicalName(text) == pep.CanonicalName(subject)
	}
	return isPlainYes(text)
}

func isPlainYes(text string) bool {
	switch strings.ToLower(text) {
	case "y", "yes":
		return true
	}
	return false
}

// readAnswer reads one line from a person, without the white space around it, and
// nothing behind it. It gives up with ctx: the terminal cannot be taken back from
// who reads it, who goes with this process.
func readAnswer(ctx context.Context, from io.Reader) (string, error) {
	type read struct {
		line string
		err  error
	}
	answered := make(chan read, 1)
	go func() {
		var line []byte
		one := make([]byte, 1)
		for {
			n, err := from.Read(one)
			switch {
			case n == 1 && one[0] == '\n':
				answered <- read{string(line), nil}
				return
			case n == 1:
				line = append(line, one[0])
			case err != nil:
				answered <- read{"", err}
				return
			}
		}
	}()
	select {
	case got := <-answered:
		return strings.TrimSpace(got.line), got.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// interruption ends a run that a person has ended; Run says so.
func interruption() *ending { return &ending{status: statuses.Interrupted} }

// meant gives the words of the command with other names in the place of those
// that were not meant, or what to write where a file names these.
func (in *invocation) meant(a *asked, instead map[string]string) (args []string, edits []edit) {
	args = slices.Clone(in.args)
	for _, r := range a.command.Requirements {
		name := ""
		for subject, target := range instead {
			if r.Name != "" && r.Canonical == pep.CanonicalName(subject) {
				name = target
			}
		}
		if name == "" {
			continue
		}
		at, _ := strconv.Atoi(strings.TrimPrefix(r.Origin.Place, "argument "))
		if r.Origin.Kind != option.FromArgv || at < 1 || at > len(args) || !strings.HasPrefix(args[at-1], r.Name) {
			edits = append(edits, edit{r.Origin.Place, name + r.Specifier})
			continue
		}
		args[at-1] = name + strings.TrimPrefix(args[at-1], r.Name)
	}
	return args, edits
}

// edit is what a person has to write in a place.
type edit struct{ place, text string }
