package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"thresher/exposure"
	"thresher/internal/words"
	"thresher/sandbox"
)

// exposedText is the answer for a person: where it is, where it was, what brought
// it, and what to do, in order.
func (p *program) exposedText(found *exposed) string {
	var b strings.Builder
	var asked []string
	for _, query := range found.queries {
		asked = append(asked, query.String())
	}
	what := strings.Join(asked, ", ")
	if len(found.stays)+len(found.cached)+len(found.runs) == 0 {
		if found.collected {
			fmt.Fprintf(&b, messageNotInLogs, what, words.Counted(int64(found.looked), "log"),
				words.Counted(int64(found.read), "run"))
		} else {
			fmt.Fprintf(&b, messageNowhere, what, words.Counted(int64(found.looked), "environment"),
				words.Counted(int64(found.read), "run"), words.Counted(int64(found.caches), "cache"))
		}
		return b.String() + "\n"
	}
	here := 0
	for _, stay := range found.stays {
		if stay.Present {
			here++
		}
	}
	b.WriteString(fmt.Sprintf(messageExposedHead, what, words.Counted(int64(here), "environment"),
		len(found.stays)-here) + "\n")
	for _, stay := range found.stays {
		b.WriteString(stayText(stay))
	}
	if len(found.cached) > 0 {
		b.WriteString("\n" + messageExposedCaches + "\n")
		for _, cached := range found.cached {
			fmt.Fprintf(&b, "  %s %s  %s\n", cached.Name, harmless(cached.Version), harmless(cached.Path))
		}
	}
	if len(found.runs) > 0 {
		b.WriteString("\n" + messageExposedRuns + "\n")
		for _, run := range found.runs {
			fmt.Fprintf(&b, "  %s  %s  %s  pip %s%s\n", day(run.Time), run.ID, harmless(run.Change.After),
				harmless(strings.Join(run.Argv, " ")), ofLog(run.Log))
		}
	}
	b.WriteString(p.exposedSteps(found))
	return b.String()
}

func day(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }

func ofLog(log string) string {
	if log == "" {
		return ""
	}
	return "  (" + harmless(log) + ")"
}

// stayText is one environment.
func stayText(s exposure.Stay) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s%s\n  %s %s, ", harmless(s.Path), ofLog(s.Log), harmless(s.Name), harmless(s.Version))
	since := ""
	if !s.Since.IsZero() {
		since = " since " + day(s.Since)
	}
	switch {
	case s.Present:
		b.WriteString("installed" + since)
	case !s.Until.IsZero() && !s.Since.IsZero():
		fmt.Fprintf(&b, "gone: was there from %s to %s", day(s.Since), day(s.Until))
	case !s.Until.IsZero():
		b.WriteString("gone: was there until " + day(s.Until))
	default:
		b.WriteString("gone, nobody knows when: was there" + since)
	}
	if s.Index != "" {
		b.WriteString("\n  from " + harmless(s.Index))
	}
	if s.SHA256 != "" {
		b.WriteString("\n  sha256 " + harmless(s.SHA256))
	}
	for _, hook := range s.Hooks {
		b.WriteString("\n  runs at every start of python: " + harmless(hook))
	}
	return b.String() + "\n"
}

// exposedSteps are what to do, in order, each with commands to paste where there
// are any. No command starts Python in one of the environments.
func (p *program) exposedSteps(found *exposed) string {
	steps := []string{}
	step := func(text string, remedies ...string) {
		text = fmt.Sprintf("  %d. %s", len(steps)+1, text)
		for _, remedy := range remedies {
			text += "\n     " + remedy
		}
		steps = append(steps, text)
	}
	if found.collected {
		step(messageStepMachines)
	} else {
		if found.stands() {
			step(messageStepStay, putAway(found.stays)...)
		}
		left, doubtful := leftHooks(found.stays)
		if len(left) > 0 {
			step(messageStepHooks, words.Remedy("", words.RemoveAll(left)))
		}
		if len(doubtful) > 0 {
			step(messageStepDoubtful, doubtful...)
		}
		if len(found.stays) > 0 {
			step(messageStepSecrets, p.secretsHere()...)
		}
		if len(found.cached) > 0 {
			step(messageStepCaches, purges(found.cached)...)
		}
	}
	if len(steps) == 0 {
		return ""
	}
	return "\n" + messageStepsHead + "\n" + strings.Join(steps, "\n") + "\n"
}

// purges are the commands that take releases out of caches: pip's are single files,
// of uv's cache uv itself knows what belongs together.
func purges(cached []exposure.Cached) []string {
	var paths, commands []string
	for _, one := range cached {
		command := words.Remedy("", "uv cache clean "+one.Name)
		switch {
		case one.Kind != exposure.CachedByUV:
			paths = append(paths, one.Path)
		case !slices.Contains(commands, command):
			commands = append(commands, command)
		}
	}
	if len(paths) > 0 {
		commands = append([]string{words.Remedy("", words.RemoveAll(paths))}, commands...)
	}
	return commands
}

// putAway are the commands that put environments where nothing starts them, once
// each, or that take the release's own files away where the environment is one
// that others live in.
func putAway(stays []exposure.Stay) []string {
	var remedies []string
	for _, s := range stays {
		remedy := ""
		switch {
		case !s.Present:
			continue
		case s.Whole:
			remedy = words.Move(s.Path, s.Path+".exposed")
		case len(s.Removable) > 0:
			remedy = words.RemoveAll(s.Removable)
		}
		if remedy = words.Remedy("", remedy); s.OfSystem {
			remedy = fmt.Sprintf(messageOfSystem, harmless(s.Name), harmless(s.Version), harmless(s.Path))
		}
		if !slices.Contains(remedies, remedy) {
			remedies = append(remedies, remedy)
		}
	}
	return remedies
}

// leftHooks are the startup hooks in environments that the release itself is gone
// from. Where an environment is one that others live in as well, what came after it
// may be theirs: doubtful are those, and those beside a release that stands there.
func leftHooks(stays []exposure.Stay) (left, doubtful []string) {
	for _, s := range stays {
		for _, hook := range s.Hooks {
			switch {
			case !s.Whole && !slices.Contains(s.Removable, hook):
				doubtful = append(doubtful, harmless(hook))
			case !s.Present:
				left = append(left, hook)
			}
		}
	}
	slices.Sort(left)
	slices.Sort(doubtful)
	return slices.Compact(left), slices.Compact(doubtful)
}

// secretsHere are the credentials that lie around for whatever ran as this user,
// a line for each kind: places and names, never a content.
func (p *program) secretsHere() []string {
	byKind := map[string][]string{}
	var kinds []string
	add := func(kind, place string) {
		if byKind[kind] == nil {
			kinds = append(kinds, kind)
		}
		byKind[kind] = append(byKind[kind], place)
	}
	for _, secret := range sandbox.Secrets(sandbox.Input{
		Home: p.places.Home, Account: p.places.Account, Project: p.dir, Environ: p.environ,
	}) {
		add(secret.Kind, p.belowHome(secret.Path))
	}
	_, variables := sandbox.Variables{}.Scrub(p.environ)
	slices.Sort(variables)
	for _, name := range variables {
		add("variables of this shell", name)
	}
	var lines []string
	for _, kind := range kinds {
		lines = append(lines, kind+": "+harmless(strings.Join(byKind[kind], ", ")))
	}
	if lines == nil {
		return []string{messageNoSecrets}
	}
	return lines
}

func (p *program) belowHome(path string) string {
	if rest, ok := strings.CutPrefix(path, p.places.Home+"/"); ok && p.places.Home != "" {
		return "~/" + rest
	}
	return path
}
