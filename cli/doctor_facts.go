package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"thresher/advisory"
	"thresher/internal/words"
	"thresher/layers"
	"thresher/pip"
	"thresher/policy"
	"thresher/python"
	"thresher/venv"
)

// facts are what else decides: the pip this shell finds, policy, data,
// interpreters, environments.
func (p *program) facts(bases []python.Environment) []fact {
	facts := []fact{{"thresher", "ok", p.shim.Version + ", " + p.short(p.self), ""}, p.pipFact()}
	facts = append(facts, p.policyFacts()...)
	facts = append(facts, p.advisoriesFact(), p.popularFact())
	for _, base := range bases {
		if tooOld(base) {
			facts = append(facts, fact{"interpreter", "info",
				fmt.Sprintf("%s is python %s, which is not covered: 3.8 is the oldest", p.short(base.Interpreter),
					base.PythonVersion), ""})
			continue
		}
		facts = append(facts, p.guardFact("interpreter", p.short(base.Interpreter), base, "thresher guard --base"))
	}
	facts = append(facts, p.environmentFacts()...)
	return append(facts, p.toolFacts()...)
}

// pipFact says which pip this shell finds, and which one stands behind it.
func (p *program) pipFact() fact {
	path, err := lookUp("pip", p.environment["PATH"])
	if err != nil {
		return fact{"pip in this shell", "warning", "there is none on PATH", putFirst()}
	}
	text := p.short(path)
	if ours, err := sameFile(path, p.self); err == nil && ours {
		text += ", which is thresher"
	}
	installation, err := pip.Find(pip.FindInput{Name: "pip", Environ: p.environ, Dir: p.dir, Self: p.self})
	if err != nil {
		return fact{"pip in this shell", "info", text + "; behind it: " + err.Error(),
			words.NewEnvironment()}
	}
	return fact{"pip in this shell", "ok", fmt.Sprintf("%s; behind it: pip %s of %s", text, installation.Version,
		p.short(installation.Interpreter)), ""}
}

func sameFile(one, other string) (bool, error) {
	a, err := os.Stat(one)
	if err != nil {
		return false, err
	}
	b, err := os.Stat(other)
	if err != nil {
		return false, err
	}
	return os.SameFile(a, b), nil
}

func (p *program) policyFacts() []fact {
	loaded, err := p.layers()
	if err != nil {
		return []fact{{"policy", "warning", err.Error(), "thresher policy check"}}
	}
	files := []string{"preset " + string(loaded.Preset.Value)}
	for _, f := range loaded.Files {
		if f.Shared != nil {
			continue // a fact of its own
		}
		files = append(files, fmt.Sprintf("%s: %s of %s", f.Layer, p.short(f.Path), ownerOf(f.Path)))
	}
	if len(loaded.Files) == 0 {
		files = append(files, "no file")
	}
	facts := []fact{{"policy", "ok", strings.Join(files, "; "), ""}}
	for _, layer := range loaded.Layers {
		facts = append(facts, p.layerFact(loaded, layer))
	}
	for _, note := range loaded.Notes {
		facts = append(facts, fact{"policy", "warning", note.String(), note.Hint})
	}
	return facts
}

// layerFact says of a shared layer how old it is, when it was looked at and what
// vouches for it.
func (p *program) layerFact(loaded *layers.Loaded, layer layers.Layer) fact {
	found := fact{"shared policy", "ok", fmt.Sprintf("%s, of %s, %s", layer.Reference, dayOf(layer.Date),
		layer.VouchedBy()), ""}
	if !layer.Reference.Pinned() {
		found.Text += ", looked at " + words.Age(p.now.Sub(layer.Checked)) + " ago"
	}
	if layer.Failure != "" {
		found.Text += "; not fetched again: " + words.Printable(layer.Failure)
	}
	if layer.Refused || loaded.Overdue(layer) {
		found.State, found.Next = "warning", "thresher update"
	}
	return found
}

func (p *program) advisoriesFact() fact {
	database, err := advisory.OpenAll(p.places.AllAdvisories()...)
	if err != nil {
		return fact{"advisories", "warning", err.Error(), "thresher update"}
	}
	defer database.Close()
	size := "unknown size"
	if info, err := os.Stat(p.places.Advisories()); err == nil {
		size = fmt.Sprintf("%.1f MB", float64(info.Size())/1e6)
	}
	found := fact{"advisories", "ok", fmt.Sprintf("%d records, %s, as of %s", database.Count(), size,
		database.AsOf().Local().Format("2006-01-02 15:04")), ""}
	stale := policy.Default(policy.Standard).Update.StaleAfter.Value
	if loaded, err := p.policy(); err == nil { // the facts of the policy tell of an error
		stale = loaded.Update.StaleAfter.Value
	}
	if p.now.Sub(database.AsOf()) >= stale.Duration() {
		found.State, found.Next = "warning", "thresher update"
	}
	return found
}

// popularFact says which list of popular names is in use.
func (p *program) popularFact() fact {
	info, err := os.Stat(p.places.Popular())
	if errors.Is(err, fs.ErrNotExist) {
		return fact{"popular names", "ok", "those that came with this release", ""}
	}
	if err != nil {
		return fact{"popular names", "warning", err.Error(), ""}
	}
	return fact{"popular names", "ok", fmt.Sprintf("%s, of %s", p.short(p.places.Popular()),
		info.ModTime().Format("2006-01-02")), ""}
}

// environmentFacts are the environments that thresher has seen and that still
// are there.
func (p *program) environmentFacts() []fact {
	known, err := venv.Known(p.places.State)
	if err != nil {
		return []fact{{"environments", "warning", err.Error(), ""}}
	}
	var facts []fact
	for _, one := range known {
		if one.Base || one.Gone {
			continue
		}
		environment, err := inspectPrefix(one.Prefix, p.environ, p.places.Cache)
		if err != nil {
			facts = append(facts, fact{"environment", "warning", err.Error(), ""})
			continue
		}
		facts = append(facts, p.guardFact("environment", p.short(environment.Prefix), environment, "thresher guard "+
			words.ShellWord(one.Prefix)))
	}
	return facts
}

func (p *program) guardFact(what, name string, environment python.Environment, next string) fact {
	state, err := venv.GuardState(environment)
	switch {
	case err != nil:
		return fact{what, "warning", name + ": " + err.Error(), ""}
	case state.Gone:
		return fact{what, "warning", name + " is guarded by a thresher that is gone: " + p.short(state.Program), next}
	case !state.Installed:
		return fact{what, "warning", name + " is not guarded", next}
	case !state.Current && state.Program == p.self:
		return fact{what, "info", name + " is guarded, as an earlier release of thresher did it", next}
	case state.Program != p.self:
		return fact{what, "info", name + " is guarded, by another thresher: " + p.short(state.Program), ""}
	}
	return fact{what, "ok", name + " is guarded", ""}
}
