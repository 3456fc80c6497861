package shim

import (
	"path/filepath"
	"slices"
	"strings"

	"thresher/address"
	"thresher/gate"
	"thresher/internal/lazyregexp"
	"thresher/pep"
	"thresher/pip"
	"thresher/policy/rules"
)

// Why pip failed, as far as thresher knows it, is said here and nowhere else:
// what was held back, an index that does not answer or wants another login, and
// places of another user. pip's own words for these do not tell.

// tellWhyFailed says why a pip failed. A hold that left nothing to take is a
// refusal, and speaks as one.
func (in *invocation) tellWhyFailed(a *asked, d *door, result *ended) {
	said := d.own.Failures()
	held := heldBack(a, d.own, said)
	if len(held) == 0 && !result.refused {
		in.tellHeld(result) // which may be why, where pip does not say what it lacks
	}
	for _, f := range held {
		result.refused = true
		result.findings = escalated(result.findings, f)
		in.say.finding(f, a.placeOf(f.Subject))
	}
	for _, fault := range d.own.Faults() {
		place, unset := a.loginPlace(fault)
		in.say.fault(fault, place, unset)
	}
	for _, path := range deniedPlaces(said) {
		owner, foreign := foreignOwner(path)
		if foreign {
			in.say.foreignPlace(path, owner, in.ownPlaceRemedy(a, path))
		}
	}
}

// tellHeld says what was held back, as of a run that did not need it.
func (in *invocation) tellHeld(result *ended) {
	var bounded []rules.Finding
	for _, f := range result.findings {
		switch {
		case f.Action == rules.Hold && f.Rule == rules.Bounded:
			bounded = append(bounded, f)
		case f.Action == rules.Hold && f.Rule != rules.Cooldown:
			in.say.finding(f, "")
		}
	}
	in.say.bounded(bounded)
	in.say.tooYoung(result.held, in.start)
}

// heldBack gives the findings that kept from pip all it could have taken of what
// it says it found nothing of, as refusals.
func heldBack(a *asked, g *gate.Gate, said []string) []rules.Finding {
	wanted := map[string]pep.Specifiers{}
	var order []string
	for _, r := range pip.Unsatisfied(said) {
		name := pep.CanonicalName(r.Name)
		known, again := wanted[name]
		if !again {
			order = append(order, name)
		}
		both, err := pep.ParseSpecifiers(strings.Trim(known.String()+","+r.Specifiers.String(), ","))
		if err != nil {
			both = r.Specifiers
		}
		wanted[name] = both
	}
	var findings []rules.Finding
	for _, name := range order {
		if _, f, ok := g.HeldBack(name, wanted[name]); ok {
			f.Action = rules.Block
			findings = append(findings, f)
		}
	}
	return findings
}

// escalated has a finding that ended the run in the place of the hold that it
// was.
func escalated(findings []rules.Finding, f rules.Finding) []rules.Finding {
	at := slices.IndexFunc(findings, func(met rules.Finding) bool {
		return met.Subject == f.Subject && met.Rule == f.Rule && met.Evidence == f.Evidence
	})
	if at < 0 {
		return append(findings, f)
	}
	findings = slices.Clone(findings)
	findings[at] = f
	return findings
}

// placeOf is where the command asks for a name, unless on the command line.
func (a *asked) placeOf(subject string) string {
	for _, r := range a.command.Requirements {
		if r.Canonical == pep.CanonicalName(subject) && inFile(r.Origin.Kind) {
			return r.Origin.Place
		}
	}
	return ""
}

// loginPlace is where the address of an index stands that wants another login; ""
// for another fault. unset is the variable that it names there and that is not
// set, which pip sends as it is written; "" for none.
func (a *asked) loginPlace(fault gate.Fault) (place, unset string) {
	if fault.Kind != gate.Refused {
		return "", ""
	}
	for _, s := range a.command.Indexes {
		if address.Redact(s.Value) == fault.Index {
			if found := variableInURL().FindStringSubmatch(s.Value); found != nil {
				unset = found[1]
			}
			return s.Origin.Place, unset
		}
	}
	return "~/.netrc", ""
}

// variableInURL is a variable of a requirements file that pip did not expand.
var variableInURL = lazyregexp.New(`\$\{([A-Z0-9_]+)\}`)

// permissionDenied is what pip quotes of the system (Python's OSError).
var permissionDenied = lazyregexp.New(`\[Errno (?:1|13|30)\] [^:]+: '([^']+)'`)

// deniedPlaces are the paths that pip says it may not write to.
func deniedPlaces(said []string) []string {
	var paths []string
	for _, text := range said {
		for _, found := range permissionDenied().FindAllStringSubmatch(text, -1) {
			if filepath.IsAbs(found[1]) && !slices.Contains(paths, found[1]) {
				paths = append(paths, found[1])
			}
		}
	}
	return paths
}
